package rest

import (
	"errors"
	"net/http"
	"strconv"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
)

// maxListed is the most devices that a listing without a query returns, and how many it does when
// a client asks for a number outside 1 to that (Azure REST reference: iothub/service, Get Devices).
const maxListed = 1000

func (s *Server) listDevices(c *call) (response, error) {
	limit := maxListed
	if top := c.http.URL.Query().Get("top"); top != "" {
		n, err := strconv.ParseInt(top, 10, 64)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange):
			return response{}, argumentInvalid("top is a number")
		case err == nil && 1 <= n && n < maxListed:
			limit = int(n)
		}
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
