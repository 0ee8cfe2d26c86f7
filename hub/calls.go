package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/internal/redact"
)

// Protocol is how a [Call] was made.
type Protocol uint8

// The protocols of a hub: REST for the service, MQTT for attached clients, AMQP for messages to
// devices.
const (
	REST Protocol = iota
	MQTT
	AMQP
)

// String names the protocol as it is known.
func (p Protocol) String() string {
	if p > AMQP {
		return "unknown"
	}
	return [...]string{"REST", "MQTT", "AMQP"}[p]
}

// Call is one exchange with the hub as the call log keeps it. Keys, tokens and passwords are
// masked; everything else is as it was on the wire, and untrusted.
type Call struct {
	Seq      uint64 // rises by one with every call, from 1
	At       time.Time
	Took     time.Duration // until the answer was there; 0 for what expects none
	Protocol Protocol
	ID       ID     // MQTT: who is connected; zero otherwise
	Method   string // REST: of HTTP; else CONNECT, SUBSCRIBE, GET, PATCH, NOTIFY, METHOD, SEND or DISCONNECT
	Target   string // REST: path and query; MQTT: topic or address; AMQP: link
	Status   int    // of HTTP, or as HTTP's; 0 when there is none
	Sent     Content
	Received Content
	Routine  bool // made under [Routine]

	Problem    string // why there is no answer, or what the answer refuses, without op; empty for a success
	Code       Code   // as in Error
	Number     int
	TrackingID string
}

// Failed reports whether the call was no success.
func (c Call) Failed() bool { return c.Problem != "" || c.Status >= 400 }

// Content is one direction of a [Call].
type Content struct {
	Fields []Field // headers, or what a packet says beside its body
	Body   string  // its beginning, 16 KiB at most
	Size   int64   // of the body on the wire, in bytes; -1 when it is not known
	Cut    bool    // Body is not the whole of it
}

// Field is a header or the like.
type Field struct{ Name, Value string }

// Calls is a part of the call log.
type Calls struct {
	List []Call // oldest first
	// Lost is how many calls between the one asked from and the first of List are not kept any more.
	Lost uint64
}

// What the call log holds: the oldest call goes first.
const (
	MaxCalls     = 1000
	maxCallBytes = 8 << 20
	callCost     = 512 // of a call beside its texts
	// callBatch is how many calls are handed out at once.
	callBatch = 256
	// callFrame is the time between two batches for a reader that keeps up.
	callFrame = 100 * time.Millisecond
)

// Calls returns the exchanges behind the one with number since, in order, at most 256 at once; 0
// asks from the first that is kept. It does no I/O and does not block.
func (c *Client) Calls(since uint64) Calls { return c.calls.after(since) }

// NextCalls is Calls that waits until there is something to return and, unless it is asked from the
// beginning, a tenth of a second more for what comes with it. It returns the reason when ctx ends.
func (c *Client) NextCalls(ctx context.Context, since uint64) (Calls, error) {
	return c.calls.next(ctx, since)
}

// CallOf returns the number in the call log of the exchange that an error is about, and false when
// there is none.
func CallOf(err error) (number uint64, ok bool) {
	if refused, is := errors.AsType[*Error](err); is {
		return refused.Call, refused.Call != 0
	}
	if failed, is := errors.AsType[*exchangeError](err); is {
		return failed.call, failed.call != 0
	}
	return 0, false
}

// exchangeError is the error of an exchange, which the call log has.
type exchangeError struct {
	error
	call   uint64
	unsure bool // a change was sent, and nothing tells whether it was made
}

func (e *exchangeError) Unwrap() error { return e.error }

type callNumber struct{}

// withCallNumber returns a context under which the number of an exchange is left in *number.
func withCallNumber(ctx context.Context, number *uint64) context.Context {
	return context.WithValue(ctx, callNumber{}, number)
}

// callLog is a bounded record of exchanges, safe for concurrent use. Secrets are masked before
// anything is kept.
type callLog struct {
	secrets redact.Redactor

	mu      sync.Mutex
	ring    []Call // calls first … last, each in the place of its number modulo the size
	first   uint64 // number of the oldest; last+1 when there is none
	last    uint64
	bytes   int
	changed chan struct{} // closed by the next call; nil while nobody waits
}

func newCallLog() *callLog { return &callLog{ring: make([]Call, MaxCalls), first: 1} }

// observer returns what is told of the exchanges of a client; the zero ID means the service.
func (l *callLog) observer(id ID) iothub.Observe {
	return func(ctx context.Context, e iothub.Exchange) {
		c := l.call(id, e)
		c.Routine = manners(ctx).routine
		number := l.add(c)
		if into, ok := ctx.Value(callNumber{}).(*uint64); ok {
			*into = number
		}
	}
}

// call makes a call fit to be kept and shown.
func (l *callLog) call(id ID, e iothub.Exchange) Call {
	c := Call{
		At: e.At, Took: e.Took, Protocol: Protocol(e.Protocol), ID: id, Method: e.Method, Target: l.secrets.Text(e.Target), Status: e.Status,
		Sent: l.content(e.Sent), Received: l.content(e.Received),
	}
	if e.Err == nil {
		return c
	}
	if refused, ok := errors.AsType[*Error](e.Err); ok {
		what, _ := refused.explain()
		c.Problem, c.Code, c.Number, c.TrackingID = what, refused.Code, refused.Number, refused.TrackingID
		return c
	}
	c.Problem = l.secrets.Text(printable(bare(e.Err).Error()))
	return c
}

func (l *callLog) content(from iothub.Content) Content {
	c := Content{Size: from.Size, Cut: from.Size > int64(len(from.Body))}
	c.Body = string(l.secrets.Body(from.Body, c.Cut))
	for _, f := range from.Fields {
		c.Fields = append(c.Fields, Field{f[0], l.secrets.Header(f[0], f[1])})
	}
	return c
}

func (c *Call) weight() int {
	n := callCost + len(c.Target) + len(c.Problem) + len(c.Sent.Body) + len(c.Received.Body)
	for _, content := range []*Content{&c.Sent, &c.Received} {
		for _, f := range content.Fields {
			n += len(f.Name) + len(f.Value)
		}
	}
	return n
}

// add numbers a call and keeps it. It never blocks.
func (l *callLog) add(c Call) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	c.Seq = l.last
	l.bytes += c.weight()
	if l.last-l.first >= MaxCalls {
		l.drop()
	}
	l.ring[c.Seq%MaxCalls] = c
	for l.bytes > maxCallBytes && l.first < l.last {
		l.drop()
	}
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	return c.Seq
}

// drop lets the oldest call go. The caller holds mu.
func (l *callLog) drop() {
	oldest := &l.ring[l.first%MaxCalls]
	l.bytes -= oldest.weight()
	*oldest = Call{}
	l.first++
}

func (l *callLog) after(since uint64) Calls {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := max(since+1, l.first)
	calls := Calls{Lost: from - since - 1}
	for n := from; n <= l.last && len(calls.List) < callBatch; n++ {
		calls.List = append(calls.List, l.ring[n%MaxCalls])
	}
	return calls
}

func (l *callLog) next(ctx context.Context, since uint64) (Calls, error) {
	l.mu.Lock()
	waiting := l.last - min(since, l.last)
	var changed chan struct{}
	if waiting == 0 {
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed = l.changed
	}
	l.mu.Unlock()
	if changed != nil {
		select {
		case <-changed:
		case <-ctx.Done():
			return Calls{}, context.Cause(ctx)
		}
	}
	if waiting < callBatch && since > 0 && !sleep(ctx, callFrame) {
		return Calls{}, context.Cause(ctx)
	}
	return l.after(since), nil
}
