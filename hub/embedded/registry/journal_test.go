package registry

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub/embedded/storage"
)

// openStore opens the store in a data file; both are closed with the test at the latest.
func openStore(t testing.TB, path string, opts Options) (*Store, *storage.DB) {
	t.Helper()
	db, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s, err := Open(db.Keeper("registry"), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

// activity is what a restart forgets.
var activity = regexp.MustCompile(`"lastActivityTime":"[^"]*",`)

// contents is all that users can read of a store and that outlives it, in listing order.
func contents(s *Store) (all []string) {
	for _, source := range []Source{Devices, Modules} {
		for _, row := range s.List(source, 0, 1<<20) {
			all = append(all, fmt.Sprint(row.Next, string(row.Twin.AppendJSON(nil))))
		}
	}
	for _, doc := range s.ListDevices(1 << 20) {
		all = append(all, string(doc.JSON))
	}
	for _, e := range s.deviceSeq.entries {
		if e.record == nil {
			continue
		}
		d, device := e.record, e.record.id.Device
		if docs, err := s.Modules(device); err == nil {
			for _, doc := range docs {
				all = append(all, string(doc.JSON))
			}
		} else if !d.disabled {
			all = append(all, err.Error())
		}
	}
	for i := range all {
		all[i] = activity.ReplaceAllString(all[i], "")
	}
	all = append(all, fmt.Sprintf("%+v %d %d %d", s.Statistics(), s.lastSeq, s.lastTicks, s.lastKeys))
	return all
}

// something does one random write.
func something(s *Store, random *rand.Rand) error {
	id := ID{Device: fmt.Sprintf("d%d", random.IntN(6))}
	if random.IntN(2) == 0 {
		id.Module = fmt.Sprintf("m%d", random.IntN(3))
	}
	cond := []Precondition{{}, anyEtag}[random.IntN(2)]
	value := []string{"null", "1", `"é\n"`, "[1,{\"b\":2}]", "1.50", "{}"}[random.IntN(6)]
	section := fmt.Sprintf(`{"k%d":{"x":%s},"$version":3}`, random.IntN(4), value)
	var err error
	switch random.IntN(10) {
	case 0, 1, 2:
		body := []string{
			`{}`, `{"status":"disabled","statusReason":"tired"}`, `{"capabilities":{"iotEdge":true},"managedBy":"me"}`,
			`{"authentication":{"symmetricKey":{"primaryKey":"AAAAAAAAAAAAAAAAAAAAAA==","secondaryKey":"BBBBBBBBBBBBBBBBBBBBBA=="}}}`,
			`{"authentication":{"type":"selfSigned","x509Thumbprint":{"primaryThumbprint":"` + strings.Repeat("aB", 20) + `"}}}`,
		}[random.IntN(5)]
		_, err = s.PutIdentity(id, []byte(body), cond)
	case 3:
		err = s.DeleteIdentity(id, cond)
	case 4:
		_, err = s.PatchReported(id, []byte(section), nil)
	case 5:
		_, err = s.PatchTwin(id, []byte(`{"tags":`+section+`}`), cond)
	case 6, 7:
		_, err = s.PatchTwin(id, []byte(`{"properties":{"desired":`+section+`}}`), cond)
	case 8:
		_, err = s.ReplaceTwin(id, []byte(`{"tags":null,"properties":{"desired":{"k":{"y":1}}}}`), cond)
	case 9:
		s.SetModelID(id, "dtmi:x;1")
	}
	var refusal *Error
	if errors.As(err, &refusal) {
		return nil
	}
	return err
}

func TestEverythingIsThereAfterARestart(t *testing.T) {
	for seed := range uint64(20) {
		path := filepath.Join(t.TempDir(), "data")
		random := rand.New(rand.NewPCG(seed, 0))
		now := start
		opts := Options{Now: func() time.Time { now = now.Add(time.Millisecond); return now }}
		var before []string
		for range 4 {
			s, db := openStore(t, path, opts)
			if diff := cmp.Diff(before, contents(s)); before != nil && diff != "" {
				t.Fatalf("seed %d:\n%s", seed, redact(diff))
			}
			for range 60 {
				if err := something(s, random); err != nil {
					t.Fatal(err)
				}
			}
			before = contents(s)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSeededFleetIsThereAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	s, db := openStore(t, path, Options{})
	seed := func(i int) Seed {
		return Seed{
			Device: fmt.Sprintf("d%05d", i), Tags: fmt.Sprintf(`{"floor":%d}`, i%7), Desired: `{"a":{"b":1}}`,
			Disabled: i%100 == 0, Modules: []SeedModule{{Name: "m", Desired: `{"c":1}`}, {Name: "n"}}[:i%3],
		}
	}
	if err := s.Seed(seedChunk+400, seed); err != nil {
		t.Fatal(err)
	}
	before := contents(s)
	if err := s.Seed(100, seed); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := openStore(t, path, Options{})
	if diff := cmp.Diff(before, contents(again)); diff != "" {
		t.Fatal(redact(diff))
	}
	if a, b := again.devices["d00001"], again.devices["d00008"]; a.desired != b.desired || unsafe.StringData(a.tags) != unsafe.StringData(b.tags) {
		t.Error("equal sections and tags are not shared after a restart")
	}
}

// TestGenerationsAreNeverUsedAgain holds even when the clock went back while the hub was down.
func TestGenerationsAreNeverUsedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	now := start
	opts := Options{Now: func() time.Time { return now }}
	s, db := openStore(t, path, opts)
	put(t, s, device, `{}`, Precondition{})
	generation, seq := s.devices["d"].generation, s.devices["d"].seq
	creds, _ := s.Credentials(device)
	if err := errors.Join(s.DeleteIdentity(device, anyEtag), db.Close()); err != nil {
		t.Fatal(err)
	}
	now = start.Add(-time.Hour)
	s, _ = openStore(t, path, opts)
	put(t, s, device, `{}`, Precondition{})
	if d := s.devices["d"]; d.generation <= generation || d.seq <= seq {
		t.Errorf("generation %d after %d, sequence %d after %d", d.generation, generation, d.seq, seq)
	}
	if again, _ := s.Credentials(device); again.Primary == creds.Primary {
		t.Error("a key is used again")
	}
}

// TestNobodyIsToldWhatIsNotStored has a data file that cannot be written any more.
func TestNobodyIsToldWhatIsNotStored(t *testing.T) {
	s, db := openStore(t, filepath.Join(t.TempDir(), "data"), Options{})
	put(t, s, device, `{}`, Precondition{})
	h := &heard{}
	s.Listen(h)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	patch := []byte(`{"properties":{"desired":{"n":1}}}`)
	for range 3 {
		if _, err := s.PatchTwin(device, patch, Precondition{}); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("patch: %v", err)
		}
		if _, err := s.PatchReported(device, []byte(`{"n":1}`), nil); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("report: %v", err)
		}
		if err := s.DeleteIdentity(device, anyEtag); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("delete: %v", err)
		}
	}
	if len(h.lines) > 0 {
		t.Errorf("the listener was told %v", h.lines)
	}
	s.Settle()
}

// reader is a listener that looks into the data file whenever it is told something.
type reader struct {
	t    *testing.T
	data *storage.Keeper
	told int
}

func (r *reader) DesiredChanged(id ID, _ []byte, version int64) {
	r.told++
	if d := r.record(id); d == nil || d.desired == nil || d.desired.version < version {
		r.t.Errorf("%s was told version %d, which is not stored", id, version)
	}
}

func (r *reader) IdentityClosed(id ID) {
	if d := r.record(id); d != nil && !d.disabled {
		r.t.Errorf("%s was closed, which is not stored", id)
	}
}

func (r *reader) record(id ID) (found *record) {
	l := loader{store: New(Options{}), sections: map[string]*section{}, texts: map[string]string{}}
	if err := r.data.Each(l.take); err != nil {
		r.t.Error(err)
	}
	return l.store.find(id)
}

// TestWhatIsToldIsStored has writers and others whose writes are refused: neither may bring
// about that somebody is told of a write before it is durable.
func TestWhatIsToldIsStored(t *testing.T) {
	db, err := storage.Open(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(db.Keeper("registry"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener := &reader{t: t, data: db.Keeper("registry")}
	s.Listen(listener)
	put(t, s, ID{Device: "refused"}, `{}`, Precondition{})
	stale := ParsePrecondition("stale")
	patch := []byte(`{"properties":{"desired":{"n":1}}}`)
	var writers, refused sync.WaitGroup
	done := make(chan struct{})
	refused.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := s.PatchTwin(ID{Device: "refused"}, patch, stale); err == nil {
				t.Error("a stale write was accepted")
			}
		}
	})
	for w := range 4 {
		id := ID{Device: fmt.Sprint("d", w)}
		writers.Go(func() {
			for range 10 {
				_, create := s.PutIdentity(id, []byte(`{}`), Precondition{})
				_, write := s.PatchTwin(id, patch, Precondition{})
				if err := errors.Join(create, write, s.DeleteIdentity(id, anyEtag)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	refused.Wait()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if listener.told != 40 {
		t.Errorf("%d patches were told", listener.told)
	}
}

// TestNoMemberIsForgotten fails when a record gets a member that the data file does not have.
func TestNoMemberIsForgotten(t *testing.T) {
	// What is known from elsewhere, or does not outlive a connection.
	transient := map[string]bool{"seq": true, "modules": true, "connected": true, "connectionUpdated": true, "lastActivity": true}
	r := &record{auth: SelfSigned}
	var fill func(v reflect.Value, path string)
	fill = func(v reflect.Value, path string) {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
		switch v.Kind() {
		case reflect.String:
			v.SetString(path)
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int64:
			v.SetInt(int64(len(path)))
		case reflect.Uint64:
			v.SetUint(uint64(len(path)))
		case reflect.Uint8: // the authentication type
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), path)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), path)
		case reflect.Struct:
			for i := range v.NumField() {
				if name := v.Type().Field(i).Name; !transient[name] {
					fill(v.Field(i), path+"."+name)
				}
			}
		default:
			t.Fatalf("%s has a kind that this test does not know: %s", path, v.Kind())
		}
	}
	fill(reflect.ValueOf(r).Elem(), "record")
	for _, s := range []*section{r.desired, r.reported} {
		*s = section{properties: `{"a":1}`, metadata: `{"b":2}`, version: s.version}
	}
	l := loader{sections: map[string]*section{}, texts: map[string]string{}}
	got, err := l.decodeRecord(encodeRecord(r))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, got) {
		t.Errorf("a record came back different:\n%+v %+v\n%+v %+v", r, r.extra, got, got.extra)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	s := New(Options{})
	put(f, s, device, `{"statusReason":"x"}`, Precondition{})
	if _, err := s.PatchTwin(device, []byte(`{"tags":{"a":1},"properties":{"desired":{"b":2}}}`), anyEtag); err != nil {
		f.Fatal(err)
	}
	f.Add(encodeRecord(s.devices["d"]))
	f.Add([]byte{})
	f.Add([]byte("\xaf\xa0\x84\xa0\xcf\xf4\xd3r\x84\xaa\xbc7\xc7U\xd2\xa4\xdf\xee\xe00")) // counters of a vast hub
	f.Add([]byte{1, 0xff, 0, 0, 0, 0, 0, 0, 1, 'd'})
	f.Fuzz(func(t *testing.T, value []byte) {
		l := loader{store: New(Options{}), sections: map[string]*section{}, texts: map[string]string{}}
		_ = l.take(countersKey, value)
		r, err := l.decodeRecord(value)
		if err != nil {
			return
		}
		again, err := l.decodeRecord(encodeRecord(r))
		if err != nil || !reflect.DeepEqual(r.id, again.id) {
			t.Errorf("%x does not come back: %v", value, err)
		}
	})
}
