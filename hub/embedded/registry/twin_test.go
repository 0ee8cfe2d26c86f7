package registry

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a time that moves only when a test says so.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

var start = time.Date(2026, 11, 23, 9, 0, 0, 123456700, time.UTC)

const (
	startText = "2026-11-23T09:00:00.1234567Z"
	laterText = "2026-11-23T09:01:00.1234567Z"
)

// heard is a Listener that writes down what it is told.
type heard struct{ lines []string }

func (h *heard) DesiredChanged(id ID, patch []byte, version int64) {
	h.lines = append(h.lines, id.String()+" v"+itoa(version)+" "+string(patch))
}

func (h *heard) IdentityClosed(id ID) { h.lines = append(h.lines, id.String()+" closed") }

// newStore returns a store with the device d and its module m.
func newStore(t testing.TB) (*Store, *clock, *heard) {
	t.Helper()
	c := &clock{start}
	s := New(Options{Now: c.Now})
	for _, id := range []ID{{Device: "d"}, {Device: "d", Module: "m"}} {
		if _, err := s.PutIdentity(id, []byte(`{}`), Precondition{}); err != nil {
			t.Fatalf("create %s: %v", id, err)
		}
	}
	h := &heard{}
	s.Listen(h)
	c.now = start.Add(time.Minute)
	return s, c, h
}

var (
	device = ID{Device: "d"}
	module = ID{Device: "d", Module: "m"}
)

// part returns one member of the twin's document, by path, as compact JSON.
func part(t testing.TB, s *Store, id ID, path ...string) string {
	t.Helper()
	twin, err := s.Twin(id)
	if err != nil {
		t.Fatal(err)
	}
	v := twin.Document()
	for _, key := range path {
		var ok bool
		if v, ok = v.Get(key); !ok {
			return "<absent>"
		}
	}
	return v.String()
}

func TestNewTwinDocument(t *testing.T) {
	s, _, _ := newStore(t)
	twin, _ := s.Twin(device)
	want := `{"deviceId":"d","etag":"AAAAAAAAAAE=","deviceEtag":"` + etagOf(s.devices["d"].etag) + `","status":"enabled",` +
		`"statusUpdateTime":"0001-01-01T00:00:00Z","connectionState":"Disconnected","lastActivityTime":"0001-01-01T00:00:00Z",` +
		`"cloudToDeviceMessageCount":0,"authenticationType":"sas","x509Thumbprint":{"primaryThumbprint":null,"secondaryThumbprint":null},` +
		`"modelId":"","version":2,"properties":{"desired":{"$metadata":{"$lastUpdated":"` + startText + `"},"$version":1},` +
		`"reported":{"$metadata":{"$lastUpdated":"` + startText + `"},"$version":1}},"capabilities":{"iotEdge":false}}`
	if diff := cmp.Diff(want, string(twin.AppendJSON(nil))); diff != "" {
		t.Error(diff)
	}
	if got, want := part(t, s, module, "properties", "desired"), `{"$metadata":{"$lastUpdated":"0001-01-01T00:00:00Z"},"$version":1}`; got != want {
		t.Errorf("a new module twin has desired %s, want %s", got, want)
	}
}

// TestTwinWrites follows one twin through writes: what it holds, what its owner is told, and
// how its counters move.
func TestTwinWrites(t *testing.T) {
	type want struct{ desired, tags, told, etag, version, desiredVersion string }
	for _, c := range []struct {
		name   string
		before string
		body   string
		put    bool
		want   want
	}{
		{
			"patch adds", "", `{"properties":{"desired":{"telemetryInterval":122}}}`, false,
			want{`{"telemetryInterval":122}`, "<absent>", `d/m v2 {"telemetryInterval":122,"$version":2}`, "AAAAAAAAAAI=", "3", "2"},
		},
		{
			"patch names the same value", `{"a":1,"b":2}`, `{"properties":{"desired":{"a":1}}}`, false,
			want{`{"a":1,"b":2}`, "<absent>", `d/m v3 {"a":1,"$version":3}`, "AAAAAAAAAAM=", "4", "3"},
		},
		{
			"patch removes", `{"a":1,"b":2}`, `{"properties":{"desired":{"b":null}}}`, false,
			want{`{"a":1}`, "<absent>", `d/m v3 {"b":null,"$version":3}`, "AAAAAAAAAAM=", "4", "3"},
		},
		{
			"put replaces and tells what is gone", `{"a":1,"b":2,"o":{"x":1,"y":2}}`, `{"properties":{"desired":{"a":1,"c":100,"o":{"x":3}}}}`, true,
			want{`{"a":1,"c":100,"o":{"x":3}}`, "<absent>", `d/m v3 {"a":1,"c":100,"o":{"x":3,"y":null},"b":null,"$version":3}`, "AAAAAAAAAAM=", "4", "3"},
		},
		{
			"put without desired empties it", `{"a":1}`, `{"tags":{"x":1}}`, true,
			want{`{}`, `{"x":1}`, `d/m v3 {"a":null,"$version":3}`, "AAAAAAAAAAM=", "4", "3"},
		},
		{
			"tags only", `{"a":1}`, `{"tags":{"site":"ist"}}`, false,
			want{`{"a":1}`, `{"site":"ist"}`, "", "AAAAAAAAAAM=", "4", "2"},
		},
		{
			"both count once", `{"a":1}`, `{"tags":{"site":"ist"},"properties":{"desired":{"a":2}}}`, false,
			want{`{"a":2}`, `{"site":"ist"}`, `d/m v3 {"a":2,"$version":3}`, "AAAAAAAAAAM=", "4", "3"},
		},
		{
			"nothing to write", `{"a":1}`, `{"deviceId":"d","etag":"x"}`, false,
			want{`{"a":1}`, "<absent>", "", "AAAAAAAAAAI=", "3", "2"},
		},
		{
			"empty desired counts and is not told", `{"a":1}`, `{"properties":{"desired":{}}}`, false,
			want{`{"a":1}`, "<absent>", "", "AAAAAAAAAAM=", "4", "3"},
		},
		{
			"null section clears", `{"a":1}`, `{"properties":{"desired":null},"tags":null}`, false,
			want{`{}`, "<absent>", `d/m v3 {"a":null,"$version":3}`, "AAAAAAAAAAM=", "4", "3"},
		},
		{
			"system keys are ignored", `{"a":1}`, `{"Properties":{"Desired":{"b":1.0,"$metadata":{},"$version":9},"reported":{"x":1}}}`, false,
			want{`{"a":1,"b":1.0}`, "<absent>", `d/m v3 {"b":1.0,"$version":3}`, "AAAAAAAAAAM=", "4", "3"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, h := newStore(t)
			if c.before != "" {
				if _, err := s.PatchTwin(module, []byte(`{"properties":{"desired":`+c.before+`}}`), Precondition{}); err != nil {
					t.Fatal(err)
				}
			}
			h.lines = nil
			write := s.PatchTwin
			if c.put {
				write = s.ReplaceTwin
			}
			if _, err := write(module, []byte(c.body), Precondition{}); err != nil {
				t.Fatal(err)
			}
			twin, _ := s.Twin(module)
			got := want{
				twin.desired.properties, part(t, s, module, "tags"), strings.Join(h.lines, "\n"),
				twin.ETag, part(t, s, module, "version"), part(t, s, module, "properties", "desired", "$version"),
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPreconditions(t *testing.T) {
	s, _, _ := newStore(t)
	patch := []byte(`{"properties":{"desired":{"a":1}}}`)
	for _, header := range []string{`"AAAAAAAAAAE="`, `AAAAAAAAAAI=`, `*`, `"*"`, ``, `""AAAAAAAAAAY=""`, `"x", "AAAAAAAAAAc="`} {
		if _, err := s.PatchTwin(device, patch, ParsePrecondition(header)); err != nil {
			t.Errorf("If-Match %s: %v", header, err)
		}
	}
	for _, header := range []string{`"AAAAAAAAAAE="`, `x`, `"`, `"x", "AAAAAAAAAAE="`} {
		_, err := s.PatchTwin(device, patch, ParsePrecondition(header))
		if e := refusal(err); e.Status != 412 || e.Name != "PreconditionFailed" {
			t.Errorf("If-Match %s: %v, want PreconditionFailed", header, err)
		}
	}
}

func TestMetadata(t *testing.T) {
	s, c, _ := newStore(t)
	mustPatch(t, s, `{"o":{"x":1,"y":2},"list":[1,{"z":1}],"k":1}`)
	c.now = c.now.Add(time.Minute)
	first := `"$lastUpdated":"` + laterText + `","$lastUpdatedVersion":2`
	if got, want := part(t, s, device, "properties", "desired", "$metadata"),
		`{`+first+`,"o":{`+first+`,"x":{`+first+`},"y":{`+first+`}},"list":{`+first+`},"k":{`+first+`}}`; got != want {
		t.Errorf("after the first write\n got %s\nwant %s", got, want)
	}
	mustPatch(t, s, `{"o":{"x":1,"n":{"m":true}},"k":null}`)
	second := `"$lastUpdated":"2026-11-23T09:02:00.1234567Z","$lastUpdatedVersion":3`
	if got, want := part(t, s, device, "properties", "desired", "$metadata"),
		`{`+second+`,"o":{`+second+`,"x":{`+second+`},"y":{`+first+`},"n":{`+second+`,"m":{`+second+`}}},"list":{`+first+`}}`; got != want {
		t.Errorf("after the second write\n got %s\nwant %s", got, want)
	}
	if _, err := s.PatchReported(device, []byte(`{"x":1}`), nil); err != nil {
		t.Fatal(err)
	}
	plain := `"$lastUpdated":"2026-11-23T09:02:00.1234567Z"`
	if got, want := part(t, s, device, "properties", "reported", "$metadata"), `{`+plain+`,"x":{`+plain+`}}`; got != want {
		t.Errorf("reported\n got %s\nwant %s", got, want)
	}
}

func mustPatch(t testing.TB, s *Store, desired string) {
	t.Helper()
	if _, err := s.PatchTwin(device, []byte(`{"properties":{"desired":`+desired+`}}`), Precondition{}); err != nil {
		t.Fatal(err)
	}
}

func TestReported(t *testing.T) {
	s, _, h := newStore(t)
	one, two := int64(1), int64(2)
	if v, err := s.PatchReported(module, []byte(`{"x":1,"$version":7}`), &one); v != 2 || err != nil {
		t.Fatalf("version %d, %v; want 2", v, err)
	}
	if _, err := s.PatchReported(module, []byte(`{"x":2}`), &one); status(err) != 412 {
		t.Errorf("a stale version gives %v, want 412", err)
	}
	if v, err := s.PatchReported(module, []byte(`{"x":2}`), &two); v != 3 || err != nil {
		t.Errorf("version %d, %v; want 3", v, err)
	}
	for name, bad := range map[string]string{"not JSON": "{", "no object": "[]", "bad key": `{"a.b":1}`} {
		if _, err := s.PatchReported(module, []byte(bad), nil); status(err) != 400 {
			t.Errorf("%s gives %v, want 400", name, err)
		}
	}
	if _, err := s.PatchReported(ID{Device: "d", Module: "x"}, []byte(`{}`), nil); status(err) != 404 {
		t.Errorf("a missing module gives %v, want 404", err)
	}
	got, _ := s.DeviceSideTwin(module)
	if want := `{"desired":{"$version":1},"reported":{"x":2,"$version":3}}`; string(got) != want {
		t.Errorf("device side %s, want %s", got, want)
	}
	twin, _ := s.Twin(module)
	if twin.ETag != "AAAAAAAAAAE=" || twin.version != 4 {
		t.Errorf("etag %s version %d, want the first etag and version 4", twin.ETag, twin.version)
	}
	if len(h.lines) != 0 {
		t.Errorf("the owner was told of its own report: %q", h.lines)
	}
}

// refusal returns err as what the store refuses with, or an empty refusal.
func refusal(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{}
}

func status(err error) int { return refusal(err).Status }

func TestLimits(t *testing.T) {
	nested := func(n int, leaf string) string {
		return strings.Repeat(`{"o":`, n) + leaf + strings.Repeat(`}`, n)
	}
	long := strings.Repeat("x", 4096)
	var many []string
	for i := range 8 {
		many = append(many, `"k`+itoa(int64(i))+`":"`+long[:4090]+`"`)
	}
	for _, c := range []struct {
		name, desired string
		ok            bool
	}{
		{"largest integer", `{"a":4503599627370495}`, true},
		{"integer too large", `{"a":4503599627370496}`, false},
		{"smallest integer", `{"a":-4503599627370496}`, true},
		{"integer too small", `{"a":-4503599627370497}`, false},
		{"huge integer", `{"a":123456789012345678901234567890}`, false},
		{"any float", `{"a":1e300,"b":9007199254740993.0}`, true},
		{"longest string", `{"a":"` + long + `"}`, true},
		{"string too long", `{"a":"x` + long + `"}`, false},
		{"longest key", `{"` + long[:1024] + `":1}`, true},
		{"key too long", `{"` + long[:1025] + `":1}`, false},
		{"empty key", `{"":1}`, true},
		{"unicode key", `{"température":1}`, true},
		{"dot in key", `{"a.b":1}`, false},
		{"dollar in key", `{"a$":1}`, false},
		{"hash in key", `{"a#":1}`, false},
		{"space in key", `{"a b":1}`, false},
		{"control in key", `{"a\u0007":1}`, false},
		{"system key below the top", `{"a":{"$version":1}}`, false},
		{"scalar in the tenth object", nested(11, "1"), true},
		{"eleven objects below the root", nested(12, "1"), false},
		{"array too deep", nested(11, "[]"), false},
		{"null in array", `{"a":[null]}`, false},
		{"null in object in array", `{"a":[{"b":null}]}`, false},
		{"just fits", `{` + strings.Join(many, ",") + `}`, true},
		{"section too large", `{` + strings.Join(many, ",") + `,"z":"` + long[:100] + `"}`, false},
		{"no object", `5`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, _ := newStore(t)
			_, err := s.PatchTwin(device, []byte(`{"properties":{"desired":`+c.desired+`}}`), Precondition{})
			if c.ok && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !c.ok && (status(err) != 400 || !strings.HasPrefix(refusal(err).Message, "Provided json is not a valid 'tags' or 'properties' object: ")) {
				t.Errorf("got %v, want ArgumentInvalid", err)
			}
			if twin, _ := s.Twin(device); !c.ok && twin.version != 2 {
				t.Errorf("a refused write moved the version to %d", twin.version)
			}
		})
	}
}

func TestTagsLimitAppliesToTheResult(t *testing.T) {
	s, _, _ := newStore(t)
	big := strings.Repeat("x", 4096)
	for i, ok := range []bool{true, false} {
		_, err := s.PatchTwin(device, []byte(`{"tags":{"k`+itoa(int64(i))+`":"`+big+`"}}`), Precondition{})
		if ok != (err == nil) {
			t.Errorf("patch %d: %v", i, err)
		}
	}
}

// FuzzPatchTwin checks that no body breaks a store: what it accepts can be read back as JSON,
// and metadata mirrors the properties exactly.
func FuzzPatchTwin(f *testing.F) {
	f.Add([]byte(`{"a":{"b":1}}`), []byte(`{"a":{"b":null,"c":{"d":[1]}}}`))
	f.Add([]byte(`{"a":[1]}`), []byte(`{"a":{"x":{"y":null}}}`))
	f.Add([]byte(`{"a":{}}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		s, _, _ := newStore(t)
		for _, desired := range [][]byte{first, second} {
			_, _ = s.PatchTwin(device, []byte(`{"properties":{"desired":`+string(desired)+`}}`), Precondition{})
			_, _ = s.PatchReported(device, desired, nil)
		}
		twin, err := s.Twin(device)
		if err != nil {
			t.Fatal(err)
		}
		text := twin.AppendJSON(nil)
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
		for _, name := range []string{"desired", "reported"} {
			properties, _ := twin.Document().Get("properties")
			section, _ := properties.Get(name)
			metadata, _ := section.Get("$metadata")
			mirrors(t, section.Without(isSystemKey), metadata)
		}
	})
}
