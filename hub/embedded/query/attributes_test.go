package query

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAttributesOfEveryOperator(t *testing.T) {
	q, err := Parse(`SELECT tags.unseen FROM devices WHERE a.one = b.two OR NOT (c IN [1] AND IS_DEFINED(d.[[x y]])) ` +
		`OR e + f * g > 1 OR STARTSWITH(h, i) OR ARRAY_CONTAINS(j, k) OR TAGS.l = 'm' OR devices.deviceid = 'n' OR o`)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"a", "one"},
		{"b", "two"},
		{"c"},
		{"d", "x y"},
		{"e"},
		{"f"},
		{"g"},
		{"h"},
		{"i"},
		{"j"},
		{"k"},
		{"tags", "l"},
		{"deviceId"},
		{"o"},
	}
	if diff := cmp.Diff(want, q.Attributes()); diff != "" {
		t.Error(diff)
	}
	all, _ := ParseCondition("*")
	if all.Attributes() != nil {
		t.Error("a query without a condition looks at something")
	}
}
