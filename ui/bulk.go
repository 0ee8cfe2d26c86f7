package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/bulk"
	overlay "twindeck/ui/bulk"
)

// bulkWork is the work on many rows: the overlay over it, and the streams behind that.
type bulkWork struct {
	shown   *overlay.Run // the overlay of the run under way or under preparation, also while it is hidden; nil without
	last    *overlay.Run // the report that was closed last; nil without
	before  *overlay.Run // the report below it, whose rest is to be done; nil without
	gen     uint64       // of what is streamed; what comes of an older one is dropped
	plans   *bulk.Stream[bulk.Plan]
	run     *bulk.Stream[bulk.Result]
	journal string // of an interrupted run that the report on the screen is of; "" without
	// interrupted is the run that an earlier program was in the middle of, nil for none; it was looked for
	// when looked says so.
	interrupted *bulk.Interrupted
	looked      bool
	typed       *markedRun // what was typed for the run shown last; nil when it was not typed in a form
	leaving     bool       // the user was asked whether to leave in the middle
	ending      ending
}

// graceful is how long rows under way have to come to an end when the program leaves.
const graceful = 2 * time.Second

type (
	plansMsg struct {
		gen   uint64
		batch bulk.Batch[bulk.Plan]
		err   error
	}
	journalMsg struct {
		gen     uint64
		start   overlay.Start
		rows    []hub.ID
		journal *bulk.Journal
		err     error
	}
	resultsMsg struct {
		gen   uint64
		batch bulk.Batch[bulk.Result]
		err   error
	}
	reportSavedMsg struct {
		from *overlay.Run
		path string
		err  error
	}
	interruptedMsg struct {
		run *bulk.Interrupted
		err error
	}
	dismissedMsg struct{ err error }
	endedMsg     struct{} // a run was ended for the program to leave
)

// interruptedRun is the tag of the question about a run of an earlier program.
type interruptedRun struct{ run *bulk.Interrupted }

// leaveAnyway is the tag of the question whether to leave in the middle of a run.
type leaveAnyway struct{}

// bulkResult takes what a command of bulk work brought back.
func (m *Model) bulkResult(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case plansMsg:
		return m.gotPlans(msg)
	case journalMsg:
		return m.begun(msg)
	case resultsMsg:
		return m.gotResults(msg)
	case reportSavedMsg:
		m.reportSaved(msg)
	case interruptedMsg:
		return m.gotInterrupted(msg)
	case dismissedMsg:
		if msg.err != nil {
			m.log.Warn("journal not dismissed", "error", msg.err)
		}
	case endedMsg:
		return m.leave()
	}
	return nil
}

// openBulk opens the overlay on the marked rows, or brings the one back that is at work.
func (m *Model) openBulk() tea.Cmd {
	if m.bulk.shown != nil {
		if !m.shows(m.bulk.shown) {
			m.open(m.bulk.shown)
		}
		return nil
	}
	if m.opts.ReadOnly {
		return m.say(bad, "this hub is open read-only; open it without read-only to change anything")
	}
	rows := m.marks().Marked()
	if len(rows) == 0 && m.bulk.last != nil {
		m.bulk.shown = m.bulk.last
		m.open(m.bulk.shown)
		return nil
	}
	if len(rows) == 0 {
		return m.say(info, "mark rows first: "+m.keys.Devices.Mark.Label+" marks one, "+m.keys.Devices.MarkAll.Label+" all that match")
	}
	m.bulk.shown = overlay.NewRun(m.bulkOptions(rows))
	m.open(m.bulk.shown)
	return nil
}

// marked is what rows are marked in.
type marked interface {
	Marked() []hub.ID
	MarkedCount() int
	ClearMarks()
}

// marks returns the rows that can be marked now: those of a query, or the devices.
func (m *Model) marks() marked {
	if r := m.query.results; r != nil {
		return r
	}
	return m.devices
}

// tagsOffered bounds how many paths of tags are offered for completion.
const tagsOffered = 200

func (m *Model) bulkOptions(rows []hub.ID) overlay.Options {
	host := m.opts.Host
	if m.opts.Name != "" {
		host = m.opts.Name + " (" + host + ")"
	}
	return overlay.Options{
		Rows: rows, Host: host, Production: m.opts.Production, TagPaths: m.devices.TagPaths(tagsOffered),
		Folder: "~", Now: m.opts.Now, Keys: m.keys, Theme: m.theme,
	}
}

// bulkAnswer does what the overlay of a run wants done.
func (m *Model) bulkAnswer(from *overlay.Run, a overlay.Action) tea.Cmd {
	w := &m.bulk
	switch a := a.(type) {
	case overlay.Preview:
		return m.preview(from, a.Operation, nil)
	case overlay.Drop:
		m.dropPreview()
	case overlay.Start:
		m.dropPreview()
		w.gen++
		return newJournal(w.gen, m.opts.BulkFolder, m.opts.Host, a, from.Rows(), m.opts.Now)
	case overlay.Pause, overlay.Resume, overlay.Stop:
		m.steer(a)
	case overlay.Hide:
		m.close(from)
		return m.say(info, "the run goes on; "+m.keys.Selection.Bulk.Label+" brings it back")
	case overlay.Save:
		return saveReport(from, a)
	case overlay.Again:
		if m.opts.ReadOnly {
			return m.say(bad, "this hub is open read-only; open it without read-only to change anything")
		}
		w.before = from
		w.shown = overlay.NewAgain(a.Operation, m.bulkOptions(a.Rows))
		m.open(w.shown)
		return m.preview(w.shown, a.Operation, a.Rows)
	case overlay.Resolve:
		return m.resolve(a)
	case overlay.Close:
		return m.closeBulk(from)
	}
	return nil
}

// steer tells the run under way what the user wants of it. Its journal may still be on its way.
func (m *Model) steer(a overlay.Action) {
	run := m.bulk.run
	if run == nil {
		return
	}
	switch a.(type) {
	case overlay.Pause:
		run.Pause()
	case overlay.Resume:
		run.Resume()
	case overlay.Stop:
		run.Stop()
	}
}

// closeBulk takes an overlay away. Below the preview of what a run left over lies its report.
func (m *Model) closeBulk(from *overlay.Run) tea.Cmd {
	m.dropPreview()
	m.close(from)
	w := &m.bulk
	w.shown, w.before = w.before, nil
	if from.Report() != nil {
		w.last = from
	}
	if w.shown != nil || w.journal == "" {
		return nil
	}
	path := w.journal
	w.journal = ""
	return func() tea.Msg { return dismissedMsg{bulk.Dismiss(path)} }
}

// preview begins to read what an operation would change.
func (m *Model) preview(from *overlay.Run, op bulk.Operation, rows []hub.ID) tea.Cmd {
	m.dropPreview()
	w := &m.bulk
	if rows == nil {
		rows = from.Rows()
	}
	plans := bulk.Preview(hub.Background(context.WithoutCancel(m.ctx)), m.backend, op, rows)
	w.plans = plans
	w.ending.set(func() { plans.Close(0) })
	return nextPlans(m.ctx, w.gen, plans)
}

func (m *Model) dropPreview() {
	w := &m.bulk
	w.gen++
	if w.plans == nil {
		return
	}
	w.plans.Cut()
	w.plans = nil
}

func nextPlans(ctx context.Context, gen uint64, s *bulk.Stream[bulk.Plan]) tea.Cmd {
	return func() tea.Msg {
		b, err := s.Next(ctx)
		return plansMsg{gen, b, err}
	}
}

func (m *Model) gotPlans(msg plansMsg) tea.Cmd {
	w := &m.bulk
	if msg.gen != w.gen || msg.err != nil || w.shown == nil {
		return nil
	}
	w.shown.Preview(msg.batch)
	if msg.batch.Over {
		return nil
	}
	return nextPlans(m.ctx, w.gen, w.plans)
}

// newJournal begins the journal of a run; without a folder there is none.
func newJournal(gen uint64, folder, host string, start overlay.Start, rows []hub.ID, now func() time.Time) tea.Cmd {
	return func() tea.Msg {
		msg := journalMsg{gen: gen, start: start, rows: rows}
		if folder != "" {
			msg.journal, msg.err = bulk.NewJournal(folder, host, start.Operation, rows, now)
		}
		return msg
	}
}

// begun starts a run once its journal is there.
func (m *Model) begun(msg journalMsg) tea.Cmd {
	w := &m.bulk
	if msg.err != nil {
		m.log.Warn("no journal for a bulk run", "error", msg.err)
		if w.shown != nil {
			w.shown.Failed("nothing was changed, because the journal of the run cannot be written: " + sentence(msg.err))
		}
		return nil
	}
	run := bulk.Run(hub.Background(context.WithoutCancel(m.ctx)), m.backend, msg.start.Operation, msg.rows, msg.start.Plans, msg.journal)
	w.run = run
	w.ending.set(func() { run.Close(graceful) })
	cmds := []tea.Cmd{m.handOver(msg.journal != nil)}
	if w.before != nil { // its rest is being done
		m.close(w.before)
		w.before = nil
		if path := w.journal; path != "" {
			w.journal = ""
			cmds = append(cmds, func() tea.Msg { return dismissedMsg{bulk.Dismiss(path)} })
		}
	}
	return tea.Batch(append(cmds, nextResults(m.ctx, w.gen, run))...)
}

func nextResults(ctx context.Context, gen uint64, s *bulk.Stream[bulk.Result]) tea.Cmd {
	return func() tea.Msg {
		b, err := s.Next(ctx)
		return resultsMsg{gen, b, err}
	}
}

func (m *Model) gotResults(msg resultsMsg) tea.Cmd {
	w := &m.bulk
	if msg.gen != w.gen || msg.err != nil || w.shown == nil {
		return nil
	}
	w.shown.Progress(msg.batch)
	shown := m.showDone(w.shown.Report(), msg.batch.Items)
	if !msg.batch.Over {
		return tea.Batch(shown, nextResults(m.ctx, w.gen, w.run))
	}
	w.run = nil
	m.marks().ClearMarks()
	report := w.shown.Report()
	m.log.Info("bulk run ended", "operation", string(report.Operation.Kind), "rows", report.Len(), "outcome", report.Summary())
	t := good
	if report.Count(bulk.Done)+report.Count(bulk.Skipped) < report.Len() {
		t = bad
	}
	text := "bulk run ended: " + report.Summary()
	if !m.shows(w.shown) {
		text += "; " + m.keys.Selection.Bulk.Label + " shows the report"
	}
	rest, kept := m.keepRest()
	if kept {
		text += "; what was typed is kept for the rest"
	}
	return tea.Batch(shown, rest, m.say(t, text), m.readTwin())
}

// bulkSegment says on the last line how a run is getting on that is not on the screen.
func (m *Model) bulkSegment() string {
	if m.bulk.shown == nil || m.shows(m.bulk.shown) {
		return ""
	}
	if brief := m.bulk.shown.Brief(); brief != "" {
		return m.theme.Accent.Render(brief + " (" + m.keys.Selection.Bulk.Label + ")")
	}
	return m.theme.Muted.Render("bulk report (" + m.keys.Selection.Bulk.Label + ")")
}
