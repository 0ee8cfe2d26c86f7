package configurations

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"twindeck/hub/embedded/registry"
)

// memory is a Keeper that a test can look into.
type memory struct {
	mu   sync.Mutex
	data map[string]string
	fail error
}

func (k *memory) Put(key string, value []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	k.data[key] = string(value)
	return nil
}

func (k *memory) Delete(key string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	delete(k.data, key)
	return nil
}

func (k *memory) Each(f func(string, []byte) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(k.data)) {
		if err := f(key, []byte(k.data[key])); err != nil {
			return err
		}
	}
	return nil
}

func TestDocument(t *testing.T) {
	h := newHub(t, Options{})
	d, err := h.Put("c", []byte(`{"Id":"c","SchemaVersion":"1.0","labels":{"b":"2","a":"1"},"targetCondition":"tags.a = 1","PRIORITY":3,
		"content":{"moduleContent":null,"deviceContent":{"properties.desired.z":1.0,"properties.desired.a.b":[1e3]}},
		"metrics":{"queries":{"m":"SELECT deviceId FROM devices"},"results":{"m":7}},"etag":"x","createdTimeUtc":"2000-01-01T00:00:00Z"}`), "")
	if err != nil || d.ETag != "MQ==" {
		t.Fatalf("%+v, %v", d, err)
	}
	var times struct{ CreatedTimeUTC, LastUpdatedTimeUTC string }
	if err := json.Unmarshal(d.JSON, &times); err != nil || times.CreatedTimeUTC != times.LastUpdatedTimeUTC || !strings.HasSuffix(times.CreatedTimeUTC, "Z") {
		t.Errorf("%+v, %v", times, err)
	}
	want := `{"id":"c","schemaVersion":"1.0","labels":{"a":"1","b":"2"},"content":{"moduleContent":null,"deviceContent":{"properties.desired.z":1.0,"properties.desired.a.b":[1e3]}},` +
		`"targetCondition":"tags.a = 1","createdTimeUtc":"<now>","lastUpdatedTimeUtc":"<now>","priority":3,` +
		`"systemMetrics":{"results":{},"queries":{"appliedCount":"SELECT deviceId FROM devices WHERE configurations.[[c]].status = 'Applied'","targetedCount":"SELECT deviceId FROM devices WHERE tags.a = 1"}},` +
		`"metrics":{"results":{},"queries":{"m":"SELECT deviceId FROM devices"}},"etag":"MQ=="}`
	if got := strings.ReplaceAll(string(d.JSON), times.CreatedTimeUTC, "<now>"); got != want {
		t.Errorf("document\n got %s\nwant %s", got, want)
	}
	plain := string(h.put("p", 0, "", settings("", "{}")).JSON)
	for _, part := range []string{`"schemaVersion":null`, `"labels":null`, `"priority":0`, `"targetCondition":""`, `"systemMetrics":{"results":{},"queries":{}}`} {
		if !strings.Contains(plain, part) {
			t.Errorf("without %s: %s", part, plain)
		}
	}
}

// TestConditionsOfWrites is the table of If-Match: only quotes and the star count.
func TestConditionsOfWrites(t *testing.T) {
	for _, c := range []struct {
		ifMatch        string
		missing, there string // what a PUT is refused with
		deleted        string // what a DELETE is refused with
	}{
		{"", "", "ConfigurationAlreadyExists", ""},
		{`"<etag>"`, "ConfigurationNotFound", "", ""},
		{`<etag>`, "", "ConfigurationAlreadyExists", ""},
		{`"OQ=="`, "ConfigurationNotFound", "PreconditionFailed", "PreconditionFailed"},
		{`OQ==`, "", "ConfigurationAlreadyExists", ""},
		{`*`, "ConfigurationNotFound", "", ""},
		{`"*"`, "ConfigurationNotFound", "", ""},
	} {
		t.Run(c.ifMatch, func(t *testing.T) {
			h := newHub(t, Options{})
			body := []byte(`{"content":` + settings(".a", "1") + `}`)
			check := func(err error, name string) {
				t.Helper()
				var refusal *registry.Error
				if errors.As(err, &refusal); refusal == nil && name != "" || refusal != nil && refusal.Name != name {
					t.Errorf("error %v, want %q", err, name)
				}
			}
			_, err := h.Put("missing", body, c.ifMatch)
			check(err, c.missing)
			ifMatch := strings.ReplaceAll(c.ifMatch, "<etag>", h.put("there", 0, "*", settings(".a", "1")).ETag)
			d, err := h.Put("there", body, ifMatch)
			check(err, c.there)
			if err == nil && d.ETag != "Mg==" {
				t.Errorf("the etag after an update is %s", d.ETag)
			}
			check(h.Delete("nobody", ifMatch), "ConfigurationNotFound")
			check(h.Delete("there", strings.ReplaceAll(c.ifMatch, "<etag>", d.ETag)), c.deleted)
		})
	}
}

func TestContentNeverChanges(t *testing.T) {
	h := newHub(t, Options{})
	h.put("c", 1, "*", settings(".a", "1"))
	h.update("c", 2, "deviceId = 'd'", forModules(".b", "2"))
	if text := h.document("c"); !strings.Contains(text, `{"deviceContent":{"properties.desired.a":1}}`) || !strings.Contains(text, `"priority":2`) {
		t.Errorf("after an update: %s", text)
	}
	_, err := h.Put("c", []byte(`{"priority":3}`), "*")
	refused(t, err, 400, "InvalidConfigurationContent")
}

func TestRefusals(t *testing.T) {
	h := newHub(t, Options{Limit: 2})
	good := settings(".a", "1")
	for _, c := range []struct{ id, body, name string }{
		{"Upper", `{"content":` + good + `}`, "ArgumentInvalid"},
		{"a.b", `{"content":` + good + `}`, "ArgumentInvalid"},
		{strings.Repeat("x", 129), `{"content":` + good + `}`, "ArgumentInvalid"},
		{"c", `{"id":"d","content":` + good + `}`, "ArgumentInvalid"},
		{"c", `[]`, "ArgumentInvalid"},
		{"c", `{"priority":-1,"content":` + good + `}`, "ArgumentInvalid"},
		{"c", `{"labels":{"a":1},"content":` + good + `}`, "ArgumentInvalid"},
		{"c", `{}`, "InvalidConfigurationContent"},
		{"c", `{"content":null}`, "InvalidConfigurationContent"},
		{"c", `{"content":{}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"deviceContent":1}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"otherContent":{}}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"deviceContent":{},"moduleContent":{}}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"deviceContent":{"tags.a":1}}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"deviceContent":{"properties.desiredx":1}}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"deviceContent":{"properties.desired":1}}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"deviceContent":{"properties.desired.a":{"b c":1}}}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"modulesContent":{"$edgeHub":{}}}}`, "InvalidConfigurationContent"},
		{"c", `{"content":{"modulesContent":{"$edgeAgent":1}}}`, "InvalidConfigurationContent"},
		{"c", `{"targetCondition":"tags.","content":` + good + `}`, "InvalidConfigurationTargetCondition"},
		{"c", `{"targetCondition":"status = 'enabled'","content":` + good + `}`, "InvalidConfigurationTargetCondition"},
		{"c", `{"targetCondition":"properties.desired.a = 1","content":` + good + `}`, "InvalidConfigurationTargetCondition"},
		{"c", `{"targetCondition":"FROM devices.modules WHERE moduleId = 'm'","content":` + good + `}`, "InvalidConfigurationTargetCondition"},
		{"c", `{"targetCondition":"moduleId = 'm'","content":` + forModules(".a", "1") + `}`, "InvalidConfigurationTargetCondition"},
		{"c", `{"metrics":{"queries":{"m":"SELECT"}},"content":` + good + `}`, "InvalidConfigurationCustomMetricsQuery"},
		{"c", `{"metrics":{"queries":{"m":"SELECT * FROM devices.jobs"}},"content":` + good + `}`, "InvalidConfigurationCustomMetricsQuery"},
	} {
		_, err := h.Put(c.id, []byte(c.body), "")
		refused(t, err, 400, c.name)
	}
	h.put("a-z0-9-+%_*!'", 0, "*", good)
	h.put("b", 0, "*", good)
	_, err := h.Put("c", []byte(`{"content":`+good+`}`), "")
	refused(t, err, 413, "ConfigurationCountLimitExceeded")
	if docs := h.Manager.List(context.Background()); len(docs) != 2 || !strings.HasPrefix(string(docs[1].JSON), `{"id":"b"`) {
		t.Errorf("%d configurations", len(docs))
	}
}

func TestTestQueries(t *testing.T) {
	for _, c := range []struct {
		body, want string
	}{
		{`{}`, `{"customMetricQueryErrors":{}}`},
		{`{"targetCondition":"tags.a = 'b'","customMetricQueries":{"m":"SELECT deviceId FROM devices"}}`, `{"customMetricQueryErrors":{}}`},
		{`{"TargetCondition":"FROM devices.modules WHERE moduleId = 'm'"}`, `{"customMetricQueryErrors":{}}`},
		{`{"targetCondition":"*"}`, `{"targetConditionError":"the query is not valid","customMetricQueryErrors":{}}`},
		{`{"targetCondition":"tags.","customMetricQueries":{"m":"SELECT","n":"SELECT * FROM devices"}}`, `{"targetConditionError":"the query is not valid","customMetricQueryErrors":{"m":"the query is not valid"}}`},
	} {
		got, err := TestQueries([]byte(c.body))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v", c.body, got, err)
		}
	}
	_, err := TestQueries([]byte(`[]`))
	refused(t, err, 400, "ArgumentInvalid")
}

func TestConfigurationsSurvive(t *testing.T) {
	k := &memory{data: map[string]string{}}
	store := registry.New(registry.Options{})
	first, err := New(Options{Registry: store, Keeper: k})
	if err != nil {
		t.Fatal(err)
	}
	h := hub{store, first, t}
	h.device(device("d"), `{}`, `{}`)
	h.put("c", 1, "*", settings(".a", "1.0"))
	h.put("gone", 2, "", settings(".a", "2"))
	if err := h.Delete("gone", ""); err != nil {
		t.Fatal(err)
	}
	h.shows(device("d"), `"a":1.0`)
	h.settled()
	before, twin := h.document("c"), h.twin(device("d"))
	first.Close()

	h = newHub(t, Options{Registry: store, Keeper: k})
	h.settled()
	if after := h.document("c"); after != before {
		t.Errorf("restored\n got %s\nwant %s", after, before)
	}
	if after := h.twin(device("d")); after != twin {
		t.Errorf("a start wrote to a twin:\n got %s\nwant %s", after, twin)
	}
	h.device(device("new"), `{}`, `{}`)
	h.shows(device("new"), `"a":1.0`)

	k.mu.Lock()
	k.fail = errors.New("disk full")
	k.mu.Unlock()
	if _, err := h.Put("c", []byte(`{"content":`+settings(".a", "1")+`}`), "*"); !errors.Is(err, k.fail) {
		t.Errorf("an update that was not stored: %v", err)
	}
	if err := h.Delete("c", ""); !errors.Is(err, k.fail) {
		t.Errorf("a delete that was not stored: %v", err)
	}
	if after := h.document("c"); !strings.Contains(after, `"etag":"MQ=="`) {
		t.Errorf("what was not stored counts: %s", after)
	}
	if _, err := New(Options{Registry: store, Keeper: &memory{data: map[string]string{"c": `{"id":"x"}`}}}); err == nil {
		t.Error("a foreign entry was taken")
	}
}

// FuzzContent checks that any content is either refused or can be applied.
func FuzzContent(f *testing.F) {
	f.Add(`{"deviceContent":{"properties.desired.a.b":{"c":null},"properties.desired":{"x":[1]}}}`)
	f.Add(`{"modulesContent":{"$edgeAgent":{"properties.desired.modules":{"m":{}},"properties.desired.modules.n":1},"$edgeHub":{}}}`)
	f.Add(`{"moduleContent":{"properties.desired.":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseContent([]byte(text))
		if err != nil {
			refused(t, err, 400, "InvalidConfigurationContent")
			return
		}
		s := registry.New(registry.Options{})
		if _, err := s.PutIdentity(device("d"), []byte(`{}`), registry.Precondition{}); err != nil {
			t.Fatal(err)
		}
		for _, values := range c.settings {
			err := s.ConfigureTwin(device("d"), []registry.Settings{{By: "c", Values: values}}, registry.Configured{})
			if refusal := (*registry.Error)(nil); err != nil && !errors.As(err, &refusal) {
				t.Fatal(err)
			}
			twin, _ := s.Twin(device("d"))
			if !json.Valid(twin.AppendJSON(nil)) {
				t.Fatalf("%s makes %s", text, twin.AppendJSON(nil))
			}
		}
	})
}
