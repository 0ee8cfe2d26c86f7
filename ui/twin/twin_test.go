package twin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/history"
	"twindeck/ui/theme"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	id   = hub.ID{Device: "d", Module: "m"}
)

func parse(t testing.TB, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func show(t testing.TB, desired, desiredMeta, reported, reportedMeta string) *Pane {
	t.Helper()
	p := New(keymap.Default(), "contoso.azure-devices.net", history.New(0))
	p.Show(id, nil)
	p.SetTwin(hub.Twin{
		ID: id, ETag: "AAAA=", Version: 9, Tags: parse(t, `{"site":{"name":"ist"}}`),
		Desired:  hub.Section{Value: parse(t, desired), Metadata: parse(t, desiredMeta), Version: 4},
		Reported: hub.Section{Value: parse(t, reported), Metadata: parse(t, reportedMeta), Version: 5},
		Document: parse(t, `{"deviceId":"d"}`),
	})
	return p
}

func text(p *Pane, w, h int) string {
	return ansi.Strip(strings.Join(p.View(theme.Theme{}, w, h, true, noon), "\n"))
}

func press(p *Pane, names ...string) Action {
	var a Action
	for _, n := range names {
		a = p.Update(tea.KeyPressMsg{Code: []rune(n)[0], Text: n})
	}
	return a
}

// line returns the line of the view that contains a text.
func line(t *testing.T, p *Pane, has string) string {
	t.Helper()
	for l := range strings.SplitSeq(text(p, 70, 30), "\n") {
		if strings.Contains(l, has) {
			return strings.Join(strings.Fields(l), " ")
		}
	}
	t.Fatalf("no line with %q:\n%s", has, text(p, 70, 30))
	return ""
}

func TestEveryStateOfAPropertyIsShown(t *testing.T) {
	p := show(t,
		`{"firmware":"1.4.2","interval":122,"setPoint":21.5,"numeric":"5","gone":true,"late":5}`,
		`{"$lastUpdated":"2026-03-01T11:00:00Z","interval":{"$lastUpdated":"2026-03-01T11:59:57.5Z"}}`,
		`{"firmware":"1.4.2","interval":60,"setPoint":{"value":19.0,"ac":400,"av":4,"ad":"out of \u001b[31mrange"},"numeric":"5","bootCount":17,"late":4}`,
		`{"$lastUpdated":"2026-02-01T11:00:00Z","late":{"$lastUpdated":"2026-03-01T11:59:00Z"}}`)
	for has, want := range map[string]string{
		"firmware":  "✓ firmware 1.4.2 1.4.2 60m",
		"interval":  "… interval 122 60 2s",
		"setPoint":  "✗ setPoint 21.5 19.0 400",
		"numeric":   `✓ numeric "5" "5" 60m`,
		"gone":      "… gone true – 60m",
		"late":      "… late 5 4 60m", // it has waited since it was desired
		"bootCount": "+ bootCount – 17 28d",
	} {
		want = strings.ReplaceAll(want, "60m", "1h")
		if got := line(t, p, has); got != want {
			t.Errorf("%s: %q, want %q", has, got, want)
		}
	}
	press(p, "j", "j")
	if got := line(t, p, "rejected"); got != "✗ rejected ac 400 av 4 out of ␛[31mrange" {
		t.Errorf("%q", got)
	}
	if got := line(t, p, "etag"); got != "desired v4 · reported v5 etag AAAA=" {
		t.Errorf("%q", got)
	}
	p.MarkStale()
	if got := line(t, p, "etag"); got != "stale, reading again… etag AAAA=" {
		t.Errorf("%q", got)
	}
}

func TestNumbersKeepTheDigitsOfTheHub(t *testing.T) {
	p := show(t, `{"big":4503599627370497,"exp":1e3,"one":1.0}`, `{}`, `{"big":4503599627370497,"exp":1000,"one":1}`, `{}`)
	for has, want := range map[string]string{
		"big": "✓ big 4503599627370497 4503599627370497",
		"exp": "✓ exp 1e3 1000",
		"one": "✓ one 1.0 1",
	} {
		if got := line(t, p, has+" "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestObjectsFoldAndStayFoldedAcrossARead(t *testing.T) {
	const desired = `{"a":{"b":{"c":1,"d":2},"e":3},"z":9}`
	p := show(t, desired, `{}`, `{}`, `{}`)
	rows := func() int { return len(p.props.rows) }
	if rows() != 6 {
		t.Fatalf("%d rows:\n%s", rows(), text(p, 60, 20))
	}
	press(p, "j", "h") // a.b
	if got := text(p, 60, 20); rows() != 4 || strings.Contains(got, "c  ") || !strings.Contains(got, "▸ b") {
		t.Errorf("%d rows:\n%s", rows(), got)
	}
	again := *p.Twin()
	again.Version++
	again.Desired.Value = parse(t, `{"new":0,"a":{"b":{"c":1,"d":2},"e":3},"z":9}`)
	p.SetTwin(again)
	if b, _ := p.props.current(); rows() != 5 || b.path != "a.b" {
		t.Errorf("%d rows, cursor on %q", rows(), b.path)
	}
	press(p, "h")
	if b, _ := p.props.current(); b.path != "a" {
		t.Errorf("to the parent: %q", b.path)
	}
	press(p, "h", "G")
	if b, _ := p.props.current(); rows() != 3 || b.path != "z" {
		t.Errorf("%d rows, cursor on %q", rows(), b.path)
	}
}

func TestTheIdentityIsReadWhenItIsLookedAtAndKeysAreMasked(t *testing.T) {
	p := show(t, `{}`, `{}`, `{}`, `{}`)
	if a := press(p, "]"); a != nil {
		t.Errorf("the tags asked for %v", a)
	}
	if a, ok := press(p, "]").(ReadIdentity); !ok || a.ID != id {
		t.Fatalf("%v", a)
	}
	p.SetIdentity(hub.Identity{ID: id, Auth: hub.AuthSAS, PrimaryKey: hub.NewKey("c2VjcmV0")})
	if got := text(p, 90, 20); strings.Contains(got, "c2VjcmV0") || !strings.Contains(got, "primary key") {
		t.Errorf("%s", got)
	}
	p.ToggleReveal()
	if got := text(p, 160, 20); strings.Count(got, "c2VjcmV0") != 2 {
		t.Errorf("%s", got)
	}
	press(p, "]", "[")
	if got := text(p, 90, 20); strings.Contains(got, "c2VjcmV0") {
		t.Error("a key is still shown after leaving the tab")
	}
	p.ToggleReveal()
	p.Show(hub.ID{Device: "other"}, nil)
	p.Show(id, nil)
	p.SetIdentity(hub.Identity{ID: id, PrimaryKey: hub.NewKey("c2VjcmV0")})
	if got := text(p, 90, 20); strings.Contains(got, "c2VjcmV0") {
		t.Error("a key is still shown after another identity was looked at")
	}
}

func TestTimesAreShownInTheZoneOfTheView(t *testing.T) {
	p := show(t, `{}`, `{}`, `{}`, `{}`)
	p.ToggleReveal()
	p.SetIdentity(hub.Identity{ID: id, LastActivityTime: noon})
	east := time.FixedZone("east", 5*60*60+30*60)
	got := ansi.Strip(strings.Join(p.View(theme.Theme{}, 70, 30, true, noon.In(east)), "\n"))
	if !strings.Contains(got, "2026-03-01 17:30:00") {
		t.Errorf("%s", got)
	}
}

func TestAnAnswerForAnotherIdentityIsIgnored(t *testing.T) {
	p := show(t, `{"mine":1}`, `{}`, `{}`, `{}`)
	p.SetTwin(hub.Twin{ID: hub.ID{Device: "other"}, Desired: hub.Section{Value: parse(t, `{"theirs":1}`)}})
	p.SetIdentity(hub.Identity{ID: hub.ID{Device: "other"}, PrimaryKey: hub.NewKey("c2VjcmV0")})
	if got := text(p, 60, 20); !strings.Contains(got, "mine") || strings.Contains(got, "theirs") || p.Identity() != nil {
		t.Errorf("%s", got)
	}
}

func TestAFailureKeepsWhatIsKnown(t *testing.T) {
	p := show(t, `{"known":1}`, `{}`, `{}`, `{}`)
	p.Fail("cannot reach the hub")
	if got := text(p, 60, 20); !strings.Contains(got, "known") || !strings.Contains(got, "✗ cannot reach the hub") {
		t.Errorf("%s", got)
	}
	p.MarkStale()
	p.Fail("cannot reach the hub")
	if got := line(t, p, "etag"); got != "stale etag AAAA=" {
		t.Errorf("nobody is reading it again: %q", got)
	}
	p.Show(hub.ID{Device: "never-read"}, nil)
	if got := text(p, 60, 20); !strings.Contains(got, "reading…") || strings.Contains(got, "known") {
		t.Errorf("%s", got)
	}
	p.Fail("no such device")
	if got := text(p, 60, 20); !strings.Contains(got, "✗ no such device") {
		t.Errorf("%s", got)
	}
}

func BenchmarkKeyAndView(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var doc strings.Builder
			doc.WriteString(`{"first":0`)
			for i := range n {
				fmt.Fprintf(&doc, `,"key%d":%d`, i, i)
			}
			doc.WriteString("}")
			p := show(b, doc.String(), `{}`, doc.String(), `{}`)
			th := theme.New(true, true)
			for b.Loop() {
				press(p, "j")
				p.View(th, 60, 50, true, noon)
			}
		})
	}
}
