package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/throttle"
)

// classes are the quotas that twin requests count against.
var classes = map[Operation]throttle.Class{GetTwin: throttle.TwinReads, PatchReported: throttle.TwinUpdates}

// request carries out a twin request and answers it under the request id the
// device chose. Without one nobody could match an answer, so there is none, and
// nothing is done.
func (g *Gateway) request(c *mqtt.Client, op Operation, request string, do func() (body []byte, more string, err error)) error {
	fault := g.fault(op, identity(c))
	switch {
	case !pause(fault.Delay, c.Done()), fault.Drop:
		return errFault
	case request == "", fault.Lose:
		return nil
	}
	refusal := &registry.Error{Status: fault.Status, Number: fault.Status * 1000, Message: "a fault on demand"}
	var body []byte
	var more string
	if fault.Status == 0 {
		err := g.opts.Throttle.Admit(c.Done(), classes[op], 1)
		if err == nil {
			body, more, err = do()
		}
		refusal = refusalOf(err)
	}
	status := http.StatusOK
	switch {
	case refusal != nil:
		status, body = refusal.Status, errorBody(refusal)
	case len(body) == 0:
		status = http.StatusNoContent
	}
	topic := fmt.Sprintf("%s%d/?$rid=%s%s", twinAnswers, status, request, more)
	if g.opts.AnswerUnsubscribed {
		c.Send(topic, body)
	} else {
		c.Publish(topic, body)
	}
	return nil
}

// refusalOf is what a device is told of an error; nil for none.
func refusalOf(err error) *registry.Error {
	var refusal *registry.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refusal
	default:
		return &registry.Error{Status: http.StatusInternalServerError, Number: 500001, Message: "An internal error occurred."}
	}
}

// errorBody is the document that goes with a refusal. One device SDK looks for its errorCode and
// nowhere else, not even at the status (azure-iot-device-mqtt, mqtt_twin_client).
func errorBody(e *registry.Error) []byte {
	w := ordered.NewWriter(nil)
	w.Int("errorCode", int64(e.Number))
	w.String("message", e.Message)
	return w.Close()
}

func (g *Gateway) twin(id registry.ID) (body []byte, more string, err error) {
	body, err = g.registry.DeviceSideTwin(id)
	return body, "", err
}

// patchReported applies a patch, under the version when the device named one.
func (g *Gateway) patchReported(id registry.ID, patch []byte, ifVersion string) (body []byte, more string, err error) {
	var expected *int64
	if ifVersion != "" {
		n, err := strconv.ParseInt(ifVersion, 10, 64)
		if err != nil {
			return nil, "", &registry.Error{Status: http.StatusBadRequest, Number: 400004, Name: "ArgumentInvalid", Message: "$version is not a number"}
		}
		expected = &n
	}
	version, err := g.registry.PatchReported(id, patch, expected)
	if err != nil {
		return nil, "", err
	}
	return nil, "&$version=" + strconv.FormatInt(version, 10), nil
}

// DesiredChanged tells the device of a write to its desired properties, if it is
// connected and has subscribed to that: notifications do not wait for a device
// to come back.
func (g *Gateway) DesiredChanged(id registry.ID, patch []byte, version int64) {
	fault, topic := g.fault(NotifyDesired, id), twinDesired+"?$version="+strconv.FormatInt(version, 10)
	switch {
	case fault.Drop:
		g.server.Disconnect(id.String(), errFault)
	case fault.Lose:
	case fault.Overtaken:
		g.outbox.overtake(id, topic, patch)
	default:
		g.outbox.post(id, topic, patch, fault.Delay)
		if fault.Repeat {
			g.outbox.post(id, topic, patch, fault.Delay)
		}
		g.outbox.late(id)
	}
}

// notify sends a notification. An acknowledgement of it changes nothing: there is
// no message under its packet identifier, see devices.Acknowledged.
func (g *Gateway) notify(c *mqtt.Client, topic string, payload []byte) {
	if !g.opts.AcknowledgedNotifications {
		c.Publish(topic, payload)
		return
	}
	n := c.Tag().(*link).notified.Add(1)
	c.Deliver(topic, payload, uint16(firstNotice+n%firstNotice), false)
}
