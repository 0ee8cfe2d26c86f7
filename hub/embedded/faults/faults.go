// Package faults makes an embedded hub fail on demand, so that what is built against it can be
// shown to survive: connections refused, requests delayed, refused or lost, answers lost after
// the write, notifications lost or late.
package faults

import (
	"strings"
	"sync"

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
	requests    []*rule[requestMatch, rest.Fault]
	devices     []*rule[deviceMatch, gateway.Fault]
}

// rule is one fault with what it meets and how often it still will.
type rule[M, F any] struct {
	match M
	left  int // Always: without end
	fault F
}

type requestMatch struct{ method, prefix string }

type deviceMatch struct {
	operation gateway.Operation
	id        registry.ID
}

// OnRequest lets the next times REST requests fail that have the method, empty for any, and a
// path that begins with prefix, as it is sent (escaped). Rules are tried in the order in which
// they were set; the first that matches is used. times is Always for no end. remove takes the
// rule away.
func (f *Faults) OnRequest(method, prefix string, times int, fault rest.Fault) (remove func()) {
	return add(f, &f.requests, requestMatch{method, prefix}, times, fault)
}

// OnDevice lets the next times operations fail between devices and the hub: those of the
// identity, zero for any. It is otherwise like OnRequest.
func (f *Faults) OnDevice(operation gateway.Operation, id registry.ID, times int, fault gateway.Fault) (remove func()) {
	return add(f, &f.devices, deviceMatch{operation, id}, times, fault)
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
	f.unreachable, f.requests, f.devices = false, nil, nil
}

// Unreachable says whether new connections are to be closed at once.
func (f *Faults) Unreachable() bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unreachable
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
	return take(f.requests, func(m requestMatch) bool {
		return (m.method == "" || m.method == method) && strings.HasPrefix(path, m.prefix)
	})
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

func add[M, F any](f *Faults, rules *[]*rule[M, F], match M, times int, fault F) (remove func()) {
	r := &rule[M, F]{match, times, fault}
	f.mu.Lock()
	defer f.mu.Unlock()
	*rules = append(*rules, r)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		r.left = 0
	}
}

// take returns the fault of the first rule that matches and counts it.
func take[M, F any](rules []*rule[M, F], matches func(M) bool) (fault F) {
	for _, r := range rules {
		if r.left == 0 || !matches(r.match) {
			continue
		}
		if r.left != Always {
			r.left--
		}
		return r.fault
	}
	return fault
}
