package twin

import (
	"strings"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
	"twindeck/ui/theme"
)

type document struct {
	lines []string
	grid  grid.Grid
}

func (d *document) SetValue(v patch.Value) {
	d.lines = strings.Split(v.Indent("", "  "), "\n")
	d.grid.SetLen(len(d.lines))
}

type documentRows struct {
	d       *document
	th      theme.Theme
	focused bool
}

func (v documentRows) Len() int { return len(v.d.lines) }
func (v documentRows) Row(i, width int, selected bool) string {
	return underCursor(v.th, cell.Fit(" "+cell.Safe(v.d.lines[i]), width), selected, v.focused)
}

func (p *Pane) updateJSON(press keymap.Press) {
	f := facts{grid: p.json.grid}
	f.update(p.keys, press)
	p.json.grid = f.grid
}

func (p *Pane) jsonLines(th theme.Theme, width, height int, focused bool) []string {
	return p.json.grid.View(documentRows{p.json, th, focused}, width, height)
}
