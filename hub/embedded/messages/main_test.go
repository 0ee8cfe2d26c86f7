package messages

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub/embedded/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	pump  = registry.ID{Device: "pump"}
	valve = registry.ID{Device: "pump", Module: "valve"}
)

// shelf is a Keeper in memory.
type shelf struct {
	mu     sync.Mutex
	values map[string]string
	broken bool
}

var errBroken = errors.New("the disk is full")

func (s *shelf) change(f func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errBroken
	}
	if s.values == nil {
		s.values = map[string]string{}
	}
	f()
	return nil
}

func (s *shelf) Put(key string, value []byte) error {
	return s.change(func() { s.values[key] = string(value) })
}

func (s *shelf) Delete(key string) error { return s.change(func() { delete(s.values, key) }) }

func (s *shelf) Each(f func(key string, value []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if err := f(key, []byte(s.values[key])); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

// hub is what queues know of a hub: a clock, and the identities pump and valve.
type hub struct {
	t *testing.T
	*Queues
	kept *shelf

	mu         sync.Mutex
	now        time.Time
	generation map[registry.ID]int
	counted    map[registry.ID]int
	ready      []registry.ID
}

func newHub(t *testing.T, kept *shelf, limits Limits) *hub {
	t.Helper()
	h := &hub{
		t: t, kept: kept, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		generation: map[registry.ID]int{pump: 1, valve: 1}, counted: map[registry.ID]int{},
	}
	var keeper Keeper
	if kept != nil {
		keeper = kept
	}
	h.Queues = New(Options{
		Generation: func(id registry.ID) (string, bool) {
			h.mu.Lock()
			defer h.mu.Unlock()
			n := h.generation[id]
			return strconv.Itoa(n), n > 0
		},
		Counted: func(id registry.ID, n int) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.counted[id] = n
		},
		Ready: func(id registry.ID) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ready = append(h.ready, id)
		},
		Keeper: keeper,
		Now: func() time.Time {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.now
		},
		Limits: limits,
	})
	t.Cleanup(h.Close)
	return h
}

func (h *hub) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *hub) setGeneration(id registry.ID, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.generation[id] = n
}

func (h *hub) send(id registry.ID, m Message) Message {
	h.t.Helper()
	sent, err := h.Send(id, m)
	if err != nil {
		h.t.Fatal(err)
	}
	return sent
}

func (h *hub) receive(id registry.ID, want string) Delivery {
	h.t.Helper()
	d, ok := h.Receive(id, 0)
	if !ok || string(d.Body) != want {
		h.t.Fatalf("received %q, %v, want %q", d.Body, ok, want)
	}
	return d
}

func (h *hub) nothing(id registry.ID) {
	h.t.Helper()
	if d, ok := h.Receive(id, 0); ok {
		h.t.Fatalf("received %q", d.Body)
	}
}

func (h *hub) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hub) waiting(id registry.ID, want int) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if got := h.counted[id]; got != want {
		h.t.Errorf("%d messages are said to wait, want %d", got, want)
	}
}

func text(s string) Message { return Message{Body: []byte(s)} }
