package hub

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"twindeck/hub/internal/iothub"
)

// apiVersion is the version of the REST interface (Azure docs: REST API reference, IoT
// Hub service). The identity registry goes through a library that has its own.
const apiVersion = "2021-04-12"

// callTimeout bounds a call on a context without a deadline.
const callTimeout = 30 * time.Second

// AnyETag in the place of an etag deletes an identity whatever the current one is. It has to be asked
// for: an empty etag is an error. Twins and identities are never changed so.
const AnyETag = "*"

var errNoETag = errors.New("a write needs the etag of what was read; read it first")

// call is one exchange with the hub.
type call struct {
	op     string // as in Error.Op
	method string
	path   string // escaped, without a leading slash
	etag   string // empty: no If-Match
	header map[string]string
	body   []byte // JSON, or nil
	// take reads a success; its error means that no hub answers so. nil takes any.
	take   func(answer) error
	class  class         // what it counts against; do finds it out itself
	cost   int           // of its class; 0 means 1
	writes bool          // the hub is another after it
	limit  time.Duration // on a context without a deadline; 0 means callTimeout
}

// answer is a success.
type answer struct {
	header http.Header
	body   []byte
	sent   time.Time // just before the request left
	got    time.Time // when the whole answer was there
}

// do sends a call and returns the answer. A refusal is an *Error with the call's Op.
func (c *Client) do(ctx context.Context, call call) (answer, error) {
	var a answer
	call.class = classOf(call.method, call.path)
	call.cost = costOf(call.class, len(call.body))
	err := c.attempt(ctx, call, func(ctx context.Context) error {
		u := "https://" + c.credentials.HostName + "/" + call.path + "?api-version=" + apiVersion
		req, err := http.NewRequestWithContext(iothub.WithBody(ctx, &a.body), call.method, u, bytes.NewReader(call.body))
		if err != nil {
			return err
		}
		authorization, err := c.tokens.Authorization()
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", authorization)
		req.Header.Set("Accept", "application/json")
		req.Header.Set("User-Agent", "twindeck")
		if call.body != nil {
			req.Header.Set("Content-Type", "application/json; charset=utf-8")
		}
		if call.etag != "" {
			req.Header.Set("If-Match", quoteETag(call.etag))
		}
		for name, value := range call.header {
			req.Header.Set(name, value)
		}
		a.sent = time.Now()
		res, err := c.transport.Client().Do(req)
		if err != nil {
			return err
		}
		a.got = time.Now()
		a.header = res.Header
		if err := res.Body.Close(); err != nil || call.take == nil {
			return err
		}
		return call.take(a)
	})
	return a, err
}

// attempt runs the exchange of a call when its turn has come, and once more when the hub throttles it
// and it may wait; see [Client] and [Background]. Of the call it looks at op, class, cost, writes and limit.
func (c *Client) attempt(ctx context.Context, call call, exchange func(context.Context) error) error {
	limit := cmp.Or(call.limit, callTimeout)
	for repeated := false; ; repeated = true {
		if err := c.budget.take(ctx, call.class, max(call.cost, 1), limit); err != nil {
			if spent, ok := asSpent(err); ok {
				spent.op = call.op
				return spent
			}
			return unreachable(call.op, c.credentials.HostName, err)
		}
		sent := time.Now()
		err := c.exchange(ctx, call, limit, exchange)
		if !is(err, isThrottled) {
			return err
		}
		c.budget.refuse(call.class, sent, RetryAfter(err))
		switch how := manners(ctx); {
		case how.atOnce, ctx.Err() != nil:
			return err
		case how.background:
		case repeated, call.writes:
			return err
		}
		if last, ok := ctx.Deadline(); ok && time.Until(last) < RetryAfter(err) {
			return err
		}
	}
}

// exchange runs one exchange under a deadline, logs it, and makes its error fit for a user.
func (c *Client) exchange(ctx context.Context, call call, limit time.Duration, exchange func(context.Context) error) error {
	ctx, cancel := withDeadline(ctx, limit)
	defer cancel()
	var left atomic.Bool // the request is on its way, and nobody can call it back
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	op, began := call.op, time.Now()
	var number uint64
	err := exchange(withCallNumber(ctx, &number))
	took := slog.Int64("ms", time.Since(began).Milliseconds())
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.Op, refused.Call = op, number
		c.log.DebugContext(ctx, "hub call", "op", op, "status", refused.Status, "code", string(refused.Code), "tracking", refused.TrackingID, took)
		return refused
	}
	if err != nil {
		trouble := c.trouble(op, err)
		unsure := call.writes && left.Load()
		if unsure {
			trouble.next = mayBeMade
		}
		c.log.DebugContext(ctx, "hub call", "op", op, "err", trouble, took)
		return &exchangeError{trouble, number, unsure}
	}
	c.log.DebugContext(ctx, "hub call", "op", op, "status", http.StatusOK, took)
	return nil
}

// trouble tells an answer that makes no sense from none at all: whatever happens between us
// and the hub comes from net/http as a url.Error.
func (c *Client) trouble(op string, err error) *networkError {
	if said, ok := errors.AsType[*networkError](err); ok {
		return said
	}
	if _, ok := errors.AsType[*url.Error](err); ok && !errors.Is(err, iothub.ErrAnswer) {
		return unreachable(op, c.credentials.HostName, err)
	}
	return unreadable(op, bare(err))
}

// withDeadline bounds a context that has no deadline of its own.
func withDeadline(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// identityPath returns root/{device}[/modules/{module}] with the ids percent-escaped.
func identityPath(root string, id ID) string {
	path := root + "/" + url.PathEscape(id.Device)
	if id.IsModule() {
		path += "/modules/" + url.PathEscape(id.Module)
	}
	return path
}

// quoteETag writes an etag as If-Match wants it (RFC 9110 §13.1.1).
func quoteETag(etag string) string {
	if etag == AnyETag {
		return etag
	}
	return `"` + unquoteETag(etag) + `"`
}

// unquoteETag strips what a header or another tool may have put around an etag.
func unquoteETag(etag string) string {
	return strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
}
