package rest

import (
	"net/http"
	"strings"

	"twindeck/hub/embedded/throttle"
)

// classOf returns the quota that an operation counts against; empty for none.
func classOf(r route) throttle.Class {
	switch {
	case r.path == "/devices/query":
		return throttle.Queries
	case strings.HasSuffix(r.path, "/applyConfigurationContent"), strings.HasPrefix(r.path, "/configurations"):
		return throttle.Configurations
	case strings.HasSuffix(r.path, "/messages/deviceBound") && r.method == http.MethodPost:
		return throttle.CloudToDevice
	case strings.HasSuffix(r.path, "/files"):
		return throttle.FileUploads
	case strings.Contains(r.path, "/messages/"), strings.Contains(r.path, "/files/"):
		return ""
	case strings.HasSuffix(r.path, "/methods"):
		return throttle.DirectMethods
	case strings.HasPrefix(r.path, "/twins") && r.method == http.MethodGet:
		return throttle.TwinReads
	case strings.HasPrefix(r.path, "/twins"):
		return throttle.TwinUpdates
	case strings.HasPrefix(r.path, "/jobs"):
		return throttle.Jobs
	}
	return throttle.Registry
}

// admit holds an operation up to its quota.
func (s *Server) admit(r route, c *call) error {
	class, cost := classOf(r), 1
	if class == throttle.DirectMethods {
		cost = throttle.MethodCost(len(c.body))
	}
	return s.throttle.Admit(c.http.Context().Done(), class, cost)
}
