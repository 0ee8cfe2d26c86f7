package hub

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
)

func response(status int, code string) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}}
	if code != "" {
		res.Header.Set("iothub-errorcode", code)
	}
	return res
}

func TestRefusalReadsEveryShapeOfBody(t *testing.T) {
	for name, test := range map[string]struct {
		res  *http.Response
		body string
		want Error
	}{
		"classic": {
			response(409, "DeviceAlreadyExists"),
			`{"Message":"ErrorCode:DeviceAlreadyExists;A device with ID 'd' is already registered.","ExceptionMessage":"Tracking ID:0a1b-G:1-TimeStamp:08/15/2026 09:07:36"}`,
			Error{Status: 409, Code: CodeDeviceAlreadyExists, Message: "A device with ID 'd' is already registered.", TrackingID: "0a1b-G:1-TimeStamp:08/15/2026 09:07:36"},
		},
		"classic without the header": {
			response(404, ""),
			`{"Message":"ErrorCode:DeviceNotFound;d","ExceptionMessage":""}`,
			Error{Status: 404, Code: CodeDeviceNotFound, Message: "d"},
		},
		"flat": {
			response(409, "ModuleAlreadyExistsOnDevice"),
			`{"errorCode":409301,"message":"Device d in IotHub h already contains Module m.","trackingId":"t1","timestampUtc":"2026-08-15T09:07:36Z"}`,
			Error{Status: 409, Code: CodeModuleAlreadyExists, Number: 409301, Message: "Device d in IotHub h already contains Module m.", TrackingID: "t1"},
		},
		"flat as a string in the classic one": {
			response(404, "DeviceNotOnline"),
			`{"Message":"{\"errorCode\":404103,\"trackingId\":\"t2\",\"message\":\"not online\",\"info\":null}","ExceptionMessage":""}`,
			Error{Status: 404, Code: CodeDeviceNotOnline, Number: 404103, Message: "not online", TrackingID: "t2"},
		},
		"a name as errorCode": {
			response(401, ""), `{"errorCode":"IotHubUnauthorizedAccess","message":"no"}`,
			Error{Status: 401, Code: CodeUnauthorized, Message: "no"},
		},
		"throttled without Retry-After": {
			response(429, "ThrottlingBacklogTimeout"), `{"Message":"ErrorCode:ThrottlingBacklogTimeout;Wait 10 seconds"}`,
			Error{Status: 429, Code: CodeThrottled, Message: "Wait 10 seconds", RetryAfter: 10 * time.Second},
		},
		"no JSON at all": {response(502, ""), "<html>Bad Gateway</html>", Error{Status: 502}},
		"empty":          {response(500, ""), "", Error{Status: 500}},
		"secrets and control characters": {
			response(400, "ArgumentInvalid"),
			`{"Message":"ErrorCode:ArgumentInvalid;\u001b[31mbad\nSharedAccessKey=` + secret + ` sig=abc%3D&se=1"}`,
			Error{Status: 400, Code: "ArgumentInvalid", Message: "\uFFFD[31mbad SharedAccessKey=*** sig=***&se=1"},
		},
	} {
		if got := refusal(test.res, []byte(test.body)); *got != test.want {
			t.Errorf("%s: got %+v\nwant %+v", name, *got, test.want)
		}
	}
}

func TestRefusalHonoursRetryAfter(t *testing.T) {
	res := response(429, "")
	res.Header.Set("Retry-After", "3")
	if got := refusal(res, nil); got.RetryAfter != 3*time.Second || !strings.Contains(got.Error(), "3 s") {
		t.Errorf("got %v, %v", got.RetryAfter, got)
	}
}

func TestErrorsSayWhatToDoNextAndOfWhatSortTheyAre(t *testing.T) {
	sorts := map[string]func(error) bool{
		"exists": AlreadyExists, "missing": NotFound, "conflict": Conflict, "throttled": Throttled, "unauthorized": Unauthorized,
	}
	for _, test := range []struct {
		err  Error
		sort string // "" for none
		says string
	}{
		{Error{Status: 409, Code: CodeDeviceAlreadyExists}, "exists", "open the existing one"},
		{Error{Status: 409, Number: 409301}, "exists", "open the existing one"},
		{Error{Status: 409, Code: "LinkCreationConflict", Number: 409002}, "", "409 Conflict"},
		{Error{Status: 404, Code: CodeDeviceNotFound}, "missing", "refresh the list"},
		{Error{Status: 404, Code: CodeDeviceNotOnline, Number: 404103}, "", "give it time to connect"},
		{Error{Status: 412, Code: CodePreconditionFailed}, "conflict", "read it again"},
		{Error{Status: 429, RetryAfter: 10 * time.Second}, "throttled", "10 s"},
		{Error{Status: 401, Code: CodeUnauthorized}, "unauthorized", "connection string"},
		{Error{Status: 403, Code: CodeQuotaExceeded}, "", "midnight UTC"},
		{Error{Status: 504, Code: CodeGatewayTimeout}, "", "a longer response timeout"},
		{Error{Status: 400, Code: "ArgumentInvalid", Message: "why"}, "", "(why)"},
		{Error{Status: 503, Code: "ServerBusy"}, "", "(ServerBusy)"},
		{Error{Status: 418}, "", "418"},
	} {
		test.err.Op = "create device d"
		text := test.err.Error()
		if !strings.Contains(text, test.says) || !strings.HasPrefix(text, "cannot create device d: ") || strings.Contains(text, "\n") {
			t.Errorf("%d %s reads %q, which lacks %q", test.err.Status, test.err.Code, text, test.says)
		}
		wrapped := fmt.Errorf("wrapped: %w", &test.err)
		for name, sort := range sorts {
			if sort(wrapped) != (name == test.sort) {
				t.Errorf("%d %s: is %s = %v", test.err.Status, test.err.Code, name, sort(wrapped))
			}
		}
	}
	for name, sort := range sorts {
		if sort(nil) {
			t.Errorf("no error is %s", name)
		}
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add(409, "DeviceAlreadyExists", []byte(`{"Message":"ErrorCode:X;y","ExceptionMessage":"Tracking ID:z"}`))
	f.Add(404, "", []byte(`{"Message":"{\"errorCode\":404103,\"message\":\"{\"}"}`))
	f.Add(400, "\x1b[2J", []byte(`{"message":"\u009b31m SharedAccessKey=abc","errorCode":"\u202e"}`))
	f.Fuzz(func(t *testing.T, status int, code string, body []byte) {
		e := refusal(response(status, code), body)
		for _, text := range []string{e.Error(), e.Message, string(e.Code), e.TrackingID} {
			for _, r := range text {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
					t.Fatalf("%q holds %U", text, r)
				}
			}
		}
		if len(e.Error()) > 2000 && len(code) < 500 {
			t.Errorf("a sentence of %d bytes", len(e.Error()))
		}
	})
}

func TestAWrongClockIsNamedWhenATokenIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		date   time.Time
		says   string
	}{
		"ahead":                      {401, time.Now().Add(-3 * time.Hour), "clock is 3h0m0s ahead of"},
		"behind":                     {401, time.Now().Add(26 * time.Minute), "clock is 26m0s behind"},
		"right":                      {401, time.Now().Add(-time.Minute), "check the connection string"},
		"no date":                    {401, time.Time{}, "check the connection string"},
		"refused for another reason": {404, time.Now().Add(-3 * time.Hour), "refresh the list"},
	} {
		res := response(test.status, "")
		if !test.date.IsZero() {
			res.Header.Set("Date", test.date.UTC().Format(http.TimeFormat))
		}
		if err := refusal(res, nil); !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
