package form

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

var sha1 = strings.Repeat("AB", 20)

func newToken(i hub.Identity) *Token {
	source := TokenSource{ID: i.ID, Host: "contoso.azure-devices.net", Policy: "iothubowner", Now: func() time.Time { return time.Unix(1_800_000_000, 0).UTC() }}
	f := NewToken(source, keymap.Default(), theme.New(true, true))
	f.SetIdentity(i)
	return f
}

// submitted presses keys and returns the identity that the form asks for.
func submitted(t *testing.T, f *Identity, keys ...string) hub.NewIdentity {
	t.Helper()
	a, ok := press(f, keys...).(Submit)
	if !ok {
		t.Fatalf("%v asked for nothing:\n%s", keys, screen(f, 80, 24))
	}
	return a.New
}

func TestADeviceWithACertificate(t *testing.T) {
	colons := strings.TrimSuffix(strings.Repeat("ab:", 20), ":")
	f := newDevice()
	n := submitted(t, f, "d", "tab", "right", "right", "tab", "SHA1 Fingerprint="+colons, "enter")
	if n.Authentication != (hub.Authentication{Auth: hub.AuthSelfSigned, PrimaryThumbprint: sha1}) {
		t.Errorf("one thumbprint: %+v", n.Authentication)
	}
	n = submitted(t, f, "tab", strings.Repeat("0f", 32), "enter")
	if n.Authentication != (hub.Authentication{Auth: hub.AuthSelfSigned, PrimaryThumbprint: sha1, SecondaryThumbprint: strings.Repeat("0F", 32)}) {
		t.Errorf("two thumbprints: %+v", n.Authentication)
	}
	if n := submitted(t, newDevice(), "d", "tab", "left", "enter"); n.Authentication != (hub.Authentication{Auth: hub.AuthCA}) {
		t.Errorf("a CA: %+v", n.Authentication)
	}
	m := NewModule("d", keymap.Default(), theme.New(true, true))
	if n := submitted(t, m, "m", "tab", "left", "enter"); n.ID != (hub.ID{Device: "d", Module: "m"}) || n.Auth != hub.AuthCA {
		t.Errorf("a module of a CA: %+v", n)
	}
	f = newDevice()
	press(f, "d", "tab", "right", "right", "tab", "ab:c")
	wantOn(t, f, "✗ 3 digits long; a thumbprint has 40 (SHA-1) or 64 (SHA-256)")
	press(f, "g")
	wantOn(t, f, "✗ G is no hexadecimal digit")
	f = newDevice()
	if a := press(f, "d", "tab", "right", "right", "enter"); a != nil {
		t.Errorf("no thumbprint: %+v", a)
	}
	wantOn(t, f, "✗ type the thumbprint")
}

func TestWhatAPlainDeviceDoesNotNeedIsFoldedAway(t *testing.T) {
	f := newDevice()
	wantOn(t, f, "more", "parent, tags, desired properties")
	wantNotOn(t, f, "▌ parent", "  tags ")
	press(f, "d", "tab", "tab", "tab", "tab")
	if a := press(f, "space"); a != (WantParents{}) {
		t.Errorf("unfolding asks for %v", a)
	}
	f.SetParents([]string{"gateway-01", "gateway-02", "Hall"})
	press(f, "tab")
	wantOn(t, f, "→ takes gateway-01; also gateway-02, Hall")
	press(f, "h")
	wantOn(t, f, "→ takes Hall")
	press(f, "right")
	wantOn(t, f, "parent      Hall", "an edge device")
	press(f, "backspace", "x")
	wantOn(t, f, "no edge device that is loaded begins so; the hub is asked")
	press(f, "tab", `{"site": "ist",`, "enter", `"n": 1.50}`)
	wantOn(t, f, "2 keys, 16 of 8192 bytes", `{"site": "ist",`)
	press(f, "tab", `{"a":`)
	wantOn(t, f, "✗ line 1, column 6: a JSON value is expected, not the end of the text")
	press(f, `[null]}`)
	wantOn(t, f, "✗ a holds a null inside an array")
	if a := press(f, "ctrl+s"); a != nil {
		t.Fatalf("sent all the same: %v", a)
	}
	press(f, "ctrl+u", `{"a":1}`)
	n := submitted(t, f, "ctrl+s")
	if n.Parent != "Halx" || n.Tags.JSON() != `{"site":"ist","n":1.50}` || n.Desired.JSON() != `{"a":1}` {
		t.Errorf("asked for %+v", n)
	}
	press(f, "tab", "tab", "tab", "tab", "tab", "tab") // round to the fold
	press(f, "space")
	wantOn(t, f, "(filled in)")
	if n := submitted(t, f, "enter"); n.Tags == nil || n.Parent != "Halx" {
		t.Errorf("what is folded away is lost: %+v", n)
	}
}

func TestAProblemThatIsFoldedAwayIsShown(t *testing.T) {
	f := newDevice()
	press(f, "d", "tab", "tab", "tab", "tab", "space", "tab", "tab", `{"a b":1}`, "shift+tab", "shift+tab", "space")
	wantNotOn(t, f, `{"a b":1}`)
	if a := press(f, "enter"); a != nil {
		t.Fatalf("sent: %v", a)
	}
	wantOn(t, f, "has a space in its name", `{"a b":1}`)
	for text, says := range map[string]string{`[1]`: "type an object in {}", `{"a":null}`: "null removes a key", `{}x`: "line 1, column 3"} {
		press(f, "ctrl+u", text)
		wantOn(t, f, says)
	}
	press(f, "ctrl+u", "{}")
	if n := submitted(t, f, "ctrl+s"); n.Tags != nil {
		t.Errorf("no tags are %s", n.Tags.JSON())
	}
}

func TestTypedTagsAreNotDiscardedUnasked(t *testing.T) {
	f := newDevice()
	press(f, "d", "tab", "tab", "tab", "tab", "space", "tab", "tab", `{"a":1}`)
	if a := press(f, "esc"); a != nil {
		t.Fatalf("left at once: %v", a)
	}
	wantOn(t, f, "Discard the tags and properties that were typed?", "y discard")
	if a := press(f, "x", "n"); a != nil {
		t.Errorf("n: %v", a)
	}
	wantOn(t, f, `{"a":1}`)
	if a := press(f, "esc", "y"); a != (Cancel{}) {
		t.Errorf("y: %v", a)
	}
}

func TestWhatIsCreatedByHalfIsFinished(t *testing.T) {
	f := newDevice()
	n := submitted(t, f, "d", "tab", "tab", "tab", "tab", "space", "tab", "tab", "tab", `{"a":1}`, "ctrl+s")
	f.SetBusy(true)
	f.SetCreated("device d was created, but its first tags and desired properties are not written: it is raining")
	wantOn(t, f, "First tags and properties of d", "✗ device d was created, but", `{"a":1}`)
	wantNotOn(t, f, "device id", "enabled")
	a, ok := press(f, "ctrl+s").(Finish)
	if !ok || a.ID != n.ID || a.Twin.Tags != nil || a.Twin.Desired.JSON() != `{"a":1}` {
		t.Errorf("asked for %+v", a)
	}
	if a := press(f, "ctrl+u", "ctrl+s"); a != (Cancel{}) {
		t.Errorf("with nothing to write: %v", a)
	}
}

func thermostat01() hub.Identity {
	return hub.Identity{ID: hub.ID{Device: "thermostat-01"}, ETag: "e1", Status: hub.Enabled, Auth: hub.AuthSAS, PrimaryKey: hub.NewKey(key32), SecondaryKey: hub.NewKey("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")}
}

func TestAStatusIsChangedWithAReason(t *testing.T) {
	i := thermostat01()
	f := NewStatus(i.ID, keymap.Default(), theme.New(true, true))
	if a := press(f, "lost, ", "enter"); a != nil {
		t.Fatalf("sent before it was read: %v", a)
	}
	wantOn(t, f, "Status of thermostat-01", "reading")
	i.Connected = true
	f.SetIdentity(i)
	wantOn(t, f, "Disable thermostat-01", "enabled, connected", "thrown off", "lost,", "122 characters left")
	want := Change{i.ID, hub.SetStatus{Status: hub.Disabled, Reason: "lost, q?"}, "e1"}
	if a := press(f, "q?", "enter"); a != want {
		t.Fatalf("asked for %+v", a)
	}
	f.SetBusy(true)
	if a := press(f, "x", "enter"); a != nil {
		t.Errorf("took a key while busy: %v", a)
	}
	if a := press(f, "esc"); a != (Stop{}) {
		t.Errorf("esc while busy: %v", a)
	}
	// Somebody else did the same: what the form is for does not turn round.
	i.ETag, i.Status, i.StatusReason = "e2", hub.Disabled, "stolen\x1b[31m"
	f.SetConflict(i)
	wantOn(t, f, "Disable thermostat-01", "✗ it was changed by somebody else in the meantime", "stolen␛[31m", "lost, q?")
	want.ETag = "e2"
	if a := press(f, "enter"); a != want {
		t.Errorf("asked for %+v", a)
	}
	wantOn(t, f, "It is disabled already")
	press(f, strings.Repeat("ş", 121))
	wantOn(t, f, "✗ 129 characters long; 128 are allowed")
	if a := press(f, "enter"); a != nil {
		t.Errorf("sent: %v", a)
	}
	press(f, "backspace")
	if a, ok := press(f, "enter").(Change); !ok || a.Change.(hub.SetStatus).Status != hub.Disabled {
		t.Errorf("asked for %+v", a)
	}
	if a := press(f, "esc"); a != (Cancel{}) {
		t.Errorf("esc: %v", a)
	}
	i.StatusReason = ""
	again := NewStatus(i.ID, keymap.Default(), theme.New(true, true))
	again.SetIdentity(i)
	wantOn(t, again, "Enable thermostat-01")
	if a := press(again, "enter"); a != (Change{i.ID, hub.SetStatus{Status: hub.Enabled}, "e2"}) {
		t.Errorf("asked for %+v", a)
	}
}

func TestTheListOfWhatCanBeDoneAboutKeys(t *testing.T) {
	i := thermostat01()
	f := NewKeys(i.ID, keymap.Default(), theme.New(true, true))
	if a := press(f, "enter"); a != nil {
		t.Fatalf("chosen before it was read: %v", a)
	}
	f.SetIdentity(i)
	for n, want := range []struct {
		change hub.IdentityChange
		says   string
	}{
		{hub.SwapKeys{}, "Both stay valid: no client is refused"},
		{hub.NewKeys{Primary: true}, "Clients that sign in with the primary key of now are refused"},
		{hub.NewKeys{Secondary: true}, "Clients that sign in with the secondary key of now are refused"},
		{hub.NewKeys{Primary: true, Secondary: true}, "Every client that signs in as it is refused"},
	} {
		press(f, "g", strings.Repeat("j", n))
		a, ok := press(f, "enter").(Ask)
		if !ok || a.Change != (Change{i.ID, want.change, "e1"}) || !strings.Contains(a.Text, want.says) || strings.Contains(a.Text, "connected right now") {
			t.Errorf("choice %d asks %+v", n, a)
		}
	}
	if a := press(f, "G", "enter"); a == nil || a.(Reauthenticate).Identity.ID != i.ID {
		t.Errorf("the last choice: %v", a)
	}
	i.Connected = true
	f.SetIdentity(i)
	if a := press(f, "g", "j", "enter").(Ask); !strings.Contains(a.Text, "A client is connected right now") {
		t.Errorf("a connected client is not told of: %s", a.Text)
	}
	i.Auth = hub.AuthCA
	f.SetIdentity(i)
	wantOn(t, f, "it has no symmetric keys", "Authenticate in another way")
	wantNotOn(t, f, "Swap")
	if _, ok := press(f, "j", "enter").(Reauthenticate); !ok {
		t.Error("a certificate cannot be given up")
	}
	if a := press(f, "q"); a != (Cancel{}) {
		t.Errorf("q: %v", a)
	}
}

func TestAuthenticationIsChangedAfterAsking(t *testing.T) {
	f := NewAuthentication(thermostat01(), keymap.Default(), theme.New(true, true))
	wantOn(t, f, "Authentication of thermostat-01", "keys, given below")
	press(f, "right", "tab", "nonsense", "enter")
	wantOn(t, f, "✗ N is no hexadecimal digit")
	a, ok := press(f, "ctrl+u", sha1, "enter").(Ask)
	want := hub.SetAuthentication{Authentication: hub.Authentication{Auth: hub.AuthSelfSigned, PrimaryThumbprint: sha1}}
	if !ok || a.Change != (Change{hub.ID{Device: "thermostat-01"}, want, "e1"}) || !strings.Contains(a.Text, "keys of now cannot be brought back") {
		t.Errorf("asks %+v", a)
	}
	wantNotOn(t, f, key32)
}

func TestATokenIsSignedAsChosen(t *testing.T) {
	i := thermostat01()
	primary := hub.ConnectionString{HostName: "contoso.azure-devices.net", DeviceID: "thermostat-01", Key: i.PrimaryKey}
	secondary := primary
	secondary.Key = i.SecondaryKey
	for name, tc := range map[string]struct {
		keys []string
		want Action
	}{
		"at once":           {[]string{"enter"}, Sign{Credential: primary, Life: time.Hour, Copy: true}},
		"to be seen":        {[]string{"v"}, Sign{Credential: primary, Life: time.Hour}},
		"another key":       {[]string{"right", "enter"}, Sign{Credential: secondary, Life: time.Hour, Copy: true}},
		"the policy":        {[]string{"left", "enter"}, Sign{Policy: true, Life: time.Hour, Copy: true}},
		"a longer life":     {[]string{"tab", "right", "right", "enter"}, Sign{Credential: primary, Life: 7 * 24 * time.Hour, Copy: true}},
		"round to a year":   {[]string{"down", "left", "left", "enter"}, Sign{Credential: primary, Life: 365 * 24 * time.Hour, Copy: true}},
		"a typed life":      {[]string{"tab", "1d12h", "enter"}, Sign{Credential: primary, Life: 36 * time.Hour, Copy: true}},
		"typed and mended":  {[]string{"tab", "36d", "backspace", "m", "v"}, Sign{Credential: primary, Life: 36 * time.Minute}},
		"the key in a text": {[]string{"Y"}, CopyConnectionString{primary}},
		"the other key":     {[]string{"right", "Y"}, CopyConnectionString{secondary}},
		"no sense":          {[]string{"tab", "5", "enter"}, nil},
		"the policy's key":  {[]string{"left", "Y"}, nil},
		"closed":            {[]string{"esc"}, Cancel{}},
		"closed with q":     {[]string{"tab", "36h", "q"}, Cancel{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newToken(i)
			if a := press(f, tc.keys...); a != tc.want {
				t.Errorf("got %+v, want %+v:\n%s", a, tc.want, screen(f, 80, 24))
			}
		})
	}
	unread := NewToken(TokenSource{ID: i.ID, Now: time.Now}, keymap.Default(), theme.New(true, true))
	if a := press(unread, "enter", "v"); a != nil {
		t.Errorf("signed before the keys were read: %v", a)
	}
	unread.SetError("no right to read it")
	wantOn(t, unread, "✗ no right to read it", "policy")
	if a := press(unread, "enter"); a != (Sign{Policy: true, Life: time.Hour, Copy: true}) {
		t.Errorf("without its keys: %v", a)
	}
}

func TestATokenIsMaskedUntilItIsRevealed(t *testing.T) {
	i := thermostat01()
	f := newToken(i)
	wantOn(t, f, "SAS token of thermostat-01", "for         contoso.azure-devices.net/devices/thermostat-01", "expires     2027-01-15 09:00:00 UTC", "••••••••")
	a := press(f, "v").(Sign)
	signed, err := a.Credential.Token(time.Unix(1_800_003_600, 0))
	if err != nil {
		t.Fatal(err)
	}
	f.Signed(signed)
	wantOn(t, f, "SharedAccessSignature sr=contoso", "expires     2027-01-15 09:00:00 UTC")
	wantNotOn(t, f, key32)
	for _, keys := range [][]string{{"v"}, {"tab", "right"}, {"tab", "tab", "left"}, {"tab", "tab", "4"}} {
		f.Signed(signed)
		press(f, keys...)
		wantNotOn(t, f, "SharedAccessSignature")
		f = newToken(i)
	}
	f.SetNotice("copied")
	wantOn(t, f, "✓ copied")
}

func TestLifetimes(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"36h": 36 * time.Hour, "90m": 90 * time.Minute, "2d12h": 60 * time.Hour, "1w": 7 * 24 * time.Hour, "1.5h": 90 * time.Minute, "1 h 30 m": 90 * time.Minute, "3650d": 3650 * 24 * time.Hour,
	} {
		if got, err := parseLifetime(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "h", "-1h", "1y", "1h2", "0s", "3651d", "999999999999w", "1.2.3h", "1e3h", "٣h", "."} {
		if got, err := parseLifetime(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	for d, want := range map[time.Duration]string{15 * time.Minute: "15 minutes", time.Hour: "1 hour", 24 * time.Hour: "24 hours", 7 * 24 * time.Hour: "7 days"} {
		if got := lifetimeText(d); got != want {
			t.Errorf("%v reads %q", d, got)
		}
	}
}

func FuzzLifetime(f *testing.F) {
	f.Add("1d12h")
	f.Add("9999999999999999999999w")
	f.Add("1\xffh")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseLifetime(text)
		if err == nil && (d < time.Second || d > maxLifetime) {
			t.Errorf("%q is %v", text, d)
		}
		if err != nil && d != 0 {
			t.Errorf("%q is %v and %v", text, d, err)
		}
	})
}

// Whatever is pressed and pasted: no panic, every frame of the right size, no key on the screen.
func TestRandomKeysInIdentityForms(t *testing.T) {
	keys := []string{"tab", "shift+tab", "up", "down", "left", "right", "space", "enter", "esc", "backspace", "ctrl+s", "ctrl+u", "{", "}", `"a":1`, "x", "1", "h", "v", "Y", "東"}
	for seed := range 6 {
		i := thermostat01()
		status, menu := NewStatus(i.ID, keymap.Default(), theme.New(true, true)), NewKeys(i.ID, keymap.Default(), theme.New(true, true))
		status.SetIdentity(i)
		menu.SetIdentity(i)
		forms := []updater{newDevice(), NewModule("d", keymap.Default(), theme.New(true, true)), status, menu, NewAuthentication(i, keymap.Default(), theme.New(true, true)), newToken(i)}
		state := uint32(seed + 1)
		next := func(n int) int {
			state = state*1664525 + 1013904223
			return int(state>>16) % n
		}
		for range 100 {
			for n, f := range forms {
				if next(20) == 0 {
					f.Update(tea.PasteMsg{Content: hostile[next(len(hostile))]})
				} else {
					press(f, keys[next(len(keys))])
				}
				w, h := 1+next(90), 1+next(30)
				view := f.View(w, h)
				checkSize(t, f.(interface{ Title() string }).Title(), view, w, h)
				if strings.Contains(view, key32[:12]) {
					t.Fatalf("form %d shows a key:\n%s", n, screen(f, w, h))
				}
			}
		}
	}
}
