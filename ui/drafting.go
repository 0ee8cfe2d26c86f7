package ui

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/draft"
	"twindeck/ui/form"
)

// drafting keeps what is typed into the forms over properties, so that it outlives the program.
type drafting struct {
	store draft.Store
	hub   string // as the drafts name it
	// waiting are the drafts of programs that have ended, the newest first.
	waiting map[place][]draft.Draft
	marked  markedDrafts
	open    map[*form.Properties]*draftKeeper
	failed  bool // the user was told that drafts are not kept
}

// place is what a draft is about.
type place struct {
	id      hub.ID
	section patch.Section
}

// draftKeeper is the draft of one open form, and the one write of it that may be under way.
type draftKeeper struct {
	name    string
	place   place
	rows    []hub.ID // of a form over several, which has no place; nil otherwise
	version int64    // of the newest twin that the form is laid over
	from    string   // the draft that the form went on with; it goes when the new one is kept
	writing bool
	again   bool // the form has changed since
	over    bool // the form is closed
	doubt   bool // a save was sent, and it is not known whether it was made
}

type (
	draftsMsg struct {
		drafts []draft.Draft
		err    error
	}
	draftKeptMsg struct {
		form *form.Properties
		err  error
	}
)

func newDrafting(opts Options) drafting {
	d := drafting{store: opts.Drafts, hub: opts.Host, waiting: map[place][]draft.Draft{}, open: map[*form.Properties]*draftKeeper{}}
	if d.store == nil {
		d.store = &draft.Memory{}
	}
	if opts.Embedded {
		d.hub = "embedded hub" // its address is another one every time
	}
	return d
}

// loadDrafts looks for what programs that have ended left unsaved.
func (m *Model) loadDrafts() tea.Cmd {
	store, host := m.drafting.store, m.drafting.hub
	return func() tea.Msg {
		drafts, err := store.List(host)
		return draftsMsg{drafts, err}
	}
}

func (m *Model) gotDrafts(msg draftsMsg) tea.Cmd {
	m.drafting.marked.loaded = true
	if msg.err != nil {
		m.log.Warn("drafts not read", "error", msg.err)
		return m.say(bad, "unsaved changes of earlier runs cannot be read: "+sentence(msg.err))
	}
	clear(m.drafting.waiting)
	for _, d := range msg.drafts {
		if d.Rows != nil {
			m.drafting.marked.waiting = append(m.drafting.marked.waiting, d)
			continue
		}
		at := place{d.ID(), d.Section}
		m.drafting.waiting[at] = append(m.drafting.waiting[at], d)
	}
	m.showUnsaved()
	return m.offerDrafts()
}

// showUnsaved lets the twin pane say what is kept for the twin it shows.
func (m *Model) showUnsaved() {
	id := m.twin.ID()
	var lines []string
	for _, s := range []patch.Section{patch.Desired, patch.Tags} {
		if kept := m.drafting.waiting[place{id, s}]; len(kept) > 0 {
			key := m.keys.Selection.EditDesired
			what := "unsaved changes of "
			if s == patch.Tags {
				key, what = m.keys.Selection.EditTags, "unsaved tags of "
			}
			line := what + form.Clock(kept[0].At, m.clock)
			if key.Refused == "" {
				line += ": " + key.Label + " goes on"
			}
			lines = append(lines, line)
		}
	}
	m.twin.SetUnsaved(lines)
}

// openProperties opens a form over a section of a twin.
func (m *Model) openProperties(f *form.Properties, at place, t hub.Twin) {
	m.drafting.open[f] = &draftKeeper{name: m.drafting.store.Name(), place: at, version: t.Version}
	m.offer(f, at, t)
	m.open(f)
}

// goOn lays what is kept from an earlier run over a form that was just opened.
func (m *Model) goOn(f *form.Properties) tea.Cmd {
	k := m.drafting.open[f]
	at := k.place
	kept := m.drafting.waiting[at]
	if len(kept) == 0 {
		return nil
	}
	k.from = kept[0].Name
	m.drafting.waiting[at] = kept[1:]
	m.showUnsaved()
	f.Restore(kept[0], m.clock)
	return m.keepDraft(f)
}

// keepDraft writes the draft of a form as it is now.
func (m *Model) keepDraft(f *form.Properties) tea.Cmd {
	k := m.drafting.open[f]
	if k == nil {
		return nil
	}
	if k.writing {
		k.again = true
		return nil
	}
	k.writing = true
	store, name, from := m.drafting.store, k.name, k.from
	k.from = ""
	d, dirty := f.Draft()
	if k.over || !dirty {
		return func() tea.Msg { return draftKeptMsg{f, forget(store, name, from)} }
	}
	d.Name, d.Hub, d.At, d.Rows = name, m.drafting.hub, m.opts.Now(), k.rows
	return func() tea.Msg {
		err := store.Save(d)
		if err == nil {
			err = forget(store, from)
		}
		return draftKeptMsg{f, err}
	}
}

// followTwin lays the forms that are open over a twin as it was read now. A read that is older than
// what a form has seen says nothing new.
func (m *Model) followTwin(t hub.Twin) tea.Cmd {
	var cmds []tea.Cmd
	for f, k := range m.drafting.open {
		if k.over || k.place.id != t.ID || t.Version <= k.version {
			continue
		}
		k.version = t.Version
		f.Follow(sectionOf(t, k.place.section), t.ETag)
		m.offer(f, k.place, t)
		cmds = append(cmds, m.keepDraft(f))
	}
	return tea.Batch(cmds...)
}

// forget removes drafts; an empty name is none.
func forget(store draft.Store, names ...string) error {
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := store.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) draftKept(msg draftKeptMsg) tea.Cmd {
	var cmd tea.Cmd
	if msg.err != nil {
		m.log.Warn("draft not kept", "error", msg.err)
		if !m.drafting.failed {
			m.drafting.failed = true
			cmd = m.say(bad, "what you type would not survive a crash: "+sentence(msg.err))
		}
	}
	k := m.drafting.open[msg.form]
	if k == nil {
		return cmd
	}
	k.writing = false
	switch {
	case k.again:
		k.again = false
		return tea.Batch(cmd, m.keepDraft(msg.form))
	case k.over:
		delete(m.drafting.open, msg.form)
	}
	return cmd
}

// dropDraft forgets the draft of a form that is closed: it was saved, or the user does not want it.
func (m *Model) dropDraft(f *form.Properties) tea.Cmd {
	k := m.drafting.open[f]
	if k == nil {
		return nil
	}
	k.over = true
	return m.keepDraft(f)
}

// flushDrafts writes the drafts whose last change is not written yet, before the program ends.
func (m *Model) flushDrafts() tea.Cmd {
	var cmds []tea.Cmd
	for f, k := range m.drafting.open {
		if k.again {
			k.writing = false
			cmds = append(cmds, m.keepDraft(f))
		}
	}
	if cmds == nil {
		return nil
	}
	return tea.Sequence(cmds...)
}
