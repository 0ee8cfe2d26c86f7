package uitest

import (
	"fmt"
	"html"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
)

// The measures of a picture in pixels, and its colours where the program names none.
const (
	cellWidth  = 8.4
	cellHeight = 18
	fontSize   = 14
	margin     = 12
	paper      = "#16181d"
	ink        = "#d5d8de"
)

// Picture compares a view of width by height cells, with its styles, with the picture in the
// SVG file name; with -update it writes the file. It is for the README: what is shown there is
// what the program draws.
func Picture(t testing.TB, name, view string, width, height int) {
	t.Helper()
	term := newTerminal(width, height, true)
	defer term.close()
	_, _ = term.Write([]byte(view)) // an emulator takes everything
	got := term.picture()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if got != string(want) {
		t.Errorf("the screen is no longer the picture in %s; -update writes it:\n%s", name, framed(term.text()))
	}
}

// picture returns the screen as an SVG image.
func (t *terminal) picture() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	w, h := t.emulator.Width(), t.emulator.Height()
	var back, front strings.Builder
	for y := range h {
		for x := 0; x < w; {
			x = t.run(&back, &front, x, y)
		}
	}
	width, height := float64(w)*cellWidth+2*margin, h*cellHeight+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.1f %d" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="%d">`+"\n", width, height, fontSize)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	b.WriteString(back.String() + front.String() + "</svg>\n")
	return b.String()
}

// run draws the cells from x on that look alike and returns where the next run begins.
func (t *terminal) run(back, front *strings.Builder, x, y int) (next int) {
	first := t.emulator.CellAt(x, y)
	text, lines := "", ""
	next = x
	for next < t.emulator.Width() {
		c := t.emulator.CellAt(next, y)
		if c == nil || !c.Style.Equal(&first.Style) {
			break
		}
		content := c.Content
		if stroke := strokes(content, next, y); stroke != "" {
			lines += stroke
			content = " "
		}
		if content == "" {
			content = " "
		}
		text += content
		next += max(c.Width, 1)
	}
	if next == x {
		return x + 1
	}
	fg, bg := look(first.Style)
	left, top := at(x, y)
	if bg != "" {
		fmt.Fprintf(back, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>`+"\n", left, top, float64(next-x)*cellWidth, cellHeight, bg)
	}
	if lines != "" {
		fmt.Fprintf(front, `<path d="%s" stroke="%s" fill="none"/>`+"\n", lines, fg)
	}
	if trimmed := strings.TrimLeft(text, " "); strings.TrimSpace(trimmed) != "" {
		left += float64(len(text)-len(trimmed)) * cellWidth
		trimmed = strings.TrimRight(trimmed, " ")
		weight := ""
		if first.Style.Attrs&uv.AttrBold != 0 {
			weight = ` font-weight="bold"`
		}
		fmt.Fprintf(front, `<text x="%.1f" y="%.1f" textLength="%.1f" xml:space="preserve" fill="%s"%s>%s</text>`+"\n",
			left, top+13.5, float64(uv.NewStyledString(trimmed).Bounds().Dx())*cellWidth, fg, weight, html.EscapeString(trimmed))
	}
	return next
}

// at is the upper left corner of a cell.
func at(x, y int) (left, top float64) {
	return margin + float64(x)*cellWidth, margin + float64(y)*cellHeight
}

// look returns the colours of a style, bg "" for the paper's.
func look(s uv.Style) (fg, bg string) {
	fg, bg = ink, ""
	if s.Fg != nil {
		fg = hex(s.Fg)
	}
	if s.Bg != nil {
		bg = hex(s.Bg)
	}
	if s.Attrs&uv.AttrReverse != 0 {
		if bg == "" {
			bg = paper
		}
		fg, bg = bg, fg
	}
	return fg, bg
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// strokes draws a box-drawing character as the lines it stands for, since fonts leave gaps
// between them, and returns "" for any other text.
func strokes(content string, x, y int) string {
	arms := map[string]string{
		"─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu",
		"├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru", "┼": "lrud",
		"╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "━": "lr", "┃": "ud",
	}[content]
	left, top := at(x, y)
	cx, cy := left+cellWidth/2, top+cellHeight/2
	var b strings.Builder
	for _, arm := range arms {
		ex, ey := cx, cy
		switch arm {
		case 'l':
			ex = left
		case 'r':
			ex = left + cellWidth
		case 'u':
			ey = top
		case 'd':
			ey = top + cellHeight
		}
		fmt.Fprintf(&b, "M%.1f %.1fL%.1f %.1f", cx, cy, ex, ey)
	}
	return b.String()
}
