package roster

import "twindeck/hub"

// Kind says what a row is.
type Kind uint8

// The kinds of row.
const (
	DeviceRow Kind = iota
	ModuleRow
	ChildRow // a device below an edge device, as a link to where it stands itself
	NoteRow  // in the place of modules that are not there: being read, none, or failed
)

// Row is one row of the tree: a device or something below it.
type Row struct {
	Kind   Kind
	Device Slot
	Module Module // of a module row
	Child  Slot   // of a child row
}

// Module is what a row shows of a module. Its texts are untrusted.
type Module struct {
	Name      string
	Connected bool
	Auth      hub.AuthType
	Activity  int64 // Unix seconds, 0 for never
}

// System reports whether a module is one that IoT Edge itself runs on a device: it cannot be
// deleted without breaking the device (Azure docs: iot-edge, "Understand the Azure IoT Edge runtime
// and its architecture").
func System(module string) bool { return module == "$edgeAgent" || module == "$edgeHub" }

// Key says which row one is, whatever is shown around it.
type Key struct {
	Device string
	Module string
	Child  string
	Note   bool
}

// Rows returns how many rows there are.
func (r *Roster) Rows() int { return r.found.rows() }

// Row returns the i-th row, 0 <= i < Rows.
func (r *Roster) Row(i int) Row {
	at, below := r.found.at(i)
	s := r.found.slots[at]
	if below < 0 {
		return Row{Device: s}
	}
	picked := r.picked(s)
	if below < len(picked) {
		m := picked[below]
		return Row{Kind: ModuleRow, Device: s, Module: Module{
			Name: r.modules.names.all[m.name], Connected: m.flag.is(connected),
			Auth: hub.AuthType(r.auths.all[m.flag.auth()]), Activity: int64(m.last),
		}}
	}
	below -= len(picked)
	if r.note(s, picked) {
		if below == 0 {
			return Row{Kind: NoteRow, Device: s}
		}
		below--
	}
	return Row{Kind: ChildRow, Device: s, Child: r.Children(s)[below]}
}

// KeyOf returns the key of a row.
func (r *Roster) KeyOf(row Row) Key {
	k := Key{Device: r.ID(row.Device), Module: row.Module.Name, Note: row.Kind == NoteRow}
	if row.Kind == ChildRow {
		k.Child = r.ID(row.Child)
	}
	return k
}

// Where returns the row that has a key, -1 when there is none.
func (r *Roster) Where(k Key) int {
	s, ok := r.Find(k.Device)
	if !ok {
		return -1
	}
	at := r.indexOf(s)
	if at < 0 {
		return -1
	}
	row := r.found.row(at)
	if k == (Key{Device: k.Device}) {
		return row
	}
	if r.rowsBelow(s) == 0 {
		return -1
	}
	picked := r.picked(s)
	for i, m := range picked {
		if k.Module != "" && r.modules.names.all[m.name] == k.Module {
			return row + 1 + i
		}
	}
	row += len(picked) + 1
	if r.note(s, picked) {
		if k.Note {
			return row
		}
		row++
	}
	if k.Child != "" && r.open[s] {
		for i, c := range r.Children(s) {
			if string(r.id(c)) == k.Child {
				return row + i
			}
		}
	}
	return -1
}

// rowsBelow returns how many rows there are below a device that is shown.
func (r *Roster) rowsBelow(s Slot) int {
	opened := r.open[s]
	if !opened && !r.filtered() {
		return 0
	}
	picked := r.picked(s)
	if !opened {
		return len(picked)
	}
	n := len(picked)
	if r.note(s, picked) {
		n++
	}
	return n + len(r.Children(s))
}

// picked returns the modules below a device that have rows: all when it is open, and those that a
// filter lets it through for.
func (r *Roster) picked(s Slot) []module {
	all := r.modules.of(r.listOf(s))
	if !r.filtered() || len(all) == 0 || !r.verdict(s).through {
		if r.open[s] {
			return all
		}
		return nil
	}
	var picked []module
	for _, m := range all {
		if r.match.picks(r.modules.names.folds[m.name]) {
			picked = append(picked, m)
		}
	}
	return picked
}

// note reports whether there is a line that stands for the modules of a device: when there are none
// to show, or they could not be read.
func (r *Roster) note(s Slot, picked []module) bool {
	if !r.open[s] {
		return false
	}
	state, _ := r.Modules(s)
	return len(picked) == 0 || state == Failed
}

// IsOpen reports whether a device is unfolded.
func (r *Roster) IsOpen(s Slot) bool { return r.open[s] }

// SetOpen unfolds a device, or folds it.
func (r *Roster) SetOpen(s Slot, opened bool) {
	if r.open[s] == opened {
		return
	}
	if opened {
		r.open[s] = true
	} else {
		delete(r.open, s)
	}
	r.setFlags(s, r.flags(s).with(open, opened))
	r.refits = append(r.refits, s)
	r.refit()
}
