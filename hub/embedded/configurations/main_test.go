package configurations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub/embedded/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hub is a registry with a manager.
type hub struct {
	*registry.Store
	*Manager
	t testing.TB
}

func newHub(t testing.TB, opts Options) hub {
	t.Helper()
	if opts.Registry == nil {
		opts.Registry = registry.New(registry.Options{})
	}
	m, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return hub{opts.Registry, m, t}
}

// device creates a device, or with a module's name a module, and writes its twin.
func (h hub) device(id registry.ID, identity, twin string) {
	h.t.Helper()
	if _, err := h.PutIdentity(id, []byte(identity), registry.Precondition{}); err != nil {
		h.t.Fatal(err)
	}
	h.patch(id, twin)
}

func (h hub) patch(id registry.ID, twin string) {
	h.t.Helper()
	if _, err := h.PatchTwin(id, []byte(twin), registry.Precondition{}); err != nil {
		h.t.Fatal(err)
	}
}

func (h hub) put(id string, priority int, target, content string) Document {
	h.t.Helper()
	d, err := h.Put(id, fmt.Appendf(nil, `{"priority":%d,"targetCondition":%q,"content":%s}`, priority, target, content), "")
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func (h hub) update(id string, priority int, target, content string) {
	h.t.Helper()
	if _, err := h.Put(id, fmt.Appendf(nil, `{"priority":%d,"targetCondition":%q,"content":%s}`, priority, target, content), "*"); err != nil {
		h.t.Fatal(err)
	}
}

func (h hub) twin(id registry.ID) string {
	h.t.Helper()
	twin, err := h.Twin(id)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(twin.AppendJSON(nil))
}

// shows waits until the twin contains all of parts, and none that begin with a !.
func (h hub) shows(id registry.ID, parts ...string) {
	h.t.Helper()
	h.eventually(fmt.Sprintf("%s shows %s", id, parts), func() bool {
		text := h.twin(id)
		for _, part := range parts {
			wanted, absent := strings.CutPrefix(part, "!")
			if strings.Contains(text, wanted) == absent {
				return false
			}
		}
		return true
	}, func() string { return h.twin(id) })
}

func (h hub) eventually(what string, check func() bool, state func() string) {
	h.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !check() {
		if time.Now().After(deadline) {
			h.t.Fatalf("not within 10 s: %s\n%s", what, state())
		}
		<-tick.C
	}
}

// settled waits until there is nothing left to do: the metrics are counted behind everything.
func (h hub) settled() {
	h.t.Helper()
	for range 3 {
		h.mu.Lock()
		h.metrics.counted = time.Time{}
		if h.metrics.waiting == nil {
			h.metrics.waiting = make(chan struct{})
		}
		done := h.metrics.waiting
		h.mu.Unlock()
		h.wake()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			h.t.Fatal("the background does not end")
		}
	}
}

func (h hub) document(id string) string {
	h.t.Helper()
	d, err := h.Get(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(d.JSON)
}

func refused(t testing.TB, err error, status int, name string) {
	t.Helper()
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Status != status || refusal.Name != name {
		t.Errorf("error %v, want %d %s", err, status, name)
	}
}

func device(name string) registry.ID     { return registry.ID{Device: name} }
func module(name, of string) registry.ID { return registry.ID{Device: of, Module: name} }
func settings(path, value string) string {
	return `{"deviceContent":{"properties.desired` + path + `":` + value + `}}`
}

func forModules(path, value string) string {
	return `{"moduleContent":{"properties.desired` + path + `":` + value + `}}`
}
