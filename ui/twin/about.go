package twin

import (
	"strconv"
	"strings"
	"time"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// about explains the leaf under the cursor: its whole path, what the device said and when, and the
// values that have no room in their columns. It takes most lines at most, and the line above them.
func (p *Pane) about(th theme.Theme, width, most int, c columns, now time.Time) []string {
	b, ok := p.props.current()
	if !ok || b.group {
		return nil
	}
	leaf := b.leaf
	n := note{width: width, most: max(most, 2)}
	if b.extra {
		n.text(th.Key, "", cell.Safe(b.path), 2)
		n.values(th, &b, c)
		return n.below(th)
	}
	times := p.times(leaf, now)
	path := cell.Safe(leaf.Path.String())
	if cell.Width(path)+cell.Width(times)+4 <= width {
		n.line(" " + th.Key.Render(path) + "  " + th.Muted.Render(times))
	} else {
		n.text(th.Key, "", path, 2)
		n.text(th.Muted, "", times, 1)
	}
	symbol, style := mark(th, leaf.State)
	state := symbol + " " + leaf.State.String()
	if a := leaf.Ack; a != nil {
		state += "  ac " + strconv.Itoa(a.Code)
		if a.HasVersion {
			state += "  av " + strconv.FormatInt(a.Version, 10)
		}
		if a.Text != "" {
			state += "  " + cell.Safe(a.Text)
		}
	}
	n.text(style, "", state, 3)
	n.values(th, &b, c)
	return n.below(th)
}

// aboutTag shows the tag under the cursor when it has no room in its row.
func (p *Pane) aboutTag(th theme.Theme, width, most int, c columns) []string {
	b, ok := p.tags.current()
	if !ok || b.group || cell.Width(b.left) <= c.desired && cell.Width(b.name)+2*b.depth <= c.name {
		return nil
	}
	n := note{width: width, most: max(most, 2)}
	n.text(th.Key, "", cell.Safe(b.leaf.Path.String()), 2)
	n.text(ofKind(th, b.leaf.Desired.Kind()), "", whole(b.leaf.Desired, width*most), most)
	return n.below(th)
}

// whole is a value as safe text, as much of it as may be shown.
func whole(v patch.Value, most int) string {
	text := plain(v)
	if len(text) > 4*most {
		text = strings.ToValidUTF8(text[:4*most], "")
	}
	return cell.Safe(text)
}

// note is a few lines below the rows.
type note struct {
	width, most int
	lines       []string
}

func (n *note) line(text string) {
	if len(n.lines) < n.most {
		n.lines = append(n.lines, cell.Fit(text, n.width))
	}
}

// text wraps a safe text behind a label onto up to lines lines.
func (n *note) text(style theme.Style, label, text string, lines int) {
	lead := cell.Width(label)
	room := max(n.width-1-lead, 1)
	for lines = min(lines, n.most-len(n.lines)); lines > 0 && text != ""; lines-- {
		head, rest := cell.Cut(text, room)
		if rest != "" && lines == 1 {
			head, rest = cell.Truncate(text, room), ""
		}
		n.line(" " + label + style.Render(head))
		text, label = rest, cell.Spaces(lead)
	}
}

// values adds the values of a leaf that have no room in their columns.
func (n *note) values(th theme.Theme, b *branch, c columns) {
	leaf := b.leaf
	for _, side := range []struct {
		name  string
		value patch.Value
		has   bool
		text  string
		room  int
	}{{"desired", leaf.Desired, leaf.HasDesired, b.left, c.desired}, {"reported", leaf.Reported, leaf.HasReported, b.right, c.reported}} {
		if side.has && cell.Width(side.text) > side.room {
			n.text(ofKind(th, side.value.Kind()), th.Muted.Render(cell.Fit(side.name, 9)), whole(side.value, n.width*n.most), n.most)
		}
	}
}

// below returns the lines with one above them that sets them apart.
func (n *note) below(th theme.Theme) []string {
	return append([]string{th.Border.Render(strings.Repeat("─", n.width))}, n.lines...)
}

// times says when each side last changed a leaf.
func (p *Pane) times(leaf patch.Leaf, now time.Time) string {
	var parts []string
	if at, ok := updated(p.twin.Desired.Metadata, leaf.Path); ok && leaf.HasDesired {
		parts = append(parts, "desired "+age(now.Sub(at))+" ago")
	}
	if at, ok := updated(p.twin.Reported.Metadata, leaf.Path); ok && leaf.HasReported {
		parts = append(parts, "reported "+age(now.Sub(at))+" ago")
	}
	return strings.Join(parts, ", ")
}

// age writes a duration in one figure and a unit.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}

// mark is how a state is shown.
func mark(th theme.Theme, s patch.State) (string, theme.Style) {
	switch s {
	case patch.InSync:
		return theme.InSync, th.Good
	case patch.Pending:
		return theme.Pending, th.Warn
	case patch.Rejected:
		return theme.Rejected, th.Bad
	case patch.ReportedOnly:
	}
	return theme.ReportedOnly, th.Muted
}
