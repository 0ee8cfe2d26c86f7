package hub

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

// Ack says which feedback the sender of a message wants.
type Ack string

// The kinds of feedback (Azure docs: iot-hub-devguide-messages-c2d, "Message feedback"). The empty
// Ack is AckNone.
const (
	AckNone     Ack = "none"
	AckPositive Ack = "positive" // when the device has taken the message
	AckNegative Ack = "negative" // when it never will
	AckFull     Ack = "full"     // both
)

// Limits of messages to devices (Azure docs: iot-hub-devguide-quotas-throttling, and
// iot-hub-devguide-messages-c2d for the time to live).
const (
	MaxMessageSize = 64 << 10       // of body and properties, in bytes
	MaxMessageLife = 48 * time.Hour // how far away Expiry may be
	MaxMessageID   = 128            // of ID and CorrelationID, in characters
	MaxQueued      = 50             // messages that wait for one device
)

// Message is a message to a device (Azure docs: iot-hub-devguide-messages-construct). The hub keeps
// it until the device takes it, it expires, or it was handed out too often.
type Message struct {
	Body          []byte
	Properties    map[string]string // of the application; names are not empty
	ID            string            // empty: one is made up
	CorrelationID string            // empty for none
	ContentType   string            // application/json, for example; empty for none
	Expiry        time.Time         // zero: what the hub is configured for, an hour by default
	Ack           Ack
}

// Sent is the receipt of a message that the hub has taken.
type Sent struct {
	ID   string // of the message
	At   time.Time
	Took time.Duration
}

// SendMessage puts a message into the queue of a device, whether that is connected or not. Modules
// have no queue of their own.
//
// The service takes messages over AMQP alone. The hub that is embedded in this program speaks no
// AMQP and takes them as a POST instead; it says who it is in a header of every answer, and the twin
// of the device is read first when there was none yet. This is the one place that tells the two apart.
func (c *Client) SendMessage(ctx context.Context, device string, m Message) (Sent, error) {
	id := ID{Device: device}
	if err := checkID(id); err != nil {
		return Sent{}, err
	}
	if err := m.check(); err != nil {
		return Sent{}, fmt.Errorf("cannot send a message to %s: %w", describe(id), err)
	}
	m.ID = cmp.Or(m.ID, rand.Text())
	ctx, cancel := withDeadline(ctx, callTimeout)
	defer cancel()
	if !c.peer.known.Load() {
		if _, err := c.Twin(ctx, id); err != nil {
			return Sent{}, err
		}
	}
	at := time.Now()
	send := c.mail
	if c.Embedded() {
		send = c.postMessage
	}
	if err := send(ctx, id, m); err != nil {
		return Sent{}, err
	}
	return Sent{ID: m.ID, At: at, Took: time.Since(at)}, nil
}

// embeddedHeader is a header that only the embedded hub sends, with every answer.
const embeddedHeader = "twindeck-tier"

// peer is what is known of who answers.
type peer struct {
	known    atomic.Bool
	embedded atomic.Bool // it is the hub embedded in this program, in whatever process
}

// answered takes the headers of an answer, of which the first says who it is.
func (p *peer) answered(header http.Header) {
	if !p.known.Load() {
		p.embedded.Store(len(header.Values(embeddedHeader)) > 0)
		p.known.Store(true)
	}
}

// Embedded reports whether the hub is one that is embedded in this program, in whatever process, as
// far as an answer of it has told. It does no I/O.
func (c *Client) Embedded() bool { return c.peer.embedded.Load() }

// mail sends a message over AMQP.
func (c *Client) mail(ctx context.Context, id ID, m Message) error {
	op := "send a message to " + describe(id)
	if err := c.budget.take(ctx, classCloudToDevice, 1, callTimeout); err != nil {
		if spent, ok := asSpent(err); ok {
			spent.op = op
			return spent
		}
		return unreachable(op, c.options.AMQPAddress, err)
	}
	var number uint64
	left, err := c.mailer.Send(withCallNumber(ctx, &number), iothub.Message{
		Device: id.Device, ID: m.ID, CorrelationID: m.CorrelationID, ContentType: m.ContentType, Expiry: m.Expiry, Ack: string(m.ack()),
		Properties: m.Properties, Body: m.Body,
	})
	if err == nil {
		return nil
	}
	c.log.DebugContext(ctx, "hub call", "op", op, "err", err)
	if _, ok := errors.AsType[*iothub.TokenError](err); ok {
		return &Error{Op: op, Status: http.StatusUnauthorized, Code: CodeUnauthorized, Message: printable(err.Error()), Call: number}
	}
	trouble := unreachable(op, c.options.AMQPAddress, err)
	switch {
	case errors.Is(err, iothub.ErrRejected):
		trouble.what = "cannot " + op + ": " + printable(err.Error())
		trouble.next = "check the device's id, the size of the message and how many wait already"
	case left:
		trouble.next = "it may be in the queue; see how many messages wait before sending it again"
	case !errors.Is(err, context.Canceled):
		trouble.next = "see that the network lets AMQP through, which is port 5671"
	}
	return &exchangeError{trouble, number, left && !errors.Is(err, iothub.ErrRejected)}
}

// postMessage sends a message as the embedded hub takes it. Names of properties arrive in lower case.
func (c *Client) postMessage(ctx context.Context, id ID, m Message) error {
	header := map[string]string{"iothub-messageid": m.ID}
	set := func(name, value string) {
		if value != "" {
			header[name] = value
		}
	}
	set("iothub-correlationid", m.CorrelationID)
	set("iothub-ack", string(m.ack()))
	set("Content-Type", m.ContentType)
	if !m.Expiry.IsZero() {
		set("iothub-expiry", m.Expiry.UTC().Format(time.RFC3339))
	}
	for name, value := range m.Properties {
		header["iothub-app-"+name] = value
	}
	_, err := c.do(ctx, call{
		op: "send a message to " + describe(id), method: http.MethodPost, writes: true,
		path: identityPath("devices", id) + "/messages/devicebound", header: header, body: m.Body,
	})
	return err
}

func (m Message) ack() Ack {
	if m.Ack == AckNone {
		return ""
	}
	return m.Ack
}

// check says what a hub would not take.
func (m Message) check() error {
	size := len(m.Body) + len(m.ID) + len(m.CorrelationID) + len(m.ContentType)
	for name, value := range m.Properties {
		size += len(name) + len(value)
		switch {
		case !isToken(name):
			return fmt.Errorf("the property %q is not named with letters, digits and ! # $ %% & ' * + - . ^ _ | ~ alone", printable(name))
		case strings.HasPrefix(strings.ToLower(name), "iothub-"):
			return fmt.Errorf("the property %s has a name that is the hub's own; choose one without iothub- in front", printable(name))
		case !isLine(value):
			return fmt.Errorf("the property %s holds a control character; leave it out", printable(name))
		}
	}
	switch {
	case size > MaxMessageSize:
		return fmt.Errorf("it is %d bytes large with its properties, and a hub takes %d", size, MaxMessageSize)
	case len(m.ID) > MaxMessageID || len(m.CorrelationID) > MaxMessageID:
		return fmt.Errorf("its ids have %d characters at most", MaxMessageID)
	case !isLine(m.ID) || !isLine(m.CorrelationID) || !isLine(m.ContentType):
		return errors.New("its ids hold a control character; leave it out")
	case m.Ack != "" && m.Ack != AckNone && m.Ack != AckPositive && m.Ack != AckNegative && m.Ack != AckFull:
		return errors.New("the feedback is none, positive, negative or full")
	}
	return nil
}

// isLine reports whether s is UTF-8 without control characters, as a header or property has to be.
func isLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// isToken reports whether s is a token of HTTP (RFC 9110 §5.6.2), which the name of a property has to
// be for a device to receive it over HTTPS.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-.^_|~`", r)
	})
}

// PurgeMessages removes the messages that wait for a device and returns how many there were. What the
// device has taken and not settled goes too.
func (c *Client) PurgeMessages(ctx context.Context, device string) (int, error) {
	id := ID{Device: device}
	if err := checkID(id); err != nil {
		return 0, err
	}
	var purged patch.Value
	_, err := c.do(ctx, call{
		op: "purge the messages for " + describe(id), method: http.MethodDelete, writes: true,
		path: identityPath("devices", id) + "/commands",
		take: func(a answer) (err error) {
			purged, err = patch.Parse(a.body)
			return err
		},
	})
	if err != nil {
		return 0, err
	}
	return int(integer(purged, "totalMessagesPurged")), nil
}

// Feedback is what became of a message that asked for it.
type Feedback struct {
	MessageID string
	Device    string
	Outcome   string // Success, Expired, DeliveryCountExceeded, Rejected or Purged
	At        time.Time
}

// Feedback looks once for what became of the messages with these ids. Feedback is one queue for the
// whole hub, and what is taken from it nobody else gets: a delivery that holds records of other
// messages is given back as it was, ours are returned all the same. Nothing yet is no error.
func (c *Client) Feedback(ctx context.Context, ids []string) ([]Feedback, error) {
	const op = "read the feedback of messages"
	var (
		ours   []Feedback
		others bool
	)
	a, err := c.do(ctx, call{op: op, method: http.MethodGet, path: "messages/serviceBound/feedback", take: func(a answer) (err error) {
		ours, others, err = feedbackFor(ids, a.body)
		return err
	}})
	lock := unquoteETag(a.header.Get("ETag"))
	if err != nil || lock == "" {
		return nil, err
	}
	settle := call{op: op, method: http.MethodDelete, path: "messages/serviceBound/feedback/" + url.PathEscape(lock)}
	if others {
		settle.method, settle.path = http.MethodPost, settle.path+"/abandon"
	}
	if _, err := c.do(ctx, settle); err != nil {
		c.log.DebugContext(ctx, "feedback not settled", "err", err) // it comes again when its lock is over
	}
	return ours, nil
}

func feedbackFor(ids []string, body []byte) (ours []Feedback, others bool, err error) {
	if len(body) == 0 {
		return nil, false, nil
	}
	var records []struct {
		ID      string    `json:"originalMessageId"`
		Device  string    `json:"deviceId"`
		Outcome string    `json:"statusCode"`
		At      time.Time `json:"enqueuedTimeUtc"`
	}
	if err := json.Unmarshal(body, &records); err != nil {
		return nil, false, err
	}
	for _, r := range records {
		if slices.Contains(ids, r.ID) {
			ours = append(ours, Feedback{r.ID, r.Device, r.Outcome, r.At})
		} else {
			others = true
		}
	}
	return ours, others, nil
}
