package form

import (
	"fmt"
	"strings"

	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Size returns the size the form would like on a screen of w by h cells. It grows with its
// content but never shrinks: a frame that jumps while one types is no help.
func (f *Properties) Size(w, h int) (int, int) {
	w, h = min(max(w, 1), 104), max(h, 1)
	iw, _ := theme.Inner(w, h)
	lines := f.layout(iw).len() + 4 // status, a blank, and two of message
	if f.review != nil {
		lines = len(f.review.lines(f.theme, max(w-2, 1))) + 2
	}
	f.tall = max(f.tall, min(lines+3, 40), 16)
	return w, min(f.tall, h)
}

// View draws the form: exactly h lines of exactly w cells. A frame costs what is visible.
func (f *Properties) View(w, h int) string {
	if f.review != nil {
		return f.viewReview(w, h)
	}
	iw, ih := theme.Inner(w, h)
	c := f.columns(iw)
	fr := frame{
		title:   f.Title(),
		head:    []string{" " + f.status(iw-2)},
		top:     f.top,
		message: f.message(iw, ih),
	}
	first, more := f.hintLines(iw-2, ih)
	fr.message, fr.hints = append(fr.message, more...), first
	if ih >= 10 {
		fr.head = append(fr.head, "")
	}
	body := f.layout(iw)
	fr.body, fr.focus = body.len(), body.focus
	fr.line = func(i int) string { return f.bodyLine(body, i, c, iw) }
	f.page = arrange(ih, len(fr.head), fr.body, len(fr.message)).body
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}

// hintLines returns the line of the keys that work, and where there is room the keys besides: what a
// form can do is to be found without leaving it.
func (f *Properties) hintLines(w, h int) (first string, more []string) {
	hints, leave := f.hints(), f.leave()
	first = hintLine(f.theme, w, hints, leave)
	if h < 14 {
		return first, nil
	}
	room := w - cell.Width(f.theme.Hints(w, leave)) - 2
	shown := 0
	for shown < len(hints) && cell.Width(f.theme.Hints(1<<20, hints[:shown+1]...)) <= room {
		shown++
	}
	if rest := f.theme.Hints(w, hints[shown:]...); rest != "" {
		more = []string{" " + rest}
	}
	return first, more
}

// body says which line of the form shows what.
type body struct {
	rows   int
	empty  int // lines instead of rows and button when there is nothing yet
	adding int // line of the property being added; -1 when none is
	under  int // the first of the lines below what is typed into
	extra  int // how many of them there are
	focus  int
	offers []Known // shown below
}

// layout lays the form out for an inner width.
func (f *Properties) layout(w int) body {
	b := body{rows: len(f.rows), adding: -1}
	t := f.typing
	if f.empty() && t == nil {
		b.empty = 2
		b.focus = 1
		return b
	}
	b.focus = f.cursor
	switch {
	case t != nil && t.adding():
		b.adding = min(f.cursor+1, b.rows)
		b.focus = b.adding
	case t != nil && t.section():
		b.focus = -1
	case f.cursor == b.rows:
		b.focus = b.len() - 1
	}
	if offers := f.offers(); len(offers) > 0 {
		b.offers = offers
		b.under, b.extra = b.focus+1, min(len(offers), offersShown)
	} else if t != nil && t.lines != nil {
		b.under = b.focus + 1
		room := t.linesRoom(w)
		b.extra = len(t.lines.wrap(room))
		if !t.onName {
			b.focus = b.under + t.lines.spanAt(room)
		}
	}
	return b
}

// len returns how many lines there are: the rows, the one being added, what is below it, a blank and
// the button.
func (b body) len() int {
	if b.empty > 0 {
		return b.empty
	}
	n := b.rows + 2 + b.extra
	if b.adding >= 0 {
		n++
	}
	return n
}

func (f *Properties) bodyLine(b body, i int, c columns, w int) string {
	switch {
	case b.empty > 0 && i == 0:
		return "   " + f.theme.Muted.Render("there is nothing here yet")
	case b.empty > 0:
		return cursorMark(f.theme, true) + "  press " + f.theme.Shortcut.Render(f.keys.Form.Add.Label) + " to add the first property"
	case i == b.len()-1:
		return f.button()
	case i == b.len()-2:
		return ""
	case b.extra > 0 && i >= b.under+b.extra:
		i -= b.extra
	case b.extra > 0 && i >= b.under:
		if len(b.offers) > 0 {
			return f.offerLine(b.offers, i-b.under, c)
		}
		return f.typing.valueLine(f.theme, i-b.under, w)
	}
	switch {
	case i == b.adding:
		return f.addingLine(c)
	case b.adding >= 0 && i > b.adding:
		i--
	}
	return f.rowLine(i, c)
}

func (f *Properties) button() string {
	text := "Review changes"
	if f.changes > 0 {
		text = "Review " + count(f.changes, "change")
	}
	if f.cursor == len(f.rows) && f.typing == nil {
		return "   " + f.theme.ButtonOn.Render("▸"+text+" ")
	}
	return "   " + f.theme.Button.Render(" "+text+" ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// status says what is edited under which etag, and how far it is changed.
func (f *Properties) status(w int) string {
	parts := []string{"etag " + cell.Safe(f.target.ETag)}
	if f.shared != nil {
		parts[0] = f.shared.status()
	}
	if f.changes > 0 {
		parts = append(parts, count(f.changes, "change"))
	}
	if n := len(f.conflicts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d to decide", n))
	}
	text := cell.Truncate(strings.Join(parts, " · "), w)
	meter := ""
	if f.shared == nil { // the rows have sizes of their own
		meter = f.meter(w - cell.Width(text) - 2)
	}
	return f.theme.Muted.Render(text) + cell.Spaces(w-cell.Width(text)-cell.Width(meter)) + meter
}
