package ui

import (
	"slices"

	"twindeck/hub"
)

// rememberedTwins bounds how many twins are kept to be shown at once when the cursor comes back.
const rememberedTwins = 200

// twins remembers the twins that were last read, each as it was then.
type twins struct {
	byID  map[hub.ID]*hub.Twin
	order []hub.ID // by when they were first remembered
}

func newTwins() twins { return twins{byID: map[hub.ID]*hub.Twin{}} }

func (t *twins) get(id hub.ID) *hub.Twin { return t.byID[id] }

func (t *twins) put(twin hub.Twin) {
	if _, known := t.byID[twin.ID]; !known {
		t.order = append(t.order, twin.ID)
		if len(t.order) > rememberedTwins {
			delete(t.byID, t.order[0])
			t.order = t.order[1:]
		}
	}
	t.byID[twin.ID] = &twin
}

// drop forgets an identity that was deleted, and a device's modules with it.
func (t *twins) drop(id hub.ID) {
	t.order = slices.DeleteFunc(t.order, func(known hub.ID) bool {
		gone := known == id || known.Parent() == id
		if gone {
			delete(t.byID, known)
		}
		return gone
	})
}
