package messages

import (
	"net/url"
	"strings"
	"time"
)

// system are the names of system properties in a bag.
var system = []struct {
	name  string
	field func(*Message) *string
}{
	{"$.mid", func(m *Message) *string { return &m.ID }},
	{"$.cid", func(m *Message) *string { return &m.CorrelationID }},
	{"$.uid", func(m *Message) *string { return &m.UserID }},
	{"$.to", func(m *Message) *string { return &m.To }},
	{"$.ct", func(m *Message) *string { return &m.ContentType }},
	{"$.ce", func(m *Message) *string { return &m.ContentEncoding }},
	{"$.on", func(m *Message) *string { return &m.Output }},
	{"$.sub", func(m *Message) *string { return &m.Subject }},
	{"$.ifid", func(m *Message) *string { return &m.Interface }},
	{"$.ctime", func(m *Message) *string { return &m.Created }},
}

const (
	bagExpiry = "$.exp"
	bagAck    = "iothub-ack"
)

// ParseBag sets the properties of m to those of a bag: name=value pairs joined by &, both
// escaped as in addresses, as the last level of an MQTT topic carries them (Azure docs:
// iot-mqtt-connect-to-iot-hub). It takes whatever devices send: what is not properly escaped
// stands for itself.
func (m *Message) ParseBag(bag string) {
	for pair := range strings.SplitSeq(strings.TrimSuffix(bag, "/"), "&") {
		name, value, hasValue := strings.Cut(pair, "=")
		if name == "" {
			continue
		}
		m.set(Property{Name: unescape(name), Value: unescape(value), Null: !hasValue})
	}
}

func (m *Message) set(p Property) {
	for _, s := range system {
		if s.name == p.Name {
			*s.field(m) = p.Value
			return
		}
	}
	switch p.Name {
	case bagExpiry:
		if t, err := time.Parse(time.RFC3339, p.Value); err == nil {
			m.Expiry = t
			return
		}
	case bagAck:
		m.Ack = Ack(p.Value)
		return
	}
	m.Properties = append(m.Properties, p)
}

// Bag writes the properties of m as ParseBag reads them.
func (m *Message) Bag() string {
	var b strings.Builder
	add := func(name, value string, null bool) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(name))
		if !null {
			b.WriteByte('=')
			b.WriteString(escape(value))
		}
	}
	for _, s := range system {
		if value := *s.field(m); value != "" {
			add(s.name, value, false)
		}
	}
	if !m.Expiry.IsZero() {
		add(bagExpiry, m.Expiry.UTC().Format("2006-01-02T15:04:05.9999999Z"), false)
	}
	if m.Ack != "" && m.Ack != AckNone {
		add(bagAck, string(m.Ack), false)
	}
	for _, p := range m.Properties {
		add(p.Name, p.Value, p.Null)
	}
	return b.String()
}

// escape leaves nothing but letters, digits and -_.~ unescaped: a space is %20, because not
// everybody takes a plus sign for one.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func unescape(s string) string {
	if text, err := url.PathUnescape(s); err == nil {
		return text
	}
	return s
}
