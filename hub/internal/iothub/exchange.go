package iothub

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Protocol is how an [Exchange] was made.
type Protocol uint8

// The protocols a hub speaks.
const (
	REST Protocol = iota
	MQTT
	AMQP
)

// Beginning is how much of a body an [Exchange] has at most, in bytes.
const Beginning = 16 << 10

// Content is one direction of an [Exchange].
type Content struct {
	Fields [][2]string // headers, or what a packet says beside its body, in order
	Size   int64       // of the body; -1 when it is not known
	Body   []byte      // its beginning; it may be changed once the observer has returned
}

// Exchange is something that was asked of a hub or told by it, with the answer if there is one.
// It holds keys and tokens as they went over the wire.
type Exchange struct {
	Protocol Protocol
	At       time.Time     // when it began
	Took     time.Duration // until the answer was there; 0 when none is expected
	Method   string        // of REST; else CONNECT, SUBSCRIBE, GET, PATCH, NOTIFY, METHOD, SEND or DISCONNECT
	Target   string        // path and query, topic, or address
	Status   int           // of HTTP, or as HTTP's; 0 when there is none
	Sent     Content       // by us
	Received Content       // by us
	Err      error         // why there is no answer, or what the answer refuses
}

// Observe is told of an exchange that has ended. It must return at once, and keep nothing of it.
type Observe func(context.Context, Exchange)

func fields(header http.Header) [][2]string {
	var all [][2]string
	for name, values := range header {
		for _, v := range values {
			all = append(all, [2]string{name, v})
		}
	}
	slices.SortStableFunc(all, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return all
}

func content(body []byte) Content {
	return Content{Size: int64(len(body)), Body: body[:min(len(body), Beginning)]}
}

// requestContent reads the beginning of a request's body from a copy of it.
func requestContent(req *http.Request) Content {
	c := Content{Fields: fields(req.Header), Size: req.ContentLength}
	if req.Body == nil || req.Body == http.NoBody {
		c.Size = 0
		return c
	}
	if req.GetBody == nil {
		return c
	}
	body, err := req.GetBody()
	if err != nil {
		return c
	}
	c.Body, _ = io.ReadAll(io.LimitReader(body, Beginning)) // what cannot be read is not shown
	_ = body.Close()
	return c
}

// observed is a round trip that is told of.
func (t *Transport) observed(req *http.Request) (*http.Response, []byte, error) {
	e := Exchange{Protocol: REST, At: time.Now(), Method: req.Method, Target: req.URL.RequestURI(), Sent: requestContent(req)}
	res, body, err := t.exchange(req)
	e.Took = time.Since(e.At)
	e.Err = err
	if res != nil {
		e.Status = res.StatusCode
		e.Received = content(body)
		e.Received.Fields = fields(res.Header)
	}
	t.Observe(req.Context(), e)
	return res, body, err
}

// tell tells of an exchange of the link.
func (l *Link) tell(e Exchange) {
	if l.cfg.Observe != nil {
		e.Protocol = MQTT
		l.cfg.Observe(context.Background(), e)
	}
}

// began tells of what took from a time until now.
func (l *Link) began(at time.Time, e Exchange) {
	e.At, e.Took = at, time.Since(at)
	l.tell(e)
}

// username is how a client names itself in CONNECT, beside its password.
func (c Config) username() string {
	name := c.HostName + "/" + c.Device
	if c.Module != "" {
		name += "/" + c.Module
	}
	return name + "/?api-version=…"
}

func (c Config) clientID() string {
	if c.Module == "" {
		return c.Device
	}
	return c.Device + "/" + c.Module
}

// connected tells how CONNECT went.
func (l *Link) connected(at time.Time, err error) {
	e := Exchange{
		Method: "CONNECT", Target: l.cfg.Address, Err: err,
		Sent: Content{Fields: [][2]string{{"client id", l.cfg.clientID()}, {"user name", l.cfg.username()}, {"clean session", "true"}}},
	}
	if err == nil {
		e.Received.Fields = [][2]string{{"CONNACK", "0, accepted"}}
		l.mu.Lock()
		l.up = true
		l.mu.Unlock()
	}
	l.began(at, e)
}

// subscribed tells how SUBSCRIBE went.
func (l *Link) subscribed(at time.Time, filter string, granted byte, err error) {
	e := Exchange{Method: "SUBSCRIBE", Target: filter, Err: err, Sent: Content{Fields: [][2]string{{"QoS", "1"}}}}
	if err == nil {
		e.Received.Fields = [][2]string{{"SUBACK", strconv.Itoa(int(granted))}}
	}
	l.began(at, e)
}

// answered returns then for a request, which also tells of the answer.
func (l *Link) answered(topic string, body []byte, then func(Response)) func(Response) {
	if l.cfg.Observe == nil {
		return then
	}
	at, method := time.Now(), "PATCH"
	if strings.HasPrefix(topic, twinGet) {
		method = "GET"
	}
	sent := content(body)
	return func(r Response) {
		e := Exchange{Method: method, Target: topic, Status: r.Status, Err: r.Err, Sent: sent, Received: content(r.Body)}
		if r.Version != 0 {
			e.Received.Fields = [][2]string{{"$version", strconv.FormatInt(r.Version, 10)}}
		}
		l.began(at, e)
		then(r)
	}
}

// notified tells of a desired patch.
func (l *Link) notified(payload []byte) {
	if l.cfg.Observe != nil {
		l.tell(Exchange{At: time.Now(), Method: "NOTIFY", Target: desiredPatch, Received: content(payload)})
	}
}

// left tells of the end of a connection that stood.
func (l *Link) left(err error) {
	e := Exchange{At: time.Now(), Method: "DISCONNECT", Target: l.cfg.Address}
	if err != ErrClosed { //nolint:errorlint // the very value that Close ends with, not what wraps it
		e.Err = err
	}
	l.tell(e)
}
