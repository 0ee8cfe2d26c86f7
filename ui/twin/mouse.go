package twin

import "twindeck/ui/cell"

// Click takes a click at a cell of the last View, which was width cells wide: on a tab it turns to
// it, on a row it selects that.
func (p *Pane) Click(x, line, width int) Action {
	p.revision++
	if line == 0 && p.body > 0 {
		for t := range tabCount {
			if x -= cell.Width(p.tabName(t, width)); x < 0 {
				return p.turn(int(t - p.tab))
			}
		}
		return nil
	}
	switch line -= p.body; p.tab {
	case Properties:
		p.props.click(line)
	case Tags:
		p.tags.click(line)
	case Identity:
		if row, ok := p.facts.grid.At(line); ok {
			p.facts.grid.Select(row)
		}
	case JSON:
		p.json.MoveToLine(line)
	case History:
		p.clickHistory(line)
	case tabCount:
	}
	p.count()
	return nil
}

func (t *tree) click(line int) {
	if row, ok := t.grid.At(line); ok {
		t.grid.Select(row)
	}
}
