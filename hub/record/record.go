// Package record keeps what clients receive as JSON lines, one for each event, for programs that
// read them later or as they come. [Recorder] writes them, [Reader] reads them, and [Twins]
// rebuilds desired properties from them.
//
// # Lines
//
// Each line is one JSON object in UTF-8 that ends with a line feed. Its members are, in this order:
//
//	v               number   the version of this format, 1. A reader must refuse a greater one;
//	                         members and kinds may be added without a change of it.
//	seq             number   of the event: rises by one with each of a run, over all identities
//	at              string   when this process saw it: RFC 3339, UTC, up to nanoseconds
//	kind            string   what happened, see below
//	device, module  string   the identity; module only of a module
//	observing       boolean  true when it is of an observation and not of a client
//	version         number   desired.$version; of acknowledged, reported.$version
//	value           any      synced, observed: all desired properties; patch: the patch without
//	                         $version; acknowledged: the reported patch; method: the request
//	changes         array    what changed of the desired properties, leaf by leaf: objects with
//	                         path (array of keys), kind (added, removed, changed), and old and new
//	                         as far as there is one. Absent where nothing changed or is known.
//	reportedVersion number   observed: reported.$version
//	reported        array    observed: what changed of the reported properties, as changes
//	observing       true     it is of an observation: lost, refused and detached are about its reads
//	size            number   patch: bytes of the payload as it arrived
//	method          string   method: its name
//	status, answer           method: what was answered, a number and any JSON
//	wait            number   connecting: seconds until the attempt
//	via             string   connecting, connected, renewed: mqtt or websocket
//	error           string   what went wrong, in a sentence
//
// All but v, at and kind are left out where there is nothing to say. Numbers of values keep the
// digits they came with. The kinds are those of [hub.EventKind]: connecting, connected, synced,
// patch, gap, lost, taken over, renewed, acknowledged, method, refused, detached and observed.
// Two more are about the record itself and name no identity:
//
//	begin   a recording starts here, of the hub whose host name hub is; seq begins again
//	let go  events could not be written in time. count says how many, from and to the seq of the
//	        first and the last. Of every identity the next line that tells its desired properties
//	        is a synced or an observed.
//
// No line holds a key or a token.
//
// # Delivery
//
// A record has every event in its order, with one exception: while the disk takes nothing, or less
// than arrives, up to 131,072 events or 64 MB of payload wait for it in memory. Events beyond that are let go rather
// than to hold up the clients or to take ever more memory; they are counted, a line of the kind
// "let go" stands in their place, and the twins concerned are read again, so that what follows is
// right. Lines are handed to the system as they come and forced onto the disk once a second and at the
// end, so the loss of power costs one second, and a crash of the program what came in the last few milliseconds.
// A write that fails, on a full disk for instance, is tried again each second and goes on where it
// stopped; the trouble is told once, and once more when it is over.
package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"twindeck/hub"
)

const (
	// What waits for the disk at most.
	mostEvents = 1 << 17
	maxBytes   = 64 << 20
	// chunk is how much is encoded before it is written.
	chunk = 256 << 10
	// syncEvery is how often what was written is forced onto the disk.
	syncEvery = time.Second
	// retryEvery is how often a write that failed is tried again.
	retryEvery = time.Second
	// closeLimit bounds the wait for the last write, to a disk that hangs.
	closeLimit = 2 * time.Second
)

// Options of a [Recorder]. The zero value is right.
type Options struct {
	// Most is how many events are written at most, 0 for any number; Recorder.Done is closed when they are.
	Most int
	// Hub is the host name in the line that a recording begins with; empty leaves that line out.
	Hub string
	// Only says which events are written; nil: all. It must return at once.
	Only func(hub.Event) bool
}

// Recorder writes events as lines. Its one goroutine ends with Close. It is a [hub.Recorder];
// its methods are safe for concurrent use.
type Recorder struct {
	w    io.Writer
	file *os.File // that w is when it is ours to force onto the disk and to close; else nil
	name string
	opts Options
	max  int // events that wait at most

	again   func(hub.ID)
	changed func(hub.RecordState)
	ready   chan struct{} // has a value when there may be something to write
	closing chan struct{} // closed by Close
	full    chan struct{} // closed when Options.Most are written
	ended   chan struct{} // closed when the goroutine has ended

	once sync.Once
	mu   sync.Mutex
	// What waits: events, and behind them those that were let go.
	events []hub.Event
	bytes  int
	gone   gone
	letGo  uint64 // in all
	err    error  // why nothing can be written
	taken  int    // events that came in for Options.Most
}

// gone are events in a row that were let go.
type gone struct {
	count     uint64
	from, to  uint64
	at        time.Time
	concerned map[hub.ID]bool
}

// Open returns a recorder that appends to a file, which it creates for the user alone when there
// is none. The error is a sentence.
func Open(name string, opts Options) (*Recorder, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot record to %s: %w; name a file that can be written", name, reason(err))
	}
	if err := endLine(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("cannot record to %s: %w; name a file that can be written", name, reason(err))
	}
	return start(file, file, name, opts), nil
}

// New returns a recorder that writes to w, which stays open.
func New(w io.Writer, opts Options) *Recorder { return start(w, nil, "the output", opts) }

func start(w io.Writer, file *os.File, name string, opts Options) *Recorder {
	r := &Recorder{
		w: w, file: file, name: name, opts: opts, max: mostEvents, again: func(hub.ID) {}, changed: func(hub.RecordState) {},
		ready: make(chan struct{}, 1), closing: make(chan struct{}), full: make(chan struct{}), ended: make(chan struct{}),
	}
	go r.run()
	return r
}

// endLine makes a file that a crash left in the middle of a line fit for another one.
func endLine(file *os.File) error {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 || !info.Mode().IsRegular() {
		return err
	}
	var last [1]byte
	if _, err := file.ReadAt(last[:], info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.WriteString("\n")
	return err
}

// reason takes the name of the file out of an error, which the sentence has already.
func reason(err error) error {
	if wrapped, ok := errors.AsType[*os.PathError](err); ok {
		return wrapped.Err
	}
	return err
}

// Bind implements [hub.Recorder].
func (r *Recorder) Bind(again func(hub.ID), changed func(hub.RecordState)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again, r.changed = again, changed
}

// Record implements [hub.Recorder]: it takes an event, or lets it go when too many wait, and
// returns at once.
func (r *Recorder) Record(e hub.Event) {
	if r.opts.Only != nil && !r.opts.Only(e) {
		return
	}
	r.mu.Lock()
	switch {
	case r.opts.Most > 0 && r.taken >= r.opts.Most:
		r.mu.Unlock()
		return
	case r.gone.count > 0 || len(r.events) >= r.max || r.bytes+weight(e) > maxBytes && len(r.events) > 0:
		r.gone.add(e)
		r.letGo++
	default:
		r.taken++
		r.events = append(r.events, e)
		r.bytes += weight(e)
	}
	r.mu.Unlock()
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// weight is roughly the memory that an event holds beside its own.
func weight(e hub.Event) int { return 4 * len(e.Raw) }

func (g *gone) add(e hub.Event) {
	if g.count == 0 {
		*g = gone{from: e.Seq, at: e.At, concerned: map[hub.ID]bool{}}
	}
	g.count++
	g.to = e.Seq
	g.concerned[e.ID] = true
}

// State returns how the recording goes.
func (r *Recorder) State() hub.RecordState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return hub.RecordState{Err: r.err, LetGo: r.letGo}
}

// Done is closed when Options.Most events have been written.
func (r *Recorder) Done() <-chan struct{} { return r.full }

// Close writes what waits, forces it onto the disk, and closes the file. It blocks for two
// seconds at most, and may be called more than once. Its error is what is not in the record, in a
// sentence.
func (r *Recorder) Close() error {
	r.once.Do(func() { close(r.closing) })
	select {
	case <-r.ended:
	case <-time.After(closeLimit):
		return fmt.Errorf("%s does not take the last events; they are not in the record", r.name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
