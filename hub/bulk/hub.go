package bulk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"twindeck/hub"
)

// Hub is what a bulk run needs of a hub; hub.Client is one. Its methods block and are called
// concurrently, each with a context that bounds it or leaves that to the hub.
type Hub interface {
	Twin(ctx context.Context, id hub.ID) (hub.Twin, error)
	PatchTwin(ctx context.Context, id hub.ID, p hub.TwinPatch, etag string) (hub.Twin, hub.Receipt, error)
	ChangeIdentity(ctx context.Context, id hub.ID, change hub.IdentityChange, etag string) (hub.Identity, error)
	DeleteIdentity(ctx context.Context, id hub.ID, etag string) error
	Run(ctx context.Context, query, continuation string, size int) (hub.Result, error)
}

// status returns the HTTP status of a refusal, 0 when there was no answer.
func status(err error) int {
	if e, ok := errors.AsType[*hub.Error](err); ok {
		return e.Status
	}
	return 0
}

// lost reports whether an error leaves open if the call was carried out: there was no answer, or
// the hub had a problem of its own.
func lost(err error) bool {
	s := status(err)
	return s == 0 || s == http.StatusRequestTimeout || s >= http.StatusInternalServerError
}

// code returns what support asks for: "412 PreconditionFailed", "" when the hub said nothing.
func code(err error) string {
	e, ok := errors.AsType[*hub.Error](err)
	if !ok {
		return ""
	}
	text := strconv.Itoa(e.Status)
	if e.Code != "" {
		text += " " + string(e.Code)
	}
	return text
}

const (
	tries = 4           // of a call whose answer is lost, before its row is given up
	first = time.Second // the wait before the second; each one after that is twice as long
	// busy is how long to wait when the hub throttles without saying for how long.
	busy = 10 * time.Second
)

// caller makes calls one row at a time wants, each when the gate lets it.
type caller struct {
	hub  Hub
	gate *gate
}

// call makes a call again until it is answered: as long as the hub throttles, and some times when
// the answer is lost, which is for reads alone.
func (c caller) call(ctx context.Context, do func(context.Context) error) error {
	for try := 1; ; try++ {
		if err := c.gate.pass(ctx); err != nil {
			return err
		}
		err := do(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case hub.Throttled(err):
			c.throttled(err)
			try--
		case !lost(err) || try == tries:
			return err
		default:
			c.gate.wait(ctx, first<<(try-1))
		}
	}
}

// throttled holds every call back as long as the hub asked.
func (c caller) throttled(err error) {
	c.gate.throttle(cmp.Or(hub.RetryAfter(err), busy))
}

func (c caller) twin(ctx context.Context, id hub.ID) (t hub.Twin, err error) {
	err = c.call(ctx, func(ctx context.Context) (err error) {
		t, err = c.hub.Twin(ctx, id)
		return err
	})
	return t, err
}
