package query

import (
	"fmt"
	"strings"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/query/language"
	"twindeck/ui/theme"
)

const prompt = ": "

// View draws the bar for the bottom of a screen of width by height cells: as many lines as it has
// use for, at most height, each of width cells.
func (b *Bar) View(th theme.Theme, width, height int) []string {
	if width < 1 || height < 1 {
		return nil
	}
	var lines []string
	if height >= 10 {
		lines = append(lines, b.rule(th, width))
	}
	query, cursor := b.query.lines(th, max(width-len(prompt)-1, 1), language.Tokens(b.Text()))
	most, explained := max(min(height/4, 8), min(height/2, 2), 1), max(height/5, 1)
	if height < 8 && b.problem != "" { // there is no room for both
		most, explained = 1, height-1
	}
	top := max(min(cursor-most/2, len(query)-most), 0)
	for i, l := range query[top:min(top+most, len(query))] {
		head := cell.Spaces(len(prompt))
		if i == 0 {
			head = th.Accent.Render(prompt)
		}
		lines = append(lines, cell.Fit(head+l, width))
	}
	if b.problem != "" && height > 1 {
		for _, l := range th.Problem(b.problem, width-1, explained) {
			lines = append(lines, cell.Fit(" "+l, width))
		}
	}
	if len(lines) < height && (b.problem == "" || height >= 8) {
		lines = append(lines, cell.Fit(b.line(th, width-1), width))
	}
	if height >= 8 {
		lines = append(lines, cell.Fit(" "+th.Hints(width-2, b.Hints()...), width))
	}
	return lines[max(len(lines)-height, 0):]
}

// rule sets the bar apart from what it lies over.
func (b *Bar) rule(th theme.Theme, width int) string {
	title := "Query"
	for _, q := range b.saved {
		if q.Text == strings.TrimSpace(b.Text()) {
			title += ": " + cell.Safe(q.Name)
		}
	}
	title = cell.Truncate(title, width-6)
	if title == "" {
		return th.FocusBorder.Render(strings.Repeat("─", width))
	}
	rest := max(width-cell.Width(title)-4, 0)
	return th.FocusBorder.Render("──") + " " + th.Title.Render(title) + " " + th.FocusBorder.Render(strings.Repeat("─", rest))
}

// line is the one under the text: what it waits for, what is typed besides, what looks unfinished,
// or what can stand at the cursor.
func (b *Bar) line(th theme.Theme, width int) string {
	k := b.keys.Query
	switch {
	case b.mode == searching:
		return b.searchLine(th, width)
	case b.mode == naming:
		note := ""
		if b.replaces() {
			note = th.Warn.Render("  replaces the query that has this name")
		}
		return b.extraLine(th, "save as", note, width)
	case b.busy:
		return th.Accent.Render(" running"+theme.Pending) + th.Muted.Render("  "+k.Close.Label+" calls it off")
	case b.notice != "":
		return " " + th.Muted.Render(b.notice)
	}
	if b.cycle == nil {
		if hint, open := language.Check(b.Text()); hint != "" && (!open || !b.unfinished()) {
			return " " + th.Warn.Render(cell.Safe(hint))
		}
		return b.candidates(th, b.completion.Candidates, -1, width)
	}
	return b.candidates(th, b.cycle.completion.Candidates, b.cycle.chosen, width)
}

// unfinished reports whether something is being typed at the end that can be completed: whoever is
// about to close a quote need not be told that it is open.
func (b *Bar) unfinished() bool {
	return len(b.completion.Candidates) > 0 && b.completion.End == len(b.Text())
}

// extraLine shows what is typed besides the query.
func (b *Bar) extraLine(th theme.Theme, label, note string, width int) string {
	label = " " + th.Muted.Render(label+":") + " "
	room := max(width-cell.Width(label)-cell.Width(note), 4)
	lines, cursor := b.extra.lines(th, min(room, 40), nil)
	return label + strings.TrimRight(lines[cursor], " ") + note
}

func (b *Bar) searchLine(th theme.Theme, width int) string {
	note := ""
	switch s := b.search; {
	case len(s.entries) == 0:
		note = th.Muted.Render("  no query has been run yet")
	case s.missing && s.at == len(s.entries):
		note = th.Warn.Render("  nothing found")
	case s.missing:
		note = th.Warn.Render("  none further")
	case s.at < len(s.entries):
		note = th.Muted.Render(fmt.Sprintf("  %d of %d", s.at+1, len(s.entries)))
	}
	return b.extraLine(th, "search", note, width)
}

// candidates shows what can stand at the cursor, by the screenful: the one with the chosen in it.
func (b *Bar) candidates(th theme.Theme, words []string, chosen, width int) string {
	var line strings.Builder
	used, left := 0, 0
	for i, w := range words {
		text := cell.Truncate(cell.Safe(w), max(width-2, 1))
		need := cell.Width(text) + 2
		if used+need > width-5 && used > 0 {
			if chosen < i {
				left = len(words) - i
				break
			}
			line.Reset()
			used = 0
		}
		style := th.Muted
		if i == chosen {
			style = th.ButtonOn
		}
		line.WriteString(" " + style.Render(text) + " ")
		used += need
	}
	if left > 0 && used+5 <= width {
		line.WriteString(th.Muted.Render(fmt.Sprintf("+%d", left)))
	}
	return line.String()
}

// Hints are the keys that do something now.
func (b *Bar) Hints() []keymap.Binding {
	k := b.keys.Query
	switch b.mode {
	case searching:
		return []keymap.Binding{short(k.Run, "take it"), short(k.Search, "older"), short(k.Close, "back")}
	case naming:
		return []keymap.Binding{short(k.Run, "save"), short(k.Close, "back")}
	case typing:
	}
	if b.cycle != nil {
		return []keymap.Binding{k.Run, short(k.Complete, "next"), short(k.CompleteBack, "back"), short(k.Close, "as it was")}
	}
	return []keymap.Binding{k.Run, k.Complete, k.Close, k.Search, k.Save, k.Saved, k.Older}
}

// short returns a binding with another text, for a key whose effect depends on what is typed.
func short(b keymap.Binding, text string) keymap.Binding {
	b.Short = text
	return b
}
