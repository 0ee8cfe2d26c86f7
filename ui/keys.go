package ui

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/devices"
	"twindeck/ui/dialog"
	"twindeck/ui/form"
	"twindeck/ui/twin"
)

// press routes a key: to the front overlay, to a text that is being typed, to the
// dashboard, to the focused pane.
func (m *Model) press(key tea.KeyPressMsg) tea.Cmd {
	m.awaited = nil
	switch {
	case m.keys.Global.Interrupt.Matches(key):
		return m.leave()
	case m.waits(key):
		return nil
	case m.wantsDetails(key):
		return m.openDetails()
	case m.front() != nil:
		return m.answer(m.front(), m.front().Update(key))
	case m.query.bar != nil:
		return m.barActed(m.query.bar.Update(key))
	case m.resultsTyping():
		return m.resultsActed(m.query.results.Update(key))
	case m.devices.Typing():
		return m.devicesActed(m.devices.Update(key))
	case m.live.Typing():
		return m.liveActed(m.live.Update(key))
	case m.twin.Typing():
		return m.twinActed(m.twin.Update(key))
	}
	if cmd, refused := m.refuseWrite(key); refused {
		return cmd
	}
	if cmd, done := m.global(key); done {
		return cmd
	}
	if cmd, done := m.selection(key); done {
		return cmd
	}
	switch m.focus {
	case paneDevices:
		return m.listActed(key)
	case paneTwin:
		return m.twinActed(m.twin.Update(key))
	case paneLive:
		return m.liveActed(m.live.Update(key))
	case paneCount:
	}
	return nil
}

// paste goes where typed text would go.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	switch {
	case m.front() != nil:
		return m.answer(m.front(), m.front().Update(msg))
	case m.query.bar != nil:
		return m.barActed(m.query.bar.Update(msg))
	case m.resultsTyping():
		return m.resultsActed(m.query.results.Update(msg))
	case m.devices.Typing():
		return m.devicesActed(m.devices.Update(msg))
	case m.live.Typing():
		return m.liveActed(m.live.Update(msg))
	case m.twin.Typing():
		return m.twinActed(m.twin.Update(msg))
	}
	return nil
}

// leave ends the dashboard. What is still running is cancelled, a bulk run only after a question; what was
// typed is kept first.
func (m *Model) leave() tea.Cmd {
	if !m.mayLeave() {
		return nil
	}
	m.quit()
	if kept := m.flushDrafts(); kept != nil {
		return tea.Sequence(kept, tea.Quit)
	}
	return tea.Quit
}

func (m *Model) global(key keymap.Press) (cmd tea.Cmd, done bool) {
	switch k := m.keys.Global; {
	case k.Quit.Matches(key):
		return m.leave(), true
	case k.Help.Matches(key):
		m.open(dialog.NewHelp(m.keys, m.theme, m.scopes()...))
	case k.Hubs.Matches(key):
		return now(askHubsMsg{}), true
	case k.Mouse.Matches(key):
		return now(mouseKeyMsg{}), true
	case k.NextPane.Matches(key):
		m.focus = (m.focus + 1) % paneCount
	case k.PrevPane.Matches(key):
		m.focus = (m.focus + paneCount - 1) % paneCount
	case k.DevicesPane.Matches(key):
		m.focus = paneDevices
	case k.TwinPane.Matches(key):
		m.focus = paneTwin
	case k.LivePane.Matches(key):
		m.focus = paneLive
	case k.Query.Matches(key):
		m.openBar()
	case k.Calls.Matches(key):
		return m.openCalls(), true
	default:
		return nil, false
	}
	return nil, true
}

// selection takes the keys that act on the selected identity.
func (m *Model) selection(key keymap.Press) (cmd tea.Cmd, done bool) {
	k := m.keys.Selection
	if k.NewDevice.Matches(key) {
		m.open(form.NewDevice(m.keys, m.theme))
		return nil, true
	}
	if r := m.query.results; r != nil && m.focus == paneDevices && k.CopyID.Matches(key) {
		return m.copyCell(), true
	}
	if event, ok := m.live.Copy(); ok && m.focus == paneLive && k.CopyID.Matches(key) {
		return tea.Batch(tea.SetClipboard(event.Text), m.say(info, "copied "+event.What)), true
	}
	if m.query.results != nil && k.Refresh.Matches(key) {
		return m.rerun(), true
	}
	if k.Refresh.Matches(key) {
		m.listing.asked = true
		return m.refresh(), true
	}
	if k.AutoRefresh.Matches(key) {
		m.openRefreshChoice()
		return nil, true
	}
	if k.Bulk.Matches(key) {
		return m.openBulk(), true
	}
	if m.focus == paneDevices && m.marks().MarkedCount() > 0 {
		switch {
		case k.EditDesired.Matches(key):
			return m.editMarked(patch.Desired), true
		case k.EditTags.Matches(key):
			return m.editMarked(patch.Tags), true
		}
	}
	id, ok := m.selected()
	var act func(hub.ID) tea.Cmd
	switch {
	case k.NewModule.Matches(key):
		act = func(id hub.ID) tea.Cmd {
			m.open(form.NewModule(id.Device, m.keys, m.theme))
			return nil
		}
	case k.EditDesired.Matches(key):
		act = func(hub.ID) tea.Cmd { return m.editSection(patch.Desired) }
	case k.EditTags.Matches(key):
		act = func(hub.ID) tea.Cmd { return m.editSection(patch.Tags) }
	case k.Undo.Matches(key):
		act = m.undoLast
	case k.Editor.Matches(key):
		act = m.editInEditor
	case k.Attach.Matches(key):
		act = m.toggleClient
	case k.Observe.Matches(key):
		act = m.toggleObservation
	case k.CallMethod.Matches(key):
		act = m.openMethod
	case k.SendMessage.Matches(key):
		act = m.openMessage
	case k.CopyID.Matches(key):
		act = m.copyID
	case k.CopyConnectionString.Matches(key):
		act = m.copyConnectionString
	case k.Delete.Matches(key):
		act = m.askToDelete
	case k.Status.Matches(key):
		act = m.openStatus
	case k.Keys.Matches(key):
		act = m.openKeys
	case k.Token.Matches(key):
		act = m.openToken
	case k.RevealKeys.Matches(key) && m.opts.Presenter:
		return m.say(info, "keys stay masked in presenter mode; "+m.keys.Global.Presenter.Label+" ends it"), true
	case k.RevealKeys.Matches(key):
		act = func(hub.ID) tea.Cmd {
			if m.focus != paneDevices || m.twin.Tab() != twin.Identity {
				m.focus = paneTwin
			}
			return m.twinActed(m.twin.ToggleReveal())
		}
	default:
		return nil, false
	}
	switch {
	case !ok && k.NewDevice.Refused != "":
		return m.say(info, "select a device first"), true
	case !ok:
		return m.say(info, "select a device first, or create one with "+k.NewDevice.Label), true
	}
	return act(id), true
}

// devicesActed does what the devices pane wants, and follows its selection.
func (m *Model) devicesActed(a devices.Action) tea.Cmd {
	var cmd tea.Cmd
	switch a := a.(type) {
	case devices.LoadModules:
		cmd = m.readModulesOf(a.Device)
	default:
		cmd = m.rosterActed(a)
	}
	return tea.Batch(cmd, m.seek(), m.retarget())
}

func (m *Model) twinActed(a twin.Action) tea.Cmd {
	switch a := a.(type) {
	case twin.ReadIdentity:
		return m.readIdentityOf(a.ID)
	case twin.Restore:
		return m.restore(a)
	case twin.Say:
		return m.say(info, a.Text)
	}
	return nil
}

// footerKeys are the keys that do something now: those of the focused pane first, then
// those of the selection. The second list is what is shown however little room there is.
func (m *Model) footerKeys() (first, always []keymap.Binding) {
	k := m.keys
	switch {
	case m.devices.Typing():
		return []keymap.Binding{k.Filter.Accept, k.Filter.Clear, k.Filter.Fuzzy, k.Filter.Up, k.Filter.Down}, nil
	case m.twin.Typing():
		return keymap.Bindings(k.Search), nil
	case m.resultsTyping(), m.live.Typing():
		return []keymap.Binding{k.Filter.Accept, k.Filter.Clear, k.Filter.Up, k.Filter.Down}, nil
	}
	always = []keymap.Binding{k.Global.Help, k.Global.Quit}
	if m.canDetail() {
		first = append(first, k.Global.Details)
	}
	if m.query.results != nil && m.focus == paneDevices {
		first = append(first, m.resultsKeys()...)
	}
	id, ok := m.selected()
	onHistory := m.focus == paneTwin && m.twin.Tab() == twin.History
	if onHistory {
		first = append(first, m.twin.Hints()...)
	}
	if ok { // also before the twin has been read: the footer does not flicker as the cursor moves
		edit := k.Selection.EditDesired
		if m.focus == paneDevices && m.marks().MarkedCount() > 0 {
			edit.Short = "edit marked"
		}
		first = append(first, edit)
	}
	first = append(first, k.Selection.NewDevice)
	if ok {
		c, o := k.Selection.Attach, k.Selection.Observe
		if m.live.Attached(id) {
			c.Short = "detach"
		}
		if m.live.Observed(id) {
			o.Short = "stop observing"
		}
		first = append(first, k.Selection.NewModule, c, o)
	}
	switch m.focus {
	case paneDevices:
		if m.marks().MarkedCount() > 0 {
			first = append(first, k.Selection.Bulk, k.Devices.Export)
		}
		if m.query.results == nil {
			first = append(first, m.loadingKeys()...)
			first = append(first, m.rosterKeys()...)
		}
	case paneTwin:
		if !onHistory {
			first = append(first, m.twin.Hints()...)
		}
	case paneLive:
		first = append(m.live.Keys(), first...)
	case paneCount:
	}
	first = append(first, k.Global.NextPane, k.Global.Query)
	if ok {
		first = append(first, k.Selection.EditTags)
		if m.focus == paneTwin {
			first = append(first, k.Selection.Editor)
		}
	}
	first = append(first, k.Selection.Refresh)
	if ok && (m.query.results == nil || m.focus != paneDevices) {
		first = append(first, k.Selection.CopyID)
	}
	if ok {
		first = append(first, k.Selection.CallMethod, k.Selection.SendMessage)
	}
	first = append(first, k.Global.Calls)
	if ok {
		first = append(first, k.Selection.RevealKeys, k.Selection.CopyConnectionString)
		first = append(first, k.Selection.Delete, k.Selection.Status, k.Selection.Keys, k.Selection.Token)
	}
	first = append(first, k.Global.Hubs)
	return first, always
}
