package twin

import (
	"fmt"
	"strings"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// meter says how much of what the hub allows a section takes.
type meter struct {
	section patch.Section
	size    int
}

// measure takes the sizes of the sections, as the hub counts them.
func (p *Pane) measure() {
	p.meters = p.meters[:0]
	if p.twin == nil {
		return
	}
	p.meters = append(p.meters,
		meter{patch.Desired, patch.Size(p.twin.Desired.Value)},
		meter{patch.Reported, patch.Size(p.twin.Reported.Value)},
		meter{patch.Tags, patch.Size(p.twin.Tags)})
}

// nearlyFull is the part of a limit, in percent, from which on a meter warns.
const nearlyFull = 80

func (m meter) percent() int { return m.size * 100 / m.section.MaxSize() }

// style is in what colour a meter is drawn.
func (m meter) style(th theme.Theme) theme.Style {
	switch {
	case m.size > m.section.MaxSize():
		return th.Bad
	case m.percent() >= nearlyFull:
		return th.Warn
	}
	return th.Muted
}

// text writes a meter, the longer the less brief it is to be.
func (m meter) text(th theme.Theme, brief int) string {
	style := m.style(th)
	warns := ""
	if m.percent() >= nearlyFull {
		warns = theme.Conflict
	}
	percent := fmt.Sprintf("%s%d%%", warns, m.percent())
	switch brief {
	case 0:
		const cells = 12
		full := min((m.size*cells+m.section.MaxSize()-1)/m.section.MaxSize(), cells)
		return style.Render(m.section.String()+" ") + style.Render(strings.Repeat("━", full)) + th.Border.Render(strings.Repeat("─", cells-full)) +
			style.Render(" "+bytesText(m.size)+" of "+bytesText(m.section.MaxSize())+", "+percent)
	case 1:
		return style.Render(m.section.String() + " " + bytesText(m.size) + " of " + bytesText(m.section.MaxSize()) + ", " + percent)
	case 2:
		return style.Render(m.section.String() + " " + bytesText(m.size) + ", " + percent)
	}
	return style.Render(m.section.String()[:1] + " " + percent)
}

// bytesText writes a size.
func bytesText(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
}

// meterLine shows how full the sections of the tab in front are.
func (p *Pane) meterLine(th theme.Theme, width int) (line string, ok bool) {
	var shown []meter
	for _, m := range p.meters {
		if p.tab == Properties && m.section != patch.Tags || p.tab == Tags && m.section == patch.Tags {
			shown = append(shown, m)
		}
	}
	if len(shown) == 0 {
		return "", false
	}
	for brief := range 4 {
		var parts []string
		for _, m := range shown {
			parts = append(parts, m.text(th, brief))
		}
		line = " " + strings.Join(parts, th.Muted.Render(" · "))
		if cell.Width(line) <= width {
			break
		}
	}
	return line, true
}
