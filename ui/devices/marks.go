package devices

import (
	"twindeck/hub"
	"twindeck/ui/devices/roster"
)

// Marked returns the devices and modules that are marked, by id. Marks survive whatever happens to
// the list but the end of what they are on.
func (p *Pane) Marked() []hub.ID { return p.roster.MarkedIDs() }

// MarkedCount returns how many devices and modules are marked.
func (p *Pane) MarkedCount() int { return p.roster.MarkCount() }

// MarkOnly marks devices and modules as far as they are loaded, and nothing else.
func (p *Pane) MarkOnly(ids []hub.ID) {
	p.ClearMarks()
	for _, id := range ids {
		if s, ok := p.roster.Find(id.Device); ok && id.IsModule() {
			p.roster.MarkModule(id, true)
		} else if ok {
			p.roster.Mark(s, true)
		}
	}
}

// ClearMarks takes all marks away.
func (p *Pane) ClearMarks() {
	p.revision++
	p.roster.ClearMarks()
	p.lastMark = roster.Key{}
}

// marked reports whether what a row stands for is marked.
func (p *Pane) marked(r roster.Row) bool {
	switch r.Kind {
	case roster.DeviceRow:
		return p.roster.Marked(r.Device)
	case roster.ModuleRow:
		return p.roster.MarkedModule(hub.ID{Device: p.roster.ID(r.Device), Module: r.Module.Name})
	case roster.ChildRow:
		return p.roster.Marked(r.Child)
	case roster.NoteRow:
	}
	return false
}

func (p *Pane) mark(r roster.Row, on bool) {
	switch r.Kind {
	case roster.DeviceRow:
		p.roster.Mark(r.Device, on)
	case roster.ModuleRow:
		p.roster.MarkModule(hub.ID{Device: p.roster.ID(r.Device), Module: r.Module.Name}, on)
	case roster.ChildRow:
		p.roster.Mark(r.Child, on)
	case roster.NoteRow:
	}
}

// markHere marks what is under the cursor, or takes its mark away, and moves on.
func (p *Pane) markHere() {
	r, ok := p.row()
	if !ok {
		return
	}
	p.mark(r, !p.marked(r))
	p.lastMark = p.at
	p.grid.Move(1)
	p.moved()
}

// markRange marks everything from the row that was marked last to the cursor.
func (p *Pane) markRange() {
	if p.roster.Rows() == 0 {
		return
	}
	from, to := p.roster.Where(p.lastMark), p.grid.Cursor()
	if from < 0 {
		from = to
	}
	for i := min(from, to); i <= max(from, to); i++ {
		if r := p.roster.Row(i); r.Kind != roster.ChildRow {
			p.mark(r, true)
		}
	}
	p.lastMark = p.at
}
