package bulk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

const evil = "\x1b[2J\x1b]0;x\x07 東京都 e\u0301 \u202e 🇹🇷 a-very-long-word-that-cannot-be-wrapped-anywhere-at-all\nsecond\r\n\tthird"

func options(production bool) Options {
	ids := []hub.ID{{Device: evil}, {Device: evil, Module: evil}}
	for i := range 300 {
		ids = append(ids, hub.ID{Device: fmt.Sprint("d", i)})
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return Options{
		Rows: ids, Host: evil, Production: production, TagPaths: []string{evil, "site", "building.floor"}, Folder: evil,
		Now: func() time.Time { return now }, Keys: keymap.Default(), Theme: theme.New(true, true),
	}
}

type view interface {
	View(w, h int) string
	Size(w, h int) (int, int)
	Update(msg tea.Msg) Action
}

func press(v view, keys ...string) {
	for _, k := range keys {
		switch k {
		case "enter":
			v.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
		case "esc":
			v.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
		case "down":
			v.Update(tea.KeyPressMsg{Code: tea.KeyDown})
		case "right":
			v.Update(tea.KeyPressMsg{Code: tea.KeyRight})
		default:
			for _, r := range k {
				v.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		}
	}
}

// states are overlays in every state that looks different.
func states() map[string]view {
	kind := func(down int, production bool) *Run {
		r := NewRun(options(production))
		for range down {
			press(r, "down")
		}
		press(r, "enter")
		return r
	}
	tag := kind(0, false)
	value := kind(0, false)
	press(value, "si", "right", "enter", "東京都")
	wrong := kind(0, false)
	press(wrong, "a.", "enter", "enter")
	json := kind(2, false)
	json.Update(tea.PasteMsg{Content: evil})
	previewed := func(production bool) *Run {
		r := kind(5, production)
		change := patch.Change{Path: patch.Path{evil}, Old: patch.String(evil), New: patch.String(evil)}
		r.Preview(bulk.Batch[bulk.Plan]{Items: []bulk.Plan{
			{Row: 2, ID: r.opts.Rows[2], Skip: "already so"},
			{Row: 0, ID: r.opts.Rows[0], Modules: []string{evil, "m"}},
			{Row: 1, ID: r.opts.Rows[1], Err: errors.New(evil)},
			{Row: 3, ID: r.opts.Rows[3], Changes: []patch.Change{change, change}},
		}, State: bulk.State{Over: true, Throttled: r.opts.Now().Add(time.Minute)}})
		return r
	}
	confirmed := previewed(true)
	press(confirmed, "enter", "30")
	sure := previewed(false)
	sure.op.Kind = bulk.Enable
	press(sure, "enter")
	running := func(s bulk.State) *Run {
		r := previewed(false)
		press(r, "enter", "delete", "enter")
		r.Progress(bulk.Batch[bulk.Result]{Items: []bulk.Result{
			{Row: 0, Outcome: bulk.Done},
			{Row: 1, Outcome: bulk.Failed, Note: evil, Code: evil},
			{Row: 2, Outcome: bulk.Conflict},
			{Row: 3, Outcome: bulk.Unknown},
			{Row: 4, Outcome: bulk.Skipped},
		}, State: s})
		return r
	}
	asking := running(bulk.State{Working: 8})
	press(asking, "c")
	saving := running(bulk.State{Over: true})
	press(saving, "s")
	saving.Saved("", evil, false)
	saved := running(bulk.State{Over: true})
	press(saved, "s")
	saved.Saved(evil, "", false)
	export := func() *Export {
		return NewExport(ExportOptions{What: evil, Marked: 3, Matching: 1_000_000, WithKeys: true, MoreColumns: true, Folder: "~", Name: evil, Keys: keymap.Default(), Theme: theme.New(true, true)})
	}
	keys := export()
	keys.wish.Keys = true
	press(keys, "enter")
	busy := export()
	press(busy, "enter")
	busy.Written(2, evil)
	ended := export()
	ended.Ended(evil, false)
	there := export()
	there.Ended(evil, true)
	return map[string]view{
		"choice": NewRun(options(false)), "tag": tag, "value": value, "wrong": wrong, "remove": kind(1, false), "json": json, "reason": kind(4, false),
		"preview": previewed(false), "confirmed": confirmed, "sure": sure,
		"running": running(bulk.State{Working: 8}), "throttled": running(bulk.State{Throttled: options(false).Now().Add(time.Minute)}),
		"paused": running(bulk.State{Paused: true, Why: evil}), "asking": asking,
		"report": running(bulk.State{Over: true, Err: errors.New(evil)}), "saving": saving, "saved": saved,
		"export": export(), "keys": keys, "busy": busy, "ended": ended, "there": there,
	}
}

func TestEveryOverlayIsExactlyAsLargeAsAsked(t *testing.T) {
	for name, v := range states() {
		for w := 0; w <= 130; w += 1 + w/9 {
			for h := 0; h <= 45; h += 1 + h/6 {
				checkSize(t, name, v.View(w, h), w, h)
				if w > 0 && h > 0 {
					if gw, gh := v.Size(w, h); gw < 1 || gh < 1 || gw > w || gh > h {
						t.Fatalf("%s wants %dx%d of %dx%d", name, gw, gh, w, h)
					}
				}
			}
		}
	}
}

func checkSize(t *testing.T, name, text string, w, h int) {
	t.Helper()
	if w < 1 || h < 1 {
		if text != "" {
			t.Fatalf("%s at %dx%d: %q", name, w, h, text)
		}
		return
	}
	lines := strings.Split(text, "\n")
	if len(lines) != h {
		t.Fatalf("%s at %dx%d has %d lines", name, w, h, len(lines))
	}
	for _, l := range lines {
		plain := ansi.Strip(l)
		if n := ansi.StringWidth(l); n != w {
			t.Fatalf("%s at %dx%d: %q is %d cells", name, w, h, plain, n)
		}
		if strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e }) {
			t.Fatalf("%s at %dx%d: %q would not be shown as it is", name, w, h, plain)
		}
	}
}

// What is asked for stays in view on the smallest screen: the field, the answer, how far it is.
func TestWhatMattersIsSeenOnASmallScreen(t *testing.T) {
	for name, want := range map[string]string{
		"choice": "Set a tag", "tag": "tag", "confirmed": "30", "sure": "No", "running": "5 of 302", "asking": "Stop?",
		"report": "✗", "export": "file", "keys": "will", "busy": "2 of 3",
	} {
		v := states()[name]
		if got := ansi.Strip(v.View(20, 5)); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", name, want, got)
		}
	}
}

// A run that has to wait for its turn does not go on to say how fast it was before.
func TestTheRateIsThatOfTheLastWhile(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	var p pace
	p.begin(at(0))
	p.add(at(1), 25)
	for _, c := range []struct {
		at   int
		want float64
	}{{1, 25}, {50, 0.5}} {
		if got := p.rate(at(c.at)); got != c.want {
			t.Errorf("after %d s: %v rows/s, want %v", c.at, got, c.want)
		}
	}
	p.add(at(60), 30)
	if got := p.rate(at(60)); got != 0.5 {
		t.Errorf("after the first minute: %v rows/s, want 0.5", got)
	}
	for s := 61; s <= 400; s++ {
		p.add(at(s), 30+2*(s-60))
	}
	if got := p.rate(at(400)); got < 1.9 || got > 2.1 || len(p.samples) > 100 {
		t.Errorf("later: %v rows/s from %d samples, want 2", got, len(p.samples))
	}
}
