package embedded_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/amenzhinsky/iothub/iotservice"

	"twindeck/hub/embedded"
)

type bulkAnswer struct {
	IsSuccessful bool
	Errors       []struct {
		DeviceID, ModuleID, ErrorStatus, Operation string
		ErrorCode                                  uint
	}
	Warnings []struct{ DeviceID, WarningCode, WarningStatus string }
}

func bulk(t *testing.T, c *client, status int, body string) bulkAnswer {
	t.Helper()
	a := c.must(t, status, "POST", "/devices/", body)
	if strings.Contains(strings.ToLower(a.body), `"message"`) {
		t.Errorf("clients would take this for a refusal of the whole request: %s", a.body)
	}
	var r bulkAnswer
	if err := json.Unmarshal([]byte(a.body), &r); err != nil || !strings.Contains(a.body, `"errors":[`) || !strings.Contains(a.body, `"warnings":[`) {
		t.Fatalf("%v: %s", err, a.body)
	}
	if r.IsSuccessful != (status == 200) || r.IsSuccessful != (len(r.Errors) == 0) {
		t.Errorf("status %d with %s", status, a.body)
	}
	return r
}

// TestBulkModes is the table of the import modes, each for a device and a module that exist and
// for ones that do not.
func TestBulkModes(t *testing.T) {
	c := newClient(t, start(t, embedded.Options{}))
	for _, m := range []struct {
		mode, etag      string
		exists, missing uint // error codes; 0: it succeeds
	}{
		{"create", "", 409001, 0},
		{"Update", "", 0, 404001},
		{"updateIfMatchETag", "<etag>", 0, 404001},
		{"UpdateIfMatchETag", "MQ==", 412001, 404001},
		{"updateIfMatchETag", "", 412001, 412001},
		{"createOrUpdate", "", 0, 0},
		{"createOrUpdateIfMatchETag", "<etag>", 0, 0},
		{"createOrUpdateIfMatchETag", "MQ==", 412001, 0},
		{"delete", "", 0, 404001},
		{"deleteIfMatchETag", "<etag>", 0, 404001},
		{"DeleteIfMatchETag", "MQ==", 412001, 404001},
		{"updateTwin", "", 0, 404001},
		{"UPDATETWIN", "", 0, 404001},
		{"updateTwinIfMatchETag", "<twin>", 0, 404001},
		{"updateTwinIfMatchETag", "AAAAAAAAAAk=", 412001, 404001},
		{"updateTwinIfMatchETag", "", 412001, 412001},
		{"destroy", "", 400004, 400004},
	} {
		for _, member := range []string{"etag", "eTag", "ETAG"} {
			for _, module := range []string{"", "m"} {
				t.Run(fmt.Sprintf("%s %s %s module %q", m.mode, member, m.etag, module), func(t *testing.T) {
					t.Cleanup(func() {
						for _, id := range []string{"d", "missing"} {
							_, _ = c.try("DELETE", "/devices/"+id, "", "If-Match", "*")
						}
					})
					c.must(t, 200, "PUT", "/devices/d", `{}`)
					path, twin, name := "/devices/d", "/twins/d", member
					if module != "" {
						path, twin = path+"/modules/m", twin+"/modules/m"
						c.must(t, 200, "PUT", path, `{}`)
					}
					etag := strings.Trim(c.must(t, 200, "GET", path, "").header.Get("ETag"), `"`)
					twinTag := strings.Trim(c.must(t, 200, "GET", twin, "").header.Get("ETag"), `"`)
					if strings.HasPrefix(strings.ToLower(m.mode), "updatetwin") {
						name = "twin" + name
					}
					check := func(id string, want uint) {
						t.Helper()
						given := strings.NewReplacer("<etag>", etag, "<twin>", twinTag).Replace(m.etag)
						body := fmt.Sprintf(`[{"id":%q,"moduleId":%q,%q:%q,"importMode":%q,"status":"enabled","tags":{"bulk":true}}]`, id, module, name, given, m.mode)
						if want == 0 {
							bulk(t, c, 200, body)
							return
						}
						if want == 409001 && module != "" {
							want = 409301
						}
						r := bulk(t, c, 400, body)
						if len(r.Errors) != 1 || r.Errors[0].ErrorCode != want || r.Errors[0].DeviceID != id || r.Errors[0].ModuleID != module || r.Errors[0].ErrorStatus == "" {
							t.Errorf("%s: %+v, want %d", id, r, want)
						}
					}
					check("d", m.exists)
					if m.exists == 0 && !strings.HasPrefix(strings.ToLower(m.mode), "delete") {
						if a := c.must(t, 200, "GET", twin, ""); !strings.Contains(a.body, `"tags":{"bulk":true}`) {
							t.Errorf("the tags were not written: %s", a.body)
						}
					}
					if module == "" || m.missing != 0 { // a module needs its device
						check("missing", m.missing)
					}
				})
			}
		}
	}
}

func TestBulkEntriesAreCarriedOutEachForItself(t *testing.T) {
	c := newClient(t, start(t, embedded.Options{}))
	c.must(t, 200, "PUT", "/devices/there", `{}`)
	r := bulk(t, c, 400, `[
		{"id":"a","importMode":"create","authentication":{"symmetricKey":{"primaryKey":"","secondaryKey":""},"type":"sas"},
		 "properties":{"desired":{"n":1},"reported":{"r":1}},"capabilities":{"iotEdge":true}},
		{"id":"a","moduleId":"m","importMode":"create","managedBy":"me"},
		{"id":"there","importMode":"create"},
		{"id":"b","importMode":"create","status":"disabled"},
		{"id":"b","importMode":"delete"},
		{"id":"c","importMode":"create","tags":{"x.y":1}},
		{"id":"bad id","importMode":"create"},
		{"importMode":"create"},
		{"id":"keys","importMode":"create","authentication":{"symmetricKey":{"primaryKey":"AAAA","secondaryKey":"AAAA"}}}]`)
	codes := map[string]uint{}
	for _, e := range r.Errors {
		codes[e.DeviceID] = e.ErrorCode
	}
	if want := map[string]uint{"there": 409001, "b": 400011, "bad id": 400004, "": 400004, "keys": 400004}; fmt.Sprint(codes) != fmt.Sprint(want) {
		t.Errorf("errors %v, want %v", codes, want)
	}
	if len(r.Warnings) != 1 || r.Warnings[0].DeviceID != "c" || r.Warnings[0].WarningCode != "DeviceRegisteredWithoutTwin" || r.Warnings[0].WarningStatus == "" {
		t.Errorf("warnings %+v", r.Warnings)
	}
	if a := c.must(t, 200, "GET", "/twins/a", ""); !strings.Contains(a.body, `"n":1`) || strings.Contains(a.body, `"r":1`) {
		t.Errorf("twin %s", a.body)
	}
	if a := c.must(t, 200, "GET", "/devices/a/modules", ""); strings.Count(a.body, "moduleId") != 3 || !strings.Contains(a.body, `"managedBy":"me"`) {
		t.Errorf("modules %s", a.body)
	}
	if a := c.must(t, 200, "GET", "/devices/b", ""); !strings.Contains(a.body, `"status":"disabled"`) {
		t.Errorf("b is %s", a.body)
	}
}

func TestBulkRefusedAsAWhole(t *testing.T) {
	c := newClient(t, start(t, embedded.Options{}))
	many := strings.Repeat(`{"id":"x","importMode":"create"},`, 101)
	for _, body := range []string{``, `{}`, `[]`, `[1]`, `[{"id":1}]`, "[" + strings.TrimSuffix(many, ",") + "]"} {
		a := c.must(t, 400, "POST", "/devices", body)
		if a.header.Get("iothub-errorcode") != "ArgumentInvalid" || !strings.Contains(a.body, `"Message":"ErrorCode:ArgumentInvalid`) {
			t.Errorf("%.20s: %v", body, a)
		}
	}
	c.must(t, 404, "GET", "/devices/x", "")
}

// TestGoServiceSDKBulk drives the bulk operations of a library written against the real service.
func TestGoServiceSDKBulk(t *testing.T) {
	c := goService(t, start(t, embedded.Options{}))
	ctx := context.Background()
	devices := []*iotservice.Device{{DeviceID: "a"}, {DeviceID: "b", Status: iotservice.Disabled}}
	must := func(r *iotservice.BulkResult, err error) {
		t.Helper()
		if err != nil || !r.IsSuccessful || len(r.Errors) != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	must(c.CreateDevices(ctx, devices))
	again, err := c.CreateDevices(ctx, devices)
	if err != nil || again.IsSuccessful || len(again.Errors) != 2 || again.Errors[1].DeviceID != "b" || again.Errors[1].ErrorCode != 409001 {
		t.Fatalf("%+v, %v", again, err)
	}
	a, err := c.GetDevice(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	a.StatusReason = "bulk"
	must(c.UpdateDevices(ctx, []*iotservice.Device{a}, false))
	stale, err := c.UpdateDevices(ctx, []*iotservice.Device{a}, false)
	if err != nil || stale.IsSuccessful || stale.Errors[0].ErrorCode != 412001 {
		t.Fatalf("a stale etag: %+v, %v", stale, err)
	}
	must(c.UpdateDevices(ctx, []*iotservice.Device{a}, true))
	must(c.UpdateDeviceTwins(ctx, []*iotservice.Device{{DeviceID: "a", Tags: map[string]any{"site": "ulm"}}}, true))
	twin, err := c.GetDeviceTwin(ctx, "a")
	if err != nil || twin.Tags["site"] != "ulm" || twin.StatusReason != "bulk" {
		t.Errorf("%+v, %v", twin, err)
	}
	must(c.DeleteDevices(ctx, devices, true))
	if stats, err := c.DeviceStats(ctx); err != nil || stats.TotalDeviceCount != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
}
