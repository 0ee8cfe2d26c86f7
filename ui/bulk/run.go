// Package bulk holds the overlays for work on many rows: the one that chooses what to do to them,
// previews it, follows it and reports on it, and the one that exports them. They do no I/O; what
// they want done is an [Action].
package bulk

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/hub/export"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/form"
	"twindeck/ui/grid"
	"twindeck/ui/theme"
)

// Action is what an overlay wants done, nil for nothing. It is an alias, so that an overlay is a
// dialog without knowing that package.
type Action = any

type (
	// Preview asks for rows to be read, to be told with [Run.Preview].
	Preview struct{ Operation bulk.Operation }
	// Drop asks for the preview under way to be given up.
	Drop struct{}
	// Start asks for the operation to be done; [Run.Progress] tells how it goes.
	Start struct {
		Operation bulk.Operation
		Plans     []bulk.Plan // as they were shown
	}
	// Pause asks for the run under way to be held.
	Pause struct{}
	// Resume asks for it to go on.
	Resume struct{}
	// Stop asks for it to be brought to an end.
	Stop struct{}
	// Hide asks for the overlay to be taken away while the run goes on.
	Hide struct{}
	// Save asks for the report to be written; [Run.Saved] tells how it went.
	Save struct {
		Report *bulk.Report
		Target
	}
	// Again asks for the operation to be done to what is left of a run.
	Again struct {
		Operation bulk.Operation
		Rows      []hub.ID
	}
	// Resolve asks for a row that was not changed to be opened in a form, with the operation laid over it.
	Resolve struct {
		Operation bulk.Operation
		ID        hub.ID
	}
	// Close asks for the overlay to be taken away for good, and what it waits for to be given up.
	Close struct{}
)

// Target is where rows are written to.
type Target struct {
	Path    string // as it was typed; ~ stands for the user's home
	Format  export.Format
	Replace bool // a file that is there may go: the user was asked
}

// Options say what a [Run] is about.
type Options struct {
	Rows       []hub.ID
	Host       string   // of the hub, for the question before a change
	Production bool     // ask for more than a key before anything is changed
	TagPaths   []string // tags that there are, for completion
	Folder     string   // where the report is offered to be saved
	Now        func() time.Time
	Keys       keymap.Map
	Theme      theme.Theme
}

// stage is how far the work has come.
type stage uint8

const (
	choosing stage = iota
	describing
	previewing
	confirming
	running
	reporting
)

// Run is the overlay of one operation on many rows. It belongs to the goroutine of the program.
type Run struct {
	opts  Options
	keys  keymap.Map
	theme theme.Theme
	stage stage
	grid  grid.Grid // of the list on the screen

	modules int // among the rows

	op       bulk.Operation
	reason   *form.Field
	path     *form.Field
	value    *form.Field
	kind     patch.Kind // the type chosen for the value; KindNull: as it looks
	desired  *form.Area
	onValue  bool // the value has the focus, not the path
	problem  string
	previous bool // the operation was given: there is no choice to go back to

	plans     []bulk.Plan // in the order of their rows, as far as they are there
	read      bulk.State  // of the preview
	confirmed *form.Field // what is typed to confirm

	report  *bulk.Report
	state   bulk.State
	pace    pace
	usage   hub.Usage
	asking  bool // whether to stop
	outcome int  // what the report shows: an index of filters
	shown   []int
	opened  time.Time // when the report opened by itself, or the last key since; zero once it has been seen
	target  *target   // where to save, nil while nobody is asked
	notice  string
	bad     bool // the notice is about a failure
}

// NewRun returns the overlay at its beginning: what is to be done to the rows.
func NewRun(opts Options) *Run {
	r := &Run{
		opts: opts, keys: opts.Keys, theme: opts.Theme,
		reason: form.NewField(""), path: form.NewField(""), value: form.NewField(""), desired: form.NewArea(),
	}
	for _, id := range opts.Rows {
		if id.IsModule() {
			r.modules++
		}
	}
	r.list(len(offered))
	return r
}

// NewAgain returns the overlay at the preview of an operation that is given. The caller starts it.
func NewAgain(op bulk.Operation, opts Options) *Run {
	r := NewRun(opts)
	r.previous = true
	r.preview(op)
	return r
}

// NewReport returns the overlay at its end: the report of a run that another program began.
func NewReport(report *bulk.Report, opts Options) *Run {
	opts.Rows = report.Rows
	r := NewRun(opts)
	r.op, r.report = report.Operation, report
	r.show()
	return r
}

// list begins another list.
func (r *Run) list(n int) {
	r.grid = grid.Grid{}
	r.grid.SetLen(n)
}

// Rows returns what it is done to.
func (r *Run) Rows() []hub.ID { return r.opts.Rows }

// Operation returns what is done, or is to be done as far as it is known.
func (r *Run) Operation() bulk.Operation { return r.op }

// Report returns what came of the rows so far, nil before a run has begun.
func (r *Run) Report() *bulk.Report { return r.report }

// Running reports whether a run is under way.
func (r *Run) Running() bool { return r.stage == running }

// Title names the overlay.
func (r *Run) Title() string {
	rows := things(len(r.opts.Rows), "row")
	switch r.stage {
	case choosing, describing:
		return "Bulk action on " + rows
	case previewing, confirming:
		return "Preview"
	case reporting:
		return "Report"
	case running:
	}
	return "Bulk run"
}

// subject says what is done to how many rows.
func (r *Run) subject() string {
	return cell.Safe(r.op.String()) + " " + things(len(r.opts.Rows), "row")
}

// SetTheme changes how the overlay looks.
func (r *Run) SetTheme(th theme.Theme) { r.theme = th }

// Size returns the size the overlay would like on a screen of w by h cells.
func (r *Run) Size(w, h int) (int, int) {
	width, height := min(max(w, 1), 100), max(h, 1)
	switch r.stage {
	case choosing:
		return min(width, 72), min(height, len(offered)+7)
	case describing:
		if r.op.Kind != bulk.PatchDesired {
			return width, min(height, 10)
		}
	case confirming:
		return min(width, 72), min(height, 11)
	case running:
		return min(width, 72), min(height, 14)
	case previewing, reporting:
	}
	return width, max(height-2, 1)
}

// View draws the overlay: exactly h lines of exactly w cells.
func (r *Run) View(w, h int) string {
	if w < 1 || h < 1 {
		return ""
	}
	switch r.stage {
	case choosing:
		return r.viewChoice(w, h)
	case describing:
		return r.viewParameters(w, h)
	case previewing:
		return r.viewPreview(w, h)
	case confirming:
		return r.viewConfirm(w, h)
	case reporting:
		if r.target != nil {
			return r.target.view(r.theme, r.keys, "Save the report", w, h)
		}
		return r.viewReport(w, h)
	case running:
	}
	return r.viewProgress(w, h)
}

// Update takes a key press or a paste in.
func (r *Run) Update(msg tea.Msg) Action {
	if paste, ok := msg.(tea.PasteMsg); ok {
		r.paste(paste)
		return nil
	}
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch r.stage {
	case choosing:
		return r.pressChoice(key)
	case describing:
		return r.pressParameters(key)
	case previewing:
		return r.pressPreview(key)
	case confirming:
		return r.pressConfirm(key)
	case running:
		return r.pressProgress(key)
	case reporting:
	}
	return r.pressReport(key)
}

func (r *Run) paste(msg tea.PasteMsg) {
	switch {
	case r.stage == describing && r.op.Kind == bulk.PatchDesired:
		r.desired.Update(msg)
	case r.stage == describing:
		r.field().Update(msg)
	case r.stage == confirming && r.confirmed != nil:
		r.confirmed.Update(msg)
	case r.stage == reporting && r.target != nil:
		r.target.path.Update(msg)
	default:
		return
	}
	r.problem = ""
}
