package iothub

import "testing"

func TestTwinAnswerTopics(t *testing.T) {
	for topic, want := range map[string]struct {
		status  int
		rid     string
		version int64
	}{
		"$iothub/twin/res/200/?$rid=1f":                   {200, "1f", 0},
		"$iothub/twin/res/204/?$rid=1&$version=12":        {204, "1", 12},
		"$iothub/twin/res/204/?$version=12&$rid=1":        {204, "1", 12},
		"$iothub/twin/res/429/?$rid=%20a&x&$rid=2":        {429, "%20a", 0},
		"$iothub/twin/res/204/?$rid=1&$version=":          {204, "1", 0},
		"$iothub/twin/res/400/?$rid=1&$version=4&other=/": {400, "1", 4},
	} {
		status, rid, version, err := parseTwinAnswer(topic)
		if err != nil || status != want.status || rid != want.rid || version != want.version {
			t.Errorf("%s: %d, %q, %d, %v", topic, status, rid, version, err)
		}
	}
	for _, topic := range []string{
		"", "$iothub/twin/res/", "$iothub/twin/res/200", "$iothub/twin/res/200/?", "$iothub/twin/res/200/?rid=1",
		"$iothub/twin/res/ok/?$rid=1", "$iothub/twin/res/-1/?$rid=1", "$iothub/twin/res/204/?$rid=1&$version=x", "$iothub/twin/200/?$rid=1",
	} {
		if status, rid, _, err := parseTwinAnswer(topic); err == nil {
			t.Errorf("%s is read as %d, %q", topic, status, rid)
		}
	}
}

func TestMethodCallTopics(t *testing.T) {
	for topic, want := range map[string][2]string{
		"$iothub/methods/POST/ping/?$rid=1f":     {"ping", "1f"},
		"$iothub/methods/POST/a/b?c/?x=y&$rid=1": {"a/b?c", "1"},
	} {
		name, rid, err := parseMethodCall(topic)
		if err != nil || name != want[0] || rid != want[1] {
			t.Errorf("%s: %q, %q, %v", topic, name, rid, err)
		}
	}
	for _, topic := range []string{"", "$iothub/methods/POST/", "$iothub/methods/POST//?$rid=1", "$iothub/methods/POST/a/?$rid=", "$iothub/methods/POST/a"} {
		if name, rid, err := parseMethodCall(topic); err == nil {
			t.Errorf("%s is read as %q, %q", topic, name, rid)
		}
	}
}

func FuzzTopics(f *testing.F) {
	f.Add("$iothub/twin/res/204/?$rid=1&$version=12")
	f.Add("$iothub/methods/POST/ping/?$rid=1f")
	f.Fuzz(func(t *testing.T, topic string) {
		if status, rid, _, err := parseTwinAnswer(topic); err == nil && (rid == "" || status < 100 || status > 999) {
			t.Errorf("%q is read as %d, %q", topic, status, rid)
		}
		if name, rid, err := parseMethodCall(topic); err == nil && (name == "" || rid == "") {
			t.Errorf("%q is read as %q, %q", topic, name, rid)
		}
	})
}
