package embedded_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"twindeck/hub/embedded"
)

// TestIfMatchOnIdentities is the table of the service's rules for PUT and DELETE.
func TestIfMatchOnIdentities(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/parent", `{}`)
	for _, base := range []string{"/devices/", "/devices/parent/modules/"} {
		for _, op := range []struct {
			method, ifMatch string
			missing, exists int
		}{
			{"PUT", "", 200, 409},
			{"PUT", "<etag>", 404, 200},
			{"PUT", `"<etag>"`, 404, 200},
			{"PUT", `"MQ=="`, 404, 412},
			{"PUT", `*`, 404, 200},
			{"PUT", `"*"`, 404, 200},
			{"DELETE", "", 412, 412},
			{"DELETE", `*`, 404, 204},
			{"DELETE", `"*"`, 404, 204},
			{"DELETE", `"<etag>"`, 404, 204},
			{"DELETE", `"MQ=="`, 404, 412},
		} {
			t.Run(op.method+" "+base+" If-Match "+op.ifMatch, func(t *testing.T) {
				c.must(t, op.missing, op.method, base+"missing", `{}`, "If-Match", op.ifMatch)
				if op.missing == 200 {
					c.must(t, 204, "DELETE", base+"missing", "", "If-Match", "*")
				}
				created := c.must(t, 200, "PUT", base+"there", `{}`)
				etag := strings.Trim(created.header.Get("ETag"), `"`)
				a := c.must(t, op.exists, op.method, base+"there", `{}`, "If-Match", strings.ReplaceAll(op.ifMatch, "<etag>", etag))
				if a.status == 204 && a.body != "" {
					t.Errorf("204 with a body: %s", a.body)
				}
				if op.exists != 204 {
					c.must(t, 204, "DELETE", base+"there", "", "If-Match", "*")
				}
			})
		}
	}
}

var (
	tracking  = regexp.MustCompile(`[0-9A-F]{32}-G:0-TimeStamp:\d\d/\d\d/\d{4} \d\d:\d\d:\d\d`)
	timestamp = regexp.MustCompile(`"timestampUtc":"[^"]+"|\\"timestampUtc\\":\\"[^"]+\\"`)
)

func TestErrorShapes(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/devices/d/modules/m", `{}`)
	c.must(t, 200, "PUT", "/devices/off", `{"status":"disabled"}`)
	classic := func(text string) string {
		return `{"Message":"ErrorCode:` + text + `","ExceptionMessage":"Tracking ID:<id>"}`
	}
	unauthorized := `{"Message":"{\"errorCode\":401002,\"message\":\"Unauthorized\",\"trackingId\":\"<id>\",<now>,\"info\":null}","ExceptionMessage":""}`
	for _, e := range []struct {
		name, method, path, body string
		status                   int
		code, want               string
	}{
		{"device missing", "GET", "/devices/x", "", 404, "DeviceNotFound", classic("DeviceNotFound;x")},
		{"device exists", "PUT", "/devices/d", "{}", 409, "DeviceAlreadyExists", classic("DeviceAlreadyExists;A device with ID 'd' is already registered.")},
		{
			"module exists", "PUT", "/devices/d/modules/m", "{}", 409, "ModuleAlreadyExistsOnDevice",
			`{"errorCode":409301,"message":"Device d in IotHub localhost already contains Module m.","trackingId":"<id>",<now>}`,
		},
		{"module missing", "GET", "/devices/d/modules/x", "", 404, "ModuleNotFound", ""},
		{"module of a missing device", "GET", "/devices/x/modules/m", "", 401, "IotHubUnauthorizedAccess", unauthorized},
		{"module created on a missing device", "PUT", "/devices/x/modules/m", "{}", 401, "IotHubUnauthorizedAccess", unauthorized},
		{"modules of a missing device", "GET", "/devices/x/modules", "", 401, "IotHubUnauthorizedAccess", unauthorized},
		{"modules of a disabled device", "GET", "/devices/off/modules", "", 401, "IotHubUnauthorizedAccess", unauthorized},
		{"twin of a missing device", "GET", "/twins/x", "", 404, "DeviceNotFound", classic("DeviceNotFound;x")},
		{"twin of a missing module", "GET", "/twins/d/modules/x", "", 404, "DeviceNotFound", classic("DeviceNotFound;d")},
		{"no JSON", "PATCH", "/twins/d", "{", 400, "ArgumentInvalid", ""},
		{"no twin", "PATCH", "/twins/d", "[]", 400, "ArgumentInvalid", ""},
		{"bad key", "PATCH", "/twins/d", `{"tags":{"a.b":1}}`, 400, "ArgumentInvalid", ""},
		{"bad query", "POST", "/devices/query", `{"query":"SELECT"}`, 400, "ArgumentInvalid", classic("ArgumentInvalid;BadRequest")},
		{"no api-version", "GET", "/devices/d?api-version=", "", 400, "InvalidProtocolVersion", ""},
		{"bad top", "GET", "/devices?api-version=2021-04-12&top=all", "", 400, "ArgumentInvalid", ""},
		{"bad id", "PUT", "/devices/a%20b", "{}", 400, "ArgumentInvalid", ""},
		{"system module", "PUT", "/devices/d/modules/$edgeHub", "{}", 400, "ArgumentInvalid", ""},
		{"device without authentication", "PUT", "/devices/n", `{"authentication":{"type":"none"}}`, 400, "DeviceAuthenticationTypeIsMissing", ""},
		{"no thumbprint", "PUT", "/devices/n", `{"authentication":{"x509Thumbprint":{"primaryThumbprint":"xyz"}}}`, 400, "StringIsNotThumbprint", ""},
		{"one key", "PUT", "/devices/n", `{"authentication":{"symmetricKey":{"primaryKey":"AAAAAAAAAAAAAAAAAAAAAA=="}}}`, 400, "ArgumentInvalid", ""},
		{"short keys", "PUT", "/devices/n", `{"authentication":{"symmetricKey":{"primaryKey":"AAAA","secondaryKey":"AAAA"}}}`, 400, "ArgumentInvalid", ""},
		{"no such address", "GET", "/nothing", "", 404, "NotFound", ""},
		{"no such method", "POST", "/twins/d", "", 405, "MethodNotAllowed", ""},
		{"too large", "PATCH", "/twins/d", `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "MessageTooLarge", ""},
	} {
		t.Run(e.name, func(t *testing.T) {
			a := c.must(t, e.status, e.method, e.path, e.body)
			if got := a.header.Get("iothub-errorcode"); got != e.code {
				t.Errorf("iothub-errorcode %s, want %s", got, e.code)
			}
			if a.header.Get("x-ms-request-id") == "" || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("headers %v", a.header)
			}
			if got := timestamp.ReplaceAllString(tracking.ReplaceAllString(a.body, "<id>"), "<now>"); e.want != "" && got != e.want {
				t.Errorf("body\n got %s\nwant %s", got, e.want)
			}
			if !json.Valid([]byte(a.body)) {
				t.Errorf("not JSON: %s", a.body)
			}
		})
	}
}

func TestIDsArePercentEncodedInPaths(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	for encoded, plain := range map[string]string{
		"d%231%3Fx%25y": "d#1?x%y",
		"..":            "..",
		".":             ".",
		"a%3Ab%3Bc":     "a:b;c",
		"query":         "query",
		"%24d":          "$d",
		"a+b":           "a+b",
	} {
		c.must(t, 200, "PUT", "/devices/"+encoded, `{"deviceId":"`+plain+`"}`)
		c.must(t, 200, "PUT", "/devices/"+encoded+"/modules/m%25%25", `{}`)
		if a := c.must(t, 200, "GET", "/twins/"+encoded+"/modules/m%25%25", ""); !strings.Contains(a.body, `"deviceId":"`+plain+`","moduleId":"m%%"`) {
			t.Errorf("%s is %s", encoded, a.body)
		}
	}
	if a := c.must(t, 200, "GET", "/devices/?top=2&api-version=2020-05-31-preview", ""); strings.Count(a.body, "generationId") != 2 {
		t.Errorf("two listed: %s", a.body)
	}
	all := strings.Count(c.must(t, 200, "GET", "/devices", "").body, "generationId")
	for _, top := range []string{"0", "-1", "1001", "99999999999999999999", ""} {
		if a := c.must(t, 200, "GET", "/devices?top="+top, ""); strings.Count(a.body, "generationId") != all {
			t.Errorf("top=%s lists %s", top, a.body)
		}
	}
}

func TestQueryPages(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	for _, id := range []string{"a", "b", "c"} {
		c.must(t, 200, "PUT", "/devices/"+id, `{}`)
	}
	first := c.must(t, 200, "POST", "/devices/query", `{"Query":"SELECT * FROM devices"}`, "x-ms-max-item-count", "2")
	token := first.header.Get("x-ms-continuation")
	if strings.Count(first.body, "deviceId") != 2 || token == "" || first.header.Get("x-ms-item-type") != "Twin" {
		t.Fatalf("first page %v", first)
	}
	second := c.must(t, 200, "POST", "/devices/query", `{"query":"SELECT * FROM devices"}`, "x-ms-max-item-count", "2", "x-ms-continuation", token)
	if _, more := second.header["X-Ms-Continuation"]; more || !strings.HasPrefix(second.body, `[{"deviceId":"c"`) {
		t.Errorf("second page %v", second)
	}
	if empty := c.must(t, 200, "POST", "/devices/query", `{"query":"SELECT * FROM devices.modules"}`); empty.body != "[]" {
		t.Errorf("no modules are %s", empty.body)
	}
	c.must(t, 400, "POST", "/devices/query", `{"query":"SELECT * FROM devices"}`, "x-ms-continuation", "x")
	c.must(t, 400, "POST", "/devices/query", `{"query":"SELECT * FROM devices"}`, "x-ms-max-item-count", "0")
}

func TestTwinsKeepOrderAndDigits(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	const desired = `"z":1.0,"a":[1e3,"ü<&>"],"m":{"y":4503599627370495}`
	a := c.must(t, 200, "PATCH", "/twins/d", `{"properties":{"desired":{`+desired+`}},"tags":{"b":1,"a":0.10}}`)
	if !strings.Contains(a.body, `"desired":{`+desired+`,"$metadata"`) || !strings.Contains(a.body, `"tags":{"b":1,"a":0.10}`) {
		t.Errorf("twin %s", a.body)
	}
	// A client may send back what it has read.
	if again := c.must(t, 200, "PATCH", "/twins/d", a.body); !strings.Contains(again.body, `"desired":{`+desired+`,"$metadata"`) {
		t.Errorf("sent back, the twin is %s", again.body)
	}
}
