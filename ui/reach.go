package ui

import (
	"context"
	"errors"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/theme"
)

const (
	silence   = 10 * time.Second // without an answer, before the hub is asked for one
	patience  = 5 * time.Second  // before a hub that did not answer is asked again
	reachWait = 5 * time.Second  // for the answer
)

// link is what is known of the way to the hub.
type link int

const (
	connecting link = iota
	connected
	refused
	unreachable
)

// reach is the way to the hub: how it is, and the question that finds out when nobody else asks.
type reach struct {
	link     link
	answered time.Time // when the hub answered last; zero when it never has
	lost     time.Time // when the first call failed since
	asked    time.Time // when the question was last put
	asking   task
	silent   bool // the question itself has gone unanswered since
}

type reachMsg struct {
	gen uint64
	err error
}

// heard takes the outcome of a call that the user knows of.
func (m *Model) heard(err error) {
	m.reached(err)
	switch {
	case err == nil:
		m.calling.last = false
	case !errors.Is(err, context.Canceled) && !errors.Is(err, ErrReadOnly):
		m.log.Warn("call failed", "error", err)
		m.failed(sentence(err), err)
	}
}

// reached draws a conclusion about the link from the outcome of a call. A refusal of one
// request is still an answer, and what this program refuses says nothing.
func (m *Model) reached(err error) {
	r, now := &m.reach, m.opts.Now()
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, ErrReadOnly):
	case err == nil:
		r.link, r.answered = connected, now
	case hub.Unauthorized(err):
		r.link, r.answered = refused, now
	case answered(err):
		r.link, r.answered = connected, now
	default:
		if r.link != unreachable {
			r.lost = now
		}
		r.link = unreachable
	}
}

// checkReach asks the hub for an answer when it has given none for a while, so that what the header
// says is never old.
func (m *Model) checkReach() tea.Cmd {
	r := &m.reach
	wait := silence
	if r.link == unreachable {
		wait = patience
	}
	if last := r.asked; r.asking.busy || m.clock.Sub(r.answered) < wait || m.clock.Sub(last) < wait {
		return nil
	}
	r.asked = m.clock
	ctx, gen := r.asking.start(hub.Routine(m.ctx))
	return askReach(ctx, m.backend, gen)
}

func askReach(ctx context.Context, b Backend, gen uint64) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, reachWait)
		defer cancel()
		return reachMsg{gen, b.Reach(ctx)}
	}
}

// gotReach takes the answer. When a hub is back, what could not be read meanwhile is read.
func (m *Model) gotReach(msg reachMsg) tea.Cmd {
	if !m.reach.asking.done(msg.gen) {
		return nil
	}
	was, silent := m.reach.link, m.reach.silent
	m.reach.silent = msg.err != nil && !answered(msg.err)
	if was == unreachable && m.reach.silent {
		return nil // nothing is new, and the log need not say so every few seconds
	}
	if m.reached(msg.err); msg.err != nil {
		m.heard(msg.err)
	}
	if !silent || was != unreachable || m.reach.link != connected {
		return nil // it was one kind of call that failed, and whoever makes those goes on by themselves
	}
	cmd := m.say(good, "the hub answers again")
	if !m.reading.busy {
		cmd = tea.Batch(cmd, m.readTwin())
	}
	if l := &m.listing; l.state == listingWaits || l.state == listingStopped {
		l.retries()
		cmd = tea.Batch(cmd, m.readPages())
	}
	return cmd
}

// answered reports whether an error came from the hub, or from what is known of its quotas.
func answered(err error) bool {
	var refusal *hub.Error
	return hub.Unauthorized(err) || hub.Throttled(err) || errors.As(err, &refusal)
}

// view says how the way to the hub is, and for how long it has been broken.
func (r *reach) view(th theme.Theme, now time.Time) string {
	switch r.link {
	case connected:
		return th.Good.Render(theme.Connected) + " connected"
	case refused:
		return th.Bad.Render(theme.Rejected + " not authorized")
	case unreachable:
		since := r.answered
		if since.IsZero() {
			since = r.lost
		}
		return th.Bad.Render(theme.Rejected + " unreachable for " + spell(now.Sub(since)))
	case connecting:
	}
	return th.Muted.Render(theme.Disconnected + " connecting" + theme.Pending)
}

// spell writes a duration in one figure and a unit.
func spell(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	}
	return strconv.Itoa(int(d/time.Hour)) + " h"
}
