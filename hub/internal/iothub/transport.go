package iothub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Transport is an http.RoundTripper for exchanges with a hub: it reads every answer
// whole, bounded, and turns refusals into errors, so that the layers above see successes
// only and nobody has to remember to close or to bound a body.
type Transport struct {
	Base http.RoundTripper
	// Limit is the most bytes of an answer that are read; more is an error.
	Limit int64
	// Refused makes the error for an answer that is no success. It must not return nil.
	Refused func(res *http.Response, body []byte) error
	Observe Observe // told of every exchange; may be nil
}

// ErrAnswer is wrapped by the errors about an answer that no hub gives.
var ErrAnswer = errors.New("the answer")

// Client returns an http.Client over t that follows no redirects: a hub sends none, and
// the Authorization header is for it alone.
func (t *Transport) Client() *http.Client {
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// maxRoom is for how much of an answer room is made before it has come.
const maxRoom = 1 << 20

type bodyKey struct{}

// WithBody returns a context under which a successful exchange leaves its body in *body,
// for what the library's types leave out of it.
func WithBody(ctx context.Context, body *[]byte) context.Context {
	return context.WithValue(ctx, bodyKey{}, body)
}

// exchange returns the answer, whose body it has read, as far as there is one, also with an error.
func (t *Transport) exchange(req *http.Request) (*http.Response, []byte, error) {
	res, err := t.Base.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	// Room for all of it from the start, unless that is what somebody else says who has not sent it.
	var read bytes.Buffer
	read.Grow(int(min(max(res.ContentLength, 0), maxRoom)) + bytes.MinRead)
	_, err = read.ReadFrom(io.LimitReader(res.Body, t.Limit+1))
	body := read.Bytes()
	if closeErr := res.Body.Close(); err == nil {
		err = closeErr
	}
	switch {
	case err != nil:
	case int64(len(body)) > t.Limit:
		err = fmt.Errorf("%w is larger than %d bytes", ErrAnswer, t.Limit)
	case res.StatusCode < 200 || res.StatusCode > 299:
		err = t.Refused(res, body)
	}
	return res, body, err
}

// RoundTrip implements http.RoundTripper. Its error is what Refused made, or one of the
// network's.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	exchange := t.exchange
	if t.Observe != nil {
		exchange = t.observed
	}
	res, body, err := exchange(req)
	if err != nil {
		return nil, err
	}
	if into, ok := req.Context().Value(bodyKey{}).(*[]byte); ok {
		*into = body
	}
	switch {
	case req.Method == http.MethodDelete && len(bytes.TrimSpace(body)) > 0 && !json.Valid(body):
		return nil, fmt.Errorf("%w to a deletion is no JSON", ErrAnswer)
	case req.Method == http.MethodDelete:
		res.StatusCode, body = http.StatusNoContent, nil
	case res.StatusCode != http.StatusNoContent:
		res.StatusCode = http.StatusOK
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
