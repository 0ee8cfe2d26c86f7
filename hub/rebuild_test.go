package hub_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/patch"
	"twindeck/hub/record"
)

var (
	schedules = flag.Int("schedules", 24, "random schedules of edits and faults to rebuild twins under")
	together  = flag.Int("together", 8, "schedules under way at once")
	firstSeed = flag.Uint64("seed", 1, "seed of the first schedule")
)

// TestARecordRebuildsTheTwin lets a client live through random schedules of edits and faults. In
// each, the lines that were recorded must tell the desired properties as the hub had them, at
// every version at which they claim to know them, and at the end those that it has.
func TestARecordRebuildsTheTwin(t *testing.T) {
	f := &faults.Faults{}
	server, client := start(t, f)
	queue := make(chan uint64)
	go func() {
		defer close(queue)
		for i := range *schedules {
			queue <- *firstSeed + uint64(i)
		}
	}()
	var working sync.WaitGroup
	var met sync.Map
	for range *together {
		working.Go(func() {
			for seed := range queue {
				s := &schedule{t: t, seed: seed, server: server, client: client, faults: f, met: &met}
				if err := s.run(); err != nil {
					t.Errorf("schedule %d: %v (go test -run ARecordRebuilds -schedules 1 -seed %d)\n%s", seed, err, seed, s.story())
				}
			}
		})
	}
	working.Wait()
	if *schedules >= 24 {
		for _, kind := range []string{"patch", "synced", "gap", "lost", "taken over", "renewed"} {
			if _, ok := met.Load(kind); !ok {
				t.Errorf("no schedule led to %q: they prove too little", kind)
			}
		}
	}
}

// tokenLife is that of the clients whose tokens are renewed: longer than a connection takes to be
// made on a machine that is busy with something else.
const tokenLife = 6 * time.Second

type schedule struct {
	t      *testing.T
	seed   uint64
	server *embedded.Server
	client *hub.Client
	faults *faults.Faults
	met    *sync.Map

	rand   *rand.Rand
	id     hub.ID
	proxy  hub.Proxy
	etag   string
	truth  map[int64]patch.Value // the hub's, by version
	latest int64
	steps  []string
	armed  []func() // take the faults away that were not met
	record shared
}

// shared is a record that is read while it is written.
type shared struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *schedule) story() string {
	return strings.Join(s.steps, "\n") + "\n" + s.record.String()
}

func (s *schedule) run() (err error) {
	s.rand = rand.New(rand.NewPCG(s.seed, 7))
	s.id = hub.ID{Device: fmt.Sprint("d", s.seed)}
	s.proxy = hub.StartProxy(s.t, s.server.MQTTSAddress())
	s.truth = map[int64]patch.Value{1: patch.Object()}
	if err := s.retry(func() error {
		_, err := s.client.CreateIdentity(s.t.Context(), hub.NewIdentity{ID: s.id})
		if hub.AlreadyExists(err) {
			return nil // the answer was lost
		}
		return err
	}); err != nil {
		return err
	}
	if err := s.retry(func() error {
		twin, err := s.client.Twin(s.t.Context(), s.id)
		if err == nil {
			s.note(twin)
		}
		return err
	}); err != nil {
		return err
	}
	client := clientOf(s.t, s.server, func(o *hub.Options) {
		o.MQTTAddress = s.proxy.Address()
		if s.seed%8 == 0 {
			o.TokenLife = tokenLife
		}
	})
	monitor := hub.NewMonitor(client)
	defer func() { err = errors.Join(err, monitor.Close()) }()
	rec := record.New(&s.record, record.Options{})
	monitor.Record(rec)
	defer func() {
		closed := rec.Close()
		for range 30 { // on a machine that is busy with something else
			if closed == nil {
				break
			}
			closed = rec.Close()
		}
		err = errors.Join(err, closed)
	}()
	if err := s.retry(func() error { return monitor.Attach(s.t.Context(), s.id, hub.AttachOptions{}) }); err != nil {
		return err
	}
	for range 10 + s.rand.IntN(20) {
		if err := s.step(monitor); err != nil {
			return err
		}
	}
	for end := time.Now().Add(time.Minute); s.seed%8 == 0 && time.Now().Before(end); {
		// Its token is renewed when a connection stands for as long, which other schedules that
		// restart the hub may put off.
		if strings.Contains(s.record.String(), `"kind":"renewed"`) {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	for _, remove := range s.armed { // the last edit must arrive: nothing would tell that it did not
		remove()
	}
	if err := s.edit(); err != nil {
		return err
	}
	return s.settle()
}

// retry tries something again while other schedules restart the hub.
func (s *schedule) retry(try func() error) error {
	var err error
	for range 200 {
		if err = try(); err == nil {
			return nil
		}
		<-time.After(20 * time.Millisecond)
	}
	return err
}

func (s *schedule) note(twin hub.Twin) {
	s.etag, s.latest = twin.ETag, twin.Desired.Version
	s.truth[s.latest] = twin.Desired.Value
}

func (s *schedule) edit() error {
	p := s.properties(2)
	return s.retry(func() error {
		twin, _, err := s.client.PatchTwin(s.t.Context(), s.id, hub.TwinPatch{Desired: &p}, s.etag)
		if err != nil { // perhaps it was made
			if now, read := s.client.Twin(s.t.Context(), s.id); read == nil {
				s.note(now)
			}
			return err
		}
		s.note(twin)
		return nil
	})
}

// properties is a random patch over few keys, so that they meet.
func (s *schedule) properties(depth int) patch.Value {
	var members []patch.Member
	for range 1 + s.rand.IntN(3) {
		m := patch.Member{Key: string(rune('a' + s.rand.IntN(4)))}
		switch n := s.rand.IntN(6); {
		case n == 0:
			m.Value = patch.Null()
		case n == 1 && depth > 0:
			m.Value = s.properties(depth - 1)
		case n == 2:
			m.Value = patch.Array(patch.Int(int64(s.rand.IntN(9))), patch.String("x"))
		default:
			m.Value = patch.Int(int64(s.rand.IntN(1000)))
		}
		members = append(members, m)
	}
	return patch.Object(members...)
}

// step does one of what can happen to a client, with edits before and behind it.
func (s *schedule) step(monitor *hub.Monitor) error {
	on := func(name string, op gateway.Operation, fault gateway.Fault) {
		s.steps = append(s.steps, name)
		s.armed = append(s.armed, s.faults.OnDevice(op, embedded.ID{Device: s.id.Device}, 1, fault))
	}
	switch s.rand.IntN(22) {
	case 0, 1:
		on("a notification is lost", gateway.NotifyDesired, gateway.Fault{Lose: true})
	case 2, 3:
		on("one comes twice", gateway.NotifyDesired, gateway.Fault{Repeat: true})
	case 4, 5:
		on("one is overtaken", gateway.NotifyDesired, gateway.Fault{Overtaken: true})
	case 6:
		on("one is late", gateway.NotifyDesired, gateway.Fault{Delay: 5 * time.Millisecond})
	case 7:
		on("the hub hangs up", gateway.NotifyDesired, gateway.Fault{Drop: true})
	case 8:
		on("a packet is torn", gateway.SendPublish, gateway.Fault{Tear: true})
	case 9:
		on("a packet is lost", gateway.SendPublish, gateway.Fault{Lose: true})
	case 10:
		on("a reading fails", gateway.GetTwin, gateway.Fault{Status: 503})
	case 11:
		on("a reading is late", gateway.GetTwin, gateway.Fault{Delay: 20 * time.Millisecond})
	case 12:
		on("a connection is refused", gateway.Connect, gateway.Fault{Code: mqtt.ServerUnavailable})
	case 13:
		s.steps = append(s.steps, "the network is cut")
		s.proxy.Cut()
	case 14:
		s.steps = append(s.steps, "half open, then cut")
		s.proxy.Freeze(true)
		if err := s.edit(); err != nil {
			return err
		}
		monitor.Look()
		<-time.After(10 * time.Millisecond)
		s.proxy.Cut()
		s.proxy.Freeze(false)
	case 15:
		s.steps = append(s.steps, "silence")
		s.proxy.Freeze(true)
		defer s.proxy.Freeze(false)
	case 16:
		if s.rand.IntN(3) == 0 {
			s.steps = append(s.steps, "the hub restarts")
			if err := s.server.Restart(s.t.Context(), 10*time.Millisecond); err != nil {
				return err
			}
		}
	case 17:
		if err := s.takeOver(); err != nil {
			return err
		}
	case 18:
		s.steps = append(s.steps, "the machine wakes up")
		monitor.Look()
	case 19:
		pause := time.Duration(s.rand.IntN(300)) * time.Millisecond
		s.steps = append(s.steps, fmt.Sprint("nothing for ", pause))
		<-time.After(pause)
	}
	for range s.rand.IntN(6) {
		if err := s.edit(); err != nil {
			return err
		}
	}
	return nil
}

// takeOver connects another client with the same key, which leaves again.
func (s *schedule) takeOver() error {
	s.steps = append(s.steps, "another client takes over")
	other := hub.NewMonitor(s.client)
	defer func() { _ = other.Close() }()
	if err := s.retry(func() error { return other.Attach(s.t.Context(), s.id, hub.AttachOptions{}) }); err != nil {
		return err
	}
	for range 100 {
		batch, err := other.Next(s.t.Context())
		if err != nil {
			return err
		}
		for _, e := range batch.Events {
			if e.Kind == hub.EventSynced {
				<-time.After(time.Duration(s.rand.IntN(900)) * time.Millisecond)
				return nil
			}
		}
	}
	return nil
}

// settle waits until the record tells the twin as it is, and holds all that it told against the hub.
func (s *schedule) settle() error {
	deadline := time.Now().Add(5 * time.Minute)
	for {
		known, err := s.rebuild()
		switch {
		case err != nil:
			return err
		case known.Version == s.latest:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("at the end it tells v%d %s, and the hub has v%d", known.Version, known.Value.JSON(), s.latest)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func (s *schedule) rebuild() (hub.Section, error) {
	text := s.record.String()
	reader := record.NewReader(strings.NewReader(text[:strings.LastIndexByte(text, '\n')+1]))
	var twins record.Twins
	for seq := uint64(1); ; seq++ {
		l, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || l.Seq != seq || reader.Skipped() > 0 {
			return hub.Section{}, fmt.Errorf("line %d is %s, %w", seq, l.Document.JSON(), err)
		}
		s.met.Store(l.Kind, true)
		twins.Follow(l)
		known, ok := twins.Desired(s.id)
		truth, seen := s.truth[known.Version]
		if ok && seen && !patch.Equal(known.Value, truth) {
			return hub.Section{}, fmt.Errorf("line %d tells v%d %s, and the hub had %s", seq, known.Version, known.Value.JSON(), truth.JSON())
		}
	}
	known, _ := twins.Desired(s.id)
	return known, nil
}
