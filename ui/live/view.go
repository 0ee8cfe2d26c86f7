package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

type view struct {
	pane    *Pane
	theme   theme.Theme
	focused bool
	now     time.Time
	zone    *time.Location
}

func (v view) Len() int { return v.pane.rows() }

func (v view) Row(i, width int, selected bool) string {
	lines := v.entry(v.pane.journal.at(v.pane.number(i)), width)
	for k := range lines {
		lines[k] = highlight(cell.Fit(lines[k], width), v.pane.search.terms, v.theme.Match)
	}
	switch {
	case selected && v.focused:
		lines[0] = v.theme.Selected.Over(lines[0])
	case selected && !v.pane.Following():
		lines[0] = v.theme.Unfocused.Over(lines[0])
	}
	return strings.Join(lines, "\n")
}

// View draws the pane's content: exactly height lines of width cells. Times are shown in the zone
// of now.
func (p *Pane) View(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	p.width = width
	v := view{p, th, focused, now, now.Location()}
	left := height
	var top, foot []string
	take := func(lines []string, least int) []string {
		if left-len(lines) < least {
			return nil
		}
		left -= len(lines)
		return lines
	}
	fields := v.fields(width)
	if p.typing != nothing { // what is typed is seen in any room
		fields = take(fields, min(1, height-1))
	} else {
		fields = take(fields, 2)
	}
	banner := take(v.banner(width), 2)
	if height >= 6 {
		foot = take([]string{v.footLine(width)}, 1)
	}
	top = take(v.clients(width, min(clientLines, height/4)), 3)
	lines := slices.Concat(banner, top, fields)
	if p.rows() == 0 {
		for _, hint := range p.hints(width, left) {
			if left > 0 {
				lines = append(lines, cell.Fit(th.Muted.Render(hint), width))
				left--
			}
		}
	}
	p.body = len(lines)
	lines = append(lines, p.grid.View(v, width, max(left, 0))...)
	lines = append(lines, foot...)
	return lines[:min(len(lines), max(height, 0))]
}

// hints says what there is to wait for or to do, as long as there are no events: in a word
// where there is no room for the sentence.
func (p *Pane) hints(width, height int) []string {
	k := p.keys
	switch {
	case p.filter.on():
		return []string{"", " nothing fits the filter; " + k.Live.Clear.Label + " clears it"}
	case len(p.clients.all) > 0 && height < 2:
		return []string{" waiting" + theme.Pending}
	case len(p.clients.all) > 0:
		return []string{"", " waiting for events" + theme.Pending}
	case p.keys.Selection.Attach.Refused != "":
		return []string{" Nothing is attached.", " " + k.Selection.Observe.Label + " observes a twin"}
	case width < 32 || height < 8:
		return []string{" " + k.Selection.Attach.Label + " to attach"}
	}
	return []string{
		"", " Nothing is attached.", "",
		" Press " + k.Selection.Attach.Label + " to attach a client as",
		" the selected device or module", " and watch what it receives, or",
		" " + k.Selection.Observe.Label + " to read its twin now and then,", " which disturbs nobody.",
	}
}

// fields are the filter and the search, a line each, with what they have found.
func (v view) fields(width int) []string {
	p := v.pane
	var lines []string
	for _, f := range []field{filterField, searchField} {
		label := p.keys.Live.Filter.Label
		if f == searchField {
			label = p.keys.Live.Search.Label
		}
		text := p.texts[f-1]
		if p.typing != f && text == "" {
			continue
		}
		note := v.theme.Muted.Render(p.fieldNote(f))
		room := max(width-cell.Width(label)-cell.Width(note)-4, 1)
		shown := v.theme.Accent.Render(cell.Truncate(cell.Safe(text), room))
		if p.typing == f {
			shown = v.typed(room)
		}
		line := " " + v.theme.Shortcut.Render(label) + " " + shown
		lines = append(lines, cell.Fit(line+cell.Spaces(width-cell.Width(line)-cell.Width(note)-1)+note, width))
	}
	return lines
}

// typed draws what is being typed with its cursor.
func (v view) typed(room int) string {
	r := []rune(v.pane.input.Value())
	at := min(v.pane.input.Position(), len(r))
	before, under, after := cell.Safe(string(r[:at])), " ", ""
	if at < len(r) {
		under, after = cell.Safe(string(r[at])), cell.Safe(string(r[at+1:]))
	}
	for cell.Width(before)+cell.Width(under) > room && before != "" {
		_, before = cell.Cut(before, 1)
	}
	line := v.theme.Field.Render(before) + v.theme.FieldCursor.Render(under) + v.theme.Field.Render(after)
	return cell.Truncate(line, room)
}

// banner says that events are not recorded, and how many are missing in the record.
func (v view) banner(width int) []string {
	r := v.pane.recording
	var lines []string
	if r.Err != nil {
		for _, l := range v.theme.Problem(r.Err.Error(), width-1, 2) {
			lines = append(lines, cell.Fit(" "+l, width))
		}
	}
	if r.LetGo > 0 {
		lines = append(lines, cell.Fit(" "+v.theme.Warn.Render("the record lacks "+plural(int(r.LetGo), "event", "events")), width))
	}
	return lines
}

// footLine says whether the list moves, what waits, and how much of it there is.
func (v view) footLine(width int) string {
	p, k := v.pane, v.pane.keys.Live
	events := plural(p.Len(), "event", "events")
	if n := p.journal.letGo + p.waiting.letGo; n > 0 {
		events += " · " + cell.Count(int(n)) + " let go"
	}
	state, how := "", ""
	switch {
	case p.paused:
		state, how = "paused", k.Pause.Label+" goes on"
		if n := p.waiting.len() + int(p.waiting.letGo); n > 0 {
			state += " · " + cell.Count(n) + " waiting"
		}
	case p.follow && p.Len() == 0 && p.journal.letGo == 0:
		return cell.Fit("", width)
	case p.follow:
		return cell.Fit(v.theme.Muted.Render(" following · "+events), width)
	default:
		state, how = "stopped", k.Follow.Label+" follows"
		if p.missed > 0 {
			state = cell.Count(p.missed) + " newer"
		}
	}
	for _, rest := range []string{" · " + how + " · " + events, " · " + events} {
		if cell.Width(state+rest)+1 <= width {
			return cell.Fit(" "+v.theme.Warn.Render(state)+v.theme.Muted.Render(rest), width)
		}
	}
	return cell.Fit(" "+v.theme.Warn.Render(state)+v.theme.Muted.Render(" · "+events), width)
}

// Latest draws the newest event on one line of width cells, for when the pane itself is not
// on the screen; "" when there is none.
func (p *Pane) Latest(th theme.Theme, width int, zone *time.Location) string {
	newest := &p.journal
	if p.waiting.len() > 0 {
		newest = &p.waiting
	}
	if newest.len() == 0 {
		return ""
	}
	e := newest.newest(0)
	v := view{pane: p, theme: th, zone: zone}
	line := " " + v.theme.Muted.Render(e.At.In(zone).Format("15:04:05.000")) + " " + v.name(e.ID, width) + " " + v.what(e)
	changes := e.Changes
	if len(changes) == 0 {
		changes = e.Reported
	}
	if len(changes) > 0 {
		line += "  " + v.change(changes[0])
		if n := len(changes); n > 1 {
			line += th.Muted.Render(fmt.Sprintf(" and %d more", n-1))
		}
	}
	if e.ours && e.Kind == hub.EventPatch {
		line += "  " + th.Good.Render(milliseconds(e.latency)+" after PATCH")
	}
	return cell.Fit(line, width)
}

// showsMatch reports whether what is searched for is in what is drawn of an event.
func (p *Pane) showsMatch(e *entry) bool {
	v := view{pane: p, zone: time.UTC}
	_, text := unstyled(strings.Join(v.entry(e, max(p.width, 40)), "\n"))
	for _, t := range p.search.terms {
		if !t.not && !strings.Contains(text, t.text) {
			return false
		}
	}
	return true
}
