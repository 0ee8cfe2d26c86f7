package rest

import (
	"net/http"
	"strconv"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
)

// maxListed is the most devices that a listing without a query returns.
const maxListed = 1000

func (s *Server) listDevices(c *call) (response, error) {
	limit := maxListed
	if top := c.http.URL.Query().Get("top"); top != "" {
		n, err := strconv.Atoi(top)
		if err != nil || n < 1 || n > maxListed {
			return response{}, argumentInvalid("top is a number from 1 to %d", maxListed)
		}
		limit = n
	}
	return ok(list(s.registry.ListDevices(limit), appendDocument)), nil
}

func (s *Server) listModules(c *call) (response, error) {
	docs, err := s.registry.Modules(c.id.Device)
	if err != nil {
		return response{}, err
	}
	return ok(list(docs, appendDocument)), nil
}

func appendDocument(dst []byte, d registry.Document) []byte { return append(dst, d.JSON...) }

func (s *Server) getIdentity(c *call) (response, error) {
	return identityResponse(s.registry.Identity(c.id))
}

func (s *Server) putIdentity(c *call) (response, error) {
	// Created or replaced, the service answers 200.
	return identityResponse(s.registry.PutIdentity(c.id, c.body, c.precondition()))
}

func identityResponse(d registry.Document, err error) (response, error) {
	if err != nil {
		return response{}, err
	}
	return withETag(d.JSON, d.ETag), nil
}

func (s *Server) deleteIdentity(c *call) (response, error) {
	return response{status: http.StatusNoContent}, s.registry.DeleteIdentity(c.id, c.precondition())
}

func (s *Server) deviceStatistics(*call) (response, error) {
	n := s.registry.Statistics()
	w := ordered.NewWriter(nil)
	w.Int("totalDeviceCount", int64(n.Devices))
	w.Int("enabledDeviceCount", int64(n.Enabled))
	w.Int("disabledDeviceCount", int64(n.Disabled))
	return ok(w.Close()), nil
}

func (s *Server) serviceStatistics(*call) (response, error) {
	w := ordered.NewWriter(nil)
	w.Int("connectedDeviceCount", int64(s.registry.Statistics().Connected))
	return ok(w.Close()), nil
}
