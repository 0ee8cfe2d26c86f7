package hub

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// throttling answers so many requests with 429 and then with what rest says.
func throttling(times int32, rest http.HandlerFunc) (handler http.HandlerFunc, asked *atomic.Int32) {
	asked = new(atomic.Int32)
	return func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > times {
			rest(w, r)
			return
		}
		w.Header().Set("Retry-After", "1")
		w.Header().Set("iothub-errorcode", string(CodeThrottled))
		w.WriteHeader(http.StatusTooManyRequests)
	}, asked
}

func TestWhatIsRepeatedWhenTheHubThrottles(t *testing.T) {
	const twin = `{"deviceId":"d","etag":"e"}`
	id, empty := ID{Device: "d"}, mustParse(t, `{}`)
	read := func(ctx context.Context, c *Client) error {
		_, err := c.Twin(ctx, id)
		return err
	}
	identity := func(ctx context.Context, c *Client) error {
		_, err := c.Identity(ctx, id)
		return err
	}
	write := func(ctx context.Context, c *Client) error {
		_, _, err := c.PatchTwin(ctx, id, TwinPatch{Tags: &empty}, "e")
		return err
	}
	hasty := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	for name, c := range map[string]struct {
		ctx   func(context.Context) context.Context
		call  func(context.Context, *Client) error
		times int32
		asked int32
		fails bool
	}{
		"a read of the user":               {context.WithoutCancel, read, 1, 2, false},
		"one through the library":          {context.WithoutCancel, identity, 1, 2, false},
		"a read that is refused again":     {context.WithoutCancel, read, 9, 2, true},
		"a read that cannot wait":          {hasty, read, 1, 1, true},
		"a read at once":                   {AtOnce, read, 1, 1, true},
		"a write of the user":              {context.WithoutCancel, write, 1, 1, true},
		"a write in the background":        {Background, write, 3, 4, false},
		"a background call that is hasty":  {func(ctx context.Context) context.Context { return Background(hasty(ctx)) }, read, 1, 1, true},
		"a background call that is called": {func(ctx context.Context) context.Context { return AtOnce(Background(ctx)) }, read, 1, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, asked := throttling(c.times, say(200, twin))
			l := listen(t, handler)
			began := time.Now()
			err := c.call(c.ctx(t.Context()), l.client)
			if Throttled(err) != c.fails || !c.fails && err != nil {
				t.Errorf("%v", err)
			}
			if asked.Load() != c.asked {
				t.Errorf("asked %d times, want %d", asked.Load(), c.asked)
			}
			if least := time.Duration(c.asked-1) * time.Second; time.Since(began) < least {
				t.Errorf("repeated after %v, before the hub wanted to be asked again", time.Since(began))
			}
			if c.fails && RetryAfter(err) != time.Second {
				t.Errorf("again in %v", RetryAfter(err))
			}
			if u := l.client.Usage(); c.fails == u.Throttled.IsZero() || u.Requests != int(c.asked) {
				t.Errorf("%+v", u)
			}
		})
	}
}

func TestTheTierIsReadFromAnyAnswer(t *testing.T) {
	l := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("twindeck-tier", "S3")
		w.WriteHeader(http.StatusNotFound)
	})
	l.client.budget = newBudget("")
	l.client.transport.Base = tierReader{l.client.transport.Base, l.client.budget, l.client.peer}
	if u := l.client.Usage(); u.Tier != TierUsual || u.Known || u.QueryQuota != 20 {
		t.Errorf("before anything was said: %+v", u)
	}
	if _, err := l.client.Identity(t.Context(), ID{Device: "d"}); !NotFound(err) {
		t.Error(err)
	}
	if u := l.client.Usage(); u.Tier != "S3" || !u.Known || u.QueryQuota != 1000 {
		t.Errorf("%+v", u)
	}
	if _, err := NewClient(l.client.credentials, Options{Tier: "s1"}); err == nil {
		t.Error("a tier that does not exist is taken")
	}
}
