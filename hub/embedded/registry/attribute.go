package registry

import (
	"strings"

	"twindeck/hub/embedded/ordered"
)

// Attribute returns the value at a path into the twin's document; ok is false when there is
// none. The first step is found without regard to case, as in the service's queries.
func (t Twin) Attribute(path []string) (v ordered.Value, ok bool) {
	if len(path) == 0 {
		return ordered.Value{}, false
	}
	// What conditions ask for most is answered without writing the document.
	switch root := path[0]; {
	case strings.EqualFold(root, "deviceId"):
		v, ok = ordered.NewString(t.ID.Device), true
	case strings.EqualFold(root, "moduleId"):
		v, ok = ordered.NewString(t.ID.Module), t.ID.Module != ""
	case strings.EqualFold(root, "tags"):
		v, ok = t.Tags(), t.tags != ""
	default:
		for _, m := range t.Document().Members() {
			if strings.EqualFold(m.Key, root) {
				v, ok = m.Value, true
			}
		}
	}
	for _, step := range path[1:] {
		if !ok {
			return ordered.Value{}, false
		}
		v, ok = v.Get(step)
	}
	return v, ok
}
