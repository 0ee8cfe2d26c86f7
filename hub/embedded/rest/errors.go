package rest

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
)

// Refusals that do not come from the registry. Names and numbers are those of the Azure docs,
// iot-hub/troubleshoot-error-codes.
var (
	errNoAuthorization = &registry.Error{Status: 401, Number: 401003, Name: "IotHubUnauthorized", Message: "Authorization header missing"}
	errUnauthorized    = &registry.Error{Status: 401, Number: 401002, Name: "IotHubUnauthorizedAccess", Message: "Unauthorized"}
	errAPIVersion      = &registry.Error{Status: 400, Number: 400001, Name: "InvalidProtocolVersion", Message: "The api-version is missing or not valid"}
	errNoRoute         = &registry.Error{Status: 404, Number: 404000, Name: "NotFound", Message: "There is nothing at this address"}
	errNoMethod        = &registry.Error{Status: 405, Number: 405000, Name: "MethodNotAllowed", Message: "This address does not support the HTTP method"}
	errBody            = &registry.Error{Status: 400, Number: 400006, Name: "IotHubFormatError", Message: "The body of the request breaks off, is late, or is not in the form that the headers announce"}
	errTooLarge        = &registry.Error{Status: 413, Number: 413001, Name: "MessageTooLarge", Message: "The request is too large"}
	errInternal        = &registry.Error{Status: 500, Number: 500001, Name: "ServerError", Message: "An internal error occurred."}
	errQuery           = &registry.Error{Status: 400, Number: 400004, Name: "ArgumentInvalid", Message: "BadRequest"}
	errLongQuery       = &registry.Error{Status: 412, Number: 412001, Name: "PreconditionFailed", Message: "The query is too long"}
	errNotOnline       = &registry.Error{
		Status: 404, Number: 404103, Name: "DeviceNotOnline", Shape: registry.Nested,
		Message: "The operation failed because the requested device isn't online. To learn more, see https://aka.ms/iothub404103",
	}
	errNoAnswer = &registry.Error{Status: 504, Number: 504101, Name: "GatewayTimeout", Message: "Timed out waiting for the response from device."}
)

func argumentInvalid(format string, args ...any) error {
	return &registry.Error{Status: 400, Number: 400004, Name: "ArgumentInvalid", Message: fmt.Sprintf(format, args...)}
}

// refusalOf returns what to answer to an error.
func refusalOf(err error) *registry.Error {
	var refusal *registry.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &tooLarge):
		return errTooLarge
	case errors.Is(err, ErrNotOnline):
		return errNotOnline
	case errors.Is(err, ErrNoAnswer):
		return errNoAnswer
	case errors.Is(err, query.ErrTooLong):
		return errLongQuery
	case errors.Is(err, query.ErrSyntax), errors.Is(err, query.ErrContinuation), errors.Is(err, query.ErrTooManyGroups):
		return errQuery
	}
	return errInternal
}

// refuse writes a refusal in its shape.
func refuse(e *registry.Error, now time.Time) response {
	id := strings.ToUpper(hex.EncodeToString(randomBytes(16)))
	now = now.UTC()
	var body []byte
	switch e.Shape {
	case registry.Flat:
		body = flat(e, id, now, false)
	case registry.Nested:
		w := ordered.NewWriter(nil)
		w.String("Message", string(flat(e, id, now, true)))
		w.String("ExceptionMessage", "")
		body = w.Close()
	default:
		w := ordered.NewWriter(nil)
		w.String("Message", "ErrorCode:"+e.Name+";"+e.Message)
		w.String("ExceptionMessage", "Tracking ID:"+id+"-G:0-TimeStamp:"+now.Format("01/02/2006 15:04:05"))
		body = w.Close()
	}
	r := response{status: e.Status, body: body, header: http.Header{}}
	r.header["iothub-errorcode"] = []string{e.Name} // in lower case, as the service sends it
	if e.Status == http.StatusTooManyRequests {
		r.header.Set("Connection", "close")
	}
	return r
}

func flat(e *registry.Error, id string, now time.Time, info bool) []byte {
	w := ordered.NewWriter(nil)
	w.Int("errorCode", int64(e.Number))
	w.String("message", e.Message)
	w.String("trackingId", id+"-G:0-TimeStamp:"+now.Format("01/02/2006 15:04:05"))
	w.String("timestampUtc", now.Format(time.RFC3339Nano))
	if info {
		w.Raw("info", "null")
	}
	return w.Close()
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}

// requestID returns a new GUID.
func requestID() string {
	b := randomBytes(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
