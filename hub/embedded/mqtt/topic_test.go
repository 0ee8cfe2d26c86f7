package mqtt

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"$iothub/twin/res/#", "$iothub/twin/res/200/?$rid=1", true},
		{"$iothub/twin/res/#", "$iothub/twin/res", true},
		{"$iothub/twin/res/#", "$iothub/twin/result", false},
		{"$iothub/twin/res/#", "$iothub/twin", false},
		{"#", "$iothub/twin/res/200", false},
		{"+/twin/#", "$iothub/twin/res", false},
		{"#", "devices/d", true},
		{"a/+/c", "a/b/c", true},
		{"a/+/c", "a//c", true},
		{"a/+", "a", false},
		{"a/+", "a/b/c", false},
		{"a", "a/", false},
		{"a/", "a/", true},
		{"devices/d+1/#", "devices/d+1/x", true},
		{"devices/d+1/#", "devices/dx1/x", false},
		{"devices/#d/x", "devices/#d/x", true},
		{"devices/#/x", "devices/a/x", false},
	} {
		if got := Match(c.filter, c.topic); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.filter, c.topic, got)
		}
	}
}

// FuzzMatch compares Match with the rules of MQTT 3.1.1 §4.7 written down level
// by level.
func FuzzMatch(f *testing.F) {
	f.Add("$iothub/twin/res/#", "$iothub/twin/res/200/?$rid=1")
	f.Add("a/+/#", "a/b")
	f.Add("+/+", "/finance")
	f.Add("#/#", "#")
	f.Fuzz(func(t *testing.T, filter, topic string) {
		if got, want := Match(filter, topic), matchLevels(filter, topic); got != want {
			t.Errorf("Match(%q, %q) = %v, want %v", filter, topic, got, want)
		}
	})
}

func matchLevels(filter, topic string) bool {
	filters, levels := strings.Split(filter, "/"), strings.Split(topic, "/")
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return false
	}
	open := filters[len(filters)-1] == "#"
	if open {
		filters = filters[:len(filters)-1]
	}
	if len(levels) < len(filters) || !open && len(levels) > len(filters) {
		return false
	}
	for i, want := range filters {
		if want != "+" && want != levels[i] {
			return false
		}
	}
	return true
}
