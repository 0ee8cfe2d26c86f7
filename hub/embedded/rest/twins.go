package rest

import "twindeck/hub/embedded/registry"

func (s *Server) getTwin(c *call) (response, error) { return twinResponse(s.registry.Twin(c.id)) }

func (s *Server) patchTwin(c *call) (response, error) {
	return twinResponse(s.registry.PatchTwin(c.id, c.body, c.precondition()))
}

func (s *Server) putTwin(c *call) (response, error) {
	return twinResponse(s.registry.ReplaceTwin(c.id, c.body, c.precondition()))
}

func twinResponse(t registry.Twin, err error) (response, error) {
	if err != nil {
		return response{}, err
	}
	return withETag(t.AppendJSON(nil), t.ETag), nil
}
