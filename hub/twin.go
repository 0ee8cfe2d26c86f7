package hub

import (
	"time"

	"twindeck/hub/patch"
)

// Twin is a device or module twin as one response of the hub described it. Values keep
// the digits and the key order that the hub sent. A Twin is immutable once returned.
type Twin struct {
	ID
	ETag             string // unquoted; moves with every service-side write of tags or desired
	DeviceETag       string // the identity's etag
	Version          int64  // moves with every write of either side
	ModelID          string
	Status           Status
	StatusReason     string
	Connected        bool
	Auth             AuthType
	LastActivityTime time.Time
	Edge             bool
	Tags             patch.Value // an object; empty when the twin has none
	Desired          Section
	Reported         Section
	Document         patch.Value // the whole document as it was received
	ReadAt           time.Time   // when the response arrived
}

// Section is one half of a twin's properties.
type Section struct {
	Value    patch.Value // the properties alone: an object without $metadata and $version
	Metadata patch.Value // the $metadata tree; null when the hub sent none
	Version  int64       // $version
}

// TwinPatch is a merge patch for a twin: a null removes a key, an absent section is not touched.
type TwinPatch struct {
	Tags    *patch.Value // nil leaves the tags alone
	Desired *patch.Value // nil leaves the desired properties alone
}

// Receipt is what a write to a twin left behind: enough to recognise the write when it
// arrives at a module and to say how long that took.
type Receipt struct {
	ID             ID
	DesiredVersion int64     // desired.$version after the write
	SentAt         time.Time // just before the request left this process
	AnsweredAt     time.Time // when the answer arrived
}

// Page is one page of a query over twins.
type Page struct {
	Twins        []Twin
	Continuation string // empty on the last page
}
