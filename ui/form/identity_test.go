package form

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

// updater is any form.
type updater interface {
	Update(tea.Msg) Action
	View(w, h int) string
}

// press sends keys: names of keys, or text that is typed letter by letter.
func press(f updater, keys ...string) (last Action) {
	named := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"backspace": {Code: tea.KeyBackspace}, "delete": {Code: tea.KeyDelete}, "space": {Code: tea.KeySpace, Text: " "},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp},
	}
	for _, k := range keys {
		if key, ok := named[k]; ok {
			last = f.Update(key)
			continue
		}
		if letter, ok := strings.CutPrefix(k, "ctrl+"); ok {
			last = f.Update(tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl})
			continue
		}
		for _, r := range k {
			last = f.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return last
}

func screen(f updater, w, h int) string { return ansi.Strip(f.View(w, h)) }

func wantOn(t *testing.T, f updater, parts ...string) {
	t.Helper()
	got := screen(f, 80, 24)
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Fatalf("lacks %q:\n%s", p, got)
		}
	}
}

func wantNotOn(t *testing.T, f updater, parts ...string) {
	t.Helper()
	got := screen(f, 80, 24)
	for _, p := range parts {
		if strings.Contains(got, p) {
			t.Fatalf("shows %q:\n%s", p, got)
		}
	}
}

func newDevice() *Identity { return NewDevice(keymap.Default(), theme.New(true, true)) }

var (
	sas    = hub.Authentication{Auth: hub.AuthSAS}
	keys32 = hub.Authentication{Auth: hub.AuthSAS, PrimaryKey: hub.NewKey(key32), SecondaryKey: hub.NewKey(key32)}
)

const key32 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func TestNewDevice(t *testing.T) {
	for name, tc := range map[string]struct {
		keys []string
		want hub.NewIdentity
	}{
		"a name and enter": {[]string{"myFirstDevice", "enter"}, hub.NewIdentity{ID: hub.ID{Device: "myFirstDevice"}, Authentication: sas}},
		"letters that are keys elsewhere": {
			[]string{"q?nm", "enter"}, hub.NewIdentity{ID: hub.ID{Device: "q?nm"}, Authentication: sas},
		},
		"disabled edge device": {
			[]string{"d", "tab", "tab", "space", "tab", "tab", "space", "tab", "enter"},
			hub.NewIdentity{ID: hub.ID{Device: "d"}, Authentication: sas, Disabled: true, Edge: true},
		},
		"given keys": {
			[]string{"d", "down", "right", "down", key32, "down", key32, "enter"},
			hub.NewIdentity{ID: hub.ID{Device: "d"}, Authentication: keys32},
		},
		"keys given and then left to the hub": {
			[]string{"d", "tab", "right", "tab", key32, "shift+tab", "left", "enter"},
			hub.NewIdentity{ID: hub.ID{Device: "d"}, Authentication: sas},
		},
		"round the fields": {
			[]string{"shift+tab", "tab", "d", "enter"}, hub.NewIdentity{ID: hub.ID{Device: "d"}, Authentication: sas},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := press(newDevice(), tc.keys...)
			if got != (Submit{tc.want}) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestNewModule(t *testing.T) {
	f := NewModule("myFirstDevice", keymap.Default(), theme.New(true, true))
	wantOn(t, f, "New module on myFirstDevice", "module id")
	wantNotOn(t, f, "edge", "enabled") // a module has neither
	if got, want := press(f, "myFirstModule", "enter"), (Submit{hub.NewIdentity{ID: hub.ID{Device: "myFirstDevice", Module: "myFirstModule"}, Authentication: sas}}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPasteIntoTheIdentityForm(t *testing.T) {
	f := newDevice()
	f.Update(tea.PasteMsg{Content: " myFirstDevice\r\n"})
	if got := press(f, "enter"); got != (Submit{hub.NewIdentity{ID: hub.ID{Device: "myFirstDevice"}, Authentication: sas}}) {
		t.Errorf("got %+v", got)
	}
}

func TestWhatIsWrongIsSaidWhileTyping(t *testing.T) {
	for name, tc := range map[string]struct {
		module bool
		keys   []string
		want   string
	}{
		"space":             {false, []string{"my", "space"}, "a space is not allowed"},
		"another alphabet":  {false, []string{"ü"}, "ü is not allowed"},
		"slash":             {false, []string{"a/b"}, "/ is not allowed"},
		"too long":          {false, []string{strings.Repeat("x", 129)}, "129 characters long; 128 are allowed"},
		"dollar module":     {true, []string{"$edgeAgent"}, "system modules"},
		"nothing":           {false, []string{"enter"}, "type an id"},
		"key no base64":     {false, []string{"d", "tab", "right", "tab", "not base64!"}, "not base64"},
		"key too short":     {false, []string{"d", "tab", "right", "tab", "AAEC"}, "3 bytes long"},
		"second key missed": {false, []string{"d", "tab", "right", "tab", key32, "enter"}, "type the key, or let the hub assign both"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newDevice()
			if tc.module {
				f = NewModule("d", keymap.Default(), theme.New(true, true))
			}
			if a := press(f, tc.keys...); a != nil {
				t.Fatalf("went through: %+v", a)
			}
			wantOn(t, f, "✗ ", tc.want)
			if a := press(f, "enter"); a != nil {
				t.Errorf("enter sends it all the same: %+v", a)
			}
		})
	}
}

func TestEveryAllowedCharacterIsAllowed(t *testing.T) {
	if got := checkID("azAZ09"+idSymbols, false); got != "" {
		t.Error(got)
	}
	if got := checkID(strings.Repeat("x", 128), true); got != "" {
		t.Error(got)
	}
	for _, s := range []string{"a\x1bb", "a\nb", "a\"b", "a\\b", "a&b", "a~b", "²", "a\u200bb"} {
		if checkID(s, false) == "" {
			t.Errorf("%q is allowed", s)
		}
	}
}

func TestAFailureKeepsTheIdentityForm(t *testing.T) {
	f := newDevice()
	press(f, "myDevice", "tab", "right", "tab", key32, "tab", key32)
	f.SetBusy(true)
	wantOn(t, f, "creating")
	if a := press(f, "x", "enter"); a != nil {
		t.Errorf("took a key while busy: %v", a)
	}
	if a := press(f, "esc"); a != (Stop{}) {
		t.Errorf("esc while busy: %v", a)
	}
	f.SetError("the hub is throttling; try again in 5 s")
	wantOn(t, f, "✗ the hub is throttling; try again in 5 s", "myDevice")
	want := hub.NewIdentity{ID: hub.ID{Device: "myDevice"}, Authentication: keys32}
	if got := press(f, "enter"); got != (Submit{want}) {
		t.Errorf("something typed was lost: %+v", got)
	}
	if got := press(f, "esc"); got != (Cancel{}) {
		t.Errorf("esc: %v", got)
	}
}

func TestKeysAreNeverShown(t *testing.T) {
	f := newDevice()
	press(f, "d", "tab", "right", "tab", key32, "tab", "short")
	for range 4 {
		for _, size := range [][2]int{{80, 24}, {20, 5}, {200, 60}} {
			got := screen(f, size[0], size[1])
			if strings.Contains(got, "AAEC") || strings.Contains(got, "short") {
				t.Fatalf("a key is shown:\n%s", got)
			}
		}
		press(f, "tab")
	}
}
