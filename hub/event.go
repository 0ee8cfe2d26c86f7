package hub

import (
	"slices"
	"time"

	"twindeck/hub/patch"
)

// EventKind says what happened to an attached client.
type EventKind uint8

// The kinds of event of an attached client, in the order of its life, and those of an identity
// that is observed without a client.
const (
	EventConnecting   EventKind = iota // a first or another attempt begins; Wait is how long it was put off, Err why there is another
	EventConnected                     // the connection stands and the desired patches are subscribed to
	EventSynced                        // the twin was read after connecting or after a gap; Changes is what had changed unseen
	EventPatch                         // a desired patch arrived
	EventGap                           // Version is not the successor of the last one seen, or Err says why patches were missed
	EventLost                          // the connection broke; Err says why as far as is known
	EventTakenOver                     // another client connected as the same identity, in the place of Lost; Err says so
	EventRenewed                       // the SAS token was about to expire, and a new connection with another stands; Synced follows
	EventAcknowledged                  // this client reported properties; Value is the reported patch, Err why the hub did not take it
	EventMethod                        // a direct method was called on this client and answered; Method, Value and Answer describe it
	EventRefused                       // the hub refuses these credentials; no further attempt is made
	EventDetached                      // the client was closed by its owner
	EventObserved                      // a read of a twin that is observed showed another version; Changes and Reported are what differs
)

var eventKinds = [...]string{
	"connecting", "connected", "synced", "patch", "gap", "lost", "taken over", "renewed",
	"acknowledged", "method", "refused", "detached", "observed",
}

// String names the kind in lower case.
func (k EventKind) String() string {
	if int(k) < len(eventKinds) {
		return eventKinds[k]
	}
	return "unknown"
}

// ParseEventKind returns the kind of a name.
func ParseEventKind(name string) (EventKind, bool) {
	i := slices.Index(eventKinds[:], name)
	return EventKind(max(i, 0)), i >= 0
}

// EventKinds returns the names of all kinds.
func EventKinds() []string { return slices.Clone(eventKinds[:]) }

// Via is how an attached client reaches the hub.
type Via uint8

// The ways. The zero Via says nothing.
const (
	ViaMQTT      Via = iota + 1 // MQTT over TLS, on port 8883
	ViaWebSocket                // MQTT over a secure WebSocket, on port 443
)

// String returns mqtt, websocket or nothing.
func (v Via) String() string {
	switch v {
	case ViaMQTT:
		return "mqtt"
	case ViaWebSocket:
		return "websocket"
	default:
		return ""
	}
}

// Event is one thing that happened to an attached client or an observed twin. Events of one
// identity are in order; Seq is unique and rising within one [Monitor].
type Event struct {
	Seq     uint64
	At      time.Time // when this process saw it, before any queueing
	ID      ID
	Kind    EventKind
	Version int64          // desired.$version for Synced, Patch, Gap and Observed; reported.$version for Acknowledged
	Value   patch.Value    // Synced, Observed: all desired properties; Patch: the payload without $version; Acknowledged: the reported patch; Method: the request
	Raw     []byte         // Patch: the payload as it arrived
	Changes []patch.Change // Patch, Synced, Observed: what differs from the desired properties known before; none for the first Synced, nor for a Patch that a Synced has shown already
	Method  string         // Method: its name
	Wait    time.Duration  // Connecting: how long until the attempt; Lost, of an observation: until the next read
	Via     Via            // Connecting, Connected, Renewed: how
	Err     error          // Connecting, Lost, TakenOver, Refused: why; Gap: why, when it is not Version; Acknowledged: why it failed; nil otherwise

	Twin            *Twin          // Observed: the twin as it was read
	Observing       bool           // it is of an observation: what is lost, refused or detached are its reads, and no client
	Reported        []patch.Change // Observed: what differs from the reported properties known before
	ReportedVersion int64          // Observed: reported.$version
	Settled         time.Duration  // Observed: how long after desired the reported properties changed last, by the hub's clock; 0: not known
	Answer          *MethodAnswer  // Method: what the client answered
}
