package twin

import (
	"strings"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
	"twindeck/ui/history"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// historyMode is what of the History tab takes the keys.
type historyMode int

const (
	theList     historyMode = iota // of the versions
	theChanges                     // between two of them
	theDocument                    // of one of them
)

// historyTab lists the versions of a twin, the newest first, and compares two of them: the one under
// the cursor with the one that was picked, or with what is now.
type historyTab struct {
	book     *history.Book
	id       hub.ID
	seen     uint64 // revision of the book that this is laid out for
	mode     historyMode
	list     grid.Grid
	listAt   int    // line of the tab that the list was drawn from
	at       uint64 // the version under the cursor
	picked   uint64 // the version to compare with; 0: what is now
	names    int    // cells of the widest name of a version
	briefs   map[briefOf]string
	changes  grid.Grid
	rows     []changeRow // what differs between two versions
	rowsOf   [2]uint64
	rowsAt   int // line of the tab that they were drawn from
	document *jsonview.Model
	shown    uint64 // the version in document
}

// briefOf is what a brief tells of: two versions that follow each other, and what is known of them.
type briefOf struct {
	version, before uint64
	known           [6]bool
	letGo           int
}

// maxBriefs bounds the briefs that are kept; there are never as many on the screen.
const maxBriefs = 1000

// changeRow is a section that differs, or a property in it.
type changeRow struct {
	diff   *history.Difference
	change *patch.Change // nil for the section
}

func newHistoryTab(book *history.Book) historyTab {
	return historyTab{book: book, document: jsonview.New(), briefs: map[briefOf]string{}}
}

// show turns to another twin.
func (h *historyTab) show(id hub.ID) {
	h.id, h.at, h.picked, h.mode = id, 0, 0, theList
	h.list = grid.Grid{}
	h.follow()
}

// versions are those of the twin shown, the oldest first.
func (p *Pane) versions() []history.Entry { return p.history.versions() }

func (h *historyTab) versions() []history.Entry { return h.book.Entries(h.id) }

// followBook takes in what was seen since.
func (p *Pane) followBook() {
	if p.history.seen != p.history.book.Revision(p.id) {
		p.revision++
		p.history.follow()
	}
}

// follow keeps the cursor on its version; on the newest one it stays on the newest.
func (h *historyTab) follow() {
	h.seen = h.book.Revision(h.id)
	h.rowsOf = [2]uint64{}
	all := h.versions()
	if len(all) == 0 {
		h.list.SetLen(0)
		h.at, h.picked, h.mode = 0, 0, theList
		return
	}
	h.measure()
	row := h.row(h.at)
	if row < 0 && h.mode != theList {
		h.mode = theList // it was let go
	}
	if h.row(h.picked) < 0 {
		h.picked = 0
	}
	h.list.SetLen(len(all))
	switch {
	case row < 0, h.list.Cursor() == 0 && h.mode == theList:
	default:
		h.list.Shift(row - h.list.Cursor())
	}
	h.moved()
}

// measure finds how wide the names of the versions are.
func (h *historyTab) measure() {
	var widest history.Entry
	for i, all := 0, h.versions(); i < len(all); i++ {
		if e := &all[i]; !e.Desired.Carried {
			widest.Desired.Version = max(widest.Desired.Version, e.Desired.Version)
		}
		if e := &all[i]; !e.Reported.Carried {
			widest.Reported.Version = max(widest.Reported.Version, e.Reported.Version)
		}
	}
	h.names = cell.Width(versionName(&widest))
}

// row is where a version stands in the list, -1 when it is not there.
func (h *historyTab) row(number uint64) int {
	all := h.versions()
	for i := len(all) - 1; i >= 0 && number > 0; i-- {
		if all[i].Number == number {
			return len(all) - 1 - i
		}
	}
	return -1
}

// entry returns the version in a row of the list.
func (h *historyTab) entry(row int) *history.Entry {
	all := h.versions()
	return &all[len(all)-1-row]
}

// moved notes which version the cursor is on.
func (h *historyTab) moved() {
	if c := h.list.Cursor(); c < len(h.versions()) {
		h.at = h.entry(c).Number
	}
}

// pair returns the two versions that are compared: that under the cursor and the one that was picked or
// is now. Where they are the same it is what the version changed. ok is false for the only version.
func (h *historyTab) pair() (older, newer *history.Entry, ok bool) {
	if len(h.versions()) < 2 {
		return nil, nil, false
	}
	row, other := h.list.Cursor(), max(h.row(h.picked), 0)
	if row == other {
		if other++; other == len(h.versions()) {
			other = 0
		}
	}
	return h.entry(max(row, other)), h.entry(min(row, other)), true
}

// compare lays out what differs between the two versions.
func (h *historyTab) compare() {
	older, newer, ok := h.pair()
	if !ok {
		h.rows, h.rowsOf = h.rows[:0], [2]uint64{}
		h.changes.SetLen(0)
		return
	}
	of := [2]uint64{older.Number, newer.Number}
	if of == h.rowsOf {
		return
	}
	h.rows, h.rowsOf = h.rows[:0], of
	for _, d := range history.Compare(older, newer) {
		h.rows = append(h.rows, changeRow{diff: &d})
		for i := range d.Changes {
			h.rows = append(h.rows, changeRow{&d, &d.Changes[i]})
		}
	}
	h.changes.SetLen(len(h.rows))
}

// ShowVersion turns to the History tab and puts the cursor on a version of the desired properties. It
// reports whether that version is known.
func (p *Pane) ShowVersion(desired int64) bool {
	p.revision++
	p.followBook()
	p.tab = History
	h := &p.history
	h.mode, h.picked = theList, 0
	all := h.versions()
	for i := range all {
		if d := all[i].Desired; d.Version == desired && !d.Carried {
			h.list.Select(len(all) - 1 - i)
			h.moved()
			return true
		}
	}
	return false
}

// updateHistory takes a key press on the History tab.
func (p *Pane) updateHistory(press keymap.Press) Action {
	h, k := &p.history, p.keys.Twin
	if len(h.versions()) == 0 {
		return nil
	}
	switch h.mode {
	case theDocument:
		if k.Back.Matches(press) {
			h.mode = theList
			return nil
		}
		p.updateDocument(h.document, press)
		p.count()
		return nil
	case theChanges:
		switch {
		case k.Back.Matches(press), k.Collapse.Matches(press):
			h.mode = theList
			return nil
		case k.Restore.Matches(press):
			return p.restoreRow()
		case h.changes.Press(p.keys.Move, press):
			return nil
		}
	case theList:
		switch {
		case k.Back.Matches(press):
			h.picked = 0
		case k.Restore.Matches(press):
			return p.restore()
		case h.list.Press(p.keys.Move, press):
			h.moved()
			h.changes.Home()
			return nil
		}
	}
	return p.updateVersion(press)
}

// updateVersion takes a key that acts on the version under the cursor.
func (p *Pane) updateVersion(press keymap.Press) Action {
	h, k := &p.history, p.keys.Twin
	switch {
	case k.Pick.Matches(press) && h.picked == h.at:
		h.picked = 0
	case k.Pick.Matches(press):
		h.picked = h.at
	case k.Expand.Matches(press) && press.String() == "enter":
		h.open()
	case k.Expand.Matches(press):
		h.compare()
		if len(h.rows) == 0 {
			return Say{"there is no difference to go into"}
		}
		h.mode = theChanges
	}
	return nil
}

// open shows the document of the version under the cursor.
func (h *historyTab) open() {
	h.mode, h.shown = theDocument, h.at
	h.document.SetValue(h.entry(h.list.Cursor()).Document())
}

func (p *Pane) clickHistory(line int) {
	h := &p.history
	if row, ok := h.changes.At(line - h.rowsAt); ok && h.rowsAt > h.listAt && line >= h.rowsAt && h.mode != theDocument && len(h.rows) > 0 {
		h.mode = theChanges
		h.changes.Select(row)
		return
	}
	switch h.mode {
	case theDocument:
		h.document.MoveToLine(line - h.listAt)
	case theList, theChanges:
		if row, ok := h.list.At(line - h.listAt); ok {
			h.mode = theList
			h.list.Select(row)
			h.moved()
		}
	}
}

// versionName names a version by what was seen of it.
func versionName(e *history.Entry) string {
	var parts []string
	if e.Desired.Version > 0 && !e.Desired.Carried {
		parts = append(parts, "v"+digits(e.Desired.Version))
	}
	if e.Reported.Version > 0 && !e.Reported.Carried {
		parts = append(parts, "r"+digits(e.Reported.Version))
	}
	return strings.Join(parts, " · ")
}

// nameOf names a version, the newest as what is now.
func (h *historyTab) nameOf(e *history.Entry) string {
	if h.entry(0) == e {
		return "now (" + versionName(e) + ")"
	}
	return versionName(e)
}

// brief says in a few words what a version changed.
func (h *historyTab) brief(row int) string {
	e := h.entry(row)
	of := briefOf{version: e.Number, letGo: h.book.LetGo(h.id)}
	if row+1 < len(h.versions()) {
		before := h.entry(row + 1)
		of.before, of.letGo = before.Number, 0
		of.known = [...]bool{e.Desired.Known, e.Reported.Known, e.Tags.Known, before.Desired.Known, before.Reported.Known, before.Tags.Known}
	}
	text, ok := h.briefs[of]
	if !ok {
		if len(h.briefs) >= maxBriefs {
			clear(h.briefs)
		}
		text = h.changed(row)
		h.briefs[of] = text
	}
	return text
}

func (h *historyTab) changed(row int) string {
	if row == len(h.versions())-1 {
		switch n := h.book.LetGo(h.id); n {
		case 0:
			return "first seen"
		case 1:
			return "1 older version was let go"
		default:
			return cell.Count(n) + " older versions were let go"
		}
	}
	n, first := 0, ""
	for _, d := range history.Compare(h.entry(row+1), h.entry(row)) {
		prefix := ""
		if d.Section != patch.Desired {
			prefix = d.Section.String() + " "
		}
		if d.Unknown() && first == "" {
			first = prefix + "not all of it was seen"
			n++
		}
		for i := range d.Changes {
			if n == 0 {
				first = prefix + changeText(&d.Changes[i])
			}
			n++
		}
	}
	switch n {
	case 0:
		return "no difference"
	case 1:
		return first
	}
	return first + "  +" + cell.Count(n-1)
}

// changeText writes a change as one safe line.
func changeText(c *patch.Change) string {
	return cell.Safe(c.Path.String()) + "  " + shown(c.Old, c.Kind != patch.Added) + " " + theme.Arrow + " " + shown(c.New, c.Kind != patch.Removed)
}
