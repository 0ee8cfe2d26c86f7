package rest

import (
	"net/http"
	"strconv"

	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
)

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

// query runs a query; page size and continuation travel in headers, both ways.
func (s *Server) query(c *call) (response, error) {
	var request struct {
		Query string `json:"query"`
	}
	if err := c.decode(&request); err != nil {
		return response{}, err
	}
	size := query.MaxPage
	if asked := c.http.Header.Get("x-ms-max-item-count"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 {
			return response{}, argumentInvalid("x-ms-max-item-count is a positive number")
		}
		size = min(n, query.MaxPage)
	}
	q, err := query.Parse(request.Query)
	if err != nil {
		return response{}, err
	}
	page, err := q.Run(c.http.Context(), s.registry, c.http.Header.Get("x-ms-continuation"), size)
	if err != nil {
		return response{}, err
	}
	body := list(page.Twins, func(dst []byte, t registry.Twin) []byte { return t.AppendJSON(dst) })
	header := http.Header{"x-ms-item-type": {"Twin"}}
	if page.Continuation != "" {
		header["x-ms-continuation"] = []string{page.Continuation}
	}
	return response{status: http.StatusOK, header: header, body: body}, nil
}
