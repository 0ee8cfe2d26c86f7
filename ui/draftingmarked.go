package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/hub/patch"
	overlay "twindeck/ui/bulk"
	"twindeck/ui/dialog"
	"twindeck/ui/draft"
	"twindeck/ui/form"
)

// markedDrafts are the drafts of forms over several rows that nobody is working on, the newest first.
type markedDrafts struct {
	waiting []draft.Draft
	loaded  bool          // those of programs that have ended are among them
	offered bool          // and were told of
	ask     []draft.Draft // about which the user is still to be asked
}

// markedRun is what was typed for the run whose overlay it is.
type markedRun struct {
	of    *overlay.Run
	draft draft.Draft      // of the rows that a run left undone; before that its Name is empty
	form  *form.Properties // where it was typed, as long as its draft is kept; nil otherwise
}

// goOnMarked is the tag of the question about a draft for several rows.
type goOnMarked struct{ name string }

// offerDrafts tells what earlier programs have left unsaved, once it is known whether a run was
// interrupted: what was typed for that one is in its journal.
func (m *Model) offerDrafts() tea.Cmd {
	d := &m.drafting
	if d.marked.offered || !d.marked.loaded || !m.bulk.looked {
		return nil
	}
	d.marked.offered = true
	var begun []string
	d.marked.waiting = slices.DeleteFunc(d.marked.waiting, func(kept draft.Draft) bool {
		is := begunWith(m.bulk.interrupted, kept)
		if is {
			begun = append(begun, kept.Name)
		}
		return is
	})
	d.marked.ask = slices.Clone(d.marked.waiting)
	cmds := []tea.Cmd{m.announceDrafts(), m.askMarked()}
	if begun != nil {
		cmds = append(cmds, m.forgetDrafts(begun...))
	}
	return tea.Batch(cmds...)
}

// begunWith reports whether an interrupted run was to do what a draft has.
func begunWith(run *bulk.Interrupted, d draft.Draft) bool {
	if run == nil || d.At.After(run.Started) {
		return false
	}
	section, _, ok := run.Operation.Patch()
	return ok && section == d.Section && sameRows(run.Rows, d.Rows)
}

// sameRows reports whether two lists, each without repetitions, have the same rows.
func sameRows(a, b []hub.ID) bool {
	if len(a) != len(b) {
		return false
	}
	in := make(map[hub.ID]bool, len(a))
	for _, id := range a {
		in[id] = true
	}
	return !slices.ContainsFunc(b, func(id hub.ID) bool { return !in[id] })
}

// announceDrafts says for which twins something is kept.
func (m *Model) announceDrafts() tea.Cmd {
	var all []draft.Draft
	for _, kept := range m.drafting.waiting {
		all = append(all, kept...)
	}
	all = append(all, m.drafting.marked.waiting...)
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b draft.Draft) int { return b.At.Compare(a.At) })
	var names []string
	for _, d := range all[:min(len(all), 3)] {
		if d.Rows != nil {
			names = append(names, markedRows(len(d.Rows)))
		} else {
			names = append(names, shortName(d.ID()))
		}
	}
	text := "unsaved changes are kept for " + strings.Join(names, ", ")
	if more := len(all) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if m.keys.Selection.EditDesired.Refused == "" {
		text += "; edit goes on with them"
	}
	return m.say(info, text)
}

func markedRows(n int) string {
	if n == 1 {
		return "1 marked row"
	}
	return fmt.Sprintf("%d marked rows", n)
}

// namedRows bounds how many rows a question names.
const namedRows = 5

// askMarked asks whether to go on with what is kept for several rows: after a crash nothing is marked
// any more. It waits until nothing else is in front, a report of an interrupted run above all.
func (m *Model) askMarked() tea.Cmd {
	w := &m.drafting.marked
	if len(w.ask) == 0 || m.keys.Selection.EditDesired.Refused != "" || m.front() != nil || m.bulk.shown != nil ||
		m.query.bar != nil || m.resultsTyping() || m.devices.Typing() || m.live.Typing() || m.twin.Typing() {
		return nil
	}
	d := w.ask[0]
	w.ask = w.ask[1:]
	if !slices.ContainsFunc(w.waiting, func(kept draft.Draft) bool { return kept.Name == d.Name }) {
		return m.askMarked() // it was gone on with meanwhile
	}
	what, key := "desired properties", m.keys.Selection.EditDesired.Label
	if d.Section == patch.Tags {
		what, key = "tags", m.keys.Selection.EditTags.Label
	}
	var names []string
	for _, id := range d.Rows[:min(len(d.Rows), namedRows)] {
		names = append(names, id.String())
	}
	if more := len(d.Rows) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	m.open(dialog.NewConfirm(dialog.Question{
		Title: "Unsaved changes of marked rows",
		Text: "The " + what + " of " + markedRows(len(d.Rows)) + " were being edited (" + form.Clock(d.At, m.clock) + "):\n" + strings.Join(names, ", ") + ".\n" +
			"Going on marks them again and lays what was typed over what they are now. " +
			"Marking the same rows and pressing " + key + " goes on later.",
		Yes: "Go on", No: "Later", Tag: goOnMarked{d.Name}, Now: m.opts.Now,
	}, m.keys, m.theme))
	return nil
}

// goOnWithMarked marks the rows of a draft again and opens the form over them.
func (m *Model) goOnWithMarked(name string) tea.Cmd {
	i := slices.IndexFunc(m.drafting.marked.waiting, func(d draft.Draft) bool { return d.Name == name })
	if i < 0 {
		return nil
	}
	d := m.drafting.marked.waiting[i]
	if m.query.results == nil {
		m.focus = paneDevices
		m.devices.MarkOnly(d.Rows)
	}
	return m.editRows(d.Section, d.Rows)
}

// restoreMarked lays what is kept for the same rows over the form, whose rows have been read. When none
// could be, it stays kept, and waits says so.
func (m *Model) restoreMarked() (cmd tea.Cmd, waits bool) {
	w, all := &m.marked, &m.drafting.marked.waiting
	i := slices.IndexFunc(*all, func(d draft.Draft) bool { return d.Section == w.section && sameRows(d.Rows, w.rows) })
	k := m.drafting.open[w.form]
	if i < 0 || k == nil {
		return nil, false
	}
	if len(w.seen) == 0 && !hub.NotFound(w.err) { // laid over nothing, all of it would be in conflict
		return nil, true
	}
	d := (*all)[i]
	*all = slices.Delete(*all, i, i+1)
	k.from = d.Name
	w.form.Restore(d, m.clock)
	return m.keepDraft(w.form), false
}

// handOver lets a run that begins have what was typed for it. From then on a journal tells what becomes of
// that; without one the draft stays as long as the run lasts.
func (m *Model) handOver(journaled bool) tea.Cmd {
	w := &m.bulk
	switch f := m.marked.form; {
	case f != nil:
		d, _ := f.Draft()
		w.typed = &markedRun{of: w.shown, draft: d, form: f}
		m.leaveMarked()
	case w.typed != nil && w.before != nil && w.typed.of == w.before:
		w.typed.of = w.shown // the rest of it is done
	default:
		w.typed = nil
	}
	if w.typed == nil || !journaled {
		return nil
	}
	return m.dropTyped()
}

// dropTyped takes away what is kept of what was typed for a run.
func (m *Model) dropTyped() tea.Cmd {
	t := m.bulk.typed
	if f := t.form; f != nil {
		t.form = nil
		return m.dropDraft(f)
	}
	name, all := t.draft.Name, &m.drafting.marked.waiting
	t.draft.Name = ""
	i := slices.IndexFunc(*all, func(d draft.Draft) bool { return d.Name == name })
	if i < 0 { // nothing is, or it was gone on with
		return nil
	}
	*all = slices.Delete(*all, i, i+1)
	return m.forgetDrafts(name)
}

// keepRest keeps what was typed for a run that has ended, for the rows that do not have it, and reports
// whether there are any.
func (m *Model) keepRest() (cmd tea.Cmd, kept bool) {
	w := &m.bulk
	if w.typed == nil || w.typed.of != w.shown {
		return nil, false
	}
	dropped := m.dropTyped()
	rest := w.shown.Report().Rest()
	if len(rest) == 0 {
		w.typed = nil
		return dropped, false
	}
	store := m.drafting.store
	d := &w.typed.draft
	d.Name, d.Hub, d.At, d.Rows, d.Typing = store.Name(), m.drafting.hub, m.opts.Now(), rest, nil
	m.drafting.marked.waiting = slices.Insert(m.drafting.marked.waiting, 0, *d)
	saved := *d
	return tea.Sequence(func() tea.Msg { return draftKeptMsg{nil, store.Save(saved)} }, dropped), true
}

// forgetDrafts removes drafts that no form is over.
func (m *Model) forgetDrafts(names ...string) tea.Cmd {
	store := m.drafting.store
	return func() tea.Msg { return draftKeptMsg{nil, forget(store, names...)} }
}
