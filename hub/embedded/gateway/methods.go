package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

const (
	// defaultResponseTimeout is for a call that does not say.
	defaultResponseTimeout = 30 * time.Second
	// maxMethodPayload bounds a method's payload in each direction.
	maxMethodPayload = 128 << 10
)

// Invoke calls a direct method on a connected device and blocks for its answer.
// It fails with rest.ErrNotOnline when the device is not connected and
// subscribed to methods within the connect timeout, with rest.ErrNoAnswer when
// it does not answer within the response timeout, and with the cause of ctx when
// that is done. A device that reconnects may still answer.
func (g *Gateway) Invoke(ctx context.Context, id registry.ID, req rest.MethodRequest) (rest.MethodResponse, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, cmp.Or(req.ResponseTimeout, defaultResponseTimeout), rest.ErrNoAnswer)
	defer cancel()
	fault := g.fault(InvokeMethod, id)
	if !pause(fault.Delay, ctx.Done()) {
		return rest.MethodResponse{}, context.Cause(ctx)
	}
	if fault.Drop {
		g.server.Disconnect(id.String(), errFault)
	}

	request, answers := g.calls.open(id)
	defer g.calls.close(request)
	payload := req.Payload
	if len(payload) == 0 {
		// Documented as empty, but a device library that decodes what it gets
		// as JSON must not fail on a call without a payload.
		payload = []byte("null")
	}
	if !fault.Lose {
		if err := g.call(ctx, id, methodCalls+req.Name+"/?$rid="+request, payload, req.ConnectTimeout); err != nil {
			return rest.MethodResponse{}, err
		}
	}
	select {
	case response := <-answers:
		return response, nil
	case <-g.calls.done:
		return rest.MethodResponse{}, rest.ErrNotOnline
	case <-ctx.Done():
		return rest.MethodResponse{}, context.Cause(ctx)
	}
}

// call delivers a method call once the device can take it.
func (g *Gateway) call(ctx context.Context, id registry.ID, topic string, payload []byte, patience time.Duration) error {
	deliver := func() bool {
		c := g.server.Client(id.String())
		return c != nil && c.Publish(topic, payload)
	}
	if patience <= 0 {
		if !deliver() {
			return rest.ErrNotOnline
		}
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, rest.ErrNotOnline)
	defer cancel()
	news, stop := g.calls.watch(id)
	defer stop()
	for !deliver() {
		select {
		case <-news:
		case <-g.calls.done:
			return rest.ErrNotOnline
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// calls are the method calls under way and those that wait for a device.
type calls struct {
	done chan struct{} // closed by shut

	mu       sync.Mutex
	last     uint64
	pending  map[string]call
	watchers map[registry.ID]map[chan struct{}]struct{}
}

type call struct {
	id      registry.ID
	answers chan rest.MethodResponse // one slot: the first answer counts
}

func (cs *calls) init() {
	cs.done = make(chan struct{})
	cs.pending = make(map[string]call)
	cs.watchers = make(map[registry.ID]map[chan struct{}]struct{})
	// A random start keeps late answers to an earlier hub apart.
	cs.last = rand.Uint64()
}

func (cs *calls) shut() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	select {
	case <-cs.done:
	default:
		close(cs.done)
	}
}

// open gives a call its request id, in lower-case hexadecimal digits: some
// device libraries parse it as such.
func (cs *calls) open(id registry.ID) (request string, answers <-chan rest.MethodResponse) {
	c := call{id, make(chan rest.MethodResponse, 1)}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.last++
	request = strconv.FormatUint(cs.last, 16)
	cs.pending[request] = c
	return request, c.answers
}

func (cs *calls) close(request string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.pending, request)
}

// answer hands a device's answer to the call it belongs to and reports whether
// there is one that can take it.
func (cs *calls) answer(id registry.ID, in inbound, payload []byte) bool {
	if len(payload) > maxMethodPayload || len(payload) > 0 && !json.Valid(payload) {
		return false
	}
	cs.mu.Lock()
	c, ok := cs.pending[in.request]
	cs.mu.Unlock()
	if !ok || c.id != id {
		return false
	}
	select {
	case c.answers <- rest.MethodResponse{Status: in.status, Payload: payload}:
		return true
	default:
		return false
	}
}

// watch returns a channel that tells of each time id may have become reachable.
func (cs *calls) watch(id registry.ID) (news <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.watchers[id] == nil {
		cs.watchers[id] = make(map[chan struct{}]struct{})
	}
	cs.watchers[id][ch] = struct{}{}
	return ch, func() {
		cs.mu.Lock()
		defer cs.mu.Unlock()
		delete(cs.watchers[id], ch)
		if len(cs.watchers[id]) == 0 {
			delete(cs.watchers, id)
		}
	}
}

// reachable wakes the calls that wait for id.
func (cs *calls) reachable(id registry.ID) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for ch := range cs.watchers[id] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
