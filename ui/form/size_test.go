package form

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

// hostileSection holds every hostile string as a key, as a value and as a key of a group.
func hostileSection() patch.Value {
	v := patch.Object(patch.Member{Key: "n", Value: patch.Int(1)}, patch.Member{Key: "b", Value: patch.Bool(true)})
	for i, s := range hostile {
		v = v.With(patch.Path{s}, patch.String(s))
		v = v.With(patch.Path{fmt.Sprint("group", i), s, "x"}, patch.Array(patch.String(s)))
	}
	return v
}

// states are forms in every state that looks different.
func states(th theme.Theme) map[string]updater {
	target := Target{ID: hub.ID{Device: hostile[2], Module: hostile[3]}, Section: patch.Desired, Value: hostileSection(), ETag: hostile[2]}
	properties := func(keys ...string) *Properties {
		f := NewProperties(target, keymap.Default(), th)
		press(f, keys...)
		return f
	}
	failed := properties("d", "s")
	failed.SetError(hostile[9] + hostile[2])
	busy := properties("d", "s")
	busy.SetBusy(true)
	conflict := properties("enter", "2", "enter")
	conflict.SetBase(target.Value.With(patch.Path{"n"}, patch.String(hostile[2]+hostile[3])), hostile[2])
	pasted := properties("a", "x", "enter")
	pasted.Update(tea.PasteMsg{Content: strings.Join(hostile, "\n")})
	several := NewProperties(Target{Value: patch.Object(patch.Member{Key: "text", Value: patch.String(strings.Join(hostile, "\n") + strings.Repeat("long 東京", 40))})}, keymap.Default(), th)
	press(several, "enter", "down", "end")
	offering := properties("G", "a", "down", "down")
	offering.SetKnown(KnownIn(patch.Object(patch.Member{Key: "g", Value: hostileSection()}), hostile[2]))
	press(offering, "down")
	broken := properties("G", "J", "x")
	marked := NewShared(patch.Desired, 3, keymap.Default(), th)
	marked.SetRows([]patch.Value{target.Value, target.Value.With(patch.Path{"n"}, patch.String(hostile[2])), patch.Object()}, 1)
	reading := NewShared(patch.Tags, 12000, keymap.Default(), th)
	wrong := newDevice()
	press(wrong, "東京", "tab", "right", "tab", "x", "enter")
	refused := NewModule(hostile[2], keymap.Default(), th)
	refused.SetError(hostile[9] + hostile[2])
	known := hub.Identity{ID: target.ID.Parent(), ETag: "e", Status: hub.Disabled, StatusReason: hostile[2] + hostile[9], Auth: hub.AuthSAS, PrimaryKey: hub.NewKey(key32), SecondaryKey: hub.NewKey(key32), Connected: true}
	more := newDevice()
	press(more, "d", "tab", "right", "right", "tab", "tab", "tab", "tab", "tab", "space", "tab", "x")
	more.SetParents([]string{"x" + hostile[2], hostile[3], "x1", "x2", "x3", "x4"})
	json := newDevice()
	press(json, "d", "tab", "tab", "tab", "tab", "space", "tab", "tab")
	json.Update(tea.PasteMsg{Content: strings.Join(hostile, "\n")})
	half := NewModule(hostile[2], keymap.Default(), th)
	press(half, "m", "tab", "tab", "space", "tab", "{")
	half.SetCreated(hostile[9] + hostile[2])
	unread := NewStatus(known.ID, keymap.Default(), th)
	status := NewStatus(known.ID, keymap.Default(), th)
	status.SetIdentity(known)
	press(status, "東京", strings.Repeat("x", 130))
	keys := NewKeys(known.ID, keymap.Default(), th)
	keys.SetIdentity(known)
	press(keys, "down", "down")
	authentication := NewAuthentication(known, keymap.Default(), th)
	press(authentication, "right", "tab", hostile[3])
	authentication.SetConflict(known)
	token := newToken(known)
	press(token, "v")
	signed, err := hub.ConnectionString{HostName: "h", DeviceID: "d", Key: hub.NewKey(key32)}.Token(time.Unix(1_800_000_000, 0))
	if err != nil {
		panic(err)
	}
	token.Signed(signed)
	report := NewReport(target.ID, keymap.Default(), th)
	press(report, hostile[3], "tab", "[", "ctrl+t")
	answer := NewAnswer(target.ID, &hub.MethodAnswer{Status: 200, Payload: patch.String(hostile[2])}, keymap.Default(), th)
	secret := NewCredentials(target.ID, hostile[2], keymap.Default(), th)
	secret.Update(tea.PasteMsg{Content: strings.Join(hostile, "\n")})
	certificate := NewCertificate(target.ID, keymap.Default(), th)
	certificate.SetError(hostile[9] + hostile[2])
	attaching := NewCertificate(target.ID, keymap.Default(), th)
	attaching.SetBusy()
	return map[string]updater{
		"report": report, "answer": answer, "credentials": secret, "certificate": certificate, "attaching": attaching,
		"more": more, "json": json, "half": half, "unread": unread, "status": status, "keys": keys, "authentication": authentication,
		"token": token, "token of nobody": NewToken(TokenSource{ID: known.ID, Host: hostile[2], Policy: hostile[3], Now: time.Now}, keymap.Default(), th),
		"list": properties(), "bottom": properties("G"), "removed": properties("d"), "typing": properties("j", "j", "enter", "東京"),
		"naming": properties("a", hostile[3]), "adding": properties("a", "x", "enter", "["), "leaving": properties("d", "esc"),
		"review": properties("d", "s"), "failed": failed, "busy": busy, "conflict": conflict, "pasted": pasted, "several": several, "offering": offering, "marked": marked, "reading": reading, "renaming": properties("j", "r", hostile[3]), "section": properties("G", "J", "pgdown"), "broken": broken,
		"empty":  NewProperties(Target{}, keymap.Default(), th),
		"device": newDevice(), "wrong": wrong, "refused": refused,
	}
}

func checkSize(t *testing.T, name, view string, w, h int) {
	t.Helper()
	if w < 1 || h < 1 {
		if view != "" {
			t.Fatalf("%s at %dx%d: %q", name, w, h, view)
		}
		return
	}
	lines := strings.Split(view, "\n")
	if len(lines) != h {
		t.Fatalf("%s at %dx%d has %d lines", name, w, h, len(lines))
	}
	for _, l := range lines {
		if n := ansi.StringWidth(l); n != w {
			t.Fatalf("%s at %dx%d: %q is %d cells", name, w, h, l, n)
		}
		if plain := ansi.Strip(l); ansi.StringWidthWc(plain) != w || strings.ContainsFunc(plain, isControl) {
			t.Fatalf("%s at %dx%d: %q would not be shown as it is", name, w, h, plain)
		}
		if strings.Contains(l, "\x1b]") || strings.Contains(l, "\x1b[2J") {
			t.Fatalf("%s at %dx%d: an escape sequence got through: %q", name, w, h, l)
		}
	}
}

func TestFormsAreExactlyAsLargeAsAsked(t *testing.T) {
	for name, f := range states(theme.New(true, true)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for w := 0; w <= 60; w++ {
				for h := 0; h <= 40; h++ {
					if h > 14 && h%7 != 0 || w > 24 && w%5 != 0 {
						continue // every small size, and a sample of the others
					}
					checkSize(t, name, f.View(w, h), w, h)
				}
			}
			checkSize(t, name, f.View(200, 60), 200, 60)
			s := f.(interface{ Size(w, h int) (int, int) })
			for _, at := range [][2]int{{0, 0}, {1, 1}, {20, 5}, {80, 24}, {200, 60}} {
				if w, h := s.Size(at[0], at[1]); w < 1 || h < 1 || w > max(at[0], 1) || h > max(at[1], 1) {
					t.Errorf("wants %dx%d of %v", w, h, at)
				}
			}
		})
	}
}

// Wherever the cursor goes, the line it is on is seen, from the smallest screen on.
func TestTheCursorIsAlwaysInView(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {24, 7}, {40, 12}, {80, 24}} {
		f := newForm(t, patch.Desired, thermostat)
		for i, key := range []string{"", "down", "down", "down", "down", "down", "down", "pgdown", "home", "end", "up", "up", "pgup", "a", "esc", "home", "d", "end"} {
			press(f, key)
			if got := screen(f, size[0], size[1]); !strings.Contains(got, theme.Cursor) && !strings.Contains(got, "▸Review") {
				t.Fatalf("%v: no cursor after key %d, %q:\n%s", size, i, key, got)
			}
		}
	}
	f := newDevice()
	press(f, "tab", "right")
	for range 14 {
		press(f, "tab")
		if got := screen(f, 20, 5); !strings.Contains(got, theme.Cursor) && !strings.Contains(got, "▸Create") {
			t.Fatalf("no cursor:\n%s", got)
		}
	}
}

// Whatever is pressed: no panic, every frame of the right size, and a draft that the patch
// to be sent really makes of the twin.
func TestRandomKeys(t *testing.T) {
	keys := []string{
		"up", "down", "left", "right", "enter", "enter", "esc", "tab", "shift+tab", "space", "home", "end", "pgup", "pgdown", "delete", "backspace",
		"ctrl+t", "ctrl+s", "ctrl+u", "ctrl+l", "ctrl+o", "E", "J", "r", "z", "a", "d", "u", "s", "m", "t", "j", "k", "h", "l", "g", "G", "q", "?", "1", "x", ".", "{", "}", "[", "]", "\"", "-", "true", "東", "é",
	}
	saves := 0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		f := newForm(t, patch.Desired, thermostat)
		var log []string
		for range 400 {
			switch random.IntN(60) {
			case 0:
				f.Update(tea.PasteMsg{Content: hostile[random.IntN(len(hostile))]})
				f.Update(tea.PasteMsg{Content: []string{`{"sensor":{"limits":{"low":1}},"new":{"a":[1]}}`, "{", `{"$x":1}`}[random.IntN(3)]})
			case 1:
				f.SetBase(f.target.Value.With(patch.Path{"sensor", "limits", "low"}, patch.Int(random.Int64N(5))), "E")
			case 2:
				f.SetBase(f.target.Value.Without(patch.Path{"sensor"}), "E")
			case 3:
				f.SetError("failed")
			case 4:
				if f.handed != nil {
					f.Edited(strings.Replace(f.handed.text, "1", "2", random.IntN(3)))
				}
			default:
				key := keys[random.IntN(len(keys))]
				log = append(log, key)
				if s, ok := press(f, key).(Save); ok {
					saves++
					if made := patch.Apply(f.target.Value, s.Patch); !patch.Equal(made, f.draft) || !patch.Equal(made, s.Edited) {
						t.Fatalf("seed %d after %v: the patch %s makes %s of %s, not %s", seed, log, s.Patch.JSON(), made.JSON(), f.target.Value.JSON(), f.draft.JSON())
					}
					if len(f.conflicts) > 0 {
						t.Fatalf("seed %d after %v: saved undecided", seed, log)
					}
				}
			}
			w, h := 1+random.IntN(100), 1+random.IntN(30)
			checkSize(t, fmt.Sprintf("seed %d after %v", seed, log), f.View(w, h), w, h)
		}
	}
	if saves == 0 {
		t.Error("nothing was ever saved: the keys do not reach what they should")
	}
	t.Logf("%d saves", saves)
}

// large returns a section of n properties, in groups of ten.
func large(n int) patch.Value {
	var groups []patch.Member
	for i := 0; i < n; i += 10 {
		var members []patch.Member
		for j := range 10 {
			members = append(members, patch.Member{Key: fmt.Sprint("property", i+j), Value: patch.Int(int64(i * j))})
		}
		groups = append(groups, patch.Member{Key: fmt.Sprint("group", i), Value: patch.Object(members...)})
	}
	return patch.Object(groups...)
}

// A key press and a frame, by how many properties there are: moving costs what is visible,
// typing too, and a change what the section holds.
func BenchmarkProperties(b *testing.B) {
	for _, n := range []int{50, 500} {
		f := NewProperties(Target{Value: large(n)}, keymap.Default(), theme.New(true, true))
		frames := func(name string, keys ...string) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					press(f, keys[i%len(keys)])
					f.View(100, 36)
				}
			})
		}
		frames("move", "down", "up")
		press(f, "home", "down", "enter")
		frames("type", "1", "backspace")
		press(f, "esc")
		frames("change", "d", "u")
	}
}
