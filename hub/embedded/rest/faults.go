package rest

import "time"

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
