package bulk

import (
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/bulk"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// filters are what a report can be narrowed to.
var filters = []struct {
	name  string
	which []bulk.Outcome
}{
	{"all", nil},
	{"not done", []bulk.Outcome{bulk.Failed, bulk.Conflict, bulk.Unknown, bulk.NotReached}},
	{bulk.Done.String(), []bulk.Outcome{bulk.Done}},
	{bulk.Skipped.String(), []bulk.Outcome{bulk.Skipped}},
	{bulk.Failed.String(), []bulk.Outcome{bulk.Failed}},
	{bulk.Conflict.String(), []bulk.Outcome{bulk.Conflict}},
	{bulk.Unknown.String(), []bulk.Outcome{bulk.Unknown}},
	{bulk.NotReached.String(), []bulk.Outcome{bulk.NotReached}},
}

// show goes to the report: to what is not done, when there is some.
func (r *Run) show() {
	r.stage, r.asking = reporting, false
	r.outcome = 0
	if r.size(1) > 0 {
		r.outcome = 1
	}
	r.narrow()
}

// size returns how many rows a filter lets through.
func (r *Run) size(filter int) int {
	n := 0
	for _, o := range filters[filter].which {
		n += r.report.Count(o)
	}
	if filter == 0 {
		n = r.report.Len()
	}
	return n
}

func (r *Run) narrow() {
	r.shown = r.report.Select(filters[r.outcome].which...)
	r.list(len(r.shown))
}

// rest returns how many rows can be done again.
func (r *Run) rest() int { return r.size(1) }

func (r *Run) pressReport(key tea.KeyPressMsg) Action {
	k := r.keys.Bulk
	if r.target != nil {
		target, done := r.target.press(key, r.keys)
		switch {
		case done && target == nil:
			r.target = nil
		case done:
			return Save{r.report, *target}
		}
		return nil
	}
	if r.surprises() {
		return nil
	}
	r.notice = ""
	switch {
	case k.Leave.Matches(key):
		return Close{}
	case k.Filter.Matches(key):
		for {
			r.outcome = (r.outcome + 1) % len(filters)
			if r.size(r.outcome) > 0 || r.outcome == 0 {
				break
			}
		}
		r.narrow()
	case k.Save.Matches(key):
		name := "twindeck-" + string(r.op.Kind) + "-" + r.opts.Now().Format("20060102-150405")
		r.target = newTarget(filepath.Join(r.opts.Folder, name))
	case k.Rest.Matches(key) && r.rest() > 0:
		return Again{r.op, r.report.Rest()}
	case k.Resolve.Matches(key) && r.resolvable():
		return Resolve{r.op, r.report.Rows[r.shown[r.grid.Cursor()]]}
	default:
		r.grid.Press(r.keys.Move, key)
	}
	return nil
}

// quiet is how long no key has to come before a report that opened by itself takes one: what was
// meant for the run must not close its report unread.
const quiet = 400 * time.Millisecond

// surprises reports whether a key that comes now may be meant for what was there before.
func (r *Run) surprises() bool {
	if r.opened.IsZero() {
		return false
	}
	before := r.opened
	r.opened = r.opts.Now()
	if r.opened.Sub(before) < quiet {
		return true
	}
	r.opened = time.Time{}
	return false
}

// Saved tells how saving the report went: problem is a sentence or empty, exists says that there is
// a file of that name and that the user is to be asked.
func (r *Run) Saved(path, problem string, exists bool) {
	switch {
	case r.target == nil:
	case exists:
		r.target.exists()
	case problem != "":
		r.target.fail(problem)
	default:
		r.target = nil
		r.notice, r.bad = "saved as "+path, false
	}
}

func (r *Run) viewReport(w, h int) string {
	iw, ih := theme.Inner(w, h)
	k := r.keys.Bulk
	filter := filters[r.outcome]
	p := panel{
		title: r.Title(),
		head: []string{
			" " + r.theme.Title.Render(cell.Truncate(r.subject(), iw-2)),
			" " + cell.Truncate(r.summary(), iw-2),
			r.theme.Muted.Render(" showing " + filter.name + ": " + things(len(r.shown), "row")),
		},
		body:  func(w, h int) []string { return r.grid.View(results{r}, w, h) },
		least: 3,
		leave: short(k.Leave, "close"),
	}
	if r.rest() > 0 {
		p.hints = append(p.hints, k.Rest)
	}
	if r.resolvable() {
		p.hints = append(p.hints, k.Resolve)
	}
	p.hints = append(p.hints, k.Save, k.Filter, r.keys.Move.Down)
	switch {
	case r.notice != "" && r.bad:
		p.message = said(r.theme.Bad, theme.Rejected, r.notice, iw)
	case r.notice != "":
		p.message = said(r.theme.Good, theme.InSync, r.notice, iw)
	case len(r.shown) > 0:
		p.message = r.noteOf(r.shown[r.grid.Cursor()], iw, max(ih/4, 1))
	}
	return p.draw(r.theme, w, h)
}

// resolvable reports whether the row of the cursor can be decided on in a form: it is a change of a twin
// that was not made.
func (r *Run) resolvable() bool {
	_, _, ofTwin := r.op.Patch()
	if !ofTwin || len(r.shown) == 0 {
		return false
	}
	o := r.report.Of(r.shown[r.grid.Cursor()]).Outcome
	return o != bulk.Done && o != bulk.Skipped
}

// summary says how many rows came to what.
func (r *Run) summary() string {
	var parts []string
	for _, o := range []bulk.Outcome{bulk.Done, bulk.Skipped, bulk.Failed, bulk.Conflict, bulk.Unknown, bulk.NotReached} {
		if n := r.report.Count(o); n > 0 {
			parts = append(parts, r.styled(o, cell.Count(n)+" "+o.String()))
		}
	}
	return strings.Join(parts, "  ")
}

// noteOf says all that is known of a row.
func (r *Run) noteOf(row, w, n int) []string {
	res := r.report.Of(row)
	text := res.Note
	if res.Code != "" {
		text += " [" + res.Code + "]"
	}
	var lines []string
	for _, l := range wrap(text, w-2, n) {
		lines = append(lines, " "+r.theme.Muted.Render(l))
	}
	return lines
}

// results are the rows of the report.
type results struct{ *Run }

func (s results) Len() int { return len(s.shown) }

func (s results) Row(i, w int, selected bool) string {
	row := s.shown[i]
	res := s.report.Of(row)
	front := "  "
	if selected {
		front = s.theme.Accent.Render(theme.Cursor) + " "
	}
	line := front + cell.Fit(cell.Safe(s.report.Rows[row].String()), names(w)) + "  " + s.styled(res.Outcome, res.Outcome.String())
	if res.Note != "" {
		line += "  " + s.theme.Muted.Render(cell.Safe(res.Note))
	}
	line = cell.Fit(line, w)
	if selected {
		return s.theme.Selected.Over(line)
	}
	return line
}

// hints of where rows are saved to.
func targetHints(k keymap.Map) []keymap.Binding {
	return []keymap.Binding{short(k.Bulk.Accept, "save"), short(k.Bulk.Type, "format")}
}
