package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// disk takes as many bytes as there is room for, and nothing while it is held.
type disk struct {
	mu   sync.Mutex
	held sync.Mutex
	room int
	text bytes.Buffer
}

func (d *disk) Write(p []byte) (int, error) {
	d.held.Lock()
	defer d.held.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(p), d.room)
	d.room -= n
	d.text.Write(p[:n])
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return n, nil
}

func (d *disk) makeRoom(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = n
}

func (d *disk) lines(t *testing.T) []Line {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	return readAll(t, bytes.NewReader(d.text.Bytes()))
}

func readAll(t *testing.T, from io.Reader) []Line {
	t.Helper()
	var lines []Line
	r := NewReader(from)
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	if r.Skipped() != 0 {
		t.Errorf("%d lines cannot be read", r.Skipped())
	}
	return lines
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

var device = hub.ID{Device: "d"}

func patchEvent(n int) hub.Event {
	v := patch.Object(patch.Member{Key: "n", Value: patch.Int(int64(n))})
	return hub.Event{Seq: uint64(n), At: at, ID: device, Kind: hub.EventPatch, Version: int64(n), Value: v, Raw: []byte(`{"n":1}`)}
}

func TestAFileGetsEveryEventAndGoesOn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "events.jsonl")
	for run := range 2 {
		r, err := Open(name, Options{Hub: "contoso"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			r.Record(patchEvent(i + 1))
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if run == 0 { // as a crash leaves it
			f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(f, `{"v":1,"seq":99`); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	reader := NewReader(bytes.NewReader(data))
	for run := range 2 {
		if l, err := reader.Next(); err != nil || l.Kind != KindBegin {
			t.Fatalf("run %d begins with %+v, %v", run, l, err)
		}
		for i := range 1000 {
			if l, err := reader.Next(); err != nil || l.Version != int64(i+1) {
				t.Fatalf("run %d, event %d is %+v, %v", run, i, l, err)
			}
		}
	}
	if _, err := reader.Next(); !errors.Is(err, io.EOF) || reader.Skipped() != 1 {
		t.Errorf("at the end %v, and %d skipped", err, reader.Skipped())
	}
	if _, err := Open(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "cannot record to") {
		t.Errorf("a folder: %v", err)
	}
}

func TestAFullDiskIsToldOnceAndTheRecordGoesOnWhereItStopped(t *testing.T) {
	d := &disk{room: 1000}
	r := New(d, Options{})
	states := make(chan hub.RecordState, 10)
	r.Bind(func(hub.ID) { t.Error("read again without need") }, func(s hub.RecordState) { states <- s })
	for i := range 1000 {
		r.Record(patchEvent(i + 1))
	}
	if s := <-states; !errors.Is(s.Err, syscall.ENOSPC) || !strings.Contains(s.Err.Error(), "make room") {
		t.Errorf("told %v", s.Err)
	}
	for i := range 1000 {
		r.Record(patchEvent(i + 1001))
	}
	d.makeRoom(1 << 30)
	if s := <-states; s.Err != nil || s.LetGo != 0 {
		t.Errorf("told %v, %d", s.Err, s.LetGo)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	lines := d.lines(t)
	if len(lines) != 2000 || len(states) != 0 {
		t.Fatalf("%d lines, told %d times more", len(lines), len(states))
	}
	for i, l := range lines {
		if l.Seq != uint64(i+1) {
			t.Fatalf("line %d is event %d", i, l.Seq)
		}
	}
}

func TestADiskThatStaysFullIsSaidAtTheEnd(t *testing.T) {
	r := New(&disk{room: 10}, Options{Hub: "h"})
	r.Record(patchEvent(1))
	if err := r.Close(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "not in the record") {
		t.Errorf("closed with %v", err)
	}
	if err := r.Close(); err == nil {
		t.Error("closed again without an error")
	}
}

func TestWhatIsLetGoIsCountedAndReadAgain(t *testing.T) {
	const maxEvents = 1000
	d := &disk{room: 1 << 30}
	r := New(d, Options{})
	r.max = maxEvents
	again := make(chan hub.ID, 10)
	r.Bind(func(id hub.ID) { again <- id }, func(hub.RecordState) {})
	d.held.Lock()
	r.Record(patchEvent(1)) // the goroutine takes it and hangs
	eventually(t, "the write", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.events) == 0 })
	for i := range maxEvents + 10 {
		r.Record(patchEvent(i + 2))
	}
	if s := r.State(); s.LetGo != 10 {
		t.Errorf("%d were let go", s.LetGo)
	}
	began := time.Now()
	r.Record(patchEvent(maxEvents + 12))
	if took := time.Since(began); took > time.Second {
		t.Errorf("the client waited %v", took)
	}
	d.held.Unlock()
	if id := <-again; id != device {
		t.Errorf("read again is %v", id)
	}
	r.Record(hub.Event{Seq: maxEvents + 13, At: at, ID: device, Kind: hub.EventSynced, Version: maxEvents + 12, Value: patch.Object()})
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	lines := d.lines(t)
	if len(lines) != maxEvents+3 {
		t.Fatalf("%d lines", len(lines))
	}
	if l := lines[maxEvents+1]; l.Kind != KindLetGo || l.Count != 11 || !strings.Contains(l.Document.JSON(), fmt.Sprintf(`"from":%d,"to":%d`, maxEvents+2, maxEvents+12)) {
		t.Errorf("in their place is %s", l.Document.JSON())
	}
	if l := lines[maxEvents+2]; l.Kind != "synced" {
		t.Errorf("at the end is %+v", l)
	}
}

func TestWhatWaitsIsBoundedInBytes(t *testing.T) {
	d := &disk{room: 1 << 30}
	d.held.Lock()
	r := New(d, Options{Hub: "h"})
	for i := range 100 {
		e := patchEvent(i)
		e.Raw = make([]byte, 1<<20)
		r.Record(e)
	}
	if s := r.State(); s.LetGo < 60 {
		t.Errorf("%d were let go", s.LetGo)
	}
	d.held.Unlock()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseLeavesADiskThatHangs(t *testing.T) {
	d := &disk{}
	d.held.Lock()
	r := New(d, Options{Hub: "h"})
	began := time.Now()
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), "not in the record") {
		t.Errorf("closed with %v", err)
	}
	if took := time.Since(began); took > closeLimit+time.Second {
		t.Errorf("it took %v", took)
	}
	d.held.Unlock()
	<-r.ended
}

func TestSomeEventsOfSomeKinds(t *testing.T) {
	d := &disk{room: 1 << 30}
	r := New(d, Options{Most: 3, Only: func(e hub.Event) bool { return e.Kind == hub.EventPatch }})
	for i := range 5 {
		r.Record(hub.Event{Seq: 100, At: at, Kind: hub.EventSynced, ID: device})
		r.Record(patchEvent(i + 1))
		select {
		case <-r.Done():
			if i < 2 {
				t.Errorf("done after %d", i+1)
			}
		default:
		}
	}
	<-r.Done()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if lines := d.lines(t); len(lines) != 3 || lines[2].Seq != 3 {
		t.Errorf("%d lines: %+v", len(lines), lines)
	}
}

// BenchmarkRecord shows how many events a second a record takes, onto a file.
func BenchmarkRecord(b *testing.B) {
	r, err := Open(filepath.Join(b.TempDir(), "events.jsonl"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	e := patchEvent(1)
	e.Changes = patch.Changes(patch.Object(), e.Value)
	b.ReportAllocs()
	for i := range b.N {
		e.Seq = uint64(i + 1)
		r.Record(e)
		for r.waiting() > r.max/2 { // as a hub that is slower than this loop
			<-time.After(time.Millisecond)
		}
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	if s := r.State(); s.LetGo > 0 {
		b.Errorf("%d were let go", s.LetGo)
	}
}

func (r *Recorder) waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}
