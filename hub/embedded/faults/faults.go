// Package faults makes an embedded hub fail on demand, so that what is built against it can be
// shown to survive: connections refused or broken in the middle of a packet, requests delayed,
// refused or lost, answers and acknowledgements that never come, notifications lost or late, and
// hubs that restart. Tests set rules with methods; Set reads them as text, see Grammar.
package faults

import (
	"strings"
	"sync"
	"time"

	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// Always is a number of times without end.
const Always = -1

// Faults are the rules in force. The zero value has none, and a nil *Faults never has any. All
// methods may be called concurrently, while the hub runs.
type Faults struct {
	mu          sync.Mutex
	unreachable bool
	sockets     []*rule[struct{}, bool]
	requests    []*rule[requestMatch, rest.Fault]
	devices     []*rule[deviceMatch, gateway.Fault]
	restart     time.Duration
}

// rule is one fault with what it meets and how often it still will.
type rule[M, F any] struct {
	match M
	how   frequency
	seen  int // what it met, failed or not
	fault F
}

// frequency is how often a rule that matches is used.
type frequency struct {
	left  int // Always: without end
	every int // only every so many matches; 0 and 1: each
}

// requestMatch is what a rule is for; its zero value is every request.
type requestMatch struct {
	method, prefix string
	area           func(path string) bool // nil: all paths with the prefix
}

func (m requestMatch) matches(method, path string) bool {
	return (m.method == "" || m.method == method) && strings.HasPrefix(path, m.prefix) && (m.area == nil || m.area(path))
}

type deviceMatch struct {
	operation gateway.Operation
	id        registry.ID
}

// OnRequest lets the next times REST requests fail that have the method, empty for any, and a
// path that begins with prefix, as it is sent (escaped). Rules are tried in the order in which
// they were set; the first that matches is used. times is Always for no end. remove takes the
// rule away.
func (f *Faults) OnRequest(method, prefix string, times int, fault rest.Fault) (remove func()) {
	return add(f, &f.requests, requestMatch{method: method, prefix: prefix}, frequency{left: times}, fault)
}

// OnDevice lets the next times operations fail between devices and the hub: those of the
// identity, zero for any. It is otherwise like OnRequest.
func (f *Faults) OnDevice(operation gateway.Operation, id registry.ID, times int, fault gateway.Fault) (remove func()) {
	return add(f, &f.devices, deviceMatch{operation, id}, frequency{left: times}, fault)
}

// OnConnection closes the next times new connections at once, over HTTPS and MQTT. It is
// otherwise like OnRequest.
func (f *Faults) OnConnection(times int) (remove func()) {
	return add(f, &f.sockets, struct{}{}, frequency{left: times}, true)
}

// SetUnreachable makes the hub close every new connection at once, over HTTPS and MQTT, and
// every HTTPS connection with its next request. Open MQTT connections stay.
func (f *Faults) SetUnreachable(unreachable bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unreachable = unreachable
}

// Clear takes all rules away and makes the hub reachable.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unreachable, f.sockets, f.requests, f.devices = false, nil, nil, nil
}

// RestartEvery is how often the hub that these are given to at its start restarts by itself; 0:
// never.
func (f *Faults) RestartEvery() time.Duration {
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.restart
}

// Connection says whether a new connection is to be closed at once. It counts.
func (f *Faults) Connection() bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unreachable || take(f.sockets, func(struct{}) bool { return true })
}

// Request implements rest.Faults.
func (f *Faults) Request(method, path string) rest.Fault {
	if f == nil {
		return rest.Fault{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unreachable {
		return rest.Fault{Drop: true}
	}
	return take(f.requests, func(m requestMatch) bool { return m.matches(method, path) })
}

// Device implements gateway.Faults.
func (f *Faults) Device(operation gateway.Operation, id registry.ID) gateway.Fault {
	if f == nil {
		return gateway.Fault{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return take(f.devices, func(m deviceMatch) bool {
		return m.operation == operation && (m.id == registry.ID{} || m.id == id)
	})
}

func add[M, F any](f *Faults, rules *[]*rule[M, F], match M, how frequency, fault F) (remove func()) {
	r := &rule[M, F]{match: match, how: how, fault: fault}
	f.mu.Lock()
	defer f.mu.Unlock()
	*rules = append(*rules, r)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		r.how.left = 0
	}
}

// take returns the fault of the first rule that matches and whose turn it is, and counts it.
func take[M, F any](rules []*rule[M, F], matches func(M) bool) (fault F) {
	for _, r := range rules {
		if r.how.left == 0 || !matches(r.match) {
			continue
		}
		r.seen++
		if r.how.every > 1 && r.seen%r.how.every != 0 {
			continue
		}
		if r.how.left != Always {
			r.how.left--
		}
		return r.fault
	}
	return fault
}
