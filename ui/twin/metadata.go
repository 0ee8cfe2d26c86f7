package twin

import (
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// metadataOf returns what makes the rows of a twin's $metadata, nil when there is none.
func metadataOf(t *hub.Twin) func() []patch.Leaf {
	if t.Desired.Metadata.Len()+t.Reported.Metadata.Len() == 0 {
		return nil
	}
	return func() []patch.Leaf { return patch.Compare(t.Desired.Metadata, t.Reported.Metadata) }
}

// updated reads when a leaf was last written out of a $metadata tree: its own
// $lastUpdated, or that of the nearest object around it (Azure docs:
// iot-hub-devguide-device-twins, "Device twin metadata").
func updated(metadata patch.Value, path patch.Path) (time.Time, bool) {
	var at time.Time
	for i := 0; ; i++ {
		if text, ok := metadata.Get("$lastUpdated"); ok {
			if t, err := time.Parse(time.RFC3339Nano, text.Text()); err == nil {
				at = t
			}
		}
		if i == len(path) {
			break
		}
		next, ok := metadata.Get(path[i])
		if !ok {
			break
		}
		metadata = next
	}
	return at, !at.IsZero() && at.Year() > 1
}
