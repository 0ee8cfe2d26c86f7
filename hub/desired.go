package hub

import (
	"errors"
	"net/http"
	"time"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

// desired is what a client knows of its desired properties: a reading of the twin, moved
// on by the patches that arrived since. Its methods return the events to tell. While a
// read is under way patches wait for it, since only the read says what they changed.
type desired struct {
	value   patch.Value
	version int64
	known   bool // value and version come from a read
	reading bool // a read is under way
	again   bool // and may not show everything that was missed
	held    []update
	reads   int // that have not settled what is held
}

// update is one desired patch.
type update struct {
	at      time.Time
	raw     []byte
	value   patch.Value // without $version
	version int64
}

// maxHeld is how many patches wait for a read; the eldest is told without its changes
// when there are more.
const maxHeld = 10_000

// maxReads is how often the twin is read again because of what is held.
const maxReads = 5

// begin is called with each connection: its owner reads the twin now.
func (d *desired) begin() { d.reading, d.again, d.reads = true, false, 0 }

// missed notes that patches were missed. It reports whether the twin must be read now;
// during a read it is read once more afterwards.
func (d *desired) missed() (read bool) {
	d.again = d.reading
	read, d.reading = !d.reading, true
	return read
}

// arrived takes a patch as it came in. It reports whether the twin must be read because
// something before this patch is missing.
func (d *desired) arrived(payload []byte, at time.Time) (events []Event, read bool) {
	u, err := parseUpdate(payload, at)
	switch {
	case err != nil:
		return []Event{{At: at, Kind: EventGap, Err: err}}, d.missed()
	case d.reading:
		d.held = append(d.held, u)
		if len(d.held) > maxHeld {
			events = append(events, d.held[0].event(nil))
			d.held = d.held[1:]
		}
		return events, false
	case u.version > d.version+1:
		d.held = append(d.held, u)
		return []Event{{At: at, Kind: EventGap, Version: u.version}}, d.missed()
	}
	return []Event{d.advance(u)}, false
}

// synced takes the answer to a read, and then the patches that waited for it. It reports
// whether the twin must be read once more: because something was missed meanwhile, or because a
// patch is still not the successor. That one is taken as it is after a few reads, which would
// not end with a hub that answers from the past.
func (d *desired) synced(twin Section, at time.Time) (events []Event, read bool) {
	e := Event{At: at, Kind: EventSynced, Version: twin.Version, Value: twin.Value}
	if d.known {
		e.Changes = patch.Changes(d.value, twin.Value)
	}
	d.value, d.version, d.known = twin.Value, twin.Version, true
	d.reading, d.again, read = d.again, false, d.again
	events = []Event{e}
	for i, u := range d.held {
		if u.version > d.version+1 {
			events = append(events, Event{At: u.at, Kind: EventGap, Version: u.version})
			if d.reads < maxReads {
				d.reads++
				d.held, d.reading = d.held[i:], true
				return events, true
			}
		}
		events = append(events, d.advance(u))
	}
	d.held, d.reads = nil, 0
	return events, read
}

// abandon gives up a read with the connection: the patches that waited for it are told,
// and the read after the next connection says what they changed.
func (d *desired) abandon() []Event {
	var events []Event
	for _, u := range d.held {
		events = append(events, u.event(nil))
	}
	d.held, d.reading = nil, false
	return events
}

// advance applies a patch. One that a read has shown already changes nothing.
func (d *desired) advance(u update) Event {
	if u.version <= d.version {
		return u.event(nil)
	}
	after := patch.Apply(d.value, u.value)
	changes := patch.Changes(d.value, after)
	d.value, d.version = after, u.version
	return u.event(changes)
}

func (u update) event(changes []patch.Change) Event {
	return Event{At: u.at, Kind: EventPatch, Version: u.version, Value: u.value, Raw: u.raw, Changes: changes}
}

// parseUpdate reads the payload of a desired patch (Azure docs:
// iot-mqtt-connect-to-iot-hub, "Receive desired properties update notifications").
func parseUpdate(payload []byte, at time.Time) (update, error) {
	v, err := patch.Parse(payload)
	if err == nil && v.Kind() != patch.KindObject {
		err = errors.New("it is no object")
	}
	version := integer(v, "$version")
	if err == nil && version <= 0 {
		err = errors.New("it has no $version")
	}
	if err != nil {
		return update{}, &networkError{"a desired patch could not be read (" + printable(err.Error()) + ")", "the twin is read again", err}
	}
	return update{at: at, raw: payload, value: v.Without(patch.Path{"$version"}), version: version}, nil
}

// section returns what is known.
func (d *desired) section() Section { return Section{Value: d.value, Version: d.version} }

// parseProperties reads both sections from the answer to a twin read.
func parseProperties(op string, r iothub.Response) (desired, reported Section, err error) {
	if r.Status != http.StatusOK {
		return Section{}, Section{}, answered(op, r.Status)
	}
	v, err := patch.Parse(r.Body)
	if err != nil {
		return Section{}, Section{}, unreadable(op, err)
	}
	return sectionOf(v, "desired"), sectionOf(v, "reported"), nil
}
