package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"twindeck/hub/internal/iothub"
)

const (
	// renewalSpare is how long before its end a token is renewed at most; of a short life it is a tenth.
	renewalSpare = 5 * time.Minute
	// askLimit bounds the question whether another client has taken the place.
	askLimit = 3 * time.Second
	// askAgain is how long the hub has to note that this client has gone.
	askAgain = 300 * time.Millisecond
)

// untilRenewal is how long a token that expires then is good for. A connection without one is
// looked at again after a long time.
func untilRenewal(expires, now time.Time) time.Duration {
	if expires.IsZero() {
		return 365 * 24 * time.Hour
	}
	left := expires.Sub(now.Round(0))
	return left - min(left/10, renewalSpare)
}

// brokenError is the end of a connection that stood.
type brokenError struct {
	error
	expired bool // its token had
}

func (e brokenError) Unwrap() error { return e.error }

// tellLoss tells that a connection or an attempt has failed, and returns why.
func (s *Session) tellLoss(err error) error {
	kind := EventLost
	if broken, stood := errors.AsType[brokenError](err); stood {
		kind, err = s.ending(broken)
	}
	s.emit(Event{Kind: kind, Err: err})
	return err
}

// ending puts the end of a connection that stood into a sentence.
func (s *Session) ending(broken brokenError) (EventKind, error) {
	err := broken.error
	what, next := "the connection to "+s.at+" broke ("+printable(err.Error())+")", "check the network"
	switch {
	case iothub.Silent(err):
		what = s.at + " has fallen silent"
	case broken.expired:
		what, next = s.at+" closed the connection, whose token had expired", "see that the clock here is right"
	case !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET):
	case s.opts.connected == nil:
		what, next = s.at+" closed the connection", "another client may have connected as the same identity"
	case s.elsewhere():
		return EventTakenOver, &networkError{
			"another client has connected as " + describe(s.id) + ", and the hub has ended this connection for it",
			"stop the other one, or detach this one: the hub lets them take turns", err,
		}
	default:
		what, next = s.at+" closed the connection", "see whether the hub is well"
	}
	return EventLost, &networkError{"cannot stay connected as " + describe(s.id) + ": " + what, next, err}
}

// elsewhere asks the hub whether the identity is connected, which this client is not. It asks
// twice, since the hub may not have noted the end of this client yet.
func (s *Session) elsewhere() bool {
	ctx, cancel := context.WithTimeout(s.ctx, askLimit)
	defer cancel()
	return s.opts.connected(ctx, s.id) && sleep(ctx, askAgain) && s.opts.connected(ctx, s.id)
}

// connected reports whether the hub says that somebody is connected as an identity.
func (c *Client) connected(ctx context.Context, id ID) bool {
	identity, err := c.Identity(Background(ctx), id)
	return err == nil && identity.Connected
}

// refusal is the sentence for credentials that are not accepted.
func (s *Session) refusal(err error) error {
	proof := "key"
	if s.opts.Certificate != nil {
		proof = "certificate"
	}
	return &networkError{
		"cannot connect as " + describe(s.id) + ": the hub refuses its " + proof,
		"check that it exists, is enabled, that its " + proof + " was not changed, and that the clock here is right",
		fmt.Errorf("%w: %w", errRefused, err),
	}
}

// sleep waits and reports whether ctx still stands.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
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
