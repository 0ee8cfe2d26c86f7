package roster

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"twindeck/hub"
)

// naive is a roster as one would write it without regard to how large it gets.
type naive struct {
	devices map[string]*naiveDevice
	gone    map[string]bool // modules were listed while it was gone
	listed  bool            // all modules have been listed
	show    Show
}

type naiveDevice struct {
	entry   hub.Entry
	seen    bool
	fresh   int
	open    bool
	marked  bool
	modules map[string]hub.Entry
	state   Loading
}

func (n *naive) put(e hub.Entry, listed bool) {
	d := n.devices[e.Device]
	if d == nil {
		d = &naiveDevice{modules: map[string]hub.Entry{}}
		if n.listed && !n.gone[e.Device] {
			d.state = Known
		}
		n.devices[e.Device] = d
	}
	d.entry = e
	switch {
	case listed:
		d.seen, d.fresh = true, 0
	case !d.seen:
		d.fresh = Lag
	}
}

func (n *naive) sweep() {
	maps.DeleteFunc(n.devices, func(_ string, d *naiveDevice) bool {
		switch {
		case d.seen:
			d.fresh = 0
		case d.fresh > 0:
			d.fresh--
		default:
			n.gone[d.entry.Device] = n.gone[d.entry.Device] || len(d.modules) > 0 || d.state != NotAsked
			return true
		}
		return false
	})
}

// matched says whether a device is shown, and whether only its modules are why.
func (n *naive) matched(d *naiveDevice) (shown, through bool) {
	for _, t := range n.show.Filter.Terms() {
		self := strings.Contains(Fold(d.entry.Device), t.Text)
		for _, tag := range FlatTags(d.entry.Tags) {
			self = self || strings.Contains(Fold(tag.Path+"="+tag.Value), t.Text)
		}
		mods := false
		for name := range d.modules {
			mods = mods || strings.Contains(Fold(name), t.Text)
		}
		if t.Not == (self || mods) {
			return false, false
		}
		through = through || !t.Not && !self
	}
	return true, through
}

func (n *naive) value(d *naiveDevice, c Column) (string, bool) {
	number := func(i int) (string, bool) { return strconv.Itoa(i), true }
	yes := func(b bool) (string, bool) {
		if b {
			return "0", true
		}
		return "1", true
	}
	switch c {
	case ColumnConnection:
		return yes(d.entry.Connected)
	case ColumnEdge:
		return yes(d.entry.Edge)
	case ColumnStatus:
		if d.entry.Status == "" {
			return "", false
		}
		return yes(d.entry.Status == hub.Enabled)
	case ColumnActivity:
		return strconv.FormatInt(d.entry.LastActivityTime.Unix(), 10), !d.entry.LastActivityTime.IsZero()
	case ColumnModules:
		return number(len(d.modules))
	}
	path, _ := c.Tag()
	for _, tag := range FlatTags(d.entry.Tags) {
		if tag.Path == path {
			return Fold(tag.Value), true
		}
	}
	return "", false
}

func (n *naive) compare(a, b *naiveDevice) int {
	s := n.show.Sort
	byID := cmp.Compare(a.entry.Device, b.entry.Device)
	if s.Column == "" || s.Column == ColumnID {
		return s.flip(byID)
	}
	va, oka := n.value(a, s.Column)
	vb, okb := n.value(b, s.Column)
	switch {
	case oka && !okb:
		return -1
	case okb && !oka:
		return 1
	case !oka:
		return byID
	}
	x, errA := strconv.ParseFloat(va, 64)
	y, errB := strconv.ParseFloat(vb, 64)
	d := cmp.Compare(va, vb)
	switch {
	case errA == nil && errB == nil:
		d = cmp.Compare(x, y)
	case errA == nil:
		d = -1
	case errB == nil:
		d = 1
	}
	return cmp.Or(s.flip(d), byID)
}

// rows are what the tree shows.
func (n *naive) rows() []Key {
	var devices []*naiveDevice
	for _, d := range n.devices {
		if shown, _ := n.matched(d); shown {
			devices = append(devices, d)
		}
	}
	slices.SortFunc(devices, n.compare)
	var rows []Key
	for _, d := range devices {
		id := d.entry.Device
		rows = append(rows, Key{Device: id})
		_, through := n.matched(d)
		below := 0
		for _, name := range slices.Sorted(maps.Keys(d.modules)) {
			picked := d.open
			if through {
				picked = slices.ContainsFunc(n.show.Filter.Terms(), func(t Term) bool { return !t.Not && strings.Contains(Fold(name), t.Text) })
			}
			if picked {
				rows = append(rows, Key{Device: id, Module: name})
				below++
			}
		}
		if !d.open {
			continue
		}
		if below == 0 || d.state == Failed {
			rows = append(rows, Key{Device: id, Note: true})
		}
		for _, child := range slices.Sorted(maps.Keys(n.devices)) {
			c := n.devices[child].entry
			parents := c.ParentScopes
			if len(parents) == 0 && !c.Edge && c.DeviceScope != "" {
				parents = []string{c.DeviceScope}
			}
			if child != id && d.entry.Edge && d.entry.DeviceScope != "" && slices.Contains(parents, d.entry.DeviceScope) {
				rows = append(rows, Key{Device: id, Child: child})
			}
		}
	}
	return rows
}

func (n *naive) marked() []hub.ID {
	ids := []hub.ID{}
	for _, id := range slices.Sorted(maps.Keys(n.devices)) {
		if n.devices[id].marked {
			ids = append(ids, hub.ID{Device: id})
		}
	}
	return ids
}
