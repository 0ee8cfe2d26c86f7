package gateway

import (
	"errors"
	"sync"
	"time"

	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
)

// Operation is what a device and the gateway do with each other, as far as it
// can be made to fail.
type Operation string

// The operations a Fault can meet.
const (
	Connect       Operation = "connect"        // a device connects
	GetTwin       Operation = "get twin"       // a device asks for its twin
	PatchReported Operation = "patch reported" // a device patches its reported properties
	NotifyDesired Operation = "notify desired" // the hub tells a device of desired properties
	InvokeMethod  Operation = "invoke method"  // the hub calls a direct method
	SendTelemetry Operation = "send telemetry" // a device sends a message

	// Single packets to a device, which can only be lost or torn.
	SendConnack Operation = "connack" // the answer to a connect
	SendPuback  Operation = "puback"  // the acknowledgement of a message
	SendSuback  Operation = "suback"  // the answer to a subscription
	SendPublish Operation = "publish" // a message of any kind
)

// Fault is a failure on demand. The zero Fault is none. Delay comes first, then
// one of the others in the order of the fields.
type Fault struct {
	// Delay is how long to wait before anything else. Notifications to one
	// device stay in order.
	Delay time.Duration
	// Drop closes the device's connection instead.
	Drop bool
	// Lose lets the message disappear: a request is not carried out, a
	// notification or method call is not delivered. Connect ignores it.
	Lose bool
	// Repeat delivers a notification twice, as QoS 1 may; Overtaken delivers it behind the next
	// one, and never when there is none. Only for NotifyDesired.
	Repeat, Overtaken bool
	// Tear ends the connection in the middle of a packet; only for the packets
	// to a device, for which Drop means the same.
	Tear bool
	// Code is the CONNECT return code to refuse with; only for Connect.
	Code mqtt.ReturnCode
	// Status is the answer to a twin request, which is not carried out; only
	// for GetTwin and PatchReported.
	Status int
}

// Faults decides which operations fail. It is called once for each and must
// not block; it may be called concurrently.
type Faults interface {
	Device(op Operation, id registry.ID) Fault
}

var errFault = errors.New("a fault on demand")

func (g *Gateway) fault(op Operation, id registry.ID) Fault {
	if g.opts.Faults == nil {
		return Fault{}
	}
	return g.opts.Faults.Device(op, id)
}

// pause waits for d or until done, and reports whether it waited for all of d.
func pause(d time.Duration, done <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}

// outbox delays notifications without changing their order for one identity.
type outbox struct {
	publish func(id registry.ID, topic string, payload []byte)

	mu       sync.Mutex
	shutDown bool
	held     map[registry.ID][]letter

	overtaken map[registry.ID][]letter // wait for another to be posted
}

type letter struct {
	due     time.Time
	topic   string
	payload []byte
}

// post publishes after the delay and after everything posted before for id.
func (o *outbox) post(id registry.ID, topic string, payload []byte, delay time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.held[id]
	if delay <= 0 && len(queue) == 0 {
		o.publish(id, topic, payload)
		return
	}
	if o.shutDown {
		return
	}
	if o.held == nil {
		o.held = make(map[registry.ID][]letter)
	}
	o.held[id] = append(queue, letter{time.Now().Add(delay), topic, payload})
	time.AfterFunc(delay, func() { o.flush(id) })
}

// overtake keeps a letter until another one is posted for id.
func (o *outbox) overtake(id registry.ID, topic string, payload []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.overtaken == nil {
		o.overtaken = make(map[registry.ID][]letter)
	}
	o.overtaken[id] = append(o.overtaken[id], letter{topic: topic, payload: payload})
}

// late posts what was kept for id to be overtaken.
func (o *outbox) late(id registry.ID) {
	o.mu.Lock()
	letters := o.overtaken[id]
	delete(o.overtaken, id)
	o.mu.Unlock()
	for _, l := range letters {
		o.post(id, l.topic, l.payload, 0)
	}
}

// flush publishes what is due, up to the first that is not: what is due behind
// it goes when that one does.
func (o *outbox) flush(id registry.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.held[id]
	for len(queue) > 0 && !time.Now().Before(queue[0].due) {
		o.publish(id, queue[0].topic, queue[0].payload)
		queue = queue[1:]
	}
	if len(queue) == 0 {
		delete(o.held, id)
	} else {
		o.held[id] = queue
	}
}

// shut discards what is held.
func (o *outbox) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shutDown = true
	o.held, o.overtaken = nil, nil
}

// packetOperations are the operations that single packets to a device are.
var packetOperations = map[mqtt.PacketType]Operation{
	mqtt.Connack: SendConnack, mqtt.Puback: SendPuback, mqtt.Suback: SendSuback, mqtt.Publish: SendPublish,
}

// tamper decides the fate of a packet.
func (g *Gateway) tamper(c *mqtt.Client, packet mqtt.PacketType) mqtt.Fate {
	op, ok := packetOperations[packet]
	if !ok {
		return mqtt.Sent
	}
	switch fault := g.fault(op, identity(c)); {
	case fault.Tear, fault.Drop:
		return mqtt.Torn
	case fault.Lose:
		return mqtt.Lost
	}
	return mqtt.Sent
}
