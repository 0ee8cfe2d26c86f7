package rest

import (
	"net/http"

	"twindeck/hub/embedded/configurations"
)

func configurationResponse(d configurations.Document, err error) (response, error) {
	if err != nil {
		return response{}, err
	}
	return withETag(d.JSON, d.ETag), nil
}

// listConfigurations returns all: the service ignores top here.
func (s *Server) listConfigurations(c *call) (response, error) {
	return ok(list(s.managed.List(c.http.Context()), func(dst []byte, d configurations.Document) []byte {
		return append(dst, d.JSON...)
	})), nil
}

func (s *Server) getConfiguration(c *call) (response, error) {
	return configurationResponse(s.managed.Get(c.http.Context(), c.id.Device))
}

func (s *Server) putConfiguration(c *call) (response, error) {
	return configurationResponse(s.managed.Put(c.id.Device, c.body, c.http.Header.Get("If-Match")))
}

func (s *Server) deleteConfiguration(c *call) (response, error) {
	return response{status: http.StatusNoContent}, s.managed.Delete(c.id.Device, c.http.Header.Get("If-Match"))
}

// testQueries answers 200 whatever is wrong with the queries: the body says it.
func (s *Server) testQueries(c *call) (response, error) {
	body, err := configurations.TestQueries(c.body)
	return ok(body), err
}

func (s *Server) applyContent(c *call) (response, error) {
	return response{status: http.StatusNoContent}, s.managed.ApplyContent(c.id.Device, c.body)
}
