package registry

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// assuming returns a store like that of newStore under assumptions, whose twins have tags and
// desired properties.
func assuming(t *testing.T, a Assumptions) *Store {
	t.Helper()
	c := &clock{start}
	s := New(Options{Now: c.Now, Assumptions: a})
	for _, id := range []ID{device, module} {
		if _, err := s.PutIdentity(id, []byte(`{}`), Precondition{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PatchTwin(id, []byte(`{"tags":{"a":1},"properties":{"desired":{"b":2}}}`), Precondition{}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// invalid says whether err is a refusal with status 400.
func invalid(err error) bool {
	var refusal *Error
	return errors.As(err, &refusal) && refusal.Status == http.StatusBadRequest
}

// TestAssumedWrites shows what writes leave of tags and of the desired property b, and which
// version the twin then has, under each assumption about what they do not say. The version before
// is 3.
func TestAssumedWrites(t *testing.T) {
	const refusal = "refused"
	for _, test := range []struct {
		about   string
		assume  Assumptions
		put     bool
		body    string
		tags, b string
		version string
	}{
		{"PUT empties what is missing", Assumptions{}, true, `{"tags":{"c":3}}`, `{"c":3}`, "<absent>", "4"},
		{"PUT keeps what is missing", Assumptions{PutKeepsMissing: true}, true, `{"tags":{"c":3}}`, `{"c":3}`, "2", "4"},
		{"PUT with null empties in any case", Assumptions{PutKeepsMissing: true, NullSection: NullRefused}, true, `{"tags":null}`, "<absent>", "2", "4"},
		{"PUT of nothing empties", Assumptions{}, true, `{}`, "<absent>", "<absent>", "4"},
		{"PUT of nothing keeps", Assumptions{PutKeepsMissing: true}, true, `{}`, `{"a":1}`, "2", "3"},

		{"null clears tags", Assumptions{}, false, `{"tags":null}`, "<absent>", "2", "4"},
		{"null clears properties", Assumptions{}, false, `{"properties":{"desired":null}}`, `{"a":1}`, "<absent>", "4"},
		{"null tags are refused", Assumptions{NullSection: NullRefused}, false, `{"tags":null}`, `{"a":1}`, "2", refusal},
		{"null properties are refused", Assumptions{NullSection: NullRefused}, false, `{"properties":{"desired":null}}`, `{"a":1}`, "2", refusal},
		{"null is ignored", Assumptions{NullSection: NullIgnored}, false, `{"tags":null,"properties":{"desired":{"b":5}}}`, `{"a":1}`, "5", "4"},
		{"null alone is ignored", Assumptions{NullSection: NullIgnored}, false, `{"tags":null}`, `{"a":1}`, "2", "3"},
		{"null of a key deletes in any case", Assumptions{NullSection: NullRefused}, false, `{"tags":{"a":null}}`, "<absent>", "2", "4"},

		{"an empty PATCH is no write", Assumptions{}, false, `{}`, `{"a":1}`, "2", "3"},
		{"an empty PATCH is a write", Assumptions{EmptyPatchWrites: true}, false, `{"deviceId":"d"}`, `{"a":1}`, "2", "4"},
	} {
		t.Run(test.about, func(t *testing.T) {
			s := assuming(t, test.assume)
			write := s.PatchTwin
			if test.put {
				write = s.ReplaceTwin
			}
			etag := part(t, s, device, "etag")
			_, err := write(device, []byte(test.body), Precondition{})
			version := part(t, s, device, "version")
			if changed := part(t, s, device, "etag") != etag; changed != (version != "3") {
				t.Errorf("version %s, etag changed: %v", version, changed)
			}
			if invalid(err) {
				version = refusal
			} else if err != nil {
				t.Fatal(err)
			}
			got := [...]string{part(t, s, device, "tags"), part(t, s, device, "properties", "desired", "b"), version}
			if want := [...]string{test.tags, test.b, test.version}; got != want {
				t.Errorf("tags, property and version: %q, want %q", got, want)
			}
		})
	}
}

// TestEmptyPatchIsNotNotified shows that a write of nothing is nothing that a device is told of.
func TestEmptyPatchIsNotNotified(t *testing.T) {
	s := assuming(t, Assumptions{EmptyPatchWrites: true})
	h := &heard{}
	s.Listen(h)
	if _, err := s.PatchTwin(device, []byte(`{}`), Precondition{}); err != nil || len(h.lines) != 0 {
		t.Errorf("%v, %q", err, h.lines)
	}
}

func TestAssumedSizes(t *testing.T) {
	// A text of one letter is 1 or 4 bytes, by the rule, and a number of one digit 8 or 2.
	texts := func(limit int) string { return `{"a":[` + strings.Repeat(`"x",`, limit/4) + `"x"]}` }
	numbers := func(limit int) string { return `{"a":[` + strings.Repeat(`1,`, limit/8) + `1]}` }
	for rule, want := range map[SizeRule]struct{ texts, numbers bool }{
		DocumentedSize: {texts: true, numbers: false},
		SerializedSize: {texts: false, numbers: true},
	} {
		s := assuming(t, Assumptions{SizeRule: rule})
		for _, section := range []struct {
			body  string
			limit int
		}{{`{"tags":%}`, maxTagsSize}, {`{"properties":{"desired":%}}`, maxPropertiesSize}} {
			for body, fits := range map[string]bool{texts(section.limit): want.texts, numbers(section.limit): want.numbers} {
				for name, write := range map[string]func(ID, []byte, Precondition) (Twin, error){"PATCH": s.PatchTwin, "PUT": s.ReplaceTwin} {
					_, err := write(device, []byte(strings.Replace(section.body, "%", body, 1)), Precondition{})
					if err != nil && !invalid(err) || (err == nil) != fits {
						t.Errorf("rule %d, %s of %.40s…: %v, fits %v", rule, name, body, err, fits)
					}
				}
			}
		}
		if _, err := s.PatchReported(device, []byte(texts(maxPropertiesSize)), nil); (err == nil) != want.texts {
			t.Errorf("rule %d, reported: %v", rule, err)
		}
	}
}

func TestAssumedIDs(t *testing.T) {
	for _, narrow := range []bool{false, true} {
		s := assuming(t, Assumptions{NarrowIDs: narrow})
		for _, id := range []ID{{Device: "a:b"}, {Device: "a;b"}, {Device: "d", Module: "a:b"}, {Device: "d", Module: "a;b"}} {
			_, err := s.PutIdentity(id, []byte(`{}`), Precondition{})
			if narrow != invalid(err) || !narrow && err != nil {
				t.Errorf("narrow %v, %s: %v", narrow, id, err)
			}
			if narrow && strings.Contains(err.Error(), ":.") {
				t.Errorf("the refusal of %s recommends a colon: %v", id, err)
			}
		}
		if _, err := s.PutIdentity(ID{Device: "-.+%_#*?!(),=@$'"}, []byte(`{}`), Precondition{}); err != nil {
			t.Errorf("narrow %v: %v", narrow, err)
		}
	}
}

func TestAssumedModuleTwins(t *testing.T) {
	thumbprint := strings.Repeat("a1", 20)
	certified := ID{Device: "d", Module: "certified"}
	body := []byte(`{"authentication":{"type":"selfSigned","x509Thumbprint":{"primaryThumbprint":"` + thumbprint + `"}}}`)
	for _, test := range []struct {
		assume                         Assumptions
		capabilities, primary, updated string
	}{
		{Assumptions{}, "<absent>", "primaryThumbprint", `"` + never + `"`},
		{Assumptions{ModuleCapabilities: true}, `{"iotEdge":false}`, "primaryThumbprint", `"` + never + `"`},
		{Assumptions{ThumbprintCapitals: true}, "<absent>", "PrimaryThumbprint", `"` + never + `"`},
		{Assumptions{ModuleTwinCreated: true}, "<absent>", "primaryThumbprint", `"2026-11-23T09:00:00.1234569Z"`}, // the third identity of that moment
	} {
		s := assuming(t, test.assume)
		if _, err := s.PutIdentity(certified, body, Precondition{}); err != nil {
			t.Fatal(err)
		}
		if got := part(t, s, certified, "capabilities"); got != test.capabilities {
			t.Errorf("%+v: capabilities %s", test.assume, got)
		}
		twin, err := s.Twin(certified)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := twin.Attribute([]string{"capabilities", "iotEdge"}); ok != test.assume.ModuleCapabilities || ok && v.String() != "false" {
			t.Errorf("%+v: a query finds capabilities %v, %v", test.assume, v, ok)
		}
		if got := part(t, s, certified, "x509Thumbprint", test.primary); got != `"`+thumbprint+`"` {
			t.Errorf("%+v: thumbprint %s", test.assume, got)
		}
		if got := part(t, s, module, "x509Thumbprint", "primaryThumbprint"); got != "null" {
			t.Errorf("%+v: thumbprint of a module that has none: %s", test.assume, got)
		}
		for _, section := range []string{"desired", "reported"} {
			if got := part(t, s, certified, "properties", section, "$metadata", "$lastUpdated"); got != test.updated {
				t.Errorf("%+v: $lastUpdated of %s: %s", test.assume, section, got)
			}
		}
	}
}
