package bulk

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// pace is how fast rows are done, over the last while.
type pace struct {
	began   time.Time
	samples []sample // the oldest first
}

type sample struct {
	at   time.Time
	rows int
}

// recent is what a rate is measured over: hubs have quotas by the minute, so that rows may be done at
// once and then none for the rest of it.
const recent = 90 * time.Second

func (p *pace) begin(now time.Time) { *p = pace{began: now, samples: []sample{{at: now}}} }

func (p *pace) add(now time.Time, rows int) {
	p.samples = append(p.samples, sample{now, rows})
	for len(p.samples) > 2 && now.Sub(p.samples[1].at) > recent {
		p.samples = p.samples[1:]
	}
}

// rate returns rows a second up to now, 0 as long as it is not known.
func (p *pace) rate(now time.Time) float64 {
	if len(p.samples) < 2 {
		return 0
	}
	first, last := p.samples[0], p.samples[len(p.samples)-1]
	d := now.Sub(first.at).Seconds()
	if d <= 0 {
		return 0
	}
	return float64(last.rows-first.rows) / d
}

// Progress takes in what a run has done.
func (r *Run) Progress(b bulk.Batch[bulk.Result]) {
	if r.report == nil {
		return
	}
	r.report.Add(b.Items...)
	r.state = b.State
	r.pace.add(r.opts.Now(), r.report.Reached())
	if b.Over && r.stage == running {
		r.show()
		r.opened = r.opts.Now()
		if b.Err != nil {
			r.notice, r.bad = "the journal of the run could not be completed: "+b.Err.Error(), true
		}
	}
}

// SetUsage tells what the calls have cost lately, and what they wait for.
func (r *Run) SetUsage(u hub.Usage) { r.usage = u }

// Failed ends a run that could not begin, with a sentence.
func (r *Run) Failed(problem string) {
	r.stage, r.problem = previewing, problem
}

// Brief says on a few cells how a run is getting on, "" when there is none.
func (r *Run) Brief() string {
	if r.stage != running {
		return ""
	}
	text := fmt.Sprintf("bulk %s/%s", cell.Count(r.report.Reached()), cell.Count(r.report.Len()))
	switch {
	case r.state.Paused:
		text += " paused"
	case r.state.Throttled.After(r.opts.Now()), r.usage.Throttled.After(r.opts.Now()):
		text += " throttled"
	}
	return text
}

func (r *Run) pressProgress(key tea.KeyPressMsg) Action {
	k := r.keys.Bulk
	if r.asking {
		r.asking = false
		if r.keys.Dialog.Yes.Matches(key) {
			r.state.Stopped = true
			return Stop{}
		}
		return nil
	}
	switch {
	case k.Leave.Matches(key):
		return Hide{}
	case k.Pause.Matches(key) && r.state.Paused:
		r.state.Paused, r.state.Why = false, ""
		return Resume{}
	case k.Pause.Matches(key):
		r.state.Paused = true
		return Pause{}
	case k.Stop.Matches(key) && !r.state.Stopped:
		r.asking = true
	}
	return nil
}

func (r *Run) viewProgress(w, h int) string {
	iw, _ := theme.Inner(w, h)
	th, k := r.theme, r.keys.Bulk
	reached, all := r.report.Reached(), r.report.Len()
	body := []string{
		"  " + r.bar(reached, all, max(iw-4, 1)),
		"  " + fmt.Sprintf("%s of %s rows", cell.Count(reached), cell.Count(all)) + th.Muted.Render(r.speed(all-reached)),
		"",
		"  " + r.tally(),
	}
	p := panel{
		title: r.Title(),
		head:  []string{" " + th.Title.Render(cell.Truncate(r.subject(), iw-2)), ""},
		body:  func(_, h int) []string { return windowed(body, 1, h) },
		least: len(body),
		hints: []keymap.Binding{k.Pause, k.Stop},
		leave: short(k.Leave, "to the background"),
	}
	if r.state.Paused {
		p.hints[0].Short = "go on"
	}
	switch note := r.waiting(r.state); {
	case r.asking:
		p.message = said(th.Warn, theme.Conflict, "Stop? What is done stays done, and the report tells what is not.", iw)
		p.hints, p.leave = []keymap.Binding{r.keys.Dialog.Yes}, r.keys.Dialog.No
	case r.state.Stopped:
		p.message = said(th.Warn, " ", "stopping; "+things(r.state.Working, "row")+" under way", iw)
	case note != "":
		p.message = said(th.Warn, " ", note, iw)
	}
	return p.draw(th, w, h)
}

// bar draws how far the run has come. It is told in figures as well.
func (r *Run) bar(reached, all, w int) string {
	full := 0
	if all > 0 {
		full = w * reached / all
	}
	return r.theme.Accent.Render(strings.Repeat("█", full)) + r.theme.Muted.Render(strings.Repeat("░", w-full))
}

// speed says how fast it goes and how long the rest takes.
func (r *Run) speed(left int) string {
	rate := r.pace.rate(r.opts.Now())
	if rate <= 0 || r.state.Paused {
		return ""
	}
	eta := time.Duration(float64(left) / rate * float64(time.Second)).Round(time.Second)
	unit := fmt.Sprintf("%.0f rows/s", rate)
	if rate < 10 {
		unit = fmt.Sprintf("%.1f rows/s", rate)
	}
	return "  " + unit + ", " + lasting(eta) + " left"
}

// lasting writes a duration in its two largest units.
func lasting(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// tally says what came of the rows so far.
func (r *Run) tally() string {
	var parts []string
	for _, o := range []bulk.Outcome{bulk.Done, bulk.Skipped, bulk.Failed, bulk.Conflict, bulk.Unknown} {
		if n := r.report.Count(o); n > 0 || o == bulk.Done {
			parts = append(parts, r.styled(o, cell.Count(n)+" "+o.String()))
		}
	}
	return strings.Join(parts, "  ")
}

// mark is the symbol of an outcome.
func mark(o bulk.Outcome) string {
	switch o {
	case bulk.Done:
		return theme.InSync
	case bulk.Failed:
		return theme.Rejected
	case bulk.Conflict:
		return theme.Conflict
	case bulk.Unknown:
		return "?"
	case bulk.Skipped:
		return theme.Absent
	case bulk.NotReached:
	}
	return theme.Disconnected
}

func (r *Run) styled(o bulk.Outcome, text string) string {
	text = mark(o) + " " + text
	switch o {
	case bulk.Done:
		return r.theme.Good.Render(text)
	case bulk.Failed:
		return r.theme.Bad.Render(text)
	case bulk.Conflict, bulk.Unknown:
		return r.theme.Warn.Render(text)
	case bulk.Skipped, bulk.NotReached:
	}
	return r.theme.Muted.Render(text)
}
