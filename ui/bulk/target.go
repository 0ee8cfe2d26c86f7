package bulk

import (
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/export"
	"twindeck/keymap"
	"twindeck/ui/form"
	"twindeck/ui/theme"
)

// target asks where rows are to be written.
type target struct {
	path    *form.Field
	format  export.Format
	there   string // the path of a file that is there: entered again it is replaced
	problem string
}

// newTarget offers a name, to which the extension of the format is added.
func newTarget(name string) *target {
	return &target{path: form.NewField(name + export.CSV.Extension())}
}

// setFormat changes the format, and the extension of the path when it is that of the format before.
func (t *target) setFormat(f export.Format) {
	if name, ok := strings.CutSuffix(t.path.Text(), t.format.Extension()); ok {
		t.path.Set(name + f.Extension())
	}
	t.format = f
}

// press takes a key. It is done with a target, or with nil when the user wants none.
func (t *target) press(key tea.KeyPressMsg, keys keymap.Map) (to *Target, done bool) {
	switch k := keys.Bulk; {
	case k.Leave.Matches(key):
		return nil, true
	case k.Type.Matches(key):
		t.setFormat(1 - t.format)
		t.problem = ""
	case k.Accept.Matches(key):
		return t.entered()
	default:
		t.path.Update(key)
		t.problem = ""
	}
	return nil, false
}

func (t *target) entered() (to *Target, done bool) {
	path := strings.TrimSpace(t.path.Text())
	if path == "" || filepath.Base(path) == "." || strings.HasSuffix(path, string(filepath.Separator)) {
		t.problem = "type the name of a file"
		return nil, false
	}
	t.problem = ""
	return &Target{Path: path, Format: t.format, Replace: path == t.there}, true
}

// exists asks whether the file that is there may go.
func (t *target) exists() {
	t.there = strings.TrimSpace(t.path.Text())
	t.problem = "there is a file of that name; enter it again to replace it, or change the name"
}

func (t *target) fail(problem string) { t.problem = problem }

// lines draws what is asked.
func (t *target) lines(th theme.Theme, w int, focused bool) []string {
	return []string{
		labelled(th, focused, "file", t.path.View(th, room(w), focused), w),
		labelled(th, false, "format", th.Muted.Render(t.format.String()), w),
	}
}

func (t *target) view(th theme.Theme, keys keymap.Map, title string, w, h int) string {
	iw, _ := theme.Inner(w, h)
	p := panel{
		title: title, head: []string{""}, least: 2,
		body:  func(w, h int) []string { return windowed(t.lines(th, w, true), 0, h) },
		hints: targetHints(keys),
		leave: keys.Bulk.Leave,
	}
	if t.problem != "" {
		p.message = said(th.Bad, theme.Rejected, t.problem, iw)
	} else {
		p.message = said(th.Muted, " ", "~ is your home directory", iw)
	}
	return p.draw(th, w, h)
}
