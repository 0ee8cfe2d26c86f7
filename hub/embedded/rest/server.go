// Package rest is the service side of an IoT Hub: the HTTPS operations on identities, twins,
// queries, statistics and direct methods (Azure REST reference: iothub/service). It knows HTTP
// and who may do what; the state and its rules belong to the registry.
//
// Every answer has one header that the service does not have: twindeck-tier names the tier whose
// quotas are enforced, F1, S1, S2 or S3, or none when nothing is throttled. Of the service a client
// has to know that beforehand.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"twindeck/hub/embedded/configurations"
	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/sas"
	"twindeck/hub/embedded/throttle"
	"twindeck/hub/embedded/uploads"
)

// Options are what a Server works with.
type Options struct {
	Registry  *registry.Store
	Authority *sas.Authority
	Invoker   Invoker                 // nil: no device is ever online
	Faults    Faults                  // nil: none
	Messages  *messages.Queues        // messages to devices
	Telemetry *messages.Log           // messages from devices
	Files     *uploads.Uploads        // of devices
	Certs     Certificates            // nil: devices authenticate with tokens alone
	Queries   QueryOptions            // pages and dialect
	Protocol  ProtocolOptions         // versions and the form of answers
	Jobs      Jobs                    // nil: none can be scheduled
	Managed   *configurations.Manager // automatic device management
	Throttle  *throttle.Throttle      // nil: no quotas
	Now       func() time.Time        // nil: time.Now
	Log       *slog.Logger            // nil: discarded; it sees addresses and statuses, no headers and no bodies
}

// Server is an http.Handler. It is made by New.
type Server struct {
	registry  *registry.Store
	authority *sas.Authority
	invoker   Invoker
	faults    Faults
	messages  *messages.Queues
	telemetry *messages.Log
	files     *uploads.Uploads

	certificates Certificates

	queries  QueryOptions
	protocol ProtocolOptions
	jobs     Jobs
	managed  *configurations.Manager
	throttle *throttle.Throttle
	now      func() time.Time
	log      *slog.Logger
}

// New returns the service side over a registry.
func New(opts Options) *Server {
	s := &Server{
		messages: opts.Messages, telemetry: opts.Telemetry, files: opts.Files, certificates: opts.Certs,
		registry: opts.Registry, authority: opts.Authority, invoker: opts.Invoker,
		faults: opts.Faults, queries: opts.Queries, protocol: opts.Protocol, jobs: opts.Jobs, managed: opts.Managed, throttle: opts.Throttle,
		now: opts.Now, log: opts.Log,
	}
	if s.jobs == nil {
		s.jobs = noJobs{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// maxBody is more than any document of the service needs: clients send back whole twins with
// their metadata.
const maxBody = 1 << 20

// call is one request on its way to its operation.
type call struct {
	http *http.Request
	id   registry.ID
	body []byte
}

func (c *call) precondition() registry.Precondition {
	return registry.ParsePrecondition(c.http.Header.Get("If-Match"))
}

// decode reads the body as JSON into v, whose names match without regard to case.
func (c *call) decode(v any) error { return decode(c.body, v) }

func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return argumentInvalid("the body is not the JSON document that this operation takes")
	}
	return nil
}

// response is an answer before it is written.
type response struct {
	status int
	header http.Header // may be nil
	body   []byte      // JSON; empty for none
}

func ok(body []byte) response { return response{status: http.StatusOK, body: body} }

// withETag is ok for one entity.
func withETag(body []byte, etag string) response {
	return response{status: http.StatusOK, body: body, header: http.Header{headerETag: {`"` + etag + `"`}}}
}

// list writes documents as a bare array.
func list[T any](items []T, appendJSON func(dst []byte, item T) []byte) []byte {
	body := []byte{'['}
	for i, item := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendJSON(body, item)
	}
	return append(body, ']')
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	var fault Fault
	if s.faults != nil {
		fault = s.faults.Request(r.Method, r.URL.EscapedPath())
	}
	if !wait(r.Context(), fault.Delay) || fault.Drop {
		panic(http.ErrAbortHandler)
	}
	res, err := s.answer(w, r, fault.Status)
	s.registry.Settle() // nobody is told what a crash could take back
	if err != nil {
		refusal := s.protocol.shape(refusalOf(err))
		if refusal == errInternal {
			if r.Context().Err() != nil {
				panic(http.ErrAbortHandler) // the client has gone or the hub is closing
			}
			s.log.Error("rest: internal error", "method", r.Method, "path", r.URL.EscapedPath(), "error", err)
		}
		res = refuse(refusal, s.now())
	}
	s.log.Debug("rest", "method", r.Method, "path", r.URL.EscapedPath(), "status", res.status, "took", time.Since(began))
	w.Header().Set("twindeck-tier", s.throttle.Tier())
	write(w, res, fault.LoseAnswer)
}

// answer carries a request out, or refuses it with status.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, status int) (response, error) {
	if status != 0 {
		f, known := faultErrors[status]
		if !known {
			f = faultErrors[http.StatusInternalServerError]
		}
		return response{}, &registry.Error{Status: status, Number: f.number, Name: f.name, Message: f.text}
	}
	route, id, err := find(r.Method, r.URL.EscapedPath())
	if err != nil {
		return response{}, err
	}
	if !s.protocol.takesVersion(r.URL.Query()) {
		return response{}, errAPIVersion
	}
	if err := s.authorize(r, route, id); err != nil {
		return response{}, err
	}
	body, err := readBody(w, r)
	if err != nil {
		return response{}, err
	}
	c := &call{http: r, id: id, body: body}
	if err := s.admit(route, c); err != nil {
		return response{}, err
	}
	return route.serve(s, c)
}

// readBody bounds the size. The time is for whoever serves.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); err != nil && !errors.As(err, &tooLarge) {
		return nil, errBody
	}
	return body, err
}

func write(w http.ResponseWriter, res response, lose bool) {
	h := w.Header()
	for name, values := range res.header {
		h[name] = values
	}
	h.Set("Server", "Microsoft-HTTPAPI/2.0")
	h["x-ms-request-id"] = []string{requestID()}
	if len(res.body) > 0 {
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/json; charset=utf-8")
		}
		h.Set("Content-Length", strconv.Itoa(len(res.body)))
	}
	if lose {
		if len(res.body) > 0 {
			w.WriteHeader(res.status)
			_, _ = w.Write(res.body[:len(res.body)/2])
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(res.status)
	// A client that has gone cannot be told.
	_, _ = w.Write(res.body)
}

// wait pauses for d and reports whether ctx outlived it.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
