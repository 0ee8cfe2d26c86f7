package hub

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"twindeck/hub/patch"
)

// MethodCall is a direct method to call on a connected device or module (Azure docs:
// iot-hub-devguide-direct-methods).
type MethodCall struct {
	Name    string
	Payload patch.Value // null sends none
	// ResponseTimeout is how long the device has to answer, 5 to 300 s in whole seconds; 0 means 30 s.
	ResponseTimeout time.Duration
	// ConnectTimeout is how long to wait for a device that is offline, 300 s at most; 0 does not wait.
	ConnectTimeout time.Duration
}

// MethodResult is what the device answered.
type MethodResult struct {
	Status  int // the device's own; 200 by convention for a success
	Payload patch.Value
	Took    time.Duration // from our request to the hub's answer
}

// CallMethod calls a direct method and waits for its answer, as long as the call allows.
// A device that is not connected is an error that says so.
func (c *Client) CallMethod(ctx context.Context, id ID, m MethodCall) (MethodResult, error) {
	if err := checkID(id); err != nil {
		return MethodResult{}, err
	}
	response := m.ResponseTimeout
	if response == 0 {
		response = callTimeout
	}
	members := []patch.Member{
		{Key: "methodName", Value: patch.String(m.Name)},
		{Key: "responseTimeoutInSeconds", Value: seconds(response)},
		{Key: "connectTimeoutInSeconds", Value: seconds(m.ConnectTimeout)},
	}
	if !m.Payload.IsNull() {
		members = append(members, patch.Member{Key: "payload", Value: m.Payload})
	}
	op := "call " + strconv.Quote(printable(m.Name)) + " on " + describe(id)
	var result patch.Value
	a, err := c.do(ctx, call{
		op:     op,
		method: http.MethodPost,
		path:   identityPath("twins", id) + "/methods",
		body:   patch.Object(members...).AppendJSON(nil),
		limit:  response + m.ConnectTimeout + 10*time.Second, // the hub gives up first and says why
		writes: true,
		take: func(a answer) (err error) {
			if result, err = patch.Parse(a.body); err != nil {
				return err
			}
			if status, _ := result.Get("status"); status.Kind() != patch.KindNumber {
				return errors.New("it has no status")
			}
			return nil
		},
	})
	if err != nil {
		return MethodResult{}, err
	}
	payload, _ := result.Get("payload")
	return MethodResult{Status: int(integer(result, "status")), Payload: payload, Took: a.got.Sub(a.sent)}, nil
}

// seconds rounds up, so that a short time does not become none.
func seconds(d time.Duration) patch.Value {
	return patch.Int(int64((d + time.Second - 1) / time.Second))
}
