package patch

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReadAck(t *testing.T) {
	ack, ok := ReadAck(parse(t, `{"value":19.0,"ac":400,"av":7,"ad":"out of range"}`))
	if !ok || ack.Value.JSON() != "19.0" || ack.Code != 400 || ack.Version != 7 || !ack.HasVersion || ack.Text != "out of range" {
		t.Errorf("got %+v, %t", ack, ok)
	}
	ack, ok = ReadAck(parse(t, `{"ac":200,"value":{"a":1},"ad":null}`))
	if !ok || ack.Value.JSON() != `{"a":1}` || ack.HasVersion || ack.Text != "" {
		t.Errorf("got %+v, %t", ack, ok)
	}
	for _, text := range []string{
		`200`, `null`, `{}`, `{"value":1}`, `{"ac":200}`, `{"value":1,"ac":"200"}`, `{"value":1,"ac":2e2}`,
		`{"value":1,"ac":200,"av":"7"}`, `{"value":1,"ac":200,"ad":5}`, `{"value":1,"ac":200,"unit":"C"}`,
	} {
		if ack, ok := ReadAck(parse(t, text)); ok {
			t.Errorf("%s was taken for the acknowledgement %+v", text, ack)
		}
	}
}

func sketch(leaves []Leaf) string {
	side := func(v Value, has bool) string {
		if !has {
			return "–"
		}
		return v.JSON()
	}
	var lines []string
	for _, l := range leaves {
		line := fmt.Sprintf("%s: %s | %s %s", l.Path, side(l.Desired, l.HasDesired), side(l.Reported, l.HasReported), l.State)
		if l.Ack != nil {
			line += fmt.Sprintf(" (%d %s)", l.Ack.Code, l.Ack.Text)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

func TestCompare(t *testing.T) {
	for _, tt := range []struct{ name, desired, reported, want string }{
		{"nothing at all", `{}`, `{}`, ""},
		{"no sections", `null`, `null`, ""},
		{"in sync", `{"firmware":"1.4.2"}`, `{"firmware":"1.4.2"}`, `firmware: "1.4.2" | "1.4.2" in sync`},
		{"in sync however the number is written", `{"setPoint":21.5}`, `{"setPoint":2.150e1}`, `setPoint: 21.5 | 2.150e1 in sync`},
		{"an older value", `{"telemetryInterval":122}`, `{"telemetryInterval":60}`, `telemetryInterval: 122 | 60 pending`},
		{"nothing reported yet", `{"a":{"b":1}}`, `{}`, `a.b: 1 | – pending`},
		{"reported only", `{}`, `{"bootCount":17}`, `bootCount: – | 17 reported only`},
		{"desired order, the rest where it stands", `{"b":1,"a":1}`, `{"x":0,"a":1,"y":0,"b":1,"z":0}`, "x: – | 0 reported only\nb: 1 | 1 in sync\nz: – | 0 reported only\na: 1 | 1 in sync\ny: – | 0 reported only"},
		{"inside objects", `{"s":{"a":1,"b":{"c":2}}}`, `{"s":{"a":1,"d":3}}`, "s.a: 1 | 1 in sync\ns.d: – | 3 reported only\ns.b.c: 2 | – pending"},
		{"arrays are leaves", `{"a":[1,2.0]}`, `{"a":[1,2]}`, `a: [1,2.0] | [1,2] in sync`},
		{"an object here and a value there", `{"a":{"b":1}}`, `{"a":5}`, `a: {"b":1} | 5 pending`},
		{"two empty objects", `{"a":{}}`, `{"a":{}}`, `a: {} | {} in sync`},
		{"applied", `{"a":1}`, `{"a":{"value":1,"ac":200,"av":3,"ad":"done"}}`, `a: 1 | 1 in sync (200 done)`},
		{"applied, then another value was desired", `{"a":2}`, `{"a":{"value":1,"ac":200,"av":3}}`, `a: 2 | 1 pending (200 )`},
		{"in progress", `{"a":1}`, `{"a":{"value":1,"ac":202,"av":3}}`, `a: 1 | 1 pending (202 )`},
		{"rejected", `{"setPoint":99}`, `{"setPoint":{"value":19.0,"ac":400,"av":7,"ad":"out of range"}}`, `setPoint: 99 | 19.0 rejected (400 out of range)`},
		{"a default of the device's own", `{}`, `{"a":{"value":1,"ac":203,"av":0}}`, `a: – | 1 reported only (203 )`},
		{"an object acknowledged as a whole", `{"a":{"b":1,"c":2}}`, `{"a":{"value":{"b":1,"c":3},"ac":200,"av":3}}`, "a.b: 1 | 1 in sync (200 )\na.c: 2 | 3 pending (200 )"},
		{"a desired value that looks like an acknowledgement", `{"a":{"value":1,"ac":2}}`, `{"a":{"value":1,"ac":2}}`, "a.value: 1 | 1 in sync\na.ac: 2 | 2 in sync"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sketch(Compare(parse(t, tt.desired), parse(t, tt.reported))); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestAnOldRejectionSaysNothingAboutANewValue(t *testing.T) {
	metadata := parse(t, `{"$lastUpdatedVersion":8,"setPoint":{"$lastUpdatedVersion":8},"mode":{"$lastUpdatedVersion":5}}`)
	desired := parse(t, `{"setPoint":20,"mode":"x"}`)
	reported := parse(t, `{"setPoint":{"value":19,"ac":400,"av":7},"mode":{"value":"y","ac":400,"av":7}}`)
	want := "setPoint: 20 | 19 pending (400 )\nmode: \"x\" | \"y\" rejected (400 )"
	if got := sketch(CompareVersions(desired, metadata, reported)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCompareProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired := someObject(3, false).Draw(t, "desired")
		reported := someObject(3, false).Draw(t, "reported")
		seen := map[string]bool{}
		for _, l := range Compare(desired, reported) {
			if seen[l.Path.String()] {
				t.Fatalf("%s is listed twice", l.Path)
			}
			seen[l.Path.String()] = true
			if v, ok := desired.At(l.Path); ok != l.HasDesired || !Equal(v, l.Desired) {
				t.Fatalf("%s: %s is not what is desired in %s", l.Path, l.Desired.JSON(), desired.JSON())
			}
			if v, ok := reported.At(l.Path); l.Ack == nil && (ok != l.HasReported || !Equal(v, l.Reported)) {
				t.Fatalf("%s: %s is not what is reported in %s", l.Path, l.Reported.JSON(), reported.JSON())
			}
		}
		for _, l := range Compare(desired, desired) {
			if l.State != InSync {
				t.Fatalf("%s: %s against itself is %s", desired.JSON(), l.Path, l.State)
			}
		}
	})
}
