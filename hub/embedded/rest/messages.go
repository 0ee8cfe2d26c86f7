package rest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/ordered"
)

// Messages over HTTPS (Azure REST reference: iothub/device, and iothub/service for feedback and
// purge). The service takes messages to devices over AMQP alone; that they can be sent with
// POST is an addition of this hub, with the headers that device-side HTTPS has for properties.

// Headers of messages, as the service spells them: HTTP has no case in names, but one SDK does
// (azure-iot-sdk-c, iothubtransporthttp).
const (
	headerETag         = "ETag"
	headerSystem       = "iothub-"
	headerProperty     = headerSystem + "app-"
	headerLockTimeout  = "iothub-messagelocktimeout"
	contentTypeBatch   = "application/vnd.microsoft.iothub.json"
	contentTypeRecords = "application/vnd.microsoft.iothub.feedback.json"
)

// systemHeaders are the properties that senders and receivers see.
var systemHeaders = []struct {
	name  string
	field func(*messages.Message) *string
}{
	{"iothub-messageid", func(m *messages.Message) *string { return &m.ID }},
	{"iothub-correlationid", func(m *messages.Message) *string { return &m.CorrelationID }},
	{"iothub-userid", func(m *messages.Message) *string { return &m.UserID }},
	{"iothub-to", func(m *messages.Message) *string { return &m.To }},
	{"content-type", func(m *messages.Message) *string { return &m.ContentType }},
	{"content-encoding", func(m *messages.Message) *string { return &m.ContentEncoding }},
	{"iothub-contenttype", func(m *messages.Message) *string { return &m.ContentType }},
	{"iothub-contentencoding", func(m *messages.Message) *string { return &m.ContentEncoding }},
	{"iothub-creationtimeutc", func(m *messages.Message) *string { return &m.Created }},
}

// readMessage reads a message with its properties. Names of properties come in lower case,
// because HTTP does not keep the case of theirs.
func readMessage(c *call) (messages.Message, error) {
	m := messages.Message{Body: c.body, Ack: messages.Ack(strings.ToLower(c.http.Header.Get("iothub-ack")))}
	for _, h := range systemHeaders {
		if value := headerText(c.http.Header.Get(h.name)); value != "" {
			*h.field(&m) = value
		}
	}
	if expiry := c.http.Header.Get("iothub-expiry"); expiry != "" {
		t, err := http.ParseTime(expiry)
		if err != nil {
			if t, err = time.Parse(time.RFC3339, expiry); err != nil {
				return m, argumentInvalid("iothub-expiry is a time as in 2026-01-02T15:04:05Z")
			}
		}
		m.Expiry = t
	}
	for name, values := range c.http.Header {
		if own, ok := strings.CutPrefix(strings.ToLower(name), headerProperty); ok && own != "" {
			m.Properties = append(m.Properties, messages.Property{Name: own, Value: headerText(strings.Join(values, ","))})
		}
	}
	sortProperties(m.Properties)
	return m, nil
}

// headerText reads a header that is UTF-8, or else ISO 8859-1, which some clients write.
func headerText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	text := make([]rune, len(s))
	for i := range len(s) {
		text[i] = rune(s[i])
	}
	return string(text)
}

// sendToDevice queues a message for an identity.
func (s *Server) sendToDevice(c *call) (response, error) {
	m, err := readMessage(c)
	if err == nil {
		_, err = s.messages.Send(c.id, m)
	}
	return response{status: http.StatusNoContent}, err
}

// receive hands out the next message for an identity, which it locks.
func (s *Server) receive(c *call) (response, error) {
	lock := time.Duration(0)
	if asked := c.http.Header.Get(headerLockTimeout); asked != "" {
		seconds, err := strconv.Atoi(asked)
		if err != nil || seconds < 5 || seconds > 300 {
			return response{}, argumentInvalid("IotHub-MessageLockTimeout is a number of seconds from 5 to 300")
		}
		lock = time.Duration(seconds) * time.Second
	}
	d, ok := s.messages.Receive(c.id, lock)
	if !ok {
		return response{status: http.StatusNoContent}, nil
	}
	s.registry.Touch(c.id)
	h := http.Header{
		headerETag:              {`"` + d.Token + `"`},
		"Content-Type":          {"application/octet-stream"},
		"iothub-sequencenumber": {strconv.FormatUint(d.Sequence, 10)},
		"iothub-enqueuedtime":   {d.Enqueued.UTC().Format(time.RFC3339Nano)},
		"iothub-expiry":         {d.Expiry.UTC().Format(time.RFC3339Nano)},
		"iothub-deliverycount":  {strconv.Itoa(d.Deliveries - 1)},
	}
	if d.Ack != "" {
		h["iothub-ack"] = []string{string(d.Ack)}
	}
	for _, p := range d.Properties {
		h[headerProperty+p.Name] = []string{p.Value}
	}
	for _, known := range systemHeaders[:6] {
		if value := *known.field(&d.Message); value != "" {
			name := known.name
			if !strings.HasPrefix(name, headerSystem) {
				name = http.CanonicalHeaderKey(name)
			}
			h[name] = []string{value}
		}
	}
	return response{status: http.StatusOK, header: h, body: d.Body}, nil
}

// lockToken is the segment of the path behind the one called kind.
func lockToken(c *call, kind string) string {
	segments := strings.Split(c.http.URL.Path, "/")
	for i := len(segments) - 2; i > 0; i-- {
		if strings.EqualFold(segments[i], kind) {
			return segments[i+1]
		}
	}
	return ""
}

func settled(err error) (response, error) { return response{status: http.StatusNoContent}, err }

// complete removes a message that its device has taken or, with reject, does not want.
func (s *Server) complete(c *call) (response, error) {
	token := lockToken(c, "deviceBound")
	if c.http.URL.Query().Has("reject") {
		return settled(s.messages.Reject(c.id, token))
	}
	return settled(s.messages.Complete(c.id, token))
}

func (s *Server) abandon(c *call) (response, error) {
	return settled(s.messages.Abandon(c.id, lockToken(c, "deviceBound")))
}

// purge removes all messages that wait for an identity.
func (s *Server) purge(c *call) (response, error) {
	n, err := s.messages.Purge(c.id)
	if err != nil {
		return response{}, err
	}
	w := ordered.NewWriter(nil)
	w.Int("totalMessagesPurged", int64(n))
	w.String("deviceId", c.id.Device)
	w.StringOrNull("moduleId", c.id.Module)
	return ok(w.Close()), nil
}

func (s *Server) receiveFeedback(*call) (response, error) {
	body, token, some := s.messages.ReceiveFeedback()
	if !some {
		return response{status: http.StatusNoContent}, nil
	}
	return response{status: http.StatusOK, body: body, header: http.Header{
		headerETag: {`"` + token + `"`}, "Content-Type": {contentTypeRecords},
	}}, nil
}

func (s *Server) completeFeedback(c *call) (response, error) {
	return settled(s.messages.CompleteFeedback(lockToken(c, "feedback")))
}

func (s *Server) abandonFeedback(c *call) (response, error) {
	return settled(s.messages.AbandonFeedback(lockToken(c, "feedback")))
}

// maxEvent bounds what a device sends at once.
const maxEvent = 256 << 10

// sendEvents takes one message from a device, or an array of them.
func (s *Server) sendEvents(c *call) (response, error) {
	if len(c.body) > maxEvent {
		return response{}, errTooLarge
	}
	m, err := readMessage(c)
	if err != nil {
		return response{}, err
	}
	events := []messages.Message{m}
	if kind, _, _ := strings.Cut(m.ContentType, ";"); strings.EqualFold(strings.TrimSpace(kind), contentTypeBatch) {
		if events, err = readBatch(c.body); err != nil {
			return response{}, err
		}
	}
	for _, m := range events {
		m.Enqueued = s.now()
		s.telemetry.Add(messages.Event{Identity: c.id, Message: m})
	}
	s.registry.Touch(c.id)
	return response{status: http.StatusNoContent}, nil
}

// maxBatch bounds the messages in an array.
const maxBatch = 500

// readBatch reads an array of messages. A body is text or, as base64Encoded says and as it is
// when nothing says, base64.
func readBatch(body []byte) ([]messages.Message, error) {
	var batch []struct {
		Body       string            `json:"body"`
		Encoded    *bool             `json:"base64Encoded"`
		Properties map[string]string `json:"properties"`
	}
	if json.Unmarshal(body, &batch) != nil || len(batch) > maxBatch {
		return nil, argumentInvalid("a batch is an array of at most %d objects with a body and properties", maxBatch)
	}
	var all []messages.Message
	for _, b := range batch {
		m := messages.Message{Body: []byte(b.Body)}
		if raw, err := base64.StdEncoding.DecodeString(b.Body); b.Encoded == nil || *b.Encoded {
			if err != nil {
				return nil, argumentInvalid("the body of a message in a batch is not base64")
			}
			m.Body = raw
		}
		for name, value := range b.Properties {
			if !setSystem(&m, name, value) {
				m.Properties = append(m.Properties, messages.Property{Name: strings.TrimPrefix(name, headerProperty), Value: value})
			}
		}
		sortProperties(m.Properties)
		all = append(all, m)
	}
	return all, nil
}

func setSystem(m *messages.Message, name, value string) bool {
	for _, h := range systemHeaders {
		if strings.EqualFold(h.name, name) {
			*h.field(m) = value
			return true
		}
	}
	return false
}

// sortProperties puts what came in no order into that of the names.
func sortProperties(p []messages.Property) {
	slices.SortFunc(p, func(a, b messages.Property) int { return strings.Compare(a.Name, b.Name) })
}
