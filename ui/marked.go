package ui

import (
	"cmp"
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/hub/patch"
	overlay "twindeck/ui/bulk"
	"twindeck/ui/form"
)

// markedEdit is the form over the marked rows, and what is read for it.
type markedEdit struct {
	form    *form.Properties // nil when there is none
	gen     uint64           // of what is read; what comes of an older one is dropped
	section patch.Section
	rows    []hub.ID
	reading *bulk.Stream[bulk.Seen] // nil when nothing is
	seen    []bulk.Seen             // those that could be read, as they came
	failed  int
	err     error // why the last of those failed
	ending  ending
}

type (
	seenMsg struct {
		gen   uint64
		batch bulk.Batch[bulk.Seen]
		err   error
	}
	// conflictedMsg is a row of a report, read again for its change to be laid over it.
	conflictedMsg struct {
		patch   patch.Value
		section patch.Section
		id      hub.ID
		twin    hub.Twin
		err     error
	}
)

// editMarked opens one form over the marked rows.
func (m *Model) editMarked(s patch.Section) tea.Cmd {
	if m.bulk.shown != nil {
		return tea.Batch(m.openBulk(), m.say(info, "one bulk action at a time: this one comes first"))
	}
	return m.editRows(s, m.marks().Marked())
}

// editRows opens one form over rows.
func (m *Model) editRows(s patch.Section, rows []hub.ID) tea.Cmd {
	w := &m.marked
	w.gen++
	w.form, w.section, w.rows = form.NewShared(s, len(rows), m.keys, m.theme), s, rows
	w.seen, w.failed, w.err = nil, 0, nil
	m.drafting.open[w.form] = &draftKeeper{name: m.drafting.store.Name(), rows: rows}
	m.open(w.form)
	reading := bulk.Twins(hub.Background(context.WithoutCancel(m.ctx)), m.backend, rows)
	w.reading = reading
	w.ending.set(func() { reading.Close(0) })
	return nextSeen(m.ctx, w.gen, reading)
}

func nextSeen(ctx context.Context, gen uint64, s *bulk.Stream[bulk.Seen]) tea.Cmd {
	return func() tea.Msg {
		b, err := s.Next(ctx)
		return seenMsg{gen, b, err}
	}
}

func (m *Model) gotSeen(msg seenMsg) tea.Cmd {
	w := &m.marked
	if msg.gen != w.gen || msg.err != nil || w.reading == nil {
		return nil
	}
	var first *hub.Twin
	for _, s := range msg.batch.Items {
		if s.Err != nil {
			w.failed++
			w.err = s.Err
			continue
		}
		m.known.put(s.Twin)
		w.seen = append(w.seen, s)
		first = &s.Twin
	}
	w.form.SetRead(len(w.seen) + w.failed)
	if first != nil {
		m.offer(w.form, place{first.ID, w.section}, *first)
	}
	if !msg.batch.Over {
		return nextSeen(m.ctx, w.gen, w.reading)
	}
	w.reading = nil
	// In the order of the rows, so that the form looks the same every time.
	slices.SortFunc(w.seen, func(a, b bulk.Seen) int { return cmp.Compare(a.Row, b.Row) })
	sections := make([]patch.Value, len(w.seen))
	for i, s := range w.seen {
		sections[i] = sectionOf(s.Twin, w.section)
	}
	w.form.SetRows(sections, w.failed)
	restored, waits := m.restoreMarked()
	if w.err != nil {
		m.log.Warn("marked rows not read", "rows", w.failed, "error", w.err)
		text := sentence(w.err)
		if waits {
			text += "; the unsaved changes of these rows stay kept: edit them again later"
		}
		w.form.SetError(text)
	}
	return restored
}

// leaveMarked takes the form over the marked rows away, and gives up what is read for it.
func (m *Model) leaveMarked() {
	w := &m.marked
	if w.form == nil {
		return
	}
	m.close(w.form)
	w.gen++
	if w.reading != nil {
		w.reading.Cut()
	}
	w.form, w.reading, w.seen = nil, nil, nil
}

// saveMarked previews what the form over the marked rows would do to each of them. The form stays below,
// with all that was typed, until the run begins.
func (m *Model) saveMarked(a form.SaveAll) tea.Cmd {
	op := bulk.Operation{Kind: bulk.PatchDesired, Value: a.Patch}
	if a.Section == patch.Tags {
		op.Kind = bulk.PatchTags
	}
	m.bulk.shown = overlay.NewAgain(op, m.bulkOptions(m.marked.rows))
	m.open(m.bulk.shown)
	return m.preview(m.bulk.shown, op, nil)
}

// resolve reads a row that a run did not change, for the user to decide on in a form.
func (m *Model) resolve(a overlay.Resolve) tea.Cmd {
	ctx, b := m.ctx, m.backend
	section, p, ok := a.Operation.Patch()
	if !ok {
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		t, err := b.Twin(ctx, a.ID)
		return conflictedMsg{p, section, a.ID, t, err}
	}
}

// gotConflicted opens the form over a row, with the change of the run laid over what it is now.
func (m *Model) gotConflicted(msg conflictedMsg) tea.Cmd {
	if msg.err != nil {
		m.alert("Edit "+shortName(msg.id), msg.err)
		return nil
	}
	target := form.Target{ID: msg.id, Section: msg.section, Value: sectionOf(msg.twin, msg.section), ETag: msg.twin.ETag}
	f := form.NewProperties(target, m.keys, m.theme)
	m.known.put(msg.twin)
	m.openProperties(f, place{msg.id, msg.section}, msg.twin)
	f.Propose(msg.patch)
	return m.keepDraft(f)
}
