package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// review is what is looked at before a patch is sent.
type review struct {
	save    Save
	changes []patch.Change
	rows    int // how many it is sent to, each under its own etag; 0 for one twin
	top     int
	more    bool // some of it was out of view last time
}

// startReview opens the review, or says why there is nothing to review yet.
func (f *Properties) startReview() {
	switch {
	case len(f.conflicts) > 0:
		f.reveal(f.conflicts[0].Path)
		f.notice = undecidedText(len(f.conflicts))
	case f.changes == 0:
		f.notice = "nothing is changed yet: edit, add or remove a property first"
	case len(f.violations) > 0:
		if p := f.violations[0].Path; len(p) > 0 {
			f.reveal(p)
		}
		f.notice = violationText(f.violations[0])
	default:
		f.openReview()
	}
}

func (f *Properties) openReview() {
	p, _ := patch.Diff(f.target.Value, f.draft)
	f.review = &review{
		save: Save{
			ID: f.target.ID, Section: f.target.Section, Before: f.target.Value, Patch: p, Edited: f.draft,
			ETag: f.target.ETag, Undo: f.undo,
		},
		changes: patch.Changes(f.target.Value, f.draft),
	}
	if f.shared != nil {
		f.review.rows = f.shared.rows
	}
}

// pressReview answers a key while the changes are reviewed.
func (f *Properties) pressReview(key tea.KeyPressMsg) Action {
	k, m, r := f.keys.Review, f.keys.Move, f.review
	switch {
	case k.Back.Matches(key):
		f.review = nil
	case k.Save.Matches(key):
		f.err = ""
		if f.shared != nil {
			return SaveAll{Section: r.save.Section, Patch: r.save.Patch}
		}
		return r.save
	case m.Up.Matches(key):
		r.top--
	case m.Down.Matches(key):
		r.top++
	case m.PageUp.Matches(key):
		r.top -= max(f.page-1, 1)
	case m.PageDown.Matches(key):
		r.top += max(f.page-1, 1)
	case m.Top.Matches(key):
		r.top = 0
	case m.Bottom.Matches(key):
		r.top = 1 << 20 // the next view knows the last line
	}
	return nil
}

// body returns the request as it will be sent.
func (s Save) body() patch.Value {
	if s.Section == patch.Tags {
		return patch.Object(patch.Member{Key: "tags", Value: s.Patch})
	}
	return patch.Object(patch.Member{Key: "properties", Value: patch.Object(patch.Member{Key: "desired", Value: s.Patch})})
}

// lines draws the review on lines of w cells: what changes, then the request.
func (r *review) lines(th theme.Theme, w int) []string {
	var lines []string
	add := func(s theme.Style, text string) {
		for l := range strings.SplitSeq(ansi.Hardwrap(cell.Safe(text), max(w-1, 1), true), "\n") {
			lines = append(lines, " "+s.Render(l))
		}
	}
	names := 0
	for _, c := range r.changes {
		names = max(names, cell.Width(c.Path.String()))
	}
	names = min(names, max(w/2, 1))
	literal := func(v patch.Value) string {
		if r.rows > 0 && v.IsNull() {
			return "differ"
		}
		return literal(v)
	}
	add(th.Header, "Changes")
	for _, c := range r.changes {
		name := c.Path.String()
		name += cell.Spaces(names - cell.Width(name))
		switch c.Kind {
		case patch.Added:
			add(th.Added, theme.ReportedOnly+" "+name+"  "+theme.Absent+" "+theme.Arrow+" "+literal(c.New))
		case patch.Removed:
			add(th.Removed, theme.Absent+" "+name+"  "+literal(c.Old)+" "+theme.Arrow+" removed, sends null")
		default:
			add(th.Changed, theme.Changed+" "+name+"  "+literal(c.Old)+" "+theme.Arrow+" "+literal(c.New)+r.typeChange(c))
		}
	}
	lines = append(lines, "")
	add(th.Header, "Request")
	if r.rows > 0 {
		add(th.Muted, "PATCH of "+count(r.rows, "row")+", each with If-Match on its own etag as it is read now")
	} else {
		add(th.Muted, `PATCH, If-Match "`+r.save.ETag+`"`)
	}
	body := r.save.body()
	if one := body.JSON(); cell.Width(cell.Safe(one)) < w {
		add(theme.Style{}, one)
		return lines
	}
	for l := range strings.SplitSeq(body.Indent("", "  "), "\n") {
		add(theme.Style{}, l)
	}
	return lines
}

// typeChange tells what the values alone may not show: "122" that was 122.
func (r *review) typeChange(c patch.Change) string {
	if c.Old.Kind() == c.New.Kind() || r.rows > 0 && c.Old.IsNull() {
		return ""
	}
	return " (" + c.Old.Kind().String() + " " + theme.Arrow + " " + c.New.Kind().String() + ")"
}

// viewReview draws the review: exactly h lines of exactly w cells.
func (f *Properties) viewReview(w, h int) string {
	iw, ih := theme.Inner(w, h)
	r := f.review
	lines := r.lines(f.theme, iw)
	fr := frame{
		title:   "Review: " + f.Title(),
		body:    len(lines),
		line:    func(i int) string { return lines[i] },
		message: f.message(iw, ih),
	}
	p := arrange(ih, 0, fr.body, len(fr.message))
	f.page = p.body
	r.top = max(min(r.top, fr.body-p.body), 0)
	r.more = fr.body > p.body
	fr.top, fr.focus = r.top, r.top
	fr.hints = hintLine(f.theme, iw-2, f.hints(), f.leave())
	view, _ := draw(f.theme, fr, w, h)
	return view
}

// reviewHints returns the keys of the review besides the one that leads back.
func (f *Properties) reviewHints() []keymap.Binding {
	hints := []keymap.Binding{f.keys.Review.Save}
	if f.shared != nil {
		hints[0] = short(hints[0], "preview each row")
	}
	if f.review.more {
		hints = append(hints, f.keys.Move.Down, f.keys.Move.Up)
	}
	return hints
}
