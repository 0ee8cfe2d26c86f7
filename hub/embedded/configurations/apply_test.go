package configurations

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"twindeck/hub/embedded/registry"
)

func TestWhatIsTargetedIsWrittenOnceAndMarked(t *testing.T) {
	h := newHub(t, Options{})
	h.device(device("d"), `{}`, `{"tags":{"site":"ulm"},"properties":{"desired":{"keep":1,"a":{"old":1,"both":1}}}}`)
	h.device(device("other"), `{}`, `{"tags":{"site":"bonn"}}`)
	h.put("c", 1, "tags.site = 'ulm'", settings(".a", `{"both":2,"new":{"x":3}}`))
	h.shows(device("d"), `"configurations":{"c":{"status":"Applied"}}`)

	text := h.twin(device("d"))
	// The value at the path is replaced as a whole; what is beside it stays.
	if !strings.Contains(text, `"desired":{"keep":1,"a":{"both":2,"new":{"x":3}},`) {
		t.Errorf("twin %s", text)
	}
	// One write: once more than created and patched.
	if !strings.Contains(text, `"etag":"AAAAAAAAAAM="`) || !strings.Contains(text, `"$version":3}`) {
		t.Errorf("twin %s", text)
	}
	stamp := `"\$lastUpdated":"[^"]+","\$lastUpdatedVersion":3`
	by := stamp + `,"\$lastUpdatedBy":"c","\$lastUpdatedByDigest":"\d{18}"`
	if !regexp.MustCompile(`"a":\{` + stamp + `,"both":\{` + by + `\},"new":\{` + stamp + `,"x":\{` + by + `\}\}\}`).MatchString(text) {
		t.Errorf("metadata of %s", text)
	}
	if other := h.twin(device("other")); strings.Contains(other, "configurations") || strings.Contains(other, `"both"`) {
		t.Errorf("not targeted: %s", other)
	}
	// Nobody is overruled, and nothing is written twice.
	h.patch(device("d"), `{"properties":{"desired":{"a":{"both":9}}}}`)
	h.settled()
	if text := h.twin(device("d")); !strings.Contains(text, `"both":9`) || !strings.Contains(text, `"etag":"AAAAAAAAAAQ="`) || !regexp.MustCompile(`"both":\{"\$lastUpdated":"[^"]+","\$lastUpdatedVersion":4\}`).MatchString(text) {
		t.Errorf("after somebody else wrote: %s", text)
	}
	// An update writes again, whatever it changes.
	h.update("c", 2, "tags.site = 'ulm'", settings(".a", `{"ignored":true}`))
	h.shows(device("d"), `"both":2`, `!ignored`)
}

func TestTwinsComeAndGo(t *testing.T) {
	h := newHub(t, Options{})
	h.put("c", 1, "tags.site = 'ulm' AND properties.reported.ready = true", settings(".n", "1"))
	h.device(device("d"), `{}`, `{"tags":{"site":"ulm"}}`)
	h.settled()
	if text := h.twin(device("d")); strings.Contains(text, `"configurations"`) {
		t.Fatalf("not ready: %s", text)
	}
	if _, err := h.PatchReported(device("d"), []byte(`{"ready":true}`), nil); err != nil {
		t.Fatal(err)
	}
	h.shows(device("d"), `"n":1`, `"status":"Applied"`)
	// Who is not targeted any more keeps what was written.
	h.patch(device("d"), `{"tags":null,"properties":{"desired":{"n":2}}}`)
	h.shows(device("d"), `"n":2`, `!"configurations"`)
	// Targeted again, it is written again.
	h.patch(device("d"), `{"tags":{"site":"ulm"}}`)
	h.shows(device("d"), `"n":1`, `"status":"Applied"`)
	if err := h.Delete("c", ""); err != nil {
		t.Fatal(err)
	}
	h.shows(device("d"), `"n":1`, `!"configurations"`)
}

func TestPriorities(t *testing.T) {
	h := newHub(t, Options{})
	h.device(device("d"), `{}`, `{}`)
	h.put("low", 1, "*", settings(".by", `"low"`))
	h.shows(device("d"), `"by":"low"`)
	h.put("high", 5, "deviceId = 'd'", settings(".by", `"high"`))
	h.shows(device("d"), `"by":"high"`, `"configurations":{"high":{"status":"Applied"},"low":{"status":"Targeted"}}`)
	h.put("newer", 5, "*", settings(".by", `"newer"`))
	h.shows(device("d"), `"by":"newer"`, `"high":{"status":"Targeted"}`)
	h.update("low", 9, "*", settings(".by", `"low"`))
	h.shows(device("d"), `"by":"low"`, `"newer":{"status":"Targeted"}`)
	if err := h.Delete("low", ""); err != nil {
		t.Fatal(err)
	}
	h.shows(device("d"), `"by":"newer"`, `!"low":{`)
}

func TestModules(t *testing.T) {
	h := newHub(t, Options{})
	h.device(device("d"), `{}`, `{}`)
	for _, name := range []string{"a", "b"} {
		h.device(module(name, "d"), `{}`, `{}`)
	}
	h.put("m", 1, "from devices.modules WHERE moduleId = 'a'", forModules(".n", "1"))
	h.put("everybody", 0, "*", forModules(".all", "1"))
	h.shows(module("a", "d"), `"n":1`, `"everybody":{"status":"Targeted"},"m":{"status":"Applied"}`, `!"all"`)
	h.shows(module("b", "d"), `"all":1`, `"configurations":{"everybody":{"status":"Applied"}}`)
	if text := h.twin(device("d")); strings.Contains(text, "configurations") {
		t.Errorf("the device: %s", text)
	}
	h.eventually("counts", func() bool {
		return strings.Contains(h.document("everybody"), `"results":{"appliedCount":1,"targetedCount":2}`)
	}, func() string { return h.document("everybody") })
}

func TestTooLargeIsTargetedOnly(t *testing.T) {
	h := newHub(t, Options{})
	big := strings.Repeat("x", 4000)
	h.device(device("d"), `{}`, `{}`)
	for i := range 7 {
		h.patch(device("d"), fmt.Sprintf(`{"properties":{"desired":{"k%d":%q}}}`, i, big))
	}
	h.put("c", 1, "*", settings(".more", fmt.Sprintf(`[%q,%q]`, big, big)))
	h.shows(device("d"), `"configurations":{"c":{"status":"Targeted"}}`)
	h.settled()
	if text := h.twin(device("d")); strings.Contains(text, `"more"`) || !strings.Contains(text, `"$version":8}`) {
		t.Errorf("twin %.300s", text)
	}
}

// TestWholeFleet changes more twins than are remembered one by one.
func TestWholeFleet(t *testing.T) {
	h := newHub(t, Options{})
	const n = maxDirty + 500
	if err := h.Seed(n, func(i int) registry.Seed { return registry.Seed{Device: fmt.Sprint("d", i), Tags: `{"site":"ulm"}`} }); err != nil {
		t.Fatal(err)
	}
	h.put("c", 1, "tags.site = 'ulm'", settings(".n", "1"))
	h.eventually("everything is applied", func() bool {
		return strings.Contains(h.document("c"), fmt.Sprintf(`"appliedCount":%d,"targetedCount":%d`, n, n))
	}, func() string { return h.document("c") })
	for i := range n {
		h.patch(device(fmt.Sprint("d", i)), `{"tags":{"site":"bonn"}}`)
	}
	h.eventually("nothing is targeted", func() bool {
		return strings.Contains(h.document("c"), `"appliedCount":0,"targetedCount":0`)
	}, func() string { return h.document("c") })
}

func TestDeployments(t *testing.T) {
	h := newHub(t, Options{})
	h.device(device("e"), `{"capabilities":{"iotEdge":true}}`, `{"tags":{"site":"ulm"}}`)
	h.device(device("leaf"), `{}`, `{"tags":{"site":"ulm"}}`)
	agent := module("$edgeAgent", "e")
	h.put("base", 1, "tags.site = 'ulm'", `{"modulesContent":{
		"$edgeAgent":{"properties.desired":{"schemaVersion":"1.1","modules":{"one":{"image":"a"}}}},
		"$edgeHub":{"properties.desired":{"routes":{}}},
		"one":{"properties.desired":{"interval":5}}}}`)
	h.shows(agent, `"desired":{"schemaVersion":"1.1","modules":{"one":{"image":"a"}},`, `"base":{"status":"Applied"}`)
	h.shows(module("one", "e"), `"interval":5`, `"base":{"status":"Applied"}`)
	h.shows(device("e"), `"configurations":{"base":{"status":"Applied"}}`)
	if doc, err := h.Identity(module("one", "e")); err != nil || !strings.Contains(string(doc.JSON), `"managedBy":"iotEdge"`) {
		t.Errorf("the module is %s, %v", doc.JSON, err)
	}
	if text := h.twin(device("leaf")); strings.Contains(text, "configurations") {
		t.Errorf("a device without edge: %s", text)
	}

	layer := `{"modulesContent":{"$edgeAgent":{"properties.desired.modules.two":{"image":"b"}},"two":{"properties.desired.x":1}}}`
	h.put("layer", 2, "*", layer)
	h.put("below", 0, "*", layer)
	h.shows(agent, `"modules":{"one":{"image":"a"},"two":{"image":"b"}}`, `"base":{"status":"Applied"},"below":{"status":"Targeted"},"layer":{"status":"Applied"}`)
	h.shows(agent, `"$lastUpdatedBy":"base"`, `"$lastUpdatedBy":"layer"`)
	h.shows(module("two", "e"), `"x":1`)

	// A base with a higher priority takes the layer's place too.
	h.put("all", 3, "*", `{"modulesContent":{"$edgeAgent":{"properties.desired":{"modules":{}}}}}`)
	h.shows(agent, `"desired":{"modules":{},`, `"all":{"status":"Applied"}`, `"layer":{"status":"Targeted"}`)

	if _, err := h.PatchReported(agent, []byte(`{"lastDesiredVersion":4,"lastDesiredStatus":{"code":200}}`), nil); err != nil {
		t.Fatal(err)
	}
	h.eventually("the deployment succeeded", func() bool {
		return strings.Contains(h.document("all"), `"results":{"appliedCount":1,"reportedFailedCount":0,"reportedSuccessfulCount":1,"targetedCount":1}`)
	}, func() string { return h.document("all") + h.twin(agent) })
}

func TestContentForOneEdgeDevice(t *testing.T) {
	h := newHub(t, Options{})
	h.device(device("e"), `{"capabilities":{"iotEdge":true}}`, `{}`)
	h.device(device("leaf"), `{}`, `{}`)
	agent := module("$edgeAgent", "e")
	content := func(version string) string {
		return `{"modulesContent":{"$edgeAgent":{"properties.desired":{"v":` + version + `,"modules":{"m":{}}}},"m":{"properties.desired":{"a":1}}}}`
	}
	h.put("base", 1, "*", content("1"))
	h.shows(agent, `"v":1`)
	if err := h.ApplyContent("e", []byte(content("2"))); err != nil {
		t.Fatal(err)
	}
	h.patch(device("e"), `{"tags":{"touched":true}}`)
	h.settled()
	h.shows(agent, `"v":2`, `"base":{"status":"Applied"}`, `!"$lastUpdatedBy"`)
	h.update("base", 2, "*", content("3"))
	h.shows(agent, `"v":1`)
	refused(t, h.ApplyContent("leaf", []byte(content("1"))), 400, "ArgumentInvalid")
	refused(t, h.ApplyContent("nobody", []byte(content("1"))), 404, "DeviceNotFound")
	for _, bad := range []string{``, `{}`, settings(".a", "1"), `{"modulesContent":{"m":{}}}`} {
		refused(t, h.ApplyContent("e", []byte(bad)), 400, "InvalidConfigurationContent")
	}
}
