package ui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/bulk"
	"twindeck/hub/export"
	overlay "twindeck/ui/bulk"
	"twindeck/ui/cell"
	"twindeck/ui/dialog"
)

// saveReport writes the report of a run.
func saveReport(from *overlay.Run, a overlay.Save) tea.Cmd {
	return func() tea.Msg {
		path, err := export.ExpandHome(a.Path)
		if err == nil {
			err = writeFile(path, true, a.Replace, func(f *export.File) error { return a.Report.Write(f, a.Format) })
		}
		return reportSavedMsg{from, path, err}
	}
}

// writeFile writes a file whole or not at all.
func writeFile(path string, private, replace bool, write func(*export.File) error) error {
	f, err := export.Create(path, private, replace)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Abort()
		return err
	}
	return f.Commit()
}

func (m *Model) reportSaved(msg reportSavedMsg) {
	switch {
	case msg.err == nil:
		msg.from.Saved(cell.Safe(msg.path), "", false)
	case errors.Is(msg.err, export.ErrExists):
		msg.from.Saved(msg.path, "", true)
	default:
		m.log.Warn("report not saved", "error", msg.err)
		msg.from.Saved(msg.path, "not saved: "+sentence(msg.err), false)
	}
}

// findInterrupted looks for a run that an earlier program was in the middle of.
func (m *Model) findInterrupted() tea.Cmd {
	folder, host := m.opts.BulkFolder, m.opts.Host
	if folder == "" {
		m.bulk.looked = true
		return nil
	}
	return func() tea.Msg {
		run, err := bulk.FindInterrupted(folder, host)
		return interruptedMsg{run, err}
	}
}

func (m *Model) gotInterrupted(msg interruptedMsg) tea.Cmd {
	m.bulk.looked, m.bulk.interrupted = true, msg.run
	if msg.err != nil {
		m.log.Warn("journal of an interrupted run not read", "error", msg.err)
		return tea.Batch(m.offerDrafts(), m.say(bad, "a bulk run was interrupted, and its journal cannot be read: "+sentence(msg.err)))
	}
	if msg.run == nil || m.bulk.shown != nil {
		return m.offerDrafts()
	}
	m.open(dialog.NewConfirm(dialog.Question{
		Title: "An interrupted bulk run",
		Text: "On " + msg.run.Started.In(m.opts.Now().Location()).Format("2 January 2006 at 15:04") + " " + msg.run.String() + ".\n" +
			"The report tells what came of each row, and can do the rest.",
		Yes: "Report", No: "Later", Tag: interruptedRun{msg.run}, Now: m.opts.Now,
	}, m.keys, m.theme))
	return m.offerDrafts()
}

// showInterrupted opens the report of an interrupted run.
func (m *Model) showInterrupted(run *bulk.Interrupted) {
	if m.bulk.shown != nil {
		return
	}
	m.bulk.journal = run.Path
	m.bulk.shown = overlay.NewReport(run.Report, m.bulkOptions(nil))
	m.open(m.bulk.shown)
}

// mayLeave asks before a run is left in the middle, or what was typed for methods and messages would
// be lost; once: asked again, it lets go.
func (m *Model) mayLeave() bool {
	w := &m.bulk
	if w.leaving {
		return true
	}
	q := dialog.Question{Yes: "Leave", No: "Stay", Tag: leaveAnyway{}}
	switch lost := m.unsent(); {
	case w.run != nil:
		report := w.shown.Report()
		q.Title = "A bulk run is under way"
		q.Text = "Of " + cell.Count(report.Len()) + " rows: " + report.Summary() + ".\n" +
			"Whoever leaves now finds the report, and the way to do the rest, at the next start."
		q.Yes, q.No = "Stop and leave", "Go on"
	case len(lost) > 0:
		q.Title, q.Text = "Leave?", strings.Join(lost, "\n")
	default:
		return true
	}
	w.leaving = true
	m.open(dialog.NewConfirm(q, m.keys, m.theme))
	return false
}

// leaveRun ends the run under way if there is one, and the program after it.
func (m *Model) leaveRun(yes bool) tea.Cmd {
	run := m.bulk.run
	switch {
	case !yes:
		m.bulk.leaving = false
		return nil
	case run == nil:
		return m.leave()
	}
	return tea.Batch(m.say(info, "finishing the rows under way"), func() tea.Msg {
		run.Close(2 * graceful)
		return endedMsg{}
	})
}
