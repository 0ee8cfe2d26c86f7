package bulk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub/bulk"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/form"
	"twindeck/ui/theme"
)

// preview begins the preview of an operation.
func (r *Run) preview(op bulk.Operation) Action {
	r.stage, r.op, r.problem = previewing, op, ""
	r.plans, r.read = nil, bulk.State{}
	r.list(0)
	return Preview{op}
}

// Preview takes in what a preview has read.
func (r *Run) Preview(b bulk.Batch[bulk.Plan]) {
	r.read = b.State
	for _, p := range b.Items {
		at, _ := slices.BinarySearchFunc(r.plans, p.Row, func(q bulk.Plan, row int) int { return q.Row - row })
		r.plans = slices.Insert(r.plans, at, p)
	}
}

// counts says how many of the rows that were read there is something to do to, nothing, and which
// stand in the way.
func (r *Run) counts() (change, skip, fail int) {
	for _, p := range r.plans {
		switch {
		case p.Err != nil:
			fail++
		case p.Skip != "":
			skip++
		default:
			change++
		}
	}
	return change, skip, fail
}

func (r *Run) pressPreview(key tea.KeyPressMsg) Action {
	k := r.keys.Bulk
	switch {
	case k.Leave.Matches(key):
		if r.previous {
			return Close{}
		}
		r.stage = describing
		if r.op.Kind == bulk.Enable || r.op.Kind == bulk.Delete {
			r.stage = choosing
			r.list(len(offered))
		}
		return Drop{}
	case k.Accept.Matches(key):
		change, _, _ := r.counts()
		switch {
		case !r.read.Over:
			r.problem = "still reading; wait until the preview is there"
		case change == 0 && len(r.plans) == len(r.opts.Rows):
			r.problem = "there is nothing to do"
		default:
			r.problem = ""
			r.stage = confirming
			r.confirmed = nil
			if r.opts.Production || r.op.Kind == bulk.Delete {
				r.confirmed = form.NewField("")
			}
		}
	default:
		r.problem = ""
		r.grid.Press(r.keys.Move, key)
	}
	return nil
}

func (r *Run) viewPreview(w, h int) string {
	iw, ih := theme.Inner(w, h)
	k := r.keys.Bulk
	change, skip, fail := r.counts()
	read := fmt.Sprintf(" read %s of %s", cell.Count(len(r.plans)), cell.Count(min(len(r.opts.Rows), bulk.Sample)))
	if !r.read.Over {
		read += theme.Pending
	}
	counts := r.theme.Muted.Render(read+":") + " " + r.theme.Good.Render(cell.Count(change)+" would change") + r.theme.Muted.Render(fmt.Sprintf(", %s would not", cell.Count(skip)))
	if fail > 0 {
		counts += ", " + r.theme.Bad.Render(cell.Count(fail)+" cannot")
	}
	p := panel{
		title: r.Title(),
		head:  []string{" " + r.theme.Title.Render(cell.Truncate(r.subject(), iw-2)), counts, ""},
		body:  func(w, h int) []string { return r.grid.View(plans{r}, w, h) },
		least: 3,
		hints: []keymap.Binding{short(k.Accept, "do it"), r.keys.Move.Down, r.keys.Move.Up},
		leave: k.Leave,
	}
	switch {
	case r.problem != "":
		p.message = said(r.theme.Bad, theme.Rejected, r.problem, iw)
	case len(r.plans) > 0 && r.wide(r.plans[r.grid.Cursor()], iw):
		for _, l := range wrap(ansi.Strip(plans{r}.effect(r.plans[r.grid.Cursor()])), iw-2, max(ih/4, 1)) {
			p.message = append(p.message, " "+r.theme.Muted.Render(l))
		}
	case len(r.opts.Rows) > bulk.Sample:
		p.message = said(r.theme.Muted, " ", "these are the first; the other "+cell.Count(len(r.opts.Rows)-bulk.Sample)+" are read just before each is written", iw)
	}
	if note := r.waiting(r.read); note != "" && !r.read.Over {
		p.message = said(r.theme.Warn, " ", note, iw)
	}
	return p.draw(r.theme, w, h)
}

// names is how wide the column of the ids is.
func names(w int) int { return max(min(w*2/5, 40), 1) }

// wide reports whether what would become of a row does not fit into its line.
func (r *Run) wide(p bulk.Plan, w int) bool {
	return cell.Width(plans{r}.effect(p)) > w-names(w)-4
}

// waiting says what a stream waits for, "" when it does not.
func (r *Run) waiting(s bulk.State) string {
	now := r.opts.Now()
	throttled := s.Throttled
	if r.usage.Throttled.After(throttled) {
		throttled = r.usage.Throttled
	}
	switch {
	case s.Paused && s.Why != "":
		return "paused: " + s.Why
	case s.Paused:
		return "paused"
	case throttled.After(now):
		return "the hub is throttling; waiting until " + throttled.In(now.Location()).Format("15:04:05")
	case r.usage.Waiting > 0:
		return "keeping to half of what the hub allows in a minute, so that there is room for you"
	}
	return ""
}

// plans are the rows of the preview.
type plans struct{ *Run }

func (p plans) Len() int { return len(p.plans) }

func (p plans) Row(i, w int, selected bool) string {
	plan := p.plans[i]
	mark := "  "
	if selected {
		mark = p.theme.Accent.Render(theme.Cursor) + " "
	}
	line := cell.Fit(mark+cell.Fit(cell.Safe(plan.ID.String()), names(w))+"  "+p.effect(plan), w)
	if selected {
		return p.theme.Selected.Over(line)
	}
	return line
}

// effect says what would become of a row.
func (p plans) effect(plan bulk.Plan) string {
	switch {
	case plan.Err != nil:
		return p.theme.Bad.Render(theme.Rejected + " " + cell.Safe(plan.Err.Error()))
	case plan.Skip != "":
		return p.theme.Muted.Render(theme.Absent + " " + cell.Safe(plan.Skip))
	case p.op.Kind == bulk.Delete && len(plan.Modules) > 0:
		return p.theme.Removed.Render("deleted") + " with " + cell.Safe(strings.Join(plan.Modules, ", "))
	case p.op.Kind == bulk.Delete:
		return p.theme.Removed.Render("deleted")
	}
	var parts []string
	for _, c := range plan.Changes {
		parts = append(parts, p.theme.Key.Render(cell.Safe(c.Path.String()))+" "+p.literal(c.Old, c.Kind == patch.Added)+" "+theme.Arrow+" "+p.literal(c.New, c.Kind == patch.Removed))
	}
	return strings.Join(parts, ", ")
}

// literal draws a value before or after a change.
func (p plans) literal(v patch.Value, absent bool) string {
	if absent {
		return p.theme.Muted.Render(theme.Absent)
	}
	return cell.Truncate(cell.Safe(v.JSON()), 60)
}

// word is what may be typed to confirm, instead of the number of rows.
func (r *Run) word() string {
	word, _, _ := strings.Cut(string(r.op.Kind), "-")
	return word
}

func (r *Run) pressConfirm(key tea.KeyPressMsg) Action {
	start := func() Action {
		r.stage = running
		r.report = bulk.NewReport(r.op, r.opts.Rows)
		r.state, r.pace, r.asking = bulk.State{}, pace{}, false
		r.pace.begin(r.opts.Now())
		return Start{r.op, r.plans}
	}
	back := func() Action {
		r.stage, r.problem = previewing, ""
		return nil
	}
	if r.confirmed == nil {
		switch d := r.keys.Dialog; {
		case d.Yes.Matches(key):
			return start()
		case d.No.Matches(key), d.Accept.Matches(key):
			return back()
		}
		return nil
	}
	switch k := r.keys.Bulk; {
	case k.Leave.Matches(key):
		return back()
	case k.Accept.Matches(key):
		n := len(r.opts.Rows)
		switch strings.TrimSpace(r.confirmed.Text()) {
		case r.word(), strconv.Itoa(n), cell.Count(n):
			return start()
		case "":
			return back()
		}
		r.problem = "that is neither; nothing was done"
	default:
		r.confirmed.Update(key)
		r.problem = ""
	}
	return nil
}

func (r *Run) viewConfirm(w, h int) string {
	iw, _ := theme.Inner(w, h)
	text := "Do this on " + r.opts.Host + ": " + r.op.String() + " " + things(len(r.opts.Rows), "row") + "?"
	if r.op.Kind == bulk.Delete {
		text += " What is deleted is gone for good."
	}
	var body []string
	for _, l := range wrap(text, iw-2, 4) {
		body = append(body, " "+l)
	}
	p := panel{title: r.Title(), head: []string{""}, least: len(body) + 2}
	focus := 0
	if r.confirmed == nil {
		d := r.keys.Dialog
		body = append(body, "", " "+r.theme.ButtonOn.Render("▸No ")+"  "+r.theme.Button.Render(" Yes "))
		p.hints = []keymap.Binding{d.Yes}
		p.leave = d.No
		focus = len(body) - 1
	} else {
		body = append(body, "", labelled(r.theme, true, "type", r.confirmed.View(r.theme, room(iw), true), iw))
		p.hints = []keymap.Binding{short(r.keys.Bulk.Accept, "do it")}
		p.leave = short(r.keys.Bulk.Leave, "no, back")
		p.message = r.hint(fmt.Sprintf("type %d or %s, then %s; %[3]s alone is No", len(r.opts.Rows), r.word(), r.keys.Bulk.Accept.Label), iw)
		focus = len(body) - 1
	}
	p.body = func(_, h int) []string { return windowed(body, focus, h) }
	return p.draw(r.theme, w, h)
}
