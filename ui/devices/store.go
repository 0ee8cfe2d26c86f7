package devices

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// device is one entry of the registry. A million of them are held, so it has no more than
// a row shows and a filter searches; twins are read when they are looked at.
type device struct {
	id        string
	search    string // lower-case id and tags; shares the id's memory when there is nothing else
	tags      string // as a row shows them
	activity  int64  // Unix seconds, 0 for never
	listing   uint32 // the listing that last contained it
	auth      hub.AuthType
	disabled  bool
	connected bool
	edge      bool
	open      bool
	fresh     uint8     // listings that may still be without it; see sweep
	children  *children // nil until the modules were asked for
}

// children is what is known of a device's modules.
type children struct {
	modules []module
	loading bool
	err     string
}

type module struct {
	id        string
	search    string
	auth      hub.AuthType
	connected bool
}

// row is one line of the tree: a device, one of its modules, or a note under a device.
type row struct {
	d *device
	m *module // nil for the device itself and for a note
	// note marks the line that stands for modules that are not there: being read, none, or failed.
	note bool
}

func (r row) id() hub.ID {
	if r.m != nil {
		return hub.ID{Device: r.d.id, Module: r.m.id}
	}
	return hub.ID{Device: r.d.id}
}

// store holds the registry as far as it is known and which of it is in the tree now.
//
// The rows of the tree are built by walking the devices in slices: whatever changes what
// is visible, a page at the end or another filter, lets advance catch up, a bounded number
// of devices at a time, so that no key press waits for a million of them.
type store struct {
	devices []*device // by id, whatever the order of the hub
	byID    map[string]*device
	listing uint32

	query string // lower case; empty shows everything
	rows  []row
	shown int // devices that have rows
	scan  int // devices[:scan] are represented in rows as far as they match
}

// slice is how many devices advance looks at before it lets the screen have a turn: about
// two milliseconds with tags.
const slice = 20_000

func newStore() store { return store{byID: map[string]*device{}} }

// put adds a device or brings it up to date. It reports whether the rows are wrong now,
// because a filter lets through a device that it kept out, or the reverse.
func (s *store) put(t hub.Entry) (outdated bool) {
	d, known := s.byID[t.Device]
	if !known {
		d = &device{id: t.Device}
		s.byID[t.Device] = d
	}
	d.listing = s.listing
	d.connected = t.Connected
	d.disabled = t.Status == hub.Disabled
	d.auth = t.Auth
	d.edge = t.Edge
	before := d.search
	if !known || !t.Tags.IsNull() {
		d.activity = unix(t.LastActivityTime)
		d.tags, d.search = searchable(t.Device, t.Tags)
	}
	if !known {
		s.insert(d)
		return false
	}
	return s.matches(before) != s.matches(d.search)
}

// insert puts a device that was not known in its place, and its rows in theirs when advance
// has passed it.
func (s *store) insert(d *device) {
	n := len(s.devices)
	if n == 0 || s.devices[n-1].id < d.id {
		s.devices = append(s.devices, d)
		return
	}
	at, _ := slices.BinarySearchFunc(s.devices, d.id, func(e *device, id string) int { return cmp.Compare(e.id, id) })
	s.devices = slices.Insert(s.devices, at, d)
	if at >= s.scan {
		return
	}
	s.scan++
	if fresh := s.appendDevice(nil, d); len(fresh) > 0 {
		s.shown++
		at, _ := slices.BinarySearchFunc(s.rows, d.id, func(r row, id string) int { return cmp.Compare(r.d.id, id) })
		s.rows = slices.Insert(s.rows, at, fresh...)
	}
}

// lag is how many listings in a row may be without a device that is known to be there: the
// queries of a real hub answer from an index that is some seconds behind (Azure docs:
// iot-hub-devguide-query-language, "Limitations").
const lag = 3

// sweep drops what the listing that just ended did not contain.
func (s *store) sweep() {
	before := len(s.devices)
	s.devices = slices.DeleteFunc(s.devices, func(d *device) bool {
		switch {
		case d.listing == s.listing:
			d.fresh = 0
			return false
		case d.fresh > 0:
			d.fresh--
			return false
		}
		delete(s.byID, d.id)
		return true
	})
	if len(s.devices) != before {
		s.rewind()
	}
}

// rewind lets the next advance build the rows anew.
func (s *store) rewind() {
	s.rows = s.rows[:0]
	s.shown = 0
	s.scan = 0
}

// advance looks at the next devices and reports whether there are more to look at.
func (s *store) advance() (more bool) {
	end := min(s.scan+slice, len(s.devices))
	for _, d := range s.devices[s.scan:end] {
		before := len(s.rows)
		if s.rows = s.appendDevice(s.rows, d); len(s.rows) > before {
			s.shown++
		}
	}
	s.scan = end
	return end < len(s.devices)
}

func (s *store) matches(text string) bool { return s.query == "" || strings.Contains(text, s.query) }

// appendDevice appends the rows of one device: itself and, when it is open, its modules.
// A module that matches a filter brings its device with it.
func (s *store) appendDevice(rows []row, d *device) []row {
	self := s.matches(d.search)
	if !self && !s.moduleMatches(d) {
		return rows
	}
	rows = append(rows, row{d: d})
	switch {
	case d.open && self:
		rows = appendChildren(rows, d, nil)
	case !self:
		rows = appendChildren(rows, d, s)
	}
	return rows
}

// lets reports whether the filter lets a device through or, when module is not empty, that
// module of it.
func (s *store) lets(d *device, module string) bool {
	switch {
	case s.matches(d.search):
		return true
	case module == "":
		return s.moduleMatches(d)
	}
	return s.matches(strings.ToLower(module))
}

func (s *store) moduleMatches(d *device) bool {
	if d.children == nil {
		return false
	}
	return slices.ContainsFunc(d.children.modules, func(m module) bool { return s.matches(m.search) })
}

// appendChildren appends the modules of d that s lets through, all of them when s is nil.
func appendChildren(rows []row, d *device, s *store) []row {
	c := d.children
	if c == nil || len(c.modules) == 0 {
		return append(rows, row{d: d, note: true})
	}
	for i := range c.modules {
		if s == nil || s.matches(c.modules[i].search) {
			rows = append(rows, row{d: d, m: &c.modules[i]})
		}
	}
	return rows
}

// redraw replaces the rows of one device that starts at row at, and returns by how many
// rows the tree grew.
func (s *store) redraw(d *device, at int) int {
	end := at + 1
	for end < len(s.rows) && s.rows[end].d == d {
		end++
	}
	fresh := s.appendDevice(nil, d)
	if len(fresh) == 0 {
		s.shown--
	}
	s.rows = slices.Replace(s.rows, at, end, fresh...)
	return len(fresh) - (end - at)
}

// find returns the row of an identity, looking near the row given first; -1 when it has none.
func (s *store) find(id hub.ID, near int) int {
	is := func(i int) bool {
		return i >= 0 && i < len(s.rows) && !s.rows[i].note && s.rows[i].d.id == id.Device && s.rows[i].id() == id
	}
	for d := range len(s.rows) + 1 {
		if is(near - d) {
			return near - d
		}
		if is(near + d) {
			return near + d
		}
		if near-d < 0 && near+d >= len(s.rows) {
			return -1
		}
	}
	return -1
}

func unix(t time.Time) int64 {
	if t.IsZero() || t.Year() <= 1 {
		return 0
	}
	return t.Unix()
}

// searchable returns the tags as a row shows them and the text a filter searches.
func searchable(id string, tags patch.Value) (shown, search string) {
	var b strings.Builder
	appendTags(&b, "", tags, 0)
	shown = b.String()
	if shown == "" {
		return "", strings.ToLower(id)
	}
	return shown, strings.ToLower(id + "\n" + shown)
}

// maxTagText bounds what one device's tags may cost in a list of a million.
const maxTagText = 512

func appendTags(b *strings.Builder, prefix string, v patch.Value, depth int) {
	if b.Len() > maxTagText || depth > 8 {
		return
	}
	if v.Kind() == patch.KindObject {
		for _, m := range v.Members() {
			name := m.Key
			if prefix != "" {
				name = prefix + "." + m.Key
			}
			appendTags(b, name, m.Value, depth+1)
		}
		return
	}
	if prefix == "" {
		return
	}
	if b.Len() > 0 {
		b.WriteString("  ")
	}
	b.WriteString(prefix + "=")
	if v.Kind() == patch.KindString {
		b.WriteString(v.Text())
		return
	}
	b.WriteString(v.JSON())
}
