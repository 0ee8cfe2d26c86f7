package ui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/history"
	"twindeck/ui/live"
	"twindeck/ui/twin"
)

// result takes what a command brought back.
func (m *Model) result(msg tea.Msg) tea.Cmd {
	m.learn(msg)
	switch msg := msg.(type) {
	case preferencesMsg:
		return m.gotPreferences(msg)
	case plansMsg, journalMsg, resultsMsg, reportSavedMsg, interruptedMsg, dismissedMsg, endedMsg:
		return m.bulkResult(msg)
	case exportReadyMsg, exportWroteMsg, exportEndedMsg:
		return m.exportResult(msg)
	case keptMsg:
		return m.kept(msg)
	case pagesMsg:
		return m.gotPages(msg)
	case totalMsg:
		m.gotTotal(msg)
	case resumeMsg:
		return m.resumeListing(msg)
	case findDueMsg:
		return m.find(msg)
	case foundMsg:
		return m.found(msg)
	case leftMsg:
		return m.gotLeft(msg)
	case draftsMsg:
		return m.gotDrafts(msg)
	case draftKeptMsg:
		return m.draftKept(msg)
	case resultMsg:
		return m.gotResult(msg)
	case arrangedMsg:
		return m.arranged(msg)
	case nextDueMsg:
		if msg.gen == m.query.run.gen {
			return m.nextPage()
		}
	case modulesMsg:
		return m.gotModules(msg)
	case workDoneMsg, allModulesMsg, nextModulesMsg, searchedMsg:
		return m.rosterResult(msg)
	case holdOverMsg:
		m.holdOver(msg)
	case twinDueMsg:
		if msg.gen == m.reading.gen {
			return m.readTwin()
		}
	case convergedMsg:
		if msg.id == m.twin.ID() && m.twin.Pending() && !m.reading.busy {
			return m.readTwin()
		}
	case twinMsg:
		return m.gotTwin(msg)
	case identityMsg:
		m.gotIdentity(msg)
	case createdMsg:
		return m.created(msg)
	case savedMsg:
		return m.saved(msg)
	case seenMsg:
		return m.gotSeen(msg)
	case conflictedMsg:
		return m.gotConflicted(msg)
	case editorMsg:
		return m.gotEdited(msg)
	case connectionMsg:
		return m.gotConnection(msg)
	case attachedMsg:
		return m.attached(msg)
	case detachedMsg:
		return m.detached(msg)
	case copyMsg:
		return m.gotForCopy(msg)
	case callsMsg:
		return m.gotCalls(msg)
	case lookupMsg:
		m.gotLookup(msg)
	case methodMsg:
		return m.gotMethod(msg)
	case sentMsg:
		return m.sent(msg)
	case waitingMsg:
		return m.askPurge(msg)
	case purgedMsg:
		return m.purged(msg)
	case feedbackDueMsg:
		return m.lookForFeedback(msg)
	case feedbackMsg:
		return m.gotFeedback(msg)
	case reachMsg:
		return m.gotReach(msg)
	case eventsMsg:
		return m.gotEvents(msg)
	case observedMsg:
		return m.observed(msg)
	case unobservedMsg:
		return m.unobserved(msg)
	case reportedMsg:
		return m.reported(msg)
	case siftedMsg:
		m.live.Done(live.Sifted(msg))
	case listenMsg:
		return listen(m.ctx, m.backend)
	default:
		return m.identityResult(msg)
	}
	return nil
}

// refresh reads again what is on the screen.
func (m *Model) refresh() tea.Cmd {
	return tea.Batch(m.list(), m.readOpenModules(), m.readTwin())
}

// openDevices bounds how many open devices a refresh reads the modules of.
const openDevices = 8

func (m *Model) readOpenModules() tea.Cmd { return m.readOpenModulesIn(m.ctx) }

func (m *Model) readOpenModulesIn(ctx context.Context) tea.Cmd {
	var cmds []tea.Cmd
	for _, device := range m.devices.Open(openDevices) {
		if t := m.modules[device]; t == nil || !t.busy {
			cmds = append(cmds, m.readModulesIn(ctx, device))
		}
	}
	return tea.Batch(cmds...)
}

func (m *Model) readModulesOf(device string) tea.Cmd { return m.readModulesIn(m.ctx, device) }

func (m *Model) readModulesIn(ctx context.Context, device string) tea.Cmd {
	t := m.modules[device]
	if t == nil {
		t = &task{}
		m.modules[device] = t
	}
	ctx, gen := t.start(ctx)
	return readModules(ctx, m.backend, gen, device)
}

func (m *Model) gotModules(msg modulesMsg) tea.Cmd {
	t := m.modules[msg.device]
	if t == nil || !t.done(msg.gen) {
		return nil
	}
	m.heard(msg.err)
	if msg.err != nil {
		return m.devicesActed(m.devices.FailModules(msg.device, m.withDetails(msg.err)))
	}
	return m.devicesActed(m.devices.SetModules(msg.device, msg.list))
}

// retarget makes the twin pane follow the cursor of the devices pane, or of the
// results in its place. What is remembered of
// a twin is shown at once; it is read when the cursor has come to rest.
func (m *Model) retarget() tea.Cmd {
	id, _ := m.selected()
	if id == m.twin.ID() {
		return nil
	}
	first := m.twin.ID() == hub.ID{}
	m.heardOf, m.rereads, m.again = 0, 0, false
	m.identity.stop()
	m.reading.stop()
	held := m.keepPicture()
	m.twin.Show(id, m.known.get(id))
	m.showUnsaved()
	m.hold.revision = m.twin.Revision()
	switch {
	case id.Device == "":
		return held
	case first:
		return m.readTwin()
	}
	return tea.Batch(held, after(m.ctx, fetchDelay, twinDueMsg{m.reading.gen}))
}

// readTwin reads the twin shown, and the identity when it is looked at.
func (m *Model) readTwin() tea.Cmd { return m.readTwinIn(m.ctx) }

// readTwinIn is readTwin under a context of the dashboard's own.
func (m *Model) readTwinIn(ctx context.Context) tea.Cmd {
	id := m.twin.ID()
	if id.Device == "" {
		return nil
	}
	reading, gen := m.reading.start(ctx)
	cmd := readTwin(reading, m.backend, gen, id)
	if m.twin.Tab() == twin.Identity {
		cmd = tea.Batch(cmd, m.readIdentityIn(ctx, id))
	}
	return cmd
}

// maxRereads bounds the reads for a version that an event told of and no read returns: a
// device that was deleted and created again counts from the start.
const maxRereads = 3

func (m *Model) gotTwin(msg twinMsg) tea.Cmd {
	if !m.reading.done(msg.gen) || msg.id != m.twin.ID() {
		return nil
	}
	m.heard(msg.err)
	if msg.err != nil {
		m.awaited = nil
		if r := m.query.results; r != nil && hub.NotFound(msg.err) {
			r.Gone(msg.id)
		}
		m.twin.Fail(m.withDetails(msg.err))
		return nil
	}
	m.show(msg.twin, history.Read)
	edit := m.followTwin(msg.twin)
	if s := m.awaited; s != nil && m.front() == nil {
		m.awaited = nil
		m.hush(m.status.id)
		edit = tea.Batch(edit, m.editSection(*s))
	}
	// A read may have left before the event that made it necessary.
	older := msg.twin.Desired.Version < m.heardOf && m.rereads < maxRereads
	if older || m.again {
		m.rereads++
		m.again = false
		m.twin.MarkStale()
		return tea.Batch(edit, after(m.ctx, retryDelay, twinDueMsg{m.reading.gen}))
	}
	m.rereads = 0
	return edit
}

// show takes a twin as it is now.
func (m *Model) show(t hub.Twin, source history.Source) {
	m.saw(t, source)
	m.known.put(t)
	m.confirm(t)
	m.twin.SetTwin(t)
}

// overtake takes a twin as a write of ours found or left it. A read of it that left before
// would bring back the past.
func (m *Model) overtake(t hub.Twin, source history.Source) {
	if t.ID == m.twin.ID() {
		m.reading.stop()
	}
	m.show(t, source)
}

func (m *Model) readIdentityOf(id hub.ID) tea.Cmd { return m.readIdentityIn(m.ctx, id) }

func (m *Model) readIdentityIn(ctx context.Context, id hub.ID) tea.Cmd {
	ctx, gen := m.identity.start(ctx)
	return readIdentity(ctx, m.backend, gen, id)
}

func (m *Model) gotIdentity(msg identityMsg) {
	if !m.identity.done(msg.gen) || msg.id != m.twin.ID() {
		return
	}
	m.heard(msg.err)
	if msg.err != nil {
		m.twin.FailIdentity(m.withDetails(msg.err))
		return
	}
	m.twin.SetIdentity(msg.identity)
}

// gotEvents takes what the attached clients had to tell, and listens on.
func (m *Model) gotEvents(msg eventsMsg) tea.Cmd {
	if msg.err != nil {
		if m.ctx.Err() != nil {
			return nil
		}
		if !errors.Is(msg.err, context.DeadlineExceeded) {
			m.log.Warn("waiting for events failed", "error", msg.err)
		}
		return after(m.ctx, idlePeriod, listenMsg{})
	}
	m.heardFrom(msg.batch.Events)
	m.live.Add(msg.batch.Events, msg.batch.Dropped)
	cmds := []tea.Cmd{listen(m.ctx, m.backend)}
	if state := msg.batch.Recording; state != nil {
		cmds = append(cmds, m.recordingIs(*state))
	}
	reread, back := false, false
	for _, ev := range msg.batch.Events {
		if up, known := presence(ev.Kind); known && !ev.Observing {
			m.devices.SetConnected(ev.ID, up)
		}
		reread = m.outdates(ev) || reread
		back = back || ev.Kind == hub.EventConnected && m.reach.link == unreachable
		if ev.Kind == hub.EventRefused && ev.Err != nil {
			text := shortName(ev.ID) + ": " + sentence(ev.Err)
			m.failed(text, ev.Err)
			cmds = append(cmds, m.say(bad, text))
		}
	}
	if back { // a client found the way to the hub again before anybody asked
		return tea.Batch(append(cmds, m.refresh())...)
	}
	if reread {
		m.twin.MarkStale()
		m.again = m.reading.busy
		if !m.again {
			cmds = append(cmds, m.readTwin())
		}
	}
	return tea.Batch(cmds...)
}

// presence tells what an event says about the connection of its identity.
func presence(k hub.EventKind) (up, known bool) {
	switch k {
	case hub.EventConnected, hub.EventSynced, hub.EventPatch, hub.EventAcknowledged, hub.EventMethod, hub.EventRenewed:
		return true, true
	case hub.EventLost, hub.EventTakenOver, hub.EventDetached:
		return false, true
	case hub.EventConnecting, hub.EventGap, hub.EventRefused, hub.EventObserved:
	}
	return false, false
}

// outdates reports whether an event shows that the twin on the screen has moved on.
func (m *Model) outdates(ev hub.Event) bool {
	t := m.twin.Twin()
	if ev.ID != m.twin.ID() || t == nil {
		return false
	}
	if ev.Kind == hub.EventAcknowledged || ev.Kind == hub.EventObserved && ev.ReportedVersion > t.Reported.Version {
		return true
	}
	if ev.Version <= max(t.Desired.Version, m.heardOf) {
		return false
	}
	m.heardOf = ev.Version
	return true
}
