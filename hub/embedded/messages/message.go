// Package messages is what devices and the cloud send each other besides twins and methods:
// the queue of cloud-to-device messages of each identity with its locks, expiry and feedback
// (Azure docs: iot-hub-devguide-messages-c2d), and the latest of the telemetry. It knows no
// network.
package messages

import (
	"net/http"
	"time"
	"unicode/utf8"

	"twindeck/hub/embedded/registry"
)

// Message is a message in either direction. A Message that is handed out shares its Body and
// Properties with others: they are not to be modified.
type Message struct {
	ID              string // messageId
	CorrelationID   string
	UserID          string
	To              string
	ContentType     string
	ContentEncoding string
	Output          string    // the output of a module that sent it
	Subject         string    // dt-subject
	Interface       string    // the interface of a digital twin
	Created         string    // as the sender wrote it
	Expiry          time.Time // zero: the queue's default for cloud-to-device, else none
	Ack             Ack
	Properties      []Property // of the application, in order
	Body            []byte

	// The hub sets what follows.

	Sequence   uint64 // counts the messages of one queue, or all telemetry, from 1
	Enqueued   time.Time
	Deliveries int // how often it has been handed out; cloud-to-device alone
}

// Property is a property of the application.
type Property struct {
	Name, Value string
	Null        bool // it has no value, which is not the same as an empty one
}

// Ack says which feedback the sender of a cloud-to-device message wants.
type Ack string

// The kinds of feedback; the empty Ack is AckNone.
const (
	AckNone     Ack = "none"
	AckPositive Ack = "positive" // when the device has taken it
	AckNegative Ack = "negative" // when it never will
	AckFull     Ack = "full"     // both
)

// valid says whether a is one of the kinds.
func (a Ack) valid() bool {
	return a == "" || a == AckNone || a == AckPositive || a == AckNegative || a == AckFull
}

// wants says whether a asks for feedback of an outcome.
func (a Ack) wants(success bool) bool {
	return a == AckFull || a == AckPositive && success || a == AckNegative && !success
}

// MaxCloudToDevice bounds a cloud-to-device message, properties included, in bytes (Azure docs:
// iot-hub-devguide-quotas-throttling).
const MaxCloudToDevice = 64 << 10

// maxBag bounds the properties as MQTT writes them, which is in a topic of at most 65535 bytes
// that names the identity too.
const maxBag = 60_000

// size is what counts for the limit.
func (m *Message) size() int {
	n := len(m.Body)
	for _, s := range []string{m.ID, m.CorrelationID, m.UserID, m.To, m.ContentType, m.ContentEncoding, m.Output, m.Subject, m.Interface, m.Created} {
		n += len(s)
	}
	for _, p := range m.Properties {
		n += len(p.Name) + len(p.Value)
	}
	return n
}

// address is what a message to an identity is addressed to.
func address(id registry.ID) string {
	if id.Module != "" {
		return "/devices/" + id.Device + "/modules/" + id.Module + "/messages/deviceBound"
	}
	return "/devices/" + id.Device + "/messages/deviceBound"
}

// check says what is wrong with a message to a device.
func (m *Message) check() error {
	if m.size() > MaxCloudToDevice {
		return errTooLarge
	}
	if !m.Ack.valid() {
		return invalid("iothub-ack is none, positive, negative or full")
	}
	for _, s := range []string{m.ID, m.CorrelationID, m.UserID, m.To, m.ContentType, m.ContentEncoding} {
		if !utf8.ValidString(s) {
			return invalid("a system property is not UTF-8 text")
		}
	}
	for _, p := range m.Properties {
		if p.Name == "" || !utf8.ValidString(p.Name) || !utf8.ValidString(p.Value) {
			return invalid("an application property has no name or is not UTF-8 text")
		}
	}
	if len(m.Bag()) > maxBag {
		return errTooLarge
	}
	return nil
}

// Refusals of a queue. Names and numbers are those of the Azure docs,
// iot-hub/troubleshoot-error-codes.
var (
	ErrQueueFull = &registry.Error{Status: http.StatusForbidden, Number: 403004, Name: "DeviceMaximumQueueDepthExceeded", Message: "The device has as many messages waiting as it can have. Let it take them, or purge them."}
	ErrLockLost  = &registry.Error{Status: http.StatusPreconditionFailed, Number: 412002, Name: "DeviceMessageLockLost", Message: "The message is not locked under this token any more."}
	ErrBusy      = &registry.Error{Status: http.StatusServiceUnavailable, Number: 503005, Name: "ServerBusy", Message: "The messages that wait for devices take up all the memory they may have."}
	errTooLarge  = &registry.Error{Status: http.StatusRequestEntityTooLarge, Number: 413001, Name: "MessageTooLarge", Message: "A message to a device has at most 64 KB, properties included."}
)

func invalid(text string) error {
	return &registry.Error{Status: http.StatusBadRequest, Number: 400004, Name: "ArgumentInvalid", Message: text}
}

func notFound(id registry.ID) error {
	if id.Module != "" {
		return &registry.Error{Status: http.StatusNotFound, Number: 404010, Name: "ModuleNotFound", Message: id.String()}
	}
	return &registry.Error{Status: http.StatusNotFound, Number: 404001, Name: "DeviceNotFound", Message: id.Device}
}
