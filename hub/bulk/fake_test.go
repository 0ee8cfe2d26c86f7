package bulk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

func parse(text string) patch.Value {
	v, err := patch.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

// fakeHub is a hub in memory that fails as it is told, and remembers what was carried out.
type fakeHub struct {
	mu      sync.Mutex
	twins   map[hub.ID]hub.Twin
	etags   int
	applied map[hub.ID]int // writes of the run that were carried out
	writes  map[hub.ID]int // that arrived
	etagsOf map[hub.ID][]string
	reads   int
	queries []string
	atOnce  int // calls inside
	most    int
	// fault decides how a call fails; nil: none does.
	fault func(call string, id hub.ID) fault
}

// fault is how a call fails.
type fault struct {
	status  int           // answered with this
	lose    bool          // no answer comes
	after   bool          // the call is carried out all the same
	meddle  bool          // somebody else changes the row just before
	delete  bool          // somebody else deletes the row just before
	delay   time.Duration // the call takes so long
	late    time.Duration // with lose: it is carried out so much later
	explain string
}

func newFake(ids ...hub.ID) *fakeHub {
	f := &fakeHub{twins: map[hub.ID]hub.Twin{}, applied: map[hub.ID]int{}, writes: map[hub.ID]int{}, etagsOf: map[hub.ID][]string{}}
	for _, id := range ids {
		f.twins[id] = hub.Twin{
			ID: id, ETag: f.etag(), DeviceETag: f.etag(), Status: hub.Enabled, Tags: parse(`{"site":"ist"}`),
			Desired: hub.Section{Value: parse(`{"interval":60}`)},
		}
	}
	return f
}

func (f *fakeHub) etag() string {
	f.etags++
	return fmt.Sprintf("e%d", f.etags)
}

var errLost = errors.New("the connection broke")

// call carries out do as the fault of this call has it.
func (f *fakeHub) call(ctx context.Context, name string, id hub.ID, do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.atOnce++
	f.most = max(f.most, f.atOnce)
	defer func() { f.atOnce-- }()
	var how fault
	if f.fault != nil {
		how = f.fault(name, id)
	}
	if how.delay > 0 {
		f.mu.Unlock()
		select {
		case <-time.After(how.delay):
		case <-ctx.Done():
		}
		f.mu.Lock()
	}
	if how.meddle {
		if t, ok := f.twins[id]; ok {
			t.Tags, t.ETag, t.DeviceETag = t.Tags.With(patch.Path{"other"}, patch.Int(int64(f.etags))), f.etag(), f.etag()
			f.twins[id] = t
		}
	}
	if how.delete {
		delete(f.twins, id)
	}
	failed := &url.Error{Op: "Put", URL: "https://hub", Err: errLost}
	if ctx.Err() != nil && !how.after {
		return ctx.Err()
	}
	if (how.status != 0 || how.lose) && !how.after {
		if how.lose && how.late > 0 {
			time.AfterFunc(how.late, func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				_ = do()
			})
		}
		if how.lose {
			return failed
		}
		return &hub.Error{Op: name, Status: how.status, Code: hub.Code(how.explain), RetryAfter: 3 * time.Second}
	}
	err := do()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case how.lose:
		return failed
	case how.status != 0:
		return &hub.Error{Op: name, Status: how.status}
	}
	return err
}

func (f *fakeHub) Twin(ctx context.Context, id hub.ID) (t hub.Twin, err error) {
	err = f.call(ctx, "read", id, func() error {
		f.reads++
		var ok bool
		if t, ok = f.twins[id]; !ok {
			return &hub.Error{Op: "read", Status: 404, Code: hub.CodeDeviceNotFound}
		}
		return nil
	})
	return t, err
}

// write carries out a change of a row that is still what etag says.
func (f *fakeHub) write(ctx context.Context, id hub.ID, etag string, etagOf func(hub.Twin) string, change func(*hub.Twin)) error {
	return f.call(ctx, "write", id, func() error {
		f.writes[id]++
		f.etagsOf[id] = append(f.etagsOf[id], etag)
		t, ok := f.twins[id]
		switch {
		case !ok:
			return &hub.Error{Op: "write", Status: 404, Code: hub.CodeDeviceNotFound}
		case etagOf(t) != etag:
			return &hub.Error{Op: "write", Status: 412, Code: hub.CodePreconditionFailed}
		}
		f.applied[id]++
		if change == nil {
			delete(f.twins, id)
			return nil
		}
		change(&t)
		f.twins[id] = t
		return nil
	})
}

func twinETag(t hub.Twin) string     { return t.ETag }
func identityETag(t hub.Twin) string { return t.DeviceETag }

func (f *fakeHub) PatchTwin(ctx context.Context, id hub.ID, p hub.TwinPatch, etag string) (hub.Twin, hub.Receipt, error) {
	return hub.Twin{}, hub.Receipt{}, f.write(ctx, id, etag, twinETag, func(t *hub.Twin) {
		t.ETag = f.etag()
		if p.Tags != nil {
			t.Tags = patch.Apply(t.Tags, *p.Tags)
		}
		if p.Desired != nil {
			t.Desired.Value = patch.Apply(t.Desired.Value, *p.Desired)
		}
	})
}

func (f *fakeHub) ChangeIdentity(ctx context.Context, id hub.ID, change hub.IdentityChange, etag string) (hub.Identity, error) {
	to := change.(hub.SetStatus)
	return hub.Identity{}, f.write(ctx, id, etag, identityETag, func(t *hub.Twin) {
		t.DeviceETag, t.Status, t.StatusReason = f.etag(), to.Status, to.Reason
	})
}

func (f *fakeHub) DeleteIdentity(ctx context.Context, id hub.ID, etag string) error {
	return f.write(ctx, id, etag, identityETag, nil)
}

func (f *fakeHub) Run(ctx context.Context, query, _ string, _ int) (r hub.Result, err error) {
	err = f.call(ctx, "query", hub.ID{}, func() error {
		f.queries = append(f.queries, query)
		for id := range f.twins {
			if id.IsModule() && strings.Contains(query, "'"+id.Device+"'") {
				r.Rows = append(r.Rows, patch.Object(patch.Member{Key: "deviceId", Value: patch.String(id.Device)}, patch.Member{Key: "moduleId", Value: patch.String(id.Module)}))
			}
		}
		return nil
	})
	return r, err
}

// some returns n devices.
func some(n int) []hub.ID {
	ids := make([]hub.ID, n)
	for i := range ids {
		ids[i] = hub.ID{Device: fmt.Sprintf("device-%03d", i)}
	}
	return ids
}

// finish waits until a stream is over and returns all it had to tell.
func finish[T any](t testing.TB, s *Stream[T]) (items []T, last State) {
	t.Helper()
	for {
		b, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, b.Items...)
		if b.Over {
			return items, b.State
		}
	}
}

// every makes every nth call of a kind fail.
func every(n int, call string, how fault) func(string, hub.ID) fault {
	calls := 0
	return func(c string, _ hub.ID) fault {
		if c != call {
			return fault{}
		}
		if calls++; calls%n == 0 {
			return how
		}
		return fault{}
	}
}

// random makes calls fail in every way there is.
func random(r *rand.Rand) func(string, hub.ID) fault {
	return func(call string, _ hub.ID) fault {
		how := fault{delay: time.Duration(r.IntN(300)) * time.Millisecond}
		switch r.IntN(14) {
		case 0:
			how.status = 429
		case 1:
			how.status = []int{500, 503, 504}[r.IntN(3)]
			how.after = r.IntN(2) == 0
		case 2:
			how.lose, how.after = true, r.IntN(2) == 0
			how.late = time.Duration(r.IntN(2)*r.IntN(9000)) * time.Millisecond
		case 3:
			how.meddle = true
		case 4:
			how.delete = r.IntN(3) == 0
		case 5:
			how.delay += time.Duration(r.IntN(30)) * time.Second
		case 6:
			how.status = []int{400, 401, 403}[r.IntN(3)]
		case 7:
			how.meddle, how.lose, how.after = true, true, r.IntN(2) == 0
		}
		if call != "write" {
			how.after, how.late = false, 0
		}
		return how
	}
}
