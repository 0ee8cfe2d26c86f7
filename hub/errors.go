package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"twindeck/hub/internal/redact"
)

// Code names an error as the hub does (Azure docs: iot-hub-troubleshoot-error-codes).
type Code string

// The codes that the program tells apart. A hub has many more.
const (
	CodeDeviceAlreadyExists Code = "DeviceAlreadyExists"
	CodeModuleAlreadyExists Code = "ModuleAlreadyExistsOnDevice"
	CodeDeviceNotFound      Code = "DeviceNotFound"
	CodeModuleNotFound      Code = "ModuleNotFound"
	CodeDeviceNotOnline     Code = "DeviceNotOnline"
	CodePreconditionFailed  Code = "PreconditionFailed"
	CodeUnauthorized        Code = "IotHubUnauthorizedAccess"
	CodeThrottled           Code = "ThrottlingBacklogTimeout"
	CodeQuotaExceeded       Code = "IotHubQuotaExceeded"
	CodeGatewayTimeout      Code = "GatewayTimeout"
)

// Error is a refusal by the hub. Error() is one sentence for a user, without keys; the
// fields are for programs and for whoever asks for the details.
type Error struct {
	Op         string // what was tried, for example "create device myFirstDevice"
	Status     int    // HTTP status
	Code       Code   // may be a name not listed above, and empty when the hub named none
	Number     int    // 409001; 0 when the hub named none
	Message    string // the hub's own words, without control characters; may be empty
	TrackingID string // what Azure's support asks for; empty when the hub gave none
	// RetryAfter is how long to wait before trying again: what the hub asked for, ten
	// seconds when it throttles without asking, 0 when waiting is of no use.
	RetryAfter time.Duration
	Call       uint64 // its number in the call log; 0 when it is not there

	ahead time.Duration // of a refused token: how far our clock is ahead of the hub's
}

// maxSkew is how far our clock may be from the hub's before it is named as what may be wrong
// with a token, which says until when it is valid.
const maxSkew = 5 * time.Minute

// Error says what happened and what to do next.
func (e *Error) Error() string {
	what, next := e.explain()
	op := e.Op
	if op == "" {
		op = "do that"
	}
	return "cannot " + op + ": " + what + "; " + next
}

func (e *Error) explain() (what, next string) {
	switch {
	case AlreadyExists(e):
		return "it exists already", "open the existing one"
	case Conflict(e):
		return "it was changed by somebody else in the meantime", "read it again and repeat the change on top"
	case e.Code == CodeDeviceNotOnline || e.Number == 404103:
		return "it is not connected, or listens to no direct methods", "see that its program runs and answers methods, or give it time to connect"
	case NotFound(e):
		return "the hub does not know it", "refresh the list, it may have been deleted"
	case Unauthorized(e) && e.ahead.Abs() > maxSkew:
		way := "ahead of"
		if e.ahead < 0 {
			way = "behind"
		}
		return fmt.Sprintf("the hub does not accept the key, and this machine's clock is %v %s its own", e.ahead.Abs().Round(time.Minute), way),
			"set the clock and try again"
	case Unauthorized(e):
		return "the hub does not accept the key or the policy lacks the right",
			"check the connection string and the policy's permissions (a module also answers so when its device is missing or disabled)"
	case Throttled(e):
		return "the hub is throttling", fmt.Sprintf("try again in %d s", int(e.RetryAfter.Seconds()))
	case e.Code == CodeQuotaExceeded:
		return "the hub's daily quota is used up", "wait until midnight UTC or raise the hub's tier"
	case e.Number == 504101 || e.Code == CodeGatewayTimeout:
		return "the call was delivered and nothing came back in time", "see that its program answers this method, or allow a longer response timeout"
	case e.Status == http.StatusGatewayTimeout:
		return "there was no answer in time", "try again, or allow more time"
	case e.Status == http.StatusBadRequest:
		return "the hub finds it invalid" + e.quote(), "correct it and try again"
	case e.Status >= 300 && e.Status < 400:
		return "it was sent elsewhere with " + e.title() + ", which no hub does", "check that the host is an IoT Hub"
	case e.Status >= 500:
		return "the hub has a problem of its own" + e.quote(), "try again in a moment"
	default:
		return "the hub answered " + e.title() + e.quote(), "check the request and try again"
	}
}

// quote returns the hub's own words in parentheses, shortened.
func (e *Error) quote() string {
	const most = 200
	message := []rune(e.Message)
	switch {
	case len(message) == 0 && e.Code == "":
		return ""
	case len(message) == 0:
		return " (" + printable(string(e.Code)) + ")"
	case len(message) > most:
		return " (" + string(message[:most]) + "…)"
	}
	return " (" + string(message) + ")"
}

func (e *Error) title() string {
	if name := http.StatusText(e.Status); name != "" {
		return strconv.Itoa(e.Status) + " " + name
	}
	return strconv.Itoa(e.Status)
}

// is reports whether err is a refusal that fits.
func is(err error, fits func(*Error) bool) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && fits(e)
}

// AlreadyExists reports whether an identity was not created because there is one with its id.
func AlreadyExists(err error) bool {
	return is(err, func(e *Error) bool {
		return e.Code == CodeDeviceAlreadyExists || e.Code == CodeModuleAlreadyExists ||
			e.Number == 409001 || e.Number == 409301
	})
}

// NotFound reports whether the hub knows no such device or module. A device that is
// merely offline is not meant.
func NotFound(err error) bool {
	return is(err, func(e *Error) bool {
		return e.Status == http.StatusNotFound && e.Code != CodeDeviceNotOnline && e.Number != 404103 && e.Number != 404104
	})
}

// Conflict reports whether the etag given is not the current one any more.
func Conflict(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == http.StatusPreconditionFailed })
}

// BadRequest reports whether the hub did not understand what it was asked.
func BadRequest(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == http.StatusBadRequest })
}

// Throttled reports whether the hub asked to slow down, or would have; [RetryAfter] says for how long.
func Throttled(err error) bool {
	_, spent := asSpent(err)
	return spent || is(err, isThrottled)
}

func isThrottled(e *Error) bool { return e.Status == http.StatusTooManyRequests }

func asSpent(err error) (*spentError, bool) { return errors.AsType[*spentError](err) }

// Unauthorized reports whether the hub did not accept the key, or the policy may not do this.
func Unauthorized(err error) bool {
	return is(err, func(e *Error) bool { return e.Status == http.StatusUnauthorized }) || errors.Is(err, errRefused)
}

// throttled is how long to wait when the hub throttles and does not say for how long; its
// text asks for ten seconds.
const throttled = 10 * time.Second

// answered makes the Error for a refusal over MQTT, which is a status and no more.
func answered(op string, status int) *Error {
	e := &Error{Op: op, Status: status}
	if Throttled(e) {
		e.RetryAfter = throttled
	}
	return e
}

// refusal makes the Error for an answer that is no success. The hub names the error in a
// header and describes it in one of four shapes of body:
//
//	{"Message":"ErrorCode:Name;text","ExceptionMessage":"Tracking ID:..."}
//	{"errorCode":409301,"message":"text","trackingId":"..."}
//	the second as a string in the Message of the first
//	{"isSuccessful":false,"errors":[{"errorCode":409001,"errorStatus":"text"}]} of a bulk write,
//	whose first error counts
func refusal(res *http.Response, body []byte) *Error {
	e := &Error{Status: res.StatusCode, Code: Code(printable(res.Header.Get("iothub-errorcode")))}
	e.read(body, 0)
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds < 3600 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	} else if Throttled(e) {
		e.RetryAfter = throttled
	}
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil && Unauthorized(e) {
		e.ahead = time.Since(at)
	}
	return e
}

func (e *Error) read(body []byte, depth int) {
	var b struct {
		Message          string          `json:"Message"`
		ExceptionMessage string          `json:"ExceptionMessage"`
		ErrorCode        json.RawMessage `json:"errorCode"`
		TrackingID       string          `json:"trackingId"`
		Errors           []bulkError     `json:"errors"`
	}
	// What can be read is read: a body that is not as expected must not hide the status.
	_ = json.Unmarshal(body, &b)
	if depth == 0 && strings.HasPrefix(b.Message, "{") {
		e.read([]byte(b.Message), depth+1)
		return
	}
	text := b.Message
	if rest, ok := strings.CutPrefix(text, "ErrorCode:"); ok {
		name, words, _ := strings.Cut(rest, ";")
		text = words
		if e.Code == "" {
			e.Code = Code(printable(name))
		}
	}
	bulk := len(b.Errors) > 0 && text == ""
	if bulk {
		b.ErrorCode, text = b.Errors[0].Code, b.Errors[0].Status
	}
	if number, err := strconv.Atoi(string(b.ErrorCode)); err == nil {
		e.Number = number
	} else if name, err := strconv.Unquote(string(b.ErrorCode)); err == nil && e.Code == "" {
		e.Code = Code(printable(name))
	}
	if status := e.Number / 1000; bulk && status >= 400 && status < 600 {
		e.Status = status // that of the whole is 400, whatever was wrong with the one
	}
	e.Message = strings.TrimSpace(printable(text))
	e.TrackingID = printable(b.TrackingID)
	if rest, ok := strings.CutPrefix(b.ExceptionMessage, "Tracking ID:"); ok {
		e.TrackingID = printable(rest)
	}
}

// bulkError is why one write of a bulk was refused. Its code is a number or a name.
type bulkError struct {
	Code   json.RawMessage `json:"errorCode"`
	Status string          `json:"errorStatus"`
}

// printable makes words that are not ours fit for an error: one line, without control
// and formatting characters, without what looks like a secret.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsGraphic(r):
			return r
		default:
			return '\uFFFD'
		}
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return redact.Text(s)
}

// describe names an identity for a sentence.
func describe(id ID) string {
	if id.IsModule() {
		return "module " + printable(id.String())
	}
	return "device " + printable(id.Device)
}
