package fleet

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// character is what makes a member different from the others. It is called from one
// goroutine and does no I/O: it returns what to report, null for nothing.
type character interface {
	// settle answers desired properties that are new to the member: all of them after it
	// has connected, later those of a patch, with null for a removed one. version is
	// desired.$version.
	settle(news patch.Value, version int64) patch.Value
	// beat is called now and then while the member is connected.
	beat(chance *rand.Rand) patch.Value
}

// restless is a character that leaves now and then.
type restless interface {
	// stay and away say, in beats, how long it stays connected and then is away.
	stay(chance *rand.Rand) float64
	away(chance *rand.Rand) float64
}

// longestPause is the longest pause after a failure, in beats.
const longestPause = 16

// member is one simulated device or module.
type member struct {
	id        hub.ID
	client    *hub.Client
	opts      Options
	character character
	chance    *rand.Rand // belongs to the goroutine of work
	log       *slog.Logger

	desired chan struct{} // has a value when there is news

	mu      sync.Mutex
	news    patch.Value // desired properties not yet answered; null when there are none
	version int64
	online  bool
}

// work is a member's life: shift after shift until ctx ends. A shift that fails is
// followed by a pause that grows with every further one: the identity may be gone for good.
func (m *member) work(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		err := m.shift(ctx)
		r, leaves := m.character.(restless)
		switch {
		case err != nil:
			m.log.Debug("shift failed", "err", err)
			wait(ctx, m.beats(float64(min(int(1)<<failures, longestPause))))
			failures = min(failures+1, longestPause)
		case leaves:
			failures = 0
			wait(ctx, m.beats(r.away(m.chance)))
		}
	}
}

// shift connects and works until ctx ends, or until a restless character has had enough.
func (m *member) shift(ctx context.Context) error {
	if r, ok := m.character.(restless); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, m.beats(r.stay(m.chance)))
		defer cancel()
	}
	identity, err := m.client.Identity(ctx, m.id)
	if err != nil {
		return err
	}
	if identity.Connected {
		if err := m.standAside(ctx); err != nil {
			return err
		}
	}
	credentials, err := m.client.Credentials(identity)
	if err != nil {
		return err
	}
	// A refused session never comes back: the identity was deleted or disabled, or its key
	// was changed. The shift ends, and the next one reads the identity anew.
	ctx, refused := context.WithCancelCause(ctx)
	defer refused(nil)
	var session *hub.Session
	ready := make(chan struct{})
	session, err = m.client.Session(hub.SessionOptions{
		Credentials: credentials,
		RootCAs:     m.opts.RootCAs,
		MQTTAddress: m.opts.MQTTAddress,
		Log:         m.opts.Log,
		OnEvent: func(e hub.Event) {
			if e.Kind == hub.EventRefused {
				refused(e.Err)
			}
			m.note(e)
		},
		OnMethod: func(ctx context.Context, name string, payload patch.Value) (int, patch.Value) {
			<-ready
			return m.method(ctx, session, name, payload)
		},
		BeforeConnect: m.standAside,
	})
	if err != nil {
		return err
	}
	close(ready)
	defer func() { _ = session.Close() }() // never fails
	m.serve(ctx, session)
	if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil // it has had enough for now
}

// serve answers news after a moment's thought and reports with every beat.
func (m *member) serve(ctx context.Context, session *hub.Session) {
	next := time.NewTimer(m.beats(m.chance.Float64()))
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.desired:
			wait(ctx, m.beats(0.08))
			if news, version := m.take(); !news.IsNull() {
				m.report(ctx, session, m.character.settle(news, version))
			}
		case <-next.C:
			next.Reset(m.beats(0.75 + m.chance.Float64()/2))
			if m.isOnline() {
				m.report(ctx, session, m.character.beat(m.chance))
			}
		}
	}
}

// note takes down what concerns a member: news of desired properties, and whether it is connected.
func (m *member) note(e hub.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e.Kind {
	case hub.EventSynced:
		m.online = true
		m.news, m.version = e.Value, e.Version
	case hub.EventPatch:
		// Keys of an earlier patch that is not answered yet stay, removals included.
		m.news, m.version = overlay(m.news, e.Value), max(e.Version, m.version)
	case hub.EventLost, hub.EventTakenOver, hub.EventRefused, hub.EventDetached:
		m.online = false
		return
	default:
		return
	}
	select {
	case m.desired <- struct{}{}:
	default:
	}
}

// overlay lays one patch over another by their first keys, nulls included.
func overlay(under, over patch.Value) patch.Value {
	return patch.Object(append(append([]patch.Member{}, under.Members()...), over.Members()...)...)
}

func (m *member) take() (news patch.Value, version int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	news, version = m.news, m.version
	m.news = patch.Null()
	return news, version
}

func (m *member) isOnline() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.online
}

// report sends what a character has to say. A report that is lost is not repeated: the
// next connection begins with all desired properties again.
func (m *member) report(ctx context.Context, session *hub.Session, reported patch.Value) {
	if reported.Len() == 0 {
		return
	}
	if _, err := session.Report(ctx, reported); err != nil {
		m.log.Debug("report lost", "err", err)
	}
}

// standAside waits while somebody else is connected as this member, asking politely.
func (m *member) standAside(ctx context.Context) error {
	for {
		identity, err := m.client.Identity(ctx, m.id)
		if err != nil || !identity.Connected {
			return err
		}
		wait(ctx, m.beats(0.5))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// beats turns beats into time.
func (m *member) beats(n float64) time.Duration { return time.Duration(n * float64(m.opts.Beat)) }

// wait returns after d or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
