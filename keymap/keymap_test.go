package keymap

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// bindings returns the bindings of one scope by the names of their fields.
func bindings(scope any) map[string]Binding {
	out := map[string]Binding{}
	v := reflect.ValueOf(scope)
	for i := range v.NumField() {
		out[v.Type().Field(i).Name] = v.Field(i).Interface().(Binding)
	}
	return out
}

func TestEveryBindingIsShown(t *testing.T) {
	for _, g := range Default().Groups() {
		if g.Title == "" {
			t.Error("a scope has no title")
		}
		for _, b := range g.Bindings {
			if len(b.Keys) == 0 || b.Label == "" || b.Short == "" || b.Long == "" {
				t.Errorf("%s: %+v lacks a key, a label, a footer text or a help text", g.Title, b)
			}
			if len(strings.Fields(b.Short)) > 3 {
				t.Errorf("%s: %q is too long for the footer", g.Title, b.Short)
			}
			if strings.HasSuffix(b.Long, ".") || strings.Contains(b.Long, "\n") {
				t.Errorf("%s: %q should be one line without a full stop", g.Title, b.Long)
			}
		}
	}
}

// Scopes that are active at the same time must not both want a key: the second would never get it.
func TestNoKeyMeansTwoThingsAtOnce(t *testing.T) {
	m := Default()
	for name, active := range map[string][]any{
		"devices pane": {m.Global, m.Move, m.Selection, m.Devices},
		"twin pane":    {m.Global, m.Move, m.Selection, m.Twin},
		"live pane":    {m.Global, m.Move, m.Selection, m.Live},
		"results":      {m.Global, m.Move, m.Selection, m.Results},
		"filter":       {m.Filter},
		"search":       {m.Search},
		"query":        {m.Query},
		"saved":        {m.Move, m.Saved},
		"document":     {m.Move, m.Document},
		"form":         {m.Move, m.Form},
		"field":        {m.Field},
		"review":       {m.Move, m.Review},
		"identity":     {m.Identity},
		"token":        {m.Token},
		"list":         {m.Move, m.List},
		"hubs":         {m.Move, m.Hubs},
	} {
		owner := map[string]string{}
		for _, scope := range active {
			for field, b := range bindings(scope) {
				for _, k := range b.Keys {
					who := reflect.TypeOf(scope).Name() + "." + field
					if other, taken := owner[k]; taken {
						t.Errorf("%s: %q is both %s and %s", name, k, other, who)
					}
					owner[k] = who
				}
			}
		}
	}
}

// In a message enter and q close, in a question they answer: the two never show together.
func TestDialogAnswersAreDistinct(t *testing.T) {
	d := Default().Dialog
	seen := map[string]bool{}
	for _, b := range []Binding{d.Yes, d.No, d.Switch, d.Accept} {
		for _, k := range b.Keys {
			if seen[k] {
				t.Errorf("%q answers a question in two ways", k)
			}
			seen[k] = true
		}
	}
}

// A text scope must leave every printable key to the text.
func TestTextScopesTakeNoPrintableKey(t *testing.T) {
	m := Default()
	for _, scope := range []any{m.Filter, m.Search, m.Field, m.Query} {
		for field, b := range bindings(scope) {
			for _, k := range b.Keys {
				if utf8.RuneCountInString(k) == 1 || k == "space" {
					t.Errorf("%T.%s takes the printable key %q", scope, field, k)
				}
			}
		}
	}
}

// tmux and SSH pass control characters and escape sequences of plain keys, no more.
func TestNoKeyNeedsAModifierThatIsLostOnTheWay(t *testing.T) {
	for _, g := range Default().Groups() {
		for _, b := range g.Bindings {
			for _, k := range b.Keys {
				lost := strings.Contains(k, "alt+") || strings.Contains(k, "super+") || strings.HasPrefix(k, "ctrl+shift") ||
					(strings.HasPrefix(k, "shift+") && k != "shift+tab") ||
					slices.Contains([]string{"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+[", "ctrl+q", "ctrl+z"}, k)
				if lost {
					t.Errorf("%s: %q (%s) may never arrive", g.Title, k, b.Short)
				}
			}
		}
	}
}

func TestMatches(t *testing.T) {
	m := Default()
	for name, tc := range map[string]struct {
		press tea.KeyPressMsg
		b     Binding
		want  bool
	}{
		"a letter":           {tea.KeyPressMsg{Code: 'n', Text: "n"}, m.Selection.NewDevice, true},
		"a shifted letter":   {tea.KeyPressMsg{Code: 'g', Text: "G", Mod: tea.ModShift}, m.Move.Bottom, true},
		"not its lower case": {tea.KeyPressMsg{Code: 'g', Text: "g"}, m.Move.Bottom, false},
		"an arrow":           {tea.KeyPressMsg{Code: tea.KeyDown}, m.Move.Down, true},
		"space":              {tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}, m.Form.Toggle, true},
		"control":            {tea.KeyPressMsg{Code: 's', Mod: tea.ModCtrl}, m.Form.Review, true},
		"shift and tab":      {tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}, m.Global.PrevPane, true},
		"page down":          {tea.KeyPressMsg{Code: tea.KeyPgDown}, m.Move.PageDown, true},
		"escape":             {tea.KeyPressMsg{Code: tea.KeyEscape}, m.Form.Cancel, true},
		"delete":             {tea.KeyPressMsg{Code: tea.KeyDelete}, m.Form.Remove, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.b.Matches(tc.press); got != tc.want {
				t.Errorf("%q matches %v: %v", tc.press.String(), tc.b.Keys, got)
			}
		})
	}
}

func TestMarkdownListsEveryKey(t *testing.T) {
	m := Default()
	text := m.Markdown()
	rows := 0
	for _, g := range m.Groups() {
		if strings.Count(text, "\n| "+g.Title+" |") != 1 {
			t.Errorf("%q does not begin once", g.Title)
		}
		for _, b := range g.Bindings {
			rows++
			if !strings.Contains(text, "| `"+strings.ReplaceAll(b.Label, "|", `\|`)+"` | "+b.Long+" |") {
				t.Errorf("no row for %s (%s)", b.Label, b.Long)
			}
		}
	}
	if got := strings.Count(text, "| `"); got != rows {
		t.Errorf("%d rows for %d keys", got, rows)
	}
}

// A key that opens the review and is held a little too long must not send what nobody has read.
func TestTheKeyThatOpensTheReviewDoesNotSend(t *testing.T) {
	m := Default()
	for _, opening := range []Binding{m.Form.Review, m.Field.Review} {
		for _, key := range opening.Keys {
			if slices.Contains(m.Review.Save.Keys, key) {
				t.Errorf("%q opens the review and sends the patch", key)
			}
		}
	}
}
