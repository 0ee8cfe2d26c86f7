package form

import (
	"fmt"
	"slices"
	"strings"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// judge says what is wrong with what is being typed, as it stands, and how large the section would be.
func (f *Properties) judge() {
	t := f.typing
	if t == nil {
		return
	}
	f.size = patch.Size(f.draft)
	t.wrong = ""
	draft, path, why := f.prospect()
	if draft == nil {
		t.wrong = why
		return
	}
	f.size = patch.Size(*draft)
	t.wrong = f.breaks(path, *draft)
	if all := f.refused(*draft); t.wrong == "" && len(all) > 0 && len(all[0].Path) == 0 {
		t.wrong = violationText(all[0])
	}
}

// prospect returns the draft as it would be with what is typed, and where it would differ; nil when that
// is none yet, and why, unless nothing has been typed.
func (f *Properties) prospect() (draft *patch.Value, path patch.Path, why string) {
	t := f.typing
	path = t.path
	if t.adding() || t.rename {
		p, err := f.newPath()
		switch {
		case err != nil && t.adding() && t.name.text() == "":
			return nil, nil, ""
		case err != nil:
			return nil, nil, err.Error()
		}
		path = p
	}
	if t.rename {
		d := f.renamed(path)
		return &d, path, ""
	}
	v, err := t.read()
	switch {
	case t.onName && (err != nil || t.text() == ""):
		v = patch.Bool(true) // the name is judged alone
	case err != nil && t.text() == "":
		return nil, nil, ""
	case err != nil:
		return nil, nil, err.Error()
	case t.merge:
		v, _ = f.merged(v)
	}
	d := f.draft.With(path, v)
	return &d, path, ""
}

// refused returns what the hub would refuse of a draft, but for what it has already: that it took.
func (f *Properties) refused(draft patch.Value) []patch.Violation {
	all := patch.CheckSection(f.target.Section, draft)
	if all == nil {
		return nil
	}
	had := map[string]bool{}
	for _, v := range patch.CheckSection(f.target.Section, f.target.Value) {
		had[v.String()] = true
	}
	return slices.DeleteFunc(all, func(v patch.Violation) bool {
		if len(v.Path) == 0 {
			return patch.Size(draft) <= patch.Size(f.target.Value)
		}
		return had[v.String()]
	})
}

// breaks returns the limit of the hub that a draft breaks because of what it has at p, in words, or "".
// What is wrong elsewhere, and what was wrong before, is not the fault of this field.
func (f *Properties) breaks(p patch.Path, draft patch.Value) string {
	known := map[string]bool{}
	for _, v := range f.violations {
		known[v.String()] = true
	}
	for _, v := range f.refused(draft) {
		near := under(v.Path, p) || under(p, v.Path)
		if near && len(v.Path) > 0 && !known[v.String()] {
			return violationText(v)
		}
	}
	return ""
}

// violationText is a violation as a sentence, in which a name that is too long does not hide what it is
// about.
func violationText(v patch.Violation) string {
	if len(v.Path) == 0 {
		return v.String()
	}
	return cell.Truncate(cell.Safe(v.Path.String()), longestName) + " " + v.Reason
}

// longestName is how many cells of a name are repeated in a sentence.
const longestName = 60

// bar is how many cells show the share of a section's size.
const bar = 10

// meter draws how large the section is, of what it may be, in at most w cells.
func (f *Properties) meter(w int) string {
	th, most := f.theme, f.target.Section.MaxSize()
	style := th.Muted
	switch {
	case f.size > most:
		style = th.Bad
	case f.size > most*9/10:
		style = th.Warn
	}
	text := kilobytes(f.size) + " of " + fmt.Sprint(most>>10) + " KB"
	if f.size > most {
		text = theme.Rejected + " " + text
	}
	if cell.Width(text)+1+bar <= w {
		full := min((f.size*bar+most-1)/most, bar)
		text = strings.Repeat("█", full) + strings.Repeat("░", bar-full) + " " + text
	}
	if cell.Width(text) > w {
		return ""
	}
	return style.Render(text)
}

// kilobytes writes a size in units of 1024 bytes with one digit behind the point, rounded up, so that
// what is too large never looks as if it were not.
func kilobytes(n int) string {
	tenths := (n*10 + 1023) / 1024
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}
