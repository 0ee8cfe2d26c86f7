package registry

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var anyEtag = ParsePrecondition("*")

func put(t testing.TB, s *Store, id ID, body string, cond Precondition) Document {
	t.Helper()
	doc, err := s.PutIdentity(id, []byte(body), cond)
	if err != nil {
		t.Fatalf("put %s: %v", id, err)
	}
	return doc
}

func TestIdentityDocuments(t *testing.T) {
	s, _, _ := newStore(t)
	creds, _ := s.Credentials(device)
	doc, _ := s.Identity(device)
	want := fmt.Sprintf(`{"deviceId":"d","generationId":"%d","etag":%q,"connectionState":"Disconnected","status":"enabled","statusReason":null,`+
		`"connectionStateUpdatedTime":"0001-01-01T00:00:00Z","statusUpdatedTime":"0001-01-01T00:00:00Z","lastActivityTime":"0001-01-01T00:00:00Z",`+
		`"cloudToDeviceMessageCount":0,"authentication":{"symmetricKey":{"primaryKey":%q,"secondaryKey":%q},`+
		`"x509Thumbprint":{"primaryThumbprint":null,"secondaryThumbprint":null},"type":"sas"},"capabilities":{"iotEdge":false}}`,
		ticksOf(start), doc.ETag, creds.Primary, creds.Secondary)
	if string(doc.JSON) != want {
		t.Error("the device document differs in something but the keys:\n", cmp.Diff(redact(want), redact(string(doc.JSON))))
	}
	number, err := base64.StdEncoding.DecodeString(doc.ETag)
	if err != nil || !regexp.MustCompile(`^\d{8,9}$`).Match(number) {
		t.Errorf("etag %s is %q", doc.ETag, number)
	}
	var moduleDoc map[string]any
	raw, _ := s.Identity(module)
	if err := json.Unmarshal(raw.JSON, &moduleDoc); err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"status", "capabilities", "statusReason"} {
		if _, ok := moduleDoc[absent]; ok {
			t.Errorf("a module document has %s", absent)
		}
	}
	if v, ok := moduleDoc["managedBy"]; !ok || v != nil {
		t.Errorf("managedBy is %v", v)
	}
}

var key = regexp.MustCompile(`[A-Za-z0-9+/]{43}=`)

func redact(s string) string { return key.ReplaceAllString(s, "<key>") }

func TestKeys(t *testing.T) {
	s, _, _ := newStore(t)
	keys := func(id ID) [2]string {
		c, _ := s.Credentials(id)
		return [2]string{c.Primary, c.Secondary}
	}
	first := keys(device)
	if !key.MatchString(first[0]) || len(first[0]) != 44 || first[0] == first[1] || first[0] == keys(module)[0] {
		t.Error("generated keys are not 32 bytes each, or not distinct")
	}
	if keys(device) != first {
		t.Error("generated keys change by themselves")
	}
	put(t, s, device, `{"authentication":{"symmetricKey":{"primaryKey":"","secondaryKey":""},"type":"sas"}}`, anyEtag)
	second := keys(device)
	if second[0] == first[0] {
		t.Error("a replacement without keys keeps the old ones")
	}
	own := [2]string{base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 16))), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("b", 64)))}
	put(t, s, device, fmt.Sprintf(`{"authentication":{"symmetricKey":{"primaryKey":%q,"secondaryKey":%q}}}`, own[0], own[1]), anyEtag)
	if keys(device) != own {
		t.Error("keys that were given are not kept")
	}
	put(t, s, device, `{}`, anyEtag)
	if third := keys(device); third[0] == first[0] || third[0] == second[0] || third == own {
		t.Error("keys made anew are old ones")
	}
	if err := s.DeleteIdentity(module, anyEtag); err != nil {
		t.Fatal(err)
	}
	before := keys(device)
	if err := s.DeleteIdentity(device, anyEtag); err != nil {
		t.Fatal(err)
	}
	put(t, s, device, `{}`, Precondition{})
	if keys(device) == before {
		t.Error("a device created again has the keys of the old one")
	}
	put(t, s, device, `{"authentication":{"type":"selfSigned","x509Thumbprint":{"primaryThumbprint":"`+strings.Repeat("aB", 20)+`"}}}`, anyEtag)
	c, _ := s.Credentials(device)
	if c.Primary != "" || c.AuthType != "selfSigned" || c.PrimaryThumbprint != strings.Repeat("aB", 20) {
		t.Errorf("thumbprint %s, type %s", c.PrimaryThumbprint, c.AuthType)
	}
}

func TestReplacementClears(t *testing.T) {
	s, c, h := newStore(t)
	doc := put(t, s, device, `{"status":"disabled","statusReason":"stolen","deviceId":"d"}`, anyEtag)
	if text := string(doc.JSON); !strings.Contains(text, `"statusReason":"stolen"`) || !strings.Contains(text, `"statusUpdatedTime":"`+laterText+`"`) {
		t.Errorf("disabled: %s", redact(text))
	}
	if diff := cmp.Diff([]string{"d closed", "d/m closed"}, h.lines); diff != "" {
		t.Error(diff)
	}
	if creds, _ := s.Credentials(module); creds.Enabled {
		t.Error("the module of a disabled device is enabled")
	}
	if got := s.Statistics(); got != (Statistics{Devices: 1, Disabled: 1}) {
		t.Errorf("statistics %+v", got)
	}
	c.now = c.now.Add(time.Minute)
	again := put(t, s, device, `{}`, ParsePrecondition(doc.ETag))
	if text := string(again.JSON); !strings.Contains(text, `"statusReason":null`) || !strings.Contains(text, `"status":"enabled"`) {
		t.Errorf("enabled again: %s", redact(text))
	}
	if twin := part(t, s, device, "etag"); twin != `"AAAAAAAAAAE="` {
		t.Errorf("identity writes moved the twin's etag to %s", twin)
	}
	if got, want := part(t, s, device, "deviceEtag"), `"`+again.ETag+`"`; got != want {
		t.Errorf("deviceEtag %s, want %s", got, want)
	}
}

func TestDeletedDeviceTakesItsModulesAlong(t *testing.T) {
	s, _, h := newStore(t)
	mustPatch(t, s, `{"a":1}`)
	h.lines = nil
	old, _ := s.Identity(device)
	if err := s.DeleteIdentity(device, ParsePrecondition(`"`+old.ETag+`"`)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"d closed", "d/m closed"}, h.lines); diff != "" {
		t.Error(diff)
	}
	if len(s.List(Modules, 0, 10))+len(s.List(Devices, 0, 10)) != 0 {
		t.Error("deleted identities are listed")
	}
	fresh := put(t, s, device, `{}`, Precondition{})
	if string(fresh.JSON) == string(old.JSON) || part(t, s, device, "properties", "desired", "$version") != "1" {
		t.Error("the new incarnation has something of the old one")
	}
}

func TestModuleLimit(t *testing.T) {
	s, _, _ := newStore(t)
	for i := 1; i < maxModules; i++ {
		put(t, s, ID{"d", fmt.Sprint("m", i)}, `{}`, Precondition{})
	}
	_, err := s.PutIdentity(ID{"d", "one-more"}, []byte(`{}`), Precondition{})
	if e := refusal(err); e.Name != "TooManyModulesOnDevice" || e.Status != 413 {
		t.Errorf("module %d: %v", maxModules+1, err)
	}
}

func TestPresence(t *testing.T) {
	s, c, _ := newStore(t)
	s.SetConnected(device, true)
	s.SetConnected(module, true)
	s.SetModelID(device, "dtmi:com:example;1")
	connected, _ := s.Identity(device)
	for _, want := range []string{`"connectionState":"Connected"`, `"connectionStateUpdatedTime":"` + laterText + `"`, `"lastActivityTime":"` + laterText + `"`} {
		if !strings.Contains(string(connected.JSON), want) {
			t.Errorf("no %s", want)
		}
	}
	if got := part(t, s, device, "modelId"); got != `"dtmi:com:example;1"` {
		t.Errorf("modelId %s", got)
	}
	if got := s.Statistics().Connected; got != 1 {
		t.Errorf("%d devices connected, want 1: modules do not count", got)
	}
	c.now = c.now.Add(time.Minute)
	s.SetConnected(module, false)
	s.Touch(device)
	if got := part(t, s, module, "lastActivityTime"); got != `"`+laterText+`"` {
		t.Errorf("a disconnection is activity: %s", got)
	}
	if got := part(t, s, device, "lastActivityTime"); got != `"2026-11-23T09:02:00.1234567Z"` {
		t.Errorf("a touch is not: %s", got)
	}
	if got := part(t, s, device, "connectionState"); got != `"Connected"` {
		t.Errorf("a module's disconnection made its device %s", got)
	}
	s.SetConnected(ID{Device: "nobody"}, true) // must not create or panic
	if err := s.DeleteIdentity(device, anyEtag); err != nil {
		t.Fatal(err)
	}
	if got := s.Statistics(); got != (Statistics{}) {
		t.Errorf("statistics of an empty hub: %+v", got)
	}
}

func TestListingSurvivesCompaction(t *testing.T) {
	s := New(Options{})
	const n = 1000
	for i := range n {
		put(t, s, ID{Device: fmt.Sprint(i)}, `{}`, Precondition{})
	}
	first := s.List(Devices, 0, 10)
	for i := range n {
		if i%10 != 5 {
			if err := s.DeleteIdentity(ID{Device: fmt.Sprint(i)}, anyEtag); err != nil {
				t.Fatal(err)
			}
		}
	}
	if kept := len(s.deviceSeq.entries); kept > n/2 {
		t.Errorf("%d entries for %d devices", kept, n/10)
	}
	var ids []string
	for after := first[9].Next; ; {
		rows := s.List(Devices, after, 7)
		for _, r := range rows {
			ids = append(ids, r.Twin.ID.Device)
			after = r.Next
		}
		if len(rows) < 7 {
			break
		}
	}
	if len(ids) != 99 || ids[0] != "15" || ids[98] != "995" {
		t.Errorf("listed %d, from %s", len(ids), ids[0])
	}
}

// TestConcurrentWrites runs writers of everything against each other: the counters add up, and
// notices come in order.
func TestConcurrentWrites(t *testing.T) {
	s, _, h := newStore(t)
	const writers, writes = 4, 50
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			other := ID{Device: fmt.Sprint("other", w)}
			for i := range writes {
				if _, err := s.PatchTwin(module, fmt.Appendf(nil, `{"properties":{"desired":{"n":%d}},"tags":{"t":%d}}`, i, w), Precondition{}); err != nil {
					t.Error(err)
				}
				if _, err := s.PatchReported(module, []byte(`{"x":1}`), nil); err != nil {
					t.Error(err)
				}
				if _, err := s.PutIdentity(other, []byte(`{}`), Precondition{}); err != nil {
					t.Error(err)
				}
				s.List(Devices, 0, 3)
				s.SetConnected(module, i%2 == 0)
				if err := s.DeleteIdentity(other, anyEtag); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	twin, _ := s.Twin(module)
	if twin.desired.version != 1+writers*writes || twin.reported.version != 1+writers*writes || twin.version != 2+2*writers*writes {
		t.Errorf("versions %d, %d, %d", twin.desired.version, twin.reported.version, twin.version)
	}
	version := int64(1)
	for _, line := range h.lines {
		if strings.HasPrefix(line, "d/m v") {
			version++
			if want := fmt.Sprintf("d/m v%d ", version); !strings.HasPrefix(line, want) {
				t.Fatalf("%s, want %s", line, want)
			}
		}
	}
}

// FuzzIdentityBody checks that no body breaks a store and that no refusal quotes a key.
func FuzzIdentityBody(f *testing.F) {
	f.Add([]byte(`{"authentication":{"symmetricKey":{"primaryKey":"c2VjcmV0c2VjcmV0c2VjcmV0"},"type":"none"}}`))
	f.Add([]byte(`{"STATUS":"Disabled","capabilities":{"iotEdge":true}}`))
	f.Add([]byte(`{"authentication":{"x509Thumbprint":{"primaryThumbprint":"00"}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, _, _ := newStore(t)
		for _, id := range []ID{device, module} {
			doc, err := s.PutIdentity(id, body, anyEtag)
			if err == nil && !json.Valid(doc.JSON) {
				t.Fatalf("not JSON: %s", doc.JSON)
			}
			if err != nil && strings.Contains(err.Error(), "c2VjcmV0") {
				t.Fatalf("the refusal quotes a key: %v", err)
			}
		}
	})
}

// BenchmarkPatchTwin shows that a write costs the same whatever the size of the fleet.
func BenchmarkPatchTwin(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := New(Options{})
			if err := s.Seed(n, func(i int) Seed {
				return Seed{Device: fmt.Sprint("device", i), Desired: `{"telemetryInterval":60}`, Tags: `{"site":"ist"}`}
			}); err != nil {
				b.Fatal(err)
			}
			i := 0
			for b.Loop() {
				id := ID{Device: fmt.Sprint("device", i*7919%n)}
				if _, err := s.PatchTwin(id, []byte(`{"properties":{"desired":{"telemetryInterval":61}}}`), Precondition{}); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkList reads pages from the middle of a large listing.
func BenchmarkList(b *testing.B) {
	s := New(Options{})
	if err := s.Seed(100_000, func(i int) Seed { return Seed{Device: fmt.Sprint("device", i)} }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if rows := s.List(Devices, 50_000, 100); len(rows) != 100 {
			b.Fatal(len(rows))
		}
	}
}
