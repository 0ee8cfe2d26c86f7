package roster

import "twindeck/hub"

// marks are the devices and modules that the user has marked.
type marks struct {
	devices bitmap
	count   int
	modules map[hub.ID]bool
}

func (m *marks) forgetModules(device string) {
	for id := range m.modules {
		if id.Device == device {
			delete(m.modules, id)
		}
	}
}

// Marked reports whether a device is marked.
func (r *Roster) Marked(s Slot) bool { return r.marks.devices.has(s) }

// MarkedModule reports whether a module is marked.
func (r *Roster) MarkedModule(id hub.ID) bool { return r.marks.modules[id] }

// Mark marks a device, or takes the mark away.
func (r *Roster) Mark(s Slot, on bool) { r.mark(s, on) }

func (r *Roster) mark(s Slot, on bool) {
	switch was := r.marks.devices.has(s); {
	case was == on:
	case on:
		r.marks.devices = r.marks.devices.with(s)
		r.marks.count++
	default:
		r.marks.devices.unset(s)
		r.marks.count--
	}
}

// MarkModule marks a module, or takes the mark away.
func (r *Roster) MarkModule(id hub.ID, on bool) {
	if !on {
		delete(r.marks.modules, id)
		return
	}
	if r.marks.modules == nil {
		r.marks.modules = map[hub.ID]bool{}
	}
	r.marks.modules[id] = true
}

// MarkShown marks every device that is shown, or when all of them are marked already none.
func (r *Roster) MarkShown() {
	all := true
	for _, s := range r.found.slots {
		if !r.marks.devices.has(s) {
			all = false
			break
		}
	}
	for _, s := range r.found.slots {
		r.mark(s, !all)
	}
}

// ClearMarks takes all marks away.
func (r *Roster) ClearMarks() { r.marks = marks{} }

// MarkCount returns how many devices and modules are marked.
func (r *Roster) MarkCount() int { return r.marks.count + len(r.marks.modules) }

// MarkedIDs returns what is marked: devices in the order of their ids, each followed by its marked
// modules.
func (r *Roster) MarkedIDs() []hub.ID {
	ids := make([]hub.ID, 0, r.MarkCount())
	modules := map[string]bool{}
	for id := range r.marks.modules {
		modules[id.Device] = true
	}
	for _, s := range r.byID.slots {
		marked := r.marks.devices.has(s)
		if !marked && len(modules) == 0 {
			continue
		}
		device := r.ID(s)
		if marked {
			ids = append(ids, hub.ID{Device: device})
		}
		if !modules[device] {
			continue
		}
		for _, m := range r.modules.of(r.listOf(s)) {
			if id := (hub.ID{Device: device, Module: r.modules.names.all[m.name]}); r.marks.modules[id] {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
