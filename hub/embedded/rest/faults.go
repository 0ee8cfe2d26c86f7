package rest

import (
	"net/http"
	"time"
)

// Fault is a failure on demand. The zero Fault is none. Delay comes first, then one of the
// others in the order of the fields.
type Fault struct {
	// Delay is how long to wait before anything else.
	Delay time.Duration
	// Drop closes the connection instead of carrying the request out.
	Drop bool
	// Status answers with this instead of carrying the request out: 412, 429, 500 and 503 with
	// the service's own body, any other with that of 500.
	Status int
	// LoseAnswer carries the request out and then closes the connection in the middle of the
	// answer, so that the client cannot know.
	LoseAnswer bool
}

// Faults decides which requests fail. It is called once for each, with the path as it was sent,
// and must not block; it may be called concurrently.
type Faults interface {
	Request(method, path string) Fault
}

// Failing returns a handler that lets requests to next fail as faults say; nil never do. refuse
// answers with a Status.
func Failing(next http.Handler, faults Faults, refuse func(w http.ResponseWriter, r *http.Request, status int)) http.Handler {
	if faults == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := faults.Request(r.Method, r.URL.EscapedPath())
		if !wait(r.Context(), fault.Delay) || fault.Drop {
			panic(http.ErrAbortHandler)
		}
		switch {
		case fault.Status != 0:
			refuse(w, r, fault.Status)
		case fault.LoseAnswer:
			next.ServeHTTP(lost{w}, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// lost is an answer that never comes: the connection is closed when it is due.
type lost struct{ http.ResponseWriter }

func (lost) WriteHeader(int) { panic(http.ErrAbortHandler) }

func (lost) Write([]byte) (int, error) { panic(http.ErrAbortHandler) }

// Unwrap lets an http.ResponseController at the connection.
func (l lost) Unwrap() http.ResponseWriter { return l.ResponseWriter }

// faultErrors are the answers to a Fault's Status.
var faultErrors = map[int]struct {
	number     int
	name, text string
}{
	412: {412001, "PreconditionFailed", "PreconditionFailed, ETag may be invalid."},
	429: {429003, "ThrottlingBacklogTimeout", "The request has been throttled. Wait 10 seconds and try again. Operation type: Fault"},
	500: {500001, "ServerError", "An internal error occurred."},
	503: {503001, "ServiceUnavailable", "Service is unavailable. Please try again."},
}
