package query

import (
	"slices"

	"twindeck/hub/embedded/ordered"
)

// plan is the devices that every result belongs to, as far as the condition says so. The zero
// plan knows nothing.
type plan struct {
	known   bool
	devices []string // sorted, each once
}

// planOf finds out which devices a condition can hold for.
func planOf(n node) plan {
	switch n := n.(type) {
	case compared:
		if n.operator != "=" {
			return plan{}
		}
		if isDeviceID(n.left) {
			return onlyDevices(n.right)
		}
		if isDeviceID(n.right) {
			return onlyDevices(n.left)
		}
	case in:
		if isDeviceID(n.operand) && !n.not {
			return planFor(n.list)
		}
	case junction:
		if n.any {
			return union(n.operands)
		}
		return narrowest(n.operands)
	}
	return plan{}
}

func isDeviceID(n node) bool {
	a, ok := n.(attribute)
	return ok && len(a) == 1 && a[0] == "deviceId"
}

func onlyDevices(n node) plan {
	if c, ok := n.(constant); ok && c.ok {
		return planFor([]ordered.Value{c.v})
	}
	return plan{}
}

func planFor(values []ordered.Value) plan {
	p := plan{known: true}
	for _, v := range values {
		if v.Kind() == ordered.String {
			p.devices = append(p.devices, v.Text())
		}
	}
	slices.Sort(p.devices)
	p.devices = slices.Compact(p.devices)
	return p
}

// union is for OR: all of its operands must say something.
func union(operands []node) plan {
	all := plan{known: true}
	for _, operand := range operands {
		p := planOf(operand)
		if !p.known {
			return plan{}
		}
		all.devices = append(all.devices, p.devices...)
	}
	slices.Sort(all.devices)
	all.devices = slices.Compact(all.devices)
	return all
}

// narrowest is for AND: what any of its operands says holds.
func narrowest(operands []node) plan {
	var best plan
	for _, operand := range operands {
		if p := planOf(operand); p.known && (!best.known || len(p.devices) < len(best.devices)) {
			best = p
		}
	}
	return best
}
