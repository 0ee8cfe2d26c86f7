package iothub

import (
	"errors"
	"fmt"
	"strings"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// The topics of direct methods (Azure docs: iot-mqtt-connect-to-iot-hub, "Respond to a
// direct method").
const (
	methodCalls = "$iothub/methods/POST/#"
	methodCall  = "$iothub/methods/POST/"
)

// Method is one call of a direct method. Answer it from a goroutine of its own, never
// from the read loop.
type Method struct {
	Name    string
	Payload []byte // JSON, or empty when the caller sent none
	rid     string
	link    *Link
	topic   string
	at      time.Time
}

// Answer sends the result of the call: a status of the module's choice and a JSON payload.
// It blocks for two seconds at most.
func (m Method) Answer(status int, payload []byte) error {
	err := m.link.publish(fmt.Sprintf("$iothub/methods/res/%d/?$rid=%s", status, m.rid), payload)
	m.link.began(m.at, Exchange{Method: "METHOD", Target: m.topic, Status: status, Err: err, Received: content(m.Payload), Sent: content(payload)})
	return err
}

func (l *Link) onMethodCall(_ paho.Client, m paho.Message) {
	name, rid, err := parseMethodCall(m.Topic())
	if err != nil {
		l.cfg.Log.Warn("method call ignored", "err", err)
		return
	}
	l.cfg.OnMethod(Method{Name: name, Payload: m.Payload(), rid: rid, link: l, topic: m.Topic(), at: time.Now()})
}

// parseMethodCall reads "$iothub/methods/POST/{name}/?$rid={rid}".
func parseMethodCall(topic string) (name, rid string, err error) {
	rest, ok := strings.CutPrefix(topic, methodCall)
	if !ok {
		return "", "", errors.New("not a method call")
	}
	name, query, ok := strings.Cut(rest, "/?")
	if !ok || name == "" {
		return "", "", errors.New("a method call without a name")
	}
	if rid = topicProperties(query)["$rid"]; rid == "" {
		return "", "", errors.New("a method call without a request id")
	}
	return name, rid, nil
}
