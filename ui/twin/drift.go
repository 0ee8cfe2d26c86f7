package twin

import "twindeck/hub/patch"

// drifts reports whether the device has not followed a property: it is pending or rejected.
func drifts(b *branch) bool {
	return !b.group && !b.extra && (b.leaf.State == patch.Pending || b.leaf.State == patch.Rejected)
}

// toDrift goes to the next property that drifts, or to the one before.
func (p *Pane) toDrift(step int) Action {
	if p.twin == nil {
		return nil
	}
	p.tab = Properties
	i, ok := p.props.next(step, drifts)
	if !ok {
		return Say{"nothing drifts: the device has followed every desired property"}
	}
	p.props.goTo(i)
	p.count()
	return nil
}
