package devices

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// looked is how many devices are looked at for the tags that there are.
const looked = 2000

// TagPaths returns the paths of the tags that devices have, such as building.floor, at most limit, the most
// frequent first.
func (p *Pane) TagPaths(limit int) []string {
	count := map[string]int{}
	for _, d := range p.store.devices[:min(looked, len(p.store.devices))] {
		for tag := range strings.SplitSeq(d.tags, "  ") {
			if name, _, ok := strings.Cut(tag, "="); ok {
				count[name]++
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	return names[:min(limit, len(names))]
}
