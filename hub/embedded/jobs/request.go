package jobs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// The kinds of jobs.
const (
	updateTwin   = "scheduleUpdateTwin"
	deviceMethod = "scheduleDeviceMethod"
)

const (
	maxAhead = 168 * time.Hour
	// defaultTime is for jobs that do not say how long they may run; the SDKs send as much.
	defaultTime = time.Hour
	maxTime     = 365 * 24 * time.Hour
)

// validID follows what the service accepts; its documentation writes ids in both cases.
var validID = regexp.MustCompile(`^[A-Za-z0-9\-']{1,64}$`)

// request is what a client asked for.
type request struct {
	id        string
	kind      string
	condition string
	patch     string // JSON of updateTwin, empty for a method
	method    string // JSON of cloudToDeviceMethod, empty for a patch
	start     time.Time
	limit     time.Duration
}

// parseRequest reads the document of PUT. Names match without regard to case; members that only
// the hub writes are ignored.
func parseRequest(id string, body []byte, now time.Time) (request, error) {
	if !validID.MatchString(id) {
		return request{}, invalid("a job id has 1 to 64 letters, digits, - and '")
	}
	var b struct {
		Type      string          `json:"type"`
		Condition string          `json:"queryCondition"`
		Patch     json.RawMessage `json:"updateTwin"`
		Method    json.RawMessage `json:"cloudToDeviceMethod"`
		Start     *string         `json:"startTime"`
		Limit     *int64          `json:"maxExecutionTimeInSeconds"`
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return request{}, invalid("the body is not the JSON document of a job")
	}
	r := request{id: id, condition: b.Condition, start: now, limit: defaultTime}
	var err error
	switch {
	case strings.EqualFold(b.Type, updateTwin):
		r.kind = updateTwin
		r.patch, err = object("updateTwin", b.Patch)
	case strings.EqualFold(b.Type, deviceMethod):
		r.kind = deviceMethod
		if r.method, err = object("cloudToDeviceMethod", b.Method); err == nil {
			_, err = r.call()
		}
	default:
		err = invalid("the type of a job is %s or %s", updateTwin, deviceMethod)
	}
	if err != nil {
		return request{}, err
	}
	if b.Start != nil {
		if r.start, err = parseTime(*b.Start); err != nil || r.start.After(now.Add(maxAhead)) {
			return request{}, invalid("startTime is an ISO 8601 time no more than %d hours ahead", int(maxAhead.Hours()))
		}
		if r.start.Before(now) {
			r.start = now
		}
	}
	if b.Limit != nil && *b.Limit != 0 {
		if *b.Limit < 0 || *b.Limit > int64(maxTime/time.Second) {
			return request{}, invalid("maxExecutionTimeInSeconds is from 1 to %d", int(maxTime/time.Second))
		}
		r.limit = time.Duration(*b.Limit) * time.Second
	}
	return r, nil
}

func object(name string, raw json.RawMessage) (string, error) {
	v, err := ordered.Parse(raw)
	if err != nil || v.Kind() != ordered.Object {
		return "", invalid("%s is an object", name)
	}
	return v.String(), nil
}

// parseTime reads the ways in which clients write times, some without a zone.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	return t, err
}

// call returns the method that the job calls.
func (r request) call() (rest.MethodRequest, error) {
	m, err := rest.ParseMethod([]byte(r.method))
	if err != nil {
		return m, err
	}
	// The older name of the timeout, which some clients still send.
	var old struct {
		Seconds int `json:"timeoutInSeconds"`
	}
	if json.Unmarshal([]byte(r.method), &old) == nil && old.Seconds > 0 {
		m.ResponseTimeout = max(time.Duration(old.Seconds)*time.Second, m.ConnectTimeout)
	}
	return m, nil
}

func invalid(format string, args ...any) error {
	return &registry.Error{Status: http.StatusBadRequest, Number: 400004, Name: "ArgumentInvalid", Message: fmt.Sprintf(format, args...)}
}

// Refusals, as in the Azure docs, iot-hub/troubleshoot-error-codes.
var errTooManyActive = &registry.Error{
	Status: http.StatusTooManyRequests, Number: 429004, Name: "ThrottlingMaxActiveJobCountExceeded",
	Message: "The maximum number of active jobs is reached. Wait until one has completed, or cancel one.",
}

func errExists(id string) error {
	return &registry.Error{Status: http.StatusConflict, Number: 409104, Name: "JobAlreadyExists", Message: "A job with ID '" + id + "' already exists."}
}

func errNotFound(id string) error {
	return &registry.Error{Status: http.StatusNotFound, Number: 404002, Name: "JobNotFound", Message: "There is no job with ID '" + id + "'."}
}

func errNotNow(j *job) error {
	return &registry.Error{
		Status: http.StatusMethodNotAllowed, Number: 405102, Name: "OperationNotAllowedInCurrentState",
		Message: fmt.Sprintf("A job that is %s cannot be cancelled.", j.status),
	}
}
