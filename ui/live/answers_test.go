package live

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
)

func acknowledged(at time.Duration, reported string) hub.Event {
	v, err := patch.Parse([]byte(reported))
	if err != nil {
		panic(err)
	}
	return hub.Event{At: noon.Add(at), ID: sensors, Kind: hub.EventAcknowledged, Version: 40, Value: v}
}

func TestAnAcknowledgementIsJoinedToItsPatch(t *testing.T) {
	for name, tc := range map[string]struct {
		ours     bool
		reported string
		want     []string
	}{
		"plain, ours":      {true, `{"n":2}`, []string{"acknowledged 260 ms after PATCH", "reported, acks v2", "  260 ms after PATCH"}},
		"plain, another's": {false, `{"n":2}`, []string{"acknowledged 250 ms after it arrived"}},
		"by its version":   {true, `{"n":{"value":1,"ac":200,"av":2,"ad":"done"}}`, []string{"acks v2"}},
		"a rejection":      {true, `{"n":{"value":1,"ac":400,"av":2}}`, []string{"rejected 260 ms after PATCH ✗ 400", "acks v2 ✗ 400"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(keymap.Default(), false)
			p.Attach(sensors)
			if tc.ours {
				p.AddReceipt(hub.Receipt{ID: sensors, DesiredVersion: 2, SentAt: noon.Add(-10 * time.Millisecond)})
			}
			p.Add([]hub.Event{patched(2, noon), patched(3, noon.Add(time.Millisecond)), acknowledged(250*time.Millisecond, tc.reported)}, 0)
			wants(t, p, tc.want...)
		})
	}
	p := New(keymap.Default(), false)
	p.Add([]hub.Event{patched(2, noon), acknowledged(time.Second, `{"temperature":21}`), acknowledged(time.Second, `{"n":{"value":1,"ac":200,"av":77}}`)}, 0)
	lacks(t, p, "acks", "after it arrived")
}

func TestALongReportIsToldInAFewWords(t *testing.T) {
	p := New(keymap.Default(), false)
	p.Add([]hub.Event{acknowledged(0, `{"setPoint":{"value":21.5,"ac":400,"av":9,"ad":"too hot\u001b[2J"},"text":"`+strings.Repeat("x", 400)+`","a":1,"b":2,"c":3}`)}, 0)
	wants(t, p, "setPoint 21.5 ✗ 400 too hot␛[2J", `text "xxx`, "a 1", "1 more; l/→ shows them")
}
