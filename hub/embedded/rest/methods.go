package rest

import (
	"encoding/json"
	"strings"
	"time"

	"twindeck/hub/embedded/ordered"
)

// Limits of direct methods (Azure docs: iot-hub-devguide-direct-methods).
const (
	defaultResponseTimeout = 30
	minResponseTimeout     = 5
	maxTimeout             = 300 // seconds, of either kind
	maxMethodPayload       = 128 << 10
	maxMethodName          = 100
)

func (s *Server) invoke(c *call) (response, error) {
	request, err := ParseMethod(c.body)
	if err != nil {
		return response{}, err
	}
	if err := s.registry.FindCallee(c.id); err != nil {
		return response{}, err
	}
	if s.invoker == nil {
		return response{}, ErrNotOnline
	}
	answer, err := s.invoker.Invoke(c.http.Context(), c.id, request)
	if err != nil {
		return response{}, err
	}
	payload := "null"
	if len(answer.Payload) > 0 {
		payload = string(answer.Payload)
	}
	w := ordered.NewWriter(nil)
	w.Int("status", int64(answer.Status))
	w.Raw("payload", payload)
	return ok(w.Close()), nil
}

// ParseMethod reads the document with which a client calls a method; what is missing has its
// default. Errors are *registry.Error.
func ParseMethod(document []byte) (MethodRequest, error) {
	var body struct {
		Name            string          `json:"methodName"`
		Payload         json.RawMessage `json:"payload"`
		ResponseTimeout int             `json:"responseTimeoutInSeconds"`
		ConnectTimeout  int             `json:"connectTimeoutInSeconds"`
	}
	if err := decode(document, &body); err != nil {
		return MethodRequest{}, err
	}
	if !validMethodName(body.Name) {
		return MethodRequest{}, argumentInvalid("methodName has 1 to %d printable ASCII characters other than $()<>@,;:\\\"/[]?={}+# and spaces", maxMethodName)
	}
	if len(body.Payload) > maxMethodPayload {
		return MethodRequest{}, errTooLarge
	}
	if body.ResponseTimeout == 0 {
		body.ResponseTimeout = defaultResponseTimeout
	}
	if body.ResponseTimeout < minResponseTimeout || body.ResponseTimeout > maxTimeout || body.ConnectTimeout < 0 || body.ConnectTimeout > maxTimeout {
		return MethodRequest{}, argumentInvalid("responseTimeoutInSeconds is from %d to %d, connectTimeoutInSeconds from 0 to %d", minResponseTimeout, maxTimeout, maxTimeout)
	}
	if body.ConnectTimeout > body.ResponseTimeout {
		return MethodRequest{}, argumentInvalid("Device connection timeout %ds cannot be longer than an overall call timeout %ds", body.ConnectTimeout, body.ResponseTimeout)
	}
	return MethodRequest{
		Name:            body.Name,
		Payload:         body.Payload,
		ResponseTimeout: time.Duration(body.ResponseTimeout) * time.Second,
		ConnectTimeout:  time.Duration(body.ConnectTimeout) * time.Second,
	}, nil
}

// validMethodName also keeps + and # out, which an MQTT topic cannot carry.
func validMethodName(name string) bool {
	if name == "" || len(name) > maxMethodName {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`$()<>@,;:\"/[]?={}+#`, c) >= 0 {
			return false
		}
	}
	return true
}
