package hubs

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/keymap"
	"twindeck/ui/theme"
)

var (
	up     = tea.KeyPressMsg{Code: tea.KeyUp}
	down   = tea.KeyPressMsg{Code: tea.KeyDown}
	enter  = tea.KeyPressMsg{Code: tea.KeyEnter}
	escape = tea.KeyPressMsg{Code: tea.KeyEscape}
)

var three = []Choice{
	{Profile: "contoso-prod", Color: "red", Production: true, ReadOnly: true},
	{Profile: "lab", Color: "teal"},
	{Embedded: true},
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func list(current Choice) (*Picker, *clock) {
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return New(three, current, Source{File: "/home/ada/.config/twindeck/profiles.toml", Now: c.now}, keymap.Default(), theme.New(true, true)), c
}

func text(p *Picker, w, h int) string { return ansi.Strip(p.View(w, h)) }

func TestThePickerBeginsWhereOneIs(t *testing.T) {
	p, _ := list(three[1])
	if got := text(p, 72, 8); !strings.Contains(got, "● ▪ lab") || strings.Contains(got, "● ▪ contoso") || !strings.Contains(got, "PRODUCTION   READ-ONLY") {
		t.Errorf("shows\n%s", got)
	}
	for name, c := range map[string]struct {
		keys []tea.Msg
		want Action
	}{
		"where one is":      {[]tea.Msg{enter}, Leave{}},
		"up":                {[]tea.Msg{up, enter}, Open{three[0]}},
		"down":              {[]tea.Msg{down, enter}, Open{three[2]}},
		"beyond the end":    {[]tea.Msg{down, down, down, enter}, Open{three[2]}},
		"out":               {[]tea.Msg{down, escape}, Leave{}},
		"a key for nothing": {[]tea.Msg{tea.KeyPressMsg{Code: 'x', Text: "x"}}, nil},
		"not a key":         {[]tea.Msg{tea.PasteMsg{Content: "x"}}, nil},
	} {
		p, _ := list(three[1])
		var got Action
		for _, key := range c.keys {
			got = p.Update(key)
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// While a hub is being opened there is one key, and it calls that off.
func TestThePickerWaits(t *testing.T) {
	p, c := list(three[2])
	p.SetOpening(three[0])
	c.at = c.at.Add(4 * time.Second)
	if got := text(p, 72, 8); !strings.Contains(got, "opening contoso-prod…  4 s") || !strings.Contains(got, "esc call off") || strings.Contains(got, "enter open") {
		t.Errorf("shows\n%s", got)
	}
	if len(p.Keys()) != 1 || p.Update(enter) != nil || p.Update(up) != nil || p.Update(escape) != (Stop{}) {
		t.Error("it takes other keys than the one to call it off")
	}
	p.SetError("the hub \x1b[2Jis away; try again")
	if got := text(p, 72, 10); !strings.Contains(got, "✗ the hub ␛[2Jis away; try again") || !strings.Contains(got, "enter open") {
		t.Errorf("shows\n%s", got)
	}
	if p.Update(up) != nil || p.Update(enter) != (Open{three[1]}) || strings.Contains(text(p, 72, 10), "is away") {
		t.Error("one cannot go on after an error")
	}
}

func TestThePickerFitsEverySize(t *testing.T) {
	states := map[string]func(p *Picker){
		"list":    func(*Picker) {},
		"opening": func(p *Picker) { p.SetOpening(Choice{Host: strings.Repeat("東京", 40)}) },
		"failed":  func(p *Picker) { p.SetError(strings.Repeat("a long sentence ", 30)) },
	}
	for name, set := range states {
		for _, choices := range [][]Choice{nil, three, {{Host: strings.Repeat("x", 200)}, {}}} {
			p := New(choices, Choice{}, Source{File: strings.Repeat("/folder", 30), Now: time.Now}, keymap.Default(), theme.New(false, false))
			set(p)
			p.SetTheme(theme.New(true, true))
			for w := range 90 {
				for h := range 14 {
					view := p.View(w, h)
					if w < 1 || h < 1 {
						if view != "" {
							t.Fatalf("%s, %dx%d: %q", name, w, h, view)
						}
						continue
					}
					lines := strings.Split(view, "\n")
					if len(lines) != h {
						t.Fatalf("%s, %dx%d: %d lines", name, w, h, len(lines))
					}
					for _, l := range lines {
						if n := ansi.StringWidth(l); n != w {
							t.Fatalf("%s, %dx%d: %d cells in %q", name, w, h, n, l)
						}
					}
					if pw, ph := p.Size(w, h); pw < 1 || ph < 1 || pw > w || ph > h {
						t.Fatalf("%s, %dx%d: would like %dx%d", name, w, h, pw, ph)
					}
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for want, c := range map[string]Choice{
		"lab":                         {Profile: "lab", Host: "h"},
		"embedded hub":                {Embedded: true, Host: "localhost"},
		"contoso.azure-devices.net":   {Host: "contoso.azure-devices.net"},
		"the hub of the command line": {},
	} {
		if got := c.Name(); got != want {
			t.Errorf("%+v is called %q", c, got)
		}
	}
	if !(Choice{Profile: "lab"}).Same(Choice{Profile: "lab", Host: "h", ReadOnly: true}) || (Choice{}).Same(Choice{Embedded: true}) {
		t.Error("hubs are taken for one another")
	}
}
