package ui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/form"
	"twindeck/ui/history"
	"twindeck/ui/twin"
)

// saw notes a twin that was seen as a whole.
func (m *Model) saw(t hub.Twin, source history.Source) {
	at := t.ReadAt
	if at.IsZero() {
		at = m.opts.Now()
	}
	m.book.Twin(&t, source, at)
}

// heardFrom notes what attached clients received or reported, and what observation has found. The
// twins that were observed are not kept in the events besides.
func (m *Model) heardFrom(events []hub.Event) {
	for i := range events {
		ev := &events[i]
		if ev.Twin != nil {
			m.book.Twin(ev.Twin, history.Observed, ev.At)
			ev.Twin = nil
			continue
		}
		if ev.Version <= 0 || ev.Err != nil || ev.Value.Kind() != patch.KindObject {
			continue
		}
		switch ev.Kind {
		case hub.EventSynced:
			m.book.Desired(ev.ID, ev.Version, ev.Value, history.Attached, ev.At)
		case hub.EventPatch:
			m.book.Patch(ev.ID, ev.Version, ev.Value, history.Attached, ev.At)
		case hub.EventAcknowledged:
			m.book.Reported(ev.ID, ev.Version, ev.Value, history.Attached, ev.At)
		case hub.EventConnecting, hub.EventConnected, hub.EventGap, hub.EventLost, hub.EventTakenOver, hub.EventRenewed,
			hub.EventMethod, hub.EventRefused, hub.EventDetached, hub.EventObserved:
		}
	}
}

// showVersion shows a version of an identity's desired properties among all that were seen of it.
func (m *Model) showVersion(id hub.ID, desired int64) tea.Cmd {
	var cmd tea.Cmd
	if m.twin.ID() != id {
		e, _ := m.devices.Entry(id)
		cmd = m.reveal(hub.Identity{
			ID: id, Status: e.Status, Connected: e.Connected, Auth: e.Auth, LastActivityTime: e.LastActivityTime,
			Edge: e.Edge, DeviceScope: e.DeviceScope, ParentScopes: e.ParentScopes,
		})
	}
	m.focus = paneTwin
	if !m.twin.ShowVersion(desired) {
		return tea.Batch(cmd, m.say(info, fmt.Sprintf("v%d of %s is not kept any more, or was never seen", desired, shortName(id))))
	}
	return cmd
}

// restore opens the review of what makes a section again what it was. It goes the way of every edit:
// under the etag of the twin on the screen, and nothing is sent before it was reviewed.
func (m *Model) restore(a twin.Restore) tea.Cmd {
	t := m.twin.Twin()
	if t == nil || t.ID != a.ID {
		return nil
	}
	target := form.Target{ID: a.ID, Section: a.Section, Value: sectionOf(*t, a.Section), ETag: t.ETag}
	m.openProperties(form.NewRestore(target, a.Value, a.Version, m.keys, m.theme), place{a.ID, a.Section}, *t)
	return nil
}
