package record

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

func mustParse(t testing.TB, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var at = time.Date(2024, 5, 6, 7, 8, 9, 120_000_000, time.FixedZone("CEST", 7200))

func TestTheLinesOfEvents(t *testing.T) {
	id := hub.ID{Device: `d"1`, Module: "m"}
	for want, e := range map[string]hub.Event{
		`{"v":1,"seq":1,"at":"2024-05-06T05:08:09.12Z","kind":"connecting","device":"d\"1","module":"m","wait":0.250,"via":"websocket","error":"the network is gone"}`: {
			Seq: 1, Kind: hub.EventConnecting, Wait: 250 * time.Millisecond, Via: hub.ViaWebSocket, Err: errors.New("the network is gone"),
		},
		`{"v":1,"seq":2,"at":"2024-05-06T05:08:09.12Z","kind":"synced","device":"d\"1","module":"m","version":3,"value":{"a":1.0},"changes":[{"path":["a"],"kind":"added","new":1.0},{"path":["b","c.d"],"kind":"removed","old":[null]}]}`: {
			Seq: 2, Kind: hub.EventSynced, Version: 3, Value: mustParse(t, `{"a":1.0}`),
			Changes: patch.Changes(mustParse(t, `{"b":{"c.d":[null]}}`), mustParse(t, `{"a":1.0,"b":{}}`))[:2],
		},
		`{"v":1,"seq":3,"at":"2024-05-06T05:08:09.12Z","kind":"patch","device":"d\"1","module":"m","version":4,"value":{"a":null},"changes":[{"path":["a"],"kind":"changed","old":1.0,"new":"x\ty"}],"size":23}`: {
			Seq: 3, Kind: hub.EventPatch, Version: 4, Value: mustParse(t, `{"a":null}`), Raw: []byte(`{"a":null,"$version":4}`),
			Changes: patch.Changes(mustParse(t, `{"a":1.0}`), mustParse(t, `{"a":"x\ty"}`)),
		},
		`{"v":1,"seq":4,"at":"2024-05-06T05:08:09.12Z","kind":"method","device":"d\"1","module":"m","value":null,"method":"re\u0001boot","status":200,"answer":["ok"]}`: {
			Seq: 4, Kind: hub.EventMethod, Method: "re\x01boot", Answer: &hub.MethodAnswer{Status: 200, Payload: mustParse(t, `["ok"]`)},
		},
		`{"v":1,"seq":5,"at":"2024-05-06T05:08:09.12Z","kind":"observed","device":"d\"1","module":"m","version":9,"value":{},"reportedVersion":2,"reported":[{"path":["z"],"kind":"added","new":true}]}`: {
			Seq: 5, Kind: hub.EventObserved, Version: 9, Value: patch.Object(), ReportedVersion: 2,
			Reported: patch.Changes(patch.Object(), mustParse(t, `{"z":true}`)),
		},
		`{"v":1,"seq":6,"at":"2024-05-06T05:08:09.12Z","kind":"taken over","device":"d\"1","module":"m"}`: {Seq: 6, Kind: hub.EventTakenOver},
	} {
		e.ID, e.At = id, at
		line := string(Append(nil, e))
		if line != want+"\n" {
			t.Errorf("written is\n%swant\n%s", line, want)
		}
		l, err := NewReader(strings.NewReader(line)).Next()
		if err != nil || l.Seq != e.Seq || !l.At.Equal(at) || l.Kind != e.Kind.String() || l.ID != id || l.Version != e.Version || !patch.Equal(l.Value, e.Value) {
			t.Errorf("%s is read as %+v, %v", line, l, err)
		}
	}
}

func TestAReaderSkipsWhatACrashLeft(t *testing.T) {
	good := string(Append(nil, hub.Event{Seq: 7, At: at, ID: hub.ID{Device: "d"}, Kind: hub.EventConnected}))
	r := NewReader(strings.NewReader(good + good[:30] + "\n\n{}\nnonsense\n" + good + good[:10]))
	for range 2 {
		if l, err := r.Next(); err != nil || l.Seq != 7 {
			t.Fatalf("read %+v, %v", l, err)
		}
	}
	if l, err := r.Next(); !errors.Is(err, io.EOF) || r.Skipped() != 4 {
		t.Errorf("then %+v, %v, and skipped %d", l, err, r.Skipped())
	}
	if _, err := NewReader(strings.NewReader(`{"v":2,"kind":"x","at":"2024-05-06T05:08:09Z"}`)).Next(); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer format: %v", err)
	}
}

func TestTwinsAreKnownBetweenDoubts(t *testing.T) {
	id := hub.ID{Device: "d"}
	var twins Twins
	for i, step := range []struct {
		line Line
		want string // empty: not known
	}{
		{Line{Kind: "patch", Version: 2, Value: mustParse(t, `{"a":1}`)}, ""},
		{Line{Kind: "synced", Version: 2, Value: mustParse(t, `{"a":1,"b":{"c":1}}`)}, `{"a":1,"b":{"c":1}}`},
		{Line{Kind: "patch", Version: 2, Value: mustParse(t, `{"a":7}`)}, `{"a":1,"b":{"c":1}}`},
		{Line{Kind: "patch", Version: 3, Value: mustParse(t, `{"b":{"c":null}}`)}, `{"a":1,"b":{}}`},
		{Line{Kind: "lost"}, `{"a":1,"b":{}}`},
		{Line{Kind: "patch", Version: 5, Value: mustParse(t, `{"a":5}`)}, ""},
		{Line{Kind: "observed", Version: 5, Value: mustParse(t, `{"a":5}`)}, `{"a":5}`},
		{Line{Kind: "observed", Version: 4, Value: mustParse(t, `{"a":4}`)}, `{"a":5}`},
		{Line{Kind: "gap", Version: 7}, ""},
		{Line{Kind: "synced", Version: 7, Value: mustParse(t, `{}`)}, `{}`},
		{Line{Kind: "let go", Count: 3}, ""},
	} {
		step.line.ID = id
		twins.Follow(step.line)
		s, known := twins.Desired(id)
		if known != (step.want != "") || known && s.Value.JSON() != step.want {
			t.Errorf("step %d: %s, %v, want %s", i, s.Value.JSON(), known, step.want)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(Append(nil, hub.Event{Seq: 7, At: at, ID: hub.ID{Device: "d"}, Kind: hub.EventPatch, Version: 3, Value: mustParse(f, `{"a":{"b":null}}`)}))
	f.Add(appendLetGo(nil, gone{count: 3, from: 1, to: 3, at: at}))
	f.Add([]byte(`{"v":1,"seq":-1,"at":"2024-05-06T05:08:09Z","kind":"synced","version":1e3,"value":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var twins Twins
		r, lines := NewReader(bytes.NewReader(data)), 0
		for {
			l, err := r.Next()
			if err != nil {
				break
			}
			if l.Kind == "" || l.At.IsZero() && !strings.Contains(string(data), "0001") {
				t.Errorf("read %+v", l)
			}
			twins.Follow(l)
			lines++
		}
		if most := bytes.Count(data, []byte("\n")) + 1; lines+r.Skipped() > most {
			t.Errorf("%d lines are read as %d and %d", most, lines, r.Skipped())
		}
	})
}
