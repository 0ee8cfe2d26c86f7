package ui

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// fakeHub is a hub in memory that counts how it is called and fails when told to.
type fakeHub struct {
	mu         sync.Mutex
	identities map[hub.ID]hub.Identity
	twins      map[hub.ID]hub.Twin
	attached   map[hub.ID]bool
	observed   map[hub.ID]hub.Observation
	acks       map[hub.ID]hub.AckMode
	replies    map[hub.ID]hub.MethodAnswer
	options    hub.AttachOptions             // of the last Attach
	callOff    map[hub.ID]context.CancelFunc // of each Attach under way
	calls      map[string]int
	inside     []string         // calls made from Update or View, of which there must be none
	fail       map[string]error // by method
	delay      func(method string, id hub.ID) time.Duration
	pageSize   int
	largest    int     // a larger page is refused; 0: none is
	asked      []asked // of listings and searches
	usage      hub.Usage
	seq        uint64
	events     chan hub.Event
	etags      int
	queries    fakeQueries
	exchanged  fakeCalls
}

// asked is what a call of List wanted.
type asked struct {
	hub.Listing
	continuation string
	size         int
}

func newFakeHub() *fakeHub {
	return &fakeHub{
		identities: map[hub.ID]hub.Identity{},
		twins:      map[hub.ID]hub.Twin{},
		attached:   map[hub.ID]bool{},
		observed:   map[hub.ID]hub.Observation{},
		acks:       map[hub.ID]hub.AckMode{},
		replies:    map[hub.ID]hub.MethodAnswer{},
		callOff:    map[hub.ID]context.CancelFunc{},
		calls:      map[string]int{},
		fail:       map[string]error{},
		pageSize:   100,
		events:     make(chan hub.Event, 100_000),
	}
}

// parse reads JSON that a test wrote.
func parse(text string) patch.Value {
	v, err := patch.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

// add puts an identity and its twin into the hub.
func (f *fakeHub) add(id hub.ID, tags, desired, reported string) {
	f.etags++
	now := time.Now().UTC()
	f.identities[id] = hub.Identity{
		ID: id, ETag: "ID" + strconv.Itoa(f.etags), GenerationID: "638000000000000000", Status: hub.Enabled, Auth: hub.AuthSAS,
		PrimaryKey: hub.NewKey("cHJpbWFyeSBzZWNyZXQ="), SecondaryKey: hub.NewKey("c2Vjb25kYXJ5IHNlY3JldA=="),
		LastActivityTime: now.Add(-3 * time.Minute),
	}
	meta := func(version int) patch.Value {
		return parse(fmt.Sprintf(`{"$lastUpdated":%q,"$lastUpdatedVersion":%d}`, now.Format(time.RFC3339), version))
	}
	f.twins[id] = f.document(hub.Twin{
		ID: id, ETag: f.etag(), DeviceETag: f.identities[id].ETag, Version: 2, Status: hub.Enabled, Auth: hub.AuthSAS, LastActivityTime: now.Add(-3 * time.Minute),
		Tags:     parse(tags),
		Desired:  hub.Section{Value: parse(desired), Metadata: meta(1), Version: 1},
		Reported: hub.Section{Value: parse(reported), Metadata: meta(1), Version: 1},
	})
}

func (f *fakeHub) etag() string {
	f.etags++
	return fmt.Sprintf("AAAAAAAA%03d=", f.etags)
}

func (f *fakeHub) document(t hub.Twin) hub.Twin {
	t.Document = patch.Object(
		patch.Member{Key: "deviceId", Value: patch.String(t.Device)},
		patch.Member{Key: "etag", Value: patch.String(t.ETag)},
		patch.Member{Key: "tags", Value: t.Tags},
		patch.Member{Key: "properties", Value: patch.Object(
			patch.Member{Key: "desired", Value: t.Desired.Value},
			patch.Member{Key: "reported", Value: t.Reported.Value},
		)},
	)
	return t
}

// enter counts a call, waits as told and returns the error the test wants.
func (f *fakeHub) enter(ctx context.Context, method string, id hub.ID) error {
	stack := string(debug.Stack())
	f.mu.Lock()
	f.calls[method]++
	for _, forbidden := range []string{"ui.(*Model).Update(", "ui.(*Model).View(", "ui.observer.Update("} {
		if strings.Contains(stack, forbidden) {
			f.inside = append(f.inside, method+" inside "+forbidden)
		}
	}
	err, delay := f.fail[method], f.delay
	f.mu.Unlock()
	if delay != nil {
		select {
		case <-time.After(delay(method, id)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func (f *fakeHub) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

func (f *fakeHub) failing(method string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail[method] = err
}

// slow makes calls take as long as delay says.
func (f *fakeHub) slow(delay func(method string, id hub.ID) time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = delay
}

func notFound(op string) error {
	return &hub.Error{Op: op, Status: 404, Code: hub.CodeDeviceNotFound, TrackingID: "track-404"}
}

func (f *fakeHub) Usage() hub.Usage {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.usage
}

func (f *fakeHub) Modules(ctx context.Context, device string) ([]hub.Identity, error) {
	if err := f.enter(ctx, "Modules", hub.ID{Device: device}); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []hub.Identity
	for id, i := range f.identities {
		if id.Device == device && id.IsModule() {
			i.Connected = f.attached[id]
			list = append(list, i)
		}
	}
	return list, nil
}

func (f *fakeHub) Identity(ctx context.Context, id hub.ID) (hub.Identity, error) {
	if err := f.enter(ctx, "Identity", id); err != nil {
		return hub.Identity{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, ok := f.identities[id]
	if !ok {
		return hub.Identity{}, notFound("read identity " + id.String())
	}
	return i, nil
}

func (f *fakeHub) CreateIdentity(ctx context.Context, n hub.NewIdentity) (hub.Identity, error) {
	if err := f.enter(ctx, "CreateIdentity", n.ID); err != nil {
		return hub.Identity{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, there := f.identities[n.ID]; there {
		return hub.Identity{}, &hub.Error{Op: "create " + n.String(), Status: 409, Code: hub.CodeDeviceAlreadyExists, Number: 409001}
	}
	return f.create(n)
}

func (f *fakeHub) Twin(ctx context.Context, id hub.ID) (hub.Twin, error) {
	if err := f.enter(ctx, "Twin", id); err != nil {
		return hub.Twin{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.twins[id]
	if !ok {
		return hub.Twin{}, notFound("read twin " + id.String())
	}
	t.ReadAt = time.Now()
	t.DeviceETag = f.identities[id].ETag
	return t, nil
}

func (f *fakeHub) PatchTwin(ctx context.Context, id hub.ID, p hub.TwinPatch, etag string) (hub.Twin, hub.Receipt, error) {
	sent := time.Now()
	if err := f.enter(ctx, "PatchTwin", id); err != nil {
		return hub.Twin{}, hub.Receipt{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.twins[id].ETag != etag {
		return hub.Twin{}, hub.Receipt{}, &hub.Error{Op: "patch twin", Status: 412, Code: hub.CodePreconditionFailed}
	}
	t := f.write(id, p)
	return t, hub.Receipt{ID: id, DesiredVersion: t.Desired.Version, SentAt: sent, AnsweredAt: time.Now()}, nil
}

// write changes a twin and tells the client that is attached as it. The caller holds mu.
func (f *fakeHub) write(id hub.ID, p hub.TwinPatch) hub.Twin {
	t := f.twins[id]
	t.ETag = f.etag()
	t.Version++
	if p.Tags != nil {
		t.Tags = patch.Apply(t.Tags, *p.Tags)
	}
	if p.Desired != nil {
		before := t.Desired.Value
		t.Desired.Value = patch.Apply(before, *p.Desired)
		t.Desired.Version++
		if f.attached[id] {
			raw := p.Desired.With(patch.Path{"$version"}, patch.Int(t.Desired.Version))
			f.emit(hub.Event{
				ID: id, Kind: hub.EventPatch, Version: t.Desired.Version, Value: *p.Desired, Raw: []byte(raw.JSON()),
				Changes: patch.Changes(before, t.Desired.Value),
			})
		}
	}
	t = f.document(t)
	f.twins[id] = t
	return t
}

// elsewhere changes the desired properties as another client of the hub would.
func (f *fakeHub) elsewhere(id hub.ID, merge string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := parse(merge)
	f.write(id, hub.TwinPatch{Desired: &v})
}

// report changes the reported properties as the device itself would.
func (f *fakeHub) report(id hub.ID, merge string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.twins[id]
	t.Reported.Value = patch.Apply(t.Reported.Value, parse(merge))
	t.Reported.Version++
	t.Version++
	f.twins[id] = f.document(t)
}

func (f *fakeHub) emit(ev hub.Event) {
	f.seq++
	ev.Seq, ev.At = f.seq, time.Now()
	f.events <- ev
}

func (f *fakeHub) Reach(ctx context.Context) error { return f.enter(ctx, "Reach", hub.ID{}) }
