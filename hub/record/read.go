package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// maxLine bounds a line that is read: a twin, its changes, and a lot of room.
const maxLine = 16 << 20

// Line is a line of a record, as far as it is needed to tell desired properties. The doc of the
// package says what each member means.
type Line struct {
	Seq      uint64
	At       time.Time
	Kind     string
	ID       hub.ID // zero for a line about the record itself
	Version  int64
	Value    patch.Value
	Error    string
	Count    uint64      // let go: events
	Document patch.Value // the whole line
}

// ErrNewer is returned for a record that a later version of the program wrote.
var ErrNewer = errors.New("the record has a newer format than this program reads")

// Reader reads the lines of a record.
type Reader struct {
	scanner *bufio.Scanner
	skipped int
}

// NewReader returns a reader of r.
func NewReader(r io.Reader) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	return &Reader{scanner: s}
}

// Next returns the next line, and io.EOF behind the last. A line that cannot be read, as a crash
// in the middle of one leaves it, is skipped and counted. It fails on a newer format with
// [ErrNewer], and with what the source fails with.
func (r *Reader) Next() (Line, error) {
	for r.scanner.Scan() {
		text := bytes.TrimSpace(r.scanner.Bytes())
		if len(text) == 0 {
			continue
		}
		l, err := parseLine(text)
		switch {
		case errors.Is(err, ErrNewer):
			return Line{}, err
		case err == nil:
			return l, nil
		}
		r.skipped++
	}
	if err := r.scanner.Err(); err != nil {
		return Line{}, fmt.Errorf("the record cannot be read: %w", err)
	}
	return Line{}, io.EOF
}

// Skipped returns how many lines could not be read so far.
func (r *Reader) Skipped() int { return r.skipped }

var errLine = errors.New("not a line of a record")

func parseLine(text []byte) (Line, error) {
	doc, err := patch.Parse(text)
	if err != nil {
		return Line{}, errLine
	}
	v, ok := integer(doc, "v")
	switch {
	case !ok || v < 1:
		return Line{}, errLine
	case v > version:
		return Line{}, ErrNewer
	}
	l := Line{Kind: word(doc, "kind"), Error: word(doc, "error"), Document: doc}
	l.ID = hub.ID{Device: word(doc, "device"), Module: word(doc, "module")}
	l.Version, _ = integer(doc, "version")
	seq, _ := integer(doc, "seq")
	count, _ := integer(doc, "count")
	l.Seq, l.Count = uint64(max(seq, 0)), uint64(max(count, 0))
	l.Value, _ = doc.Get("value")
	if l.At, err = time.Parse(time.RFC3339Nano, word(doc, "at")); err != nil || l.Kind == "" {
		return Line{}, errLine
	}
	return l, nil
}

func word(object patch.Value, key string) string {
	v, _ := object.Get(key)
	if v.Kind() != patch.KindString {
		return ""
	}
	return v.Text()
}

func integer(object patch.Value, key string) (int64, bool) {
	v, _ := object.Get(key)
	return v.Int64()
}

// Twins are the desired properties of identities, as the lines of a record tell them. The zero
// value has none.
type Twins struct {
	known map[hub.ID]hub.Section
}

// Follow takes the next line.
func (t *Twins) Follow(l Line) {
	if t.known == nil {
		t.known = map[hub.ID]hub.Section{}
	}
	switch l.Kind {
	case KindBegin, KindLetGo:
		clear(t.known)
	case hub.EventGap.String():
		delete(t.known, l.ID)
	case hub.EventObserved.String():
		if t.known[l.ID].Version <= l.Version { // else a client was faster than the read
			t.known[l.ID] = hub.Section{Value: l.Value, Version: l.Version}
		}
	case hub.EventSynced.String():
		t.known[l.ID] = hub.Section{Value: l.Value, Version: l.Version}
	case hub.EventPatch.String():
		switch s, known := t.known[l.ID]; {
		case known && l.Version == s.Version+1:
			t.known[l.ID] = hub.Section{Value: patch.Apply(s.Value, l.Value), Version: l.Version}
		case l.Version > s.Version: // the one before it is still to come, with the next reading
			delete(t.known, l.ID)
		}
	}
}

// Desired returns the desired properties of an identity and whether they are known: they are not
// before its first line, nor between a gap and the next reading.
func (t *Twins) Desired(id hub.ID) (desired hub.Section, known bool) {
	desired, known = t.known[id]
	return desired, known
}
