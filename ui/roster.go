package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/devices"
	"twindeck/ui/dialog"
)

// What the devices pane asks for beyond the modules of one device.

type (
	// workDoneMsg is what filtering or sorting has come to.
	workDoneMsg struct{ done devices.Done }

	// allModulesMsg is a page of the listing of all modules.
	allModulesMsg struct {
		gen  uint64
		from string // the continuation it began at
		page hub.Entries
		err  error
	}

	// nextModulesMsg says that it is time to go on with that listing.
	nextModulesMsg struct {
		gen  uint64
		from string
	}

	// searchedMsg is what a search of the hub for devices that are not loaded has found.
	searchedMsg struct {
		gen    uint64
		search devices.Search
		page   hub.Entries
		err    error
	}
)

// rosterActed does what the devices pane wants of the list itself.
func (m *Model) rosterActed(a devices.Action) tea.Cmd {
	switch a := a.(type) {
	case devices.Both:
		return tea.Batch(m.devicesActed(a.First), m.devicesActed(a.Second))
	case devices.Work:
		return func() tea.Msg { return workDoneMsg{a.Run()} }
	case devices.LoadAllModules:
		ctx, gen := m.allModules.begin(m.ctx)
		return tea.Batch(m.say(info, "reading the modules of all devices"), listModules(ctx, m.backend, gen, ""))
	case devices.Search:
		ctx, gen := m.searching.begin(m.ctx)
		return tea.Batch(m.say(info, "asking the hub for "+a.What), search(ctx, m.backend, gen, a, ""))
	case devices.ChooseColumns:
		m.open(dialog.NewPick(dialog.Choice{
			Title: "Columns", Items: items(m.devices.ColumnChoices()), Many: true,
			None: "none: those that there is room for", Tag: chooseColumns{},
		}, m.keys, m.theme))
	case devices.ChooseSort:
		m.open(dialog.NewPick(dialog.Choice{
			Title: "Sort by, again to reverse", Items: items(m.devices.SortChoices()), Tag: chooseSort{},
		}, m.keys, m.theme))
	case devices.Tell:
		return m.say(info, a.Text)
	}
	return nil
}

// rosterKeys are the keys of the devices pane that do something now.
func (m *Model) rosterKeys() []keymap.Binding {
	k := m.keys.Devices
	var keys []keymap.Binding
	switch {
	case m.devices.Filtered():
		clear := k.Clear
		clear.Short = "clear filter"
		keys = append(keys, clear)
	case m.devices.MarkedCount() > 0:
		clear := k.Clear
		clear.Short = "clear marks"
		keys = append(keys, clear)
	}
	keys = append(keys, k.Filter, k.Expand)
	if m.devices.Len() > 0 {
		keys = append(keys, k.Mark, k.Sort, k.Columns)
	}
	return keys
}

// The tags of the choices.
type (
	chooseColumns struct{}
	chooseSort    struct{}
)

func items(choices []devices.Choice) []dialog.Item {
	list := make([]dialog.Item, len(choices))
	for i, c := range choices {
		list[i] = dialog.Item{Key: c.Name, Text: c.Title, On: c.On}
	}
	return list
}

// picked takes what was chosen for the list, and keeps it for this hub.
func (m *Model) picked(p dialog.Picked) tea.Cmd {
	var cmd tea.Cmd
	switch tag := p.Tag.(type) {
	case chooseActor, chooseAck, chooseInterval, chooseWatch:
		return m.chose(tag, p.Keys[0])
	case chooseColumns:
		m.devices.SetColumns(p.Keys)
		m.prefs.Columns = p.Keys
	case chooseSort:
		cmd = m.devicesActed(m.devices.PickSort(p.Keys[0]))
		m.prefs.Sort, m.prefs.Reverse = m.devices.Sorted()
	default:
		return nil
	}
	return tea.Batch(cmd, m.keep())
}

// arrange shows the list as the user had it in an earlier run.
func (m *Model) arrange() tea.Cmd {
	m.devices.SetColumns(m.prefs.Columns)
	return m.devicesActed(m.devices.SetSort(m.prefs.Sort, m.prefs.Reverse))
}

// rosterResult takes what the commands of this file brought back.
func (m *Model) rosterResult(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case workDoneMsg:
		return tea.Batch(m.devicesActed(m.devices.Done(msg.done)), m.pressWaiting())
	case allModulesMsg:
		return m.gotAllModules(msg)
	case nextModulesMsg:
		if msg.gen == m.allModules.gen {
			return m.moreModules(msg.from)
		}
	case searchedMsg:
		return m.searched(msg)
	}
	return nil
}

func listModules(ctx context.Context, b Backend, gen uint64, from string) tea.Cmd {
	return func() tea.Msg {
		page, err := b.List(hub.Background(ctx), hub.Listing{Modules: true}, from, pageSize)
		return allModulesMsg{gen, from, page, err}
	}
}

func (m *Model) moreModules(from string) tea.Cmd {
	ctx, gen := m.allModules.begin(m.ctx)
	return listModules(ctx, m.backend, gen, from)
}

func (m *Model) gotAllModules(msg allModulesMsg) tea.Cmd {
	if !m.allModules.done(msg.gen) {
		return nil
	}
	m.heard(msg.err)
	if hub.Throttled(msg.err) {
		return after(m.ctx, max(hub.RetryAfter(msg.err), time.Second), nextModulesMsg{msg.gen, msg.from})
	}
	if msg.err != nil {
		m.devices.FailAllModules()
		return m.say(bad, "not all modules could be read: "+sentence(msg.err))
	}
	last := msg.page.Continuation == ""
	cmd := m.devicesActed(m.devices.AddModules(msg.page.Rows, last))
	if last {
		return tea.Batch(cmd, m.say(good, "read the modules of all devices"))
	}
	return tea.Batch(cmd, m.moreModules(msg.page.Continuation))
}

func search(ctx context.Context, b Backend, gen uint64, s devices.Search, continuation string) tea.Cmd {
	return func() tea.Msg {
		page, err := b.List(ctx, hub.Listing{Where: s.Where}, continuation, pageSize)
		return searchedMsg{gen, s, page, err}
	}
}

func (m *Model) searched(msg searchedMsg) tea.Cmd {
	if !m.searching.done(msg.gen) {
		return nil
	}
	m.heard(msg.err)
	switch {
	case msg.err != nil:
		return m.say(bad, sentence(msg.err))
	case len(msg.page.Rows) == 0:
		return m.say(info, "the hub's index knows no such thing: "+msg.search.What)
	}
	cmd := m.devicesActed(m.devices.AddFound(msg.page.Rows))
	if msg.search.Reveal {
		cmd = tea.Batch(cmd, m.devicesActed(m.devices.Goto(msg.page.Rows[0].Device)))
	} else if msg.page.Continuation != "" {
		ctx, gen := m.searching.begin(m.ctx)
		return tea.Batch(cmd, search(ctx, m.backend, gen, msg.search, msg.page.Continuation))
	}
	return tea.Batch(cmd, m.say(info, "found "+msg.search.What))
}
