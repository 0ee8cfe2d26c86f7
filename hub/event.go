package hub

import (
	"time"

	"twindeck/hub/patch"
)

// EventKind says what happened to an attached client.
type EventKind uint8

// The kinds of event of an attached client, in the order of its life.
const (
	EventConnecting   EventKind = iota // a first or another attempt begins; Wait is how long it was put off
	EventConnected                     // the connection stands and the desired patches are subscribed to
	EventSynced                        // the twin was read after connecting; Changes is what had changed while away
	EventPatch                         // a desired patch arrived
	EventGap                           // Version is not the successor of the last one seen: patches were missed
	EventLost                          // the connection broke; Err says why as far as is known
	EventAcknowledged                  // this client reported properties; Value is the reported patch
	EventMethod                        // a direct method was called on this client; Method and Value describe it
	EventRefused                       // the hub refuses these credentials; no further attempt is made
	EventDetached                      // the client was closed by its owner
)

// Event is one thing that happened to an attached client. Events of one client are in
// order; Seq is unique and rising within one [Monitor].
type Event struct {
	Seq     uint64
	At      time.Time // when this process saw it, before any queueing
	ID      ID
	Kind    EventKind
	Version int64          // desired.$version, for Synced, Patch and Gap
	Value   patch.Value    // Patch: the payload without $version; Acknowledged: the reported patch; Method: the request
	Raw     []byte         // Patch: the payload as it arrived
	Changes []patch.Change // Patch, Synced: what differs from the desired properties known before
	Method  string         // Method: its name
	Wait    time.Duration  // Connecting: how long until the attempt
	Err     error          // Lost, Refused: why; nil otherwise
}
