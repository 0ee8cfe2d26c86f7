package rest

import (
	"cmp"
	"net/http"
	"strconv"

	"twindeck/hub/embedded/query"
)

// QueryOptions say how queries are answered where the service's documentation is not of one
// mind. The zero value is safe for every client.
type QueryOptions struct {
	PageSize    int // results of a page when the client does not say; 0: 100
	MaxPageSize int // the most that a client can ask for; 0: 100, which newer documents name
	Dialect     query.Dialect
}

// query runs a query; page size and continuation travel in headers, both ways.
func (s *Server) query(c *call) (response, error) {
	var request struct {
		Query string `json:"query"`
	}
	if err := c.decode(&request); err != nil {
		return response{}, err
	}
	size, err := s.pageSize(c)
	if err != nil {
		return response{}, err
	}
	q, err := s.queries.Dialect.Parse(request.Query)
	if err != nil {
		return response{}, err
	}
	sources := query.Sources{Twins: s.registry.Index(), Jobs: s.jobs}
	page, err := q.Run(c.http.Context(), sources, c.http.Header.Get("x-ms-continuation"), size)
	if err != nil {
		return response{}, err
	}
	res := ok(list(page.Items, func(dst, item []byte) []byte { return append(dst, item...) }))
	res.header = http.Header{"x-ms-item-type": {q.ItemType()}}
	if page.Continuation != "" {
		res.header["x-ms-continuation"] = []string{page.Continuation}
	}
	return res, nil
}

// pageSize returns how many results the client wants at once. More than there can be is no
// error: it gets less.
func (s *Server) pageSize(c *call) (int, error) {
	most := cmp.Or(s.queries.MaxPageSize, query.DefaultPage)
	asked := c.http.Header.Get("x-ms-max-item-count")
	if asked == "" {
		return min(cmp.Or(s.queries.PageSize, query.DefaultPage), most), nil
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n < 1 {
		return 0, argumentInvalid("x-ms-max-item-count is a positive number")
	}
	return min(n, most), nil
}
