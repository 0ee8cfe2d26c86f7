package devices

// Click selects what was drawn on a line of the last View.
func (p *Pane) Click(line int) Action {
	row, ok := p.grid.At(line - p.body)
	if !ok {
		return nil
	}
	p.revision++
	p.grid.Select(row)
	p.moved()
	return nil
}
