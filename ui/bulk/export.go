package bulk

import (
	"fmt"
	"path/filepath"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/export"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

type (
	// Write asks for rows to be written; [Export.Written] and [Export.Ended] tell how it goes.
	Write struct{ Wish }
	// Cancel asks for the writing under way to be given up.
	Cancel struct{}
)

// Wish is what a user wants of an export.
type Wish struct {
	Target           // its Path is empty for the clipboard
	Marked      bool // the marked rows, not all that match
	AllColumns  bool // every column, not those that are shown
	Keys        bool // with the keys; the user has confirmed it
	ToClipboard bool
}

// ExportOptions say what an [Export] is about.
type ExportOptions struct {
	What     string // the rows, in the plural: "devices"
	Marked   int    // how many are marked
	Matching int    // how many the filter lets through
	WithKeys bool   // they are identities, which have keys
	// MoreColumns says that there are columns besides those that are shown.
	MoreColumns bool
	Folder      string
	Name        string // of the file that is offered, without an extension
	Keys        keymap.Map
	Theme       theme.Theme
}

// part is one line of the form.
type part uint8

const (
	partRows part = iota
	partColumns
	partKeys
	partTo
	partFormat
	partPath
)

// Export is the overlay that asks which rows go where, and shows how far their writing is. It
// belongs to the goroutine of the program.
type Export struct {
	opts    ExportOptions
	keys    keymap.Map
	theme   theme.Theme
	focus   part
	wish    Wish
	target  *target
	sure    bool // asking whether keys are really wanted
	busy    bool
	written int
	all     int
	note    string
	problem string
}

// NewExport returns the overlay: the marked rows when there are some, to a file, without keys.
func NewExport(opts ExportOptions) *Export {
	e := &Export{opts: opts, keys: opts.Keys, theme: opts.Theme, target: newTarget(filepath.Join(opts.Folder, opts.Name)), focus: partPath}
	e.wish.Marked = opts.Marked > 0
	return e
}

// Title names the overlay, and says how many rows it is about.
func (e *Export) Title() string {
	return "Export " + cell.Safe(e.opts.What) + ": " + cell.Count(e.rows())
}

// SetTheme changes how the overlay looks.
func (e *Export) SetTheme(th theme.Theme) { e.theme = th }

// Size returns the size the overlay would like on a screen of w by h cells.
func (e *Export) Size(w, h int) (int, int) { return min(max(w, 1), 76), min(13, max(h, 1)) }

// rows returns how many rows are wanted.
func (e *Export) rows() int {
	if e.wish.Marked {
		return e.opts.Marked
	}
	return e.opts.Matching
}

// parts are the lines of the form that there are now.
func (e *Export) parts() []part {
	var parts []part
	if e.opts.Marked > 0 {
		parts = append(parts, partRows)
	}
	if e.opts.MoreColumns {
		parts = append(parts, partColumns)
	}
	if e.opts.WithKeys {
		parts = append(parts, partKeys)
	}
	parts = append(parts, partTo, partFormat)
	if !e.wish.ToClipboard {
		parts = append(parts, partPath)
	}
	return parts
}

func (e *Export) move(by int) {
	parts := e.parts()
	for i, p := range parts {
		if p == e.focus {
			e.focus = parts[(i+by+len(parts))%len(parts)]
			return
		}
	}
	e.focus = parts[0]
}

// Update takes a key press or a paste in.
func (e *Export) Update(msg tea.Msg) Action {
	if paste, ok := msg.(tea.PasteMsg); ok && e.focus == partPath && !e.busy && !e.sure {
		e.target.path.Update(paste)
	}
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	k := e.keys.Bulk
	switch {
	case e.busy && k.Leave.Matches(key):
		e.note = "giving up" + theme.Pending
		return Cancel{}
	case e.busy:
	case e.sure:
		e.sure = false
		if e.keys.Dialog.Yes.Matches(key) {
			return e.write()
		}
	case k.Leave.Matches(key):
		return Close{}
	case k.Accept.Matches(key):
		return e.entered()
	case k.Next.Matches(key):
		e.move(1)
	case k.Prev.Matches(key):
		e.move(-1)
	case k.Type.Matches(key):
		e.target.setFormat(1 - e.target.format)
	case e.focus == partPath:
		e.target.path.Update(key)
		e.problem = ""
	case k.Choose.Matches(key):
		e.choose()
	}
	return nil
}

func (e *Export) choose() {
	e.problem = ""
	switch e.focus {
	case partRows:
		e.wish.Marked = !e.wish.Marked
	case partColumns:
		e.wish.AllColumns = !e.wish.AllColumns
	case partKeys:
		e.wish.Keys = !e.wish.Keys
	case partTo:
		e.wish.ToClipboard = !e.wish.ToClipboard
	case partFormat:
		e.target.setFormat(1 - e.target.format)
	case partPath:
	}
}

// entered writes, or asks first when there are keys in it.
func (e *Export) entered() Action {
	e.problem = ""
	e.wish.Target = Target{Format: e.target.format}
	if !e.wish.ToClipboard {
		to, ok := e.target.entered()
		if !ok {
			e.problem, e.focus = e.target.problem, partPath
			return nil
		}
		e.wish.Target = *to
	}
	switch {
	case e.rows() == 0:
		e.problem = "there are no rows to write"
		return nil
	case e.wish.Keys:
		e.sure = true
		return nil
	}
	return e.write()
}

func (e *Export) write() Action {
	e.busy, e.written, e.all, e.note = true, 0, e.rows(), ""
	return Write{e.wish}
}

// Written tells how many rows are written, and what there is to say about that, for example that
// the hub throttles.
func (e *Export) Written(n int, note string) { e.written, e.note = n, note }

// Ended tells that nothing was written: why, in a sentence, or that there is a file of that name
// and the user is to be asked. After success the owner takes the overlay away.
func (e *Export) Ended(problem string, exists bool) {
	e.busy, e.problem, e.note = false, problem, ""
	if exists {
		e.target.exists()
		e.problem, e.focus = e.target.problem, partPath
	}
}

// View draws the overlay: exactly h lines of exactly w cells.
func (e *Export) View(w, h int) string {
	if w < 1 || h < 1 {
		return ""
	}
	iw, _ := theme.Inner(w, h)
	k := e.keys.Bulk
	p := panel{title: e.Title(), head: []string{""}, leave: k.Leave}
	if e.busy {
		r := Run{theme: e.theme}
		body := []string{
			"  " + r.bar(e.written, max(e.all, 1), max(iw-4, 1)),
			"  " + fmt.Sprintf("%s of %s rows", cell.Count(e.written), cell.Count(e.all)),
		}
		p.body, p.least = func(_, h int) []string { return windowed(body, 1, h) }, 2
		p.message = said(e.theme.Muted, " ", e.note, iw)
		p.leave = short(k.Leave, "give up")
		return p.draw(e.theme, w, h)
	}
	lines, focus := e.lines(iw)
	p.body, p.least = func(_, h int) []string { return windowed(lines, focus, h) }, len(lines)
	p.hints = []keymap.Binding{short(k.Accept, "export"), k.Next}
	if e.focus != partPath {
		p.hints = append(p.hints, k.Choose)
	}
	switch {
	case e.sure:
		where := "The file"
		if e.wish.ToClipboard {
			where = "The clipboard"
		}
		p.message = said(e.theme.Warn, theme.Conflict, where+" will hold the keys of "+things(e.rows(), "row")+" in the clear: whoever reads it can connect as any of them. Write them?", iw)
		p.hints, p.leave = []keymap.Binding{e.keys.Dialog.Yes}, e.keys.Dialog.No
	case e.problem != "":
		p.message = said(e.theme.Bad, theme.Rejected, e.problem, iw)
	default:
		p.message = said(e.theme.Muted, " ", e.hint(), iw)
	}
	return p.draw(e.theme, w, h)
}

func (e *Export) hint() string {
	switch {
	case e.focus == partKeys && e.wish.Keys:
		return "each identity is read for its keys, which takes a while on a large hub"
	case e.focus == partFormat && e.target.format == export.CSV:
		return "for spreadsheets: what would be run as a formula gets an apostrophe in front"
	case e.focus == partFormat:
		return "an object a line, every value as the hub sent it"
	case e.focus == partPath:
		return "~ is your home directory; a file that is there is not replaced unasked"
	}
	return ""
}

// lines draws the form.
func (e *Export) lines(w int) (lines []string, focus int) {
	option := func(on bool, yes, no string) string {
		if on {
			return "‹ " + yes + " ›"
		}
		return "‹ " + no + " ›"
	}
	for _, p := range e.parts() {
		on := p == e.focus
		if on {
			focus = len(lines)
		}
		name, value := "", ""
		switch p {
		case partRows:
			name, value = "rows", option(e.wish.Marked, cell.Count(e.opts.Marked)+" marked", "all "+cell.Count(e.opts.Matching)+" that match")
		case partColumns:
			name, value = "columns", option(e.wish.AllColumns, "all", "as shown")
		case partKeys:
			name, value = "keys", option(e.wish.Keys, "with keys", "without")
		case partTo:
			name, value = "to", option(e.wish.ToClipboard, "the clipboard", "a file")
		case partFormat:
			name, value = "format", "‹ "+e.target.format.String()+" ›"
		case partPath:
			name, value = "file", e.target.path.View(e.theme, room(w), on)
		}
		lines = append(lines, labelled(e.theme, on, name, value, w))
	}
	return lines, focus
}
