// Package registry is the state of an IoT Hub: device and module identities with their keys,
// and their twins with counters, etags and metadata. It knows no network. Every rule of the
// service that concerns state alone is here; how a rule's refusal looks in HTTP or MQTT is
// decided by Error and written by others.
//
// A store holds a million identities: a write costs the same with ten identities and with a
// million, twins are kept as compact JSON text, and keys that the hub made up are derived
// again when somebody asks for them. With a data file, what a write did is durable before the
// write returns and before anyone is told of it, and Open finds it again; connections and
// activity are not kept.
//
// Lock order: Store.delivery before Store.mu, and nothing else is locked while either is held,
// but a Listener is called with delivery held. A Listener may therefore read the store and
// record connections, but not write identities or desired properties.
package registry

import (
	"crypto/rand"
	"sync"
	"time"
)

// Options says how a Store begins. The zero value is usable.
type Options struct {
	Now     func() time.Time // nil: time.Now
	HubName string           // the hub's name in error texts; empty: localhost
	// IndexLag is how far Index is behind; 0: not at all, which costs nothing.
	IndexLag time.Duration
	// CloseOnNewKeys says that a connection ends when what its identity authenticates with
	// changes, and not only at the end of the token it was made with.
	CloseOnNewKeys bool
	// Assumptions are choices where the documents of the service leave one.
	Assumptions Assumptions
}

// Store is the state of one hub. Its methods may be called concurrently and do not block on
// anything but each other.
type Store struct {
	now     func() time.Time
	hubName string
	secret  [32]byte // what keys are derived from

	closeOnNewKeys bool
	assume         Assumptions

	delivery sync.Mutex // held while notices are handed over, so that they stay in order
	listener Listener   // guarded by delivery

	mu        sync.RWMutex
	devices   map[string]*record
	deviceSeq roll
	moduleSeq roll
	lastTicks int64
	lastSeq   uint64
	lastKeys  uint64
	counts    counts
	messages  map[ID]int // cloud-to-device messages that wait, where there are any
	notices   []notice
	journal   journal
	past      past
}

// counts are kept as writes happen, so that statistics cost nothing.
type counts struct {
	disabled  int
	connected int // devices, not modules
}

// record is one identity with its twin. A fleet of a million is a million of these, so what
// few identities have is behind a pointer.
type record struct {
	id         ID
	seq        uint64 // place in the listing
	keySeed    uint64 // what generated keys are derived from
	generation int64  // .NET ticks; the time of creation too
	etag       uint64 // of the identity
	twinEtag   uint64
	tags       string   // compact JSON object; empty for none
	desired    *section // nil until first written
	reported   *section // nil until first written

	statusUpdated     int64 // unix nanoseconds; 0: never
	connectionUpdated int64
	lastActivity      int64

	disabled  bool
	connected bool
	edge      bool
	auth      AuthType
	extra     *extra // nil for most
	modules   []*record
}

// extra is what few identities have.
type extra struct {
	statusReason        string
	managedBy           string
	modelID             string
	primary, secondary  string // keys given by the user; empty: derived
	primaryThumbprint   string
	secondaryThumbprint string
	scope               string // deviceScope
	parents             string // parentScopes, a compact JSON array; empty for none
	configurations      string // what the twin shows of configurations, a compact JSON object; empty for none
	configured          string // which configurations have written to the twin; for ConfigureTwin alone
}

// more returns the extra part for writing.
func (r *record) more() *extra {
	if r.extra == nil {
		r.extra = &extra{}
	}
	return r.extra
}

// rest returns the extra part for reading.
func (r *record) rest() extra {
	if r.extra == nil {
		return extra{}
	}
	return *r.extra
}

func (r *record) module(name string) *record {
	for _, m := range r.modules {
		if m.id.Module == name {
			return m
		}
	}
	return nil
}

// New returns an empty store with a secret of its own.
func New(opts Options) *Store {
	s := &Store{
		now: opts.Now, hubName: opts.HubName, devices: map[string]*record{},
		closeOnNewKeys: opts.CloseOnNewKeys, assume: opts.Assumptions,
	}
	s.past.lag = opts.IndexLag
	if s.now == nil {
		s.now = time.Now
	}
	if s.hubName == "" {
		s.hubName = "localhost"
	}
	// crypto/rand.Read never fails: it ends the program instead.
	_, _ = rand.Read(s.secret[:])
	return s
}

// find returns the record of id, nil when there is none. The caller holds mu.
func (s *Store) find(id ID) *record {
	device := s.devices[id.Device]
	if device == nil || id.Module == "" {
		return device
	}
	return device.module(id.Module)
}

// findTwin is find with the error of twin operations, which is DeviceNotFound even when it is
// the module that is missing. The caller holds mu.
func (s *Store) findTwin(id ID) (*record, error) {
	if r := s.find(id); r != nil {
		return r, nil
	}
	return nil, deviceNotFound(id.Device)
}

// findIdentity is find with the errors of identity operations. The caller holds mu.
func (s *Store) findIdentity(id ID) (*record, error) {
	device := s.devices[id.Device]
	if id.Module == "" {
		if device == nil {
			return nil, deviceNotFound(id.Device)
		}
		return device, nil
	}
	if device == nil || device.disabled {
		return nil, moduleUnauthorized()
	}
	if module := device.module(id.Module); module != nil {
		return module, nil
	}
	return nil, moduleNotFound(id)
}

// FindCallee says whether a direct method can be addressed to id: DeviceNotFound or
// ModuleNotFound when it does not exist.
func (s *Store) FindCallee(id ID) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.devices[id.Device] == nil {
		return deviceNotFound(id.Device)
	}
	if s.find(id) == nil {
		return moduleNotFound(id)
	}
	return nil
}

// Statistics are the numbers of the service's statistics endpoints.
type Statistics struct {
	Devices, Enabled, Disabled int
	Connected                  int // devices with a connection of their own
}

// Statistics returns the counts of devices, exact at the time of the call.
func (s *Store) Statistics() Statistics {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := len(s.devices)
	return Statistics{Devices: n, Enabled: n - s.counts.disabled, Disabled: s.counts.disabled, Connected: s.counts.connected}
}
