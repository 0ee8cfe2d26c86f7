package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

// tell writes events as a line each: kind, version and the changes.
func tell(events []Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s v%d", e.Kind, e.Version)
		for _, c := range e.Changes {
			fmt.Fprintf(&b, " %s:%s→%s", c.Path, c.Old.JSON(), c.New.JSON())
		}
		b.WriteString("\n")
	}
	return b.String()
}

func section(t *testing.T, text string) Section {
	t.Helper()
	s, _, err := parseProperties("read", iothub.Response{Status: 200, Body: []byte(`{"desired":` + text + `,"reported":{"$version":1}}`)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDesiredPropertiesAreReconciledByVersion(t *testing.T) {
	at := time.Unix(1, 0)
	type step struct {
		patch, sync string
		events      string
		read        bool
	}
	for name, steps := range map[string][]step{
		"a first read shows no changes, patches do": {
			{sync: `{"a":1,"$version":4}`, events: "synced v4\n"},
			{patch: `{"a":2,"b":{"c":true},"$version":5}`, events: "patch v5 a:1→2 b.c:null→true\n"},
			{patch: `{"a":null,"$version":6}`, events: "patch v6 a:2→null\n"},
		},
		"a patch that comes before the read waits for it": {
			{patch: `{"a":2,"$version":5}`},
			{patch: `{"a":3,"$version":6}`},
			{sync: `{"a":2,"$version":5}`, events: "synced v5\npatch v5\npatch v6 a:2→3\n"},
		},
		"a gap is told, and the read says what changed": {
			{sync: `{"a":1,"$version":1}`, events: "synced v1\n"},
			{patch: `{"a":9,"$version":4}`, events: "gap v4\n", read: true},
			{sync: `{"a":9,"b":7,"$version":4}`, events: "synced v4 a:1→9 b:null→7\npatch v4\n"},
			{patch: `{"a":8,"$version":5}`, events: "patch v5 a:9→8\n"},
		},
		"a hub that answers from the past does not make it read for ever": {
			{sync: `{"$version":1}`, events: "synced v1\n"},
			{patch: `{"a":1,"$version":4}`, events: "gap v4\n", read: true},
			{sync: `{"$version":2}`, events: "synced v2\ngap v4\n", read: true},
			{sync: `{"$version":2}`, events: "synced v2\ngap v4\n", read: true},
			{sync: `{"$version":2}`, events: "synced v2\ngap v4\n", read: true},
			{sync: `{"$version":2}`, events: "synced v2\ngap v4\n", read: true},
			{sync: `{"$version":2}`, events: "synced v2\ngap v4\n", read: true},
			{sync: `{"$version":2}`, events: "synced v2\ngap v4\npatch v4 a:null→1\n"},
			{patch: `{"a":2,"$version":5}`, events: "patch v5 a:1→2\n"},
		},
		"a gap behind a read is read again, and nothing is told twice": {
			{patch: `{"a":1,"$version":2}`},
			{patch: `{"b":1,"$version":4}`},
			{sync: `{"$version":1}`, events: "synced v1\npatch v2 a:null→1\ngap v4\n", read: true},
			{patch: `{"c":1,"$version":5}`},
			{sync: `{"a":1,"x":0,"b":1,"$version":4}`, events: "synced v4 x:null→0 b:null→1\npatch v4\npatch v5 c:null→1\n"},
		},
		"a patch that comes twice changes nothing": {
			{sync: `{"$version":1}`, events: "synced v1\n"},
			{patch: `{"a":1,"$version":2}`, events: "patch v2 a:null→1\n"},
			{patch: `{"a":1,"$version":2}`, events: "patch v2\n"},
		},
		"what cannot be read is a gap": {
			{sync: `{"$version":1}`, events: "synced v1\n"},
			{patch: `{"a":`, events: "gap v0\n", read: true},
			{patch: `[1]`, events: "gap v0\n"},
			{patch: `{"a":1}`, events: "gap v0\n"},
			{sync: `{"a":1,"$version":4}`, events: "synced v4 a:null→1\n", read: true},
			{patch: `{"a":2,"$version":5}`},
			{sync: `{"a":2,"$version":5}`, events: "synced v5 a:1→2\npatch v5\n"},
			{patch: `{"a":3,"$version":6}`, events: "patch v6 a:2→3\n"},
		},
		"a gap is told once, however many patches follow it": {
			{sync: `{"$version":1}`, events: "synced v1\n"},
			{patch: `{"a":1,"$version":3}`, events: "gap v3\n", read: true},
			{patch: `{"a":2,"$version":4}`},
			{sync: `{"a":1,"$version":3}`, events: "synced v3 a:null→1\npatch v3\npatch v4 a:1→2\n"},
		},
		"digits and order stay": {
			{sync: `{"z":1.0,"a":4503599627370495,"$version":1}`, events: "synced v1\n"},
			{patch: `{"z":1.50,"$version":2}`, events: "patch v2 z:1.0→1.50\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var d desired
			d.begin()
			for i, s := range steps {
				var events []Event
				var read bool
				if s.sync != "" {
					events, read = d.synced(section(t, s.sync), at)
				} else {
					events, read = d.arrived([]byte(s.patch), at)
				}
				if got := tell(events); got != s.events || read != s.read {
					t.Fatalf("step %d told\n%sand read=%v, want\n%sand read=%v", i, got, read, s.events, s.read)
				}
			}
		})
	}
}

func TestPatchesThatWaitForAReadAreToldWhenTheConnectionEnds(t *testing.T) {
	d := desired{reading: true}
	d.arrived([]byte(`{"a":1,"$version":2}`), time.Unix(1, 0))
	if got := tell(d.abandon()); got != "patch v2\n" {
		t.Errorf("told %q", got)
	}
	if got := tell(d.abandon()); got != "" {
		t.Errorf("told again %q", got)
	}
}

func TestPatchesThatWaitForAReadAreBounded(t *testing.T) {
	d := desired{reading: true}
	told := 0
	for i := range maxHeld + 100 {
		events, _ := d.arrived(fmt.Appendf(nil, `{"$version":%d}`, i+2), time.Unix(1, 0))
		told += len(events)
	}
	if told != 100 || len(d.held) != maxHeld {
		t.Errorf("%d told, %d held", told, len(d.held))
	}
}

func FuzzDesiredPatch(f *testing.F) {
	f.Add([]byte(`{"a":1,"$version":2}`))
	f.Add([]byte(`{"a":{"b":null},"$version":9223372036854775807}`))
	f.Add([]byte(`{"$version":1e3}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var d desired
		d.synced(Section{Value: patch.Object(), Version: 1}, time.Unix(1, 0))
		events, read := d.arrived(payload, time.Unix(1, 0))
		if len(events) != 1 {
			t.Fatalf("%q told %d events", payload, len(events))
		}
		if read != (events[0].Kind == EventGap) {
			t.Errorf("%q: read=%v with %s", payload, read, events[0].Kind)
		}
	})
}
