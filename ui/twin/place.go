package twin

import "twindeck/hub/patch"

// Place returns the section that is looked at, which is the desired properties but on the tab of the
// tags, and the path that the cursor is on in it: the empty one at no row.
func (p *Pane) Place() (patch.Section, patch.Path) {
	section, t := patch.Desired, &p.props
	switch p.tab {
	case Properties:
	case Tags:
		section, t = patch.Tags, &p.tags
	default:
		return section, nil
	}
	b, ok := t.current()
	if !ok {
		return section, nil
	}
	path, err := patch.ParsePath(b.path)
	if err != nil {
		return section, nil
	}
	return section, path
}
