package conceal

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

const (
	key  = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I="
	host = "contoso-prod.azure-devices.net"
)

func known() *Set {
	s := &Set{}
	s.AddHost("Contoso-Prod.azure-devices.net:443")
	s.AddHost("localhost:8443")
	s.Add("aW5zZWN1cmVrZXk", "abc") // the second is too short
	return s
}

func TestText(t *testing.T) {
	s := known()
	const m = "••••••••"
	for name, tc := range map[string]struct{ in, want string }{
		"nothing":               {"thermostat-01 etag AAAAAAAAABI= v3 1.4.2.0 abc", "thermostat-01 etag AAAAAAAAABI= v3 1.4.2.0 abc"},
		"a connection string":   {"HostName=h.example.net;SharedAccessKeyName=owner;SharedAccessKey=" + key, "HostName=" + m + ";SharedAccessKeyName=owner;SharedAccessKey=" + m},
		"one that was cut":      {"HostName=h.ex…", "HostName=" + m},
		"a token":               {"SharedAccessSignature sr=h%2fdevices&sig=abc%3d&se=17 x", "SharedAccessSignature " + m + " x"},
		"a signature":           {"…&sig=abcdef&se=1", "…&sig=" + m + "&se=1"},
		"a key":                 {"primary " + key + " .", "primary " + m + " ."},
		"a key without padding": {"x AW5ZZWN1CMVRZXK y", "x " + m + " y"},
		"a host of azure":       {"cannot reach other.azure-devices.net:8883: timeout", "cannot reach " + m + ": timeout"},
		"in china":              {"x.azure-devices.cn", m},
		"the host":              {"at CONTOSO-PROD.azure-devices.net", "at " + m},
		"what people call it":   {"opening contoso-prod…", "opening " + m + "…"},
		"where it was cut":      {"▪ contoso-…", "▪ " + m + "…"},
		"too little of it":      {"▪ conto…", "▪ conto…"},
		"loopback":              {"localhost:8443 localhost", m + " " + m},
		"an address":            {"dial tcp 127.0.0.1:443: refused", "dial tcp " + m + ": refused"},
		"a name looked up":      {"lookup hub.lan: no such host", "lookup " + m + ": no such host"},
		"other scripts":         {"İSTANBUL contoso-prod", "İSTANBUL " + m},
		"a JSON":                {`{"cs":"HostName=a;SharedAccessKey=b"}`, `{"cs":"HostName=` + m + `;SharedAccessKey=` + m + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.Text(tc.in)
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if s.Holds("a line\n"+tc.in) != (tc.in != tc.want) {
				t.Error("Holds says otherwise")
			}
		})
	}
}

// The cells of a secret are covered and nothing else moves, whatever styles lie over it.
func TestFrame(t *testing.T) {
	s := known()
	in := "\x1b[1mat\x1b[m conto\x1b[31mso-prod\x1b[m.azure-devices.net 東京\nplain\n\x1b[7m" + key + "\x1b[m"
	got := s.Frame(in)
	want := "at " + strings.Repeat("•", len(host)) + " 東京\nplain\n" + strings.Repeat("•", len(key))
	if plain := ansi.Strip(got); plain != want {
		t.Errorf("got %q, want %q", plain, want)
	}
	if strings.Count(got, "\x1b[") != strings.Count(in, "\x1b[") {
		t.Errorf("styles were lost: %q", got)
	}
}

func TestOnlyTheNewestAreKnown(t *testing.T) {
	s := &Set{}
	for i := range maxKnown + 10 {
		s.Add("secret-" + strings.Repeat("x", i))
	}
	if len(s.known) > maxKnown {
		t.Errorf("%d are kept", len(s.known))
	}
}

func FuzzFrame(f *testing.F) {
	f.Add("\x1b[1mcontoso-\x1b[mprod", "x")
	f.Add("東京 localhost:8443", "SharedAccessKey="+key)
	f.Fuzz(func(t *testing.T, before, after string) {
		s := known()
		clean := func(text string) string {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' && r < 0xa0 || r == 0xfffd {
					return '.'
				}
				return r
			}, strings.ToValidUTF8(text, "."))
		}
		line := clean(before) + " \x1b[31m" + key + "\x1b[m " + clean(after)
		got := s.Frame(line)
		if strings.Contains(ansi.Strip(got), key) {
			t.Fatalf("%q shows the key", got)
		}
		if a, b := ansi.StringWidth(line), ansi.StringWidth(got); a != b {
			t.Fatalf("%q is %d cells wide, was %d: %q", got, b, a, line)
		}
	})
}

// A text that is drawn in parts keeps its length.
func TestCoverKeepsEveryCharacterInItsPlace(t *testing.T) {
	var s Set
	s.Add("größe")
	for text, want := range map[string]string{
		"nothing":                 "nothing",
		"die Größe ist 3":         "die ••••• ist 3",
		"SharedAccessKey=abc; ok": "SharedAccessKey=•••; ok",
	} {
		if got := s.Cover(text); got != want {
			t.Errorf("covers %q as %q, want %q", text, got, want)
		}
	}
}
