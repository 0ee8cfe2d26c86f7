package ui

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/ui/history"
)

// showDone lets the list show what a run has done, without reading it all again.
func (m *Model) showDone(report *bulk.Report, results []bulk.Result) tea.Cmd {
	var (
		changed []hub.Entry
		cmds    []tea.Cmd
	)
	for _, r := range results {
		if r.Outcome != bulk.Done {
			continue
		}
		if r.Twin != nil {
			m.saw(*r.Twin, history.Saved)
		}
		id := report.Rows[r.Row]
		if report.Operation.Kind == bulk.Delete {
			m.devices.Remove(id)
			m.known.drop(id)
			m.book.End(id)
			m.forgetUndos(id)
			for _, client := range m.live.AttachedBelow(id) { // it could only try in vain to come back
				m.leaving[client] = true
				cmds = append(cmds, detach(m.ctx, m.backend, client))
			}
		} else if e, ok := m.devices.Entry(id); ok {
			changed = append(changed, report.Operation.Apply(e))
		}
	}
	return tea.Batch(append(cmds, m.devicesActed(m.devices.AddFound(changed)))...)
}
