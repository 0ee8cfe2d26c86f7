package rest

import (
	"net/http"
	"strconv"

	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
)

// Jobs are the scheduled jobs of a hub. Its methods may be called concurrently; documents are
// JSON and errors *registry.Error where the service has one.
type Jobs interface {
	query.DeviceJobs
	// Create takes a job as a client describes it and returns its document.
	Create(id string, body []byte) ([]byte, error)
	// Job returns the document of a job, also of one that does not exist.
	Job(id string) []byte
	// Cancel ends a job that has not begun and returns its document.
	Cancel(id string) ([]byte, error)
	// Jobs returns up to limit documents of jobs behind after, and the place behind the last of
	// them, 0 when there are no more. kind and status select; empty ones select all.
	Jobs(kind, status string, after uint64, limit int) (documents [][]byte, next uint64)
}

// Refusal returns what the service answers to an error of an operation.
func Refusal(err error) *registry.Error { return refusalOf(err) }

func (s *Server) createJob(c *call) (response, error) {
	return jobResponse(s.jobs.Create(c.id.Device, c.body))
}

func (s *Server) getJob(c *call) (response, error) { return ok(s.jobs.Job(c.id.Device)), nil }

func (s *Server) cancelJob(c *call) (response, error) { return jobResponse(s.jobs.Cancel(c.id.Device)) }

func jobResponse(document []byte, err error) (response, error) {
	if err != nil {
		return response{}, err
	}
	return ok(document), nil
}

// queryJobs lists jobs; page size and continuation travel in headers, as for queries.
func (s *Server) queryJobs(c *call) (response, error) {
	size, err := s.pageSize(c)
	if err != nil {
		return response{}, err
	}
	var after uint64
	if token := c.http.Header.Get("x-ms-continuation"); token != "" {
		if after, err = strconv.ParseUint(token, 10, 64); err != nil {
			return response{}, query.ErrContinuation
		}
	}
	asked := c.http.URL.Query()
	documents, next := s.jobs.Jobs(asked.Get("jobType"), asked.Get("jobStatus"), after, size)
	res := ok(list(documents, func(dst, document []byte) []byte { return append(dst, document...) }))
	res.header = http.Header{"x-ms-item-type": {"JobResponse"}}
	if next != 0 {
		res.header["x-ms-continuation"] = []string{strconv.FormatUint(next, 10)}
	}
	return res, nil
}

// noJobs is a hub without a scheduler.
type noJobs struct{}

func (noJobs) List(uint64, int) []query.Entry                      { return nil }
func (noJobs) Create(string, []byte) ([]byte, error)               { return nil, errNoRoute }
func (noJobs) Job(string) []byte                                   { return []byte(`{"type":"unknown","status":"unknown"}`) }
func (noJobs) Cancel(string) ([]byte, error)                       { return nil, errNoRoute }
func (noJobs) Jobs(string, string, uint64, int) ([][]byte, uint64) { return nil, 0 }
