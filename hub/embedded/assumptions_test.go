package embedded_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"twindeck/hub/embedded"
)

// TestAssume sets every option by its name, to each answer that the help lists and back.
func TestAssume(t *testing.T) {
	listed := regexp.MustCompile(`(?m)^  ([a-z-]+)=(.+)$`).FindAllStringSubmatch(embedded.AssumptionsHelp(), -1)
	if len(listed) < 20 {
		t.Fatalf("the help lists %d assumptions", len(listed))
	}
	for _, entry := range listed {
		name, answers := entry[1], strings.Split(entry[2], "|")
		switch name {
		case "query-page", "query-page-max":
			answers = []string{"100", "1", "2000"}
		case "api-versions":
			answers = []string{"any", "2021-04-12", "2021-04-12,2020-05-31-preview"}
		}
		if len(answers) < 2 {
			t.Errorf("%s has no choice: %q", name, answers)
		}
		opts, seen := embedded.Options{}, map[string]bool{}
		for _, answer := range answers {
			if err := opts.Assume(name + "=" + answer); err != nil {
				t.Error(err)
			}
			seen[fmt.Sprintf("%+v", opts)] = true
		}
		if len(seen) != len(answers) {
			t.Errorf("%s: %d answers, %d different outcomes", name, len(answers), len(seen))
		}
		before := fmt.Sprintf("%+v", opts)
		for _, wrong := range []string{name, name + "=", name + "=nonsense", name + "=-1"} {
			if err := opts.Assume(wrong); err == nil || strings.Contains(err.Error(), "\n") || fmt.Sprintf("%+v", opts) != before {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	}
	var opts embedded.Options
	if err := opts.Assume("weather=fine"); err == nil || !strings.Contains(err.Error(), "weather") || !reflect.DeepEqual(opts, embedded.Options{}) {
		t.Errorf("an unknown name: %v", err)
	}
}

// TestAssumedDefaults shows that the first answer of each is what a hub does anyway.
func TestAssumedDefaults(t *testing.T) {
	var opts embedded.Options
	for _, entry := range regexp.MustCompile(`(?m)^  ([a-z-]+=[a-z0-9]+)\|`).FindAllStringSubmatch(embedded.AssumptionsHelp(), -1) {
		if err := opts.Assume(entry[1]); err != nil {
			t.Error(err)
		}
	}
	want := embedded.Options{}
	want.Gateway.UnknownIdentityCode = 5 // the same as 0
	if !reflect.DeepEqual(opts, want) {
		t.Errorf("%+v", opts)
	}
}

// assume starts a hub under assumptions, with the device d and its module m.
func assume(t *testing.T, assumptions ...string) (*embedded.Server, *client) {
	t.Helper()
	var opts embedded.Options
	for _, a := range assumptions {
		if err := opts.Assume(a); err != nil {
			t.Fatal(err)
		}
	}
	hub := start(t, opts)
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/devices/d/modules/m", `{}`)
	return hub, c
}

// TestAssumptionsAboutTwins shows that they arrive where twins are kept.
func TestAssumptionsAboutTwins(t *testing.T) {
	for _, test := range []struct {
		assumption   string
		status       int
		capabilities bool
	}{{"patch-null=clear", 200, false}, {"patch-null=refuse", 400, false}, {"module-capabilities=yes", 200, true}} {
		_, c := assume(t, test.assumption)
		c.must(t, test.status, "PATCH", "/twins/d", `{"tags":null}`)
		if a := c.must(t, 200, "GET", "/twins/d/modules/m", ""); strings.Contains(a.body, "capabilities") != test.capabilities {
			t.Errorf("%s: %s", test.assumption, a.body)
		}
	}
}

func TestAssumedAggregateNames(t *testing.T) {
	body := `{"query":"SELECT COUNT(), SUM(tags.n), COUNT(tags.n) FROM devices"}`
	for assumption, want := range map[string]string{
		"aggregate-names=number":   `[{"$1":1,"$2":7,"$3":1}]`,
		"aggregate-names=function": `[{"COUNT":1,"SUM":7,"COUNT2":1}]`,
	} {
		_, c := assume(t, assumption)
		c.must(t, 200, "PATCH", "/twins/d", `{"tags":{"n":7}}`)
		if a := c.must(t, 200, "POST", "/devices/query", body); a.body != want {
			t.Errorf("%s: %s", assumption, a.body)
		}
	}
	_, c := assume(t, "aggregate-names=function")
	c.must(t, 400, "POST", "/devices/query", `{"query":"SELECT COUNT(), SUM(tags.n) AS COUNT FROM devices"}`)
}

func TestAssumedBulkErrors(t *testing.T) {
	for assumption, want := range map[string]string{"bulk-errors=number": `"errorCode":409001`, "bulk-errors=name": `"errorCode":"DeviceAlreadyExists"`} {
		_, c := assume(t, assumption)
		if a := c.must(t, 400, "POST", "/devices", `[{"id":"d","importMode":"create"}]`); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", assumption, a.body)
		}
	}
}

func TestAssumedAPIVersions(t *testing.T) {
	const missing = "/twins/d?not-api-version="
	for _, test := range []struct {
		assumptions []string
		accepts     map[string]int
	}{
		{nil, map[string]int{
			"/twins/d?api-version=2021-04-12": 200, "/twins/d?api-version=2016-01-01-preview": 200,
			"/twins/d?api-version=garbage": 400, "/twins/d?api-version=": 400, missing: 400,
		}},
		{[]string{"api-versions=2021-04-12,2020-05-31-preview"}, map[string]int{
			"/twins/d?api-version=2021-04-12": 200, "/twins/d?api-version=2020-05-31-preview": 200,
			"/twins/d?api-version=2016-01-01-preview": 400, "/twins/d?api-version=garbage": 400, missing: 400,
		}},
		{[]string{"api-version-missing=accept"}, map[string]int{
			"/twins/d?api-version=2021-04-12": 200, "/twins/d?api-version=garbage": 400, "/twins/d?api-version=": 400, missing: 200,
		}},
	} {
		_, c := assume(t, test.assumptions...)
		for path, status := range test.accepts {
			a := c.must(t, status, "GET", path, "")
			if name := a.header.Get("iothub-errorcode"); status == 400 && name != "InvalidProtocolVersion" {
				t.Errorf("%q, %s: %s", test.assumptions, path, name)
			}
		}
	}
}

func TestAssumedTimeoutBody(t *testing.T) {
	for assumption, want := range map[string]string{
		"timeout-body=classic": `{"Message":"ErrorCode:GatewayTimeout;`,
		"timeout-body=flat":    `{"errorCode":504101,"message":"`,
		"timeout-body=nested":  `{"Message":"{\"errorCode\":504101,`,
	} {
		t.Run(assumption, func(t *testing.T) {
			t.Parallel()
			hub, c := assume(t, assumption)
			connect(t, hub, embedded.ID{Device: "d"}, "$iothub/methods/POST/#")
			a := c.must(t, 504, "POST", "/twins/d/methods", `{"methodName":"wait","responseTimeoutInSeconds":5}`)
			if !strings.HasPrefix(a.body, want) {
				t.Errorf("%s", a.body)
			}
		})
	}
}
