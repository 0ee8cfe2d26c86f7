package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/draft"
)

// editor stands for the user's own: each time it is opened the next of edits is made, which is given the
// text and returns it as it is left.
type editor struct {
	names []string
	edits []func(text string) (string, error)
}

func (e *editor) edit(name, text string, done func(string, error) tea.Msg) tea.Cmd {
	e.names = append(e.names, name)
	next := e.edits[0]
	e.edits = e.edits[1:]
	return func() tea.Msg { return done(next(text)) }
}

func replacing(old, with string) func(string) (string, error) {
	return func(text string) (string, error) { return strings.Replace(text, old, with, 1), nil }
}

func TestEditingInTheUsersEditor(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		e := &editor{edits: []func(string) (string, error){
			replacing(`"telemetryInterval": 60,`, `"telemetryInterval": 1e2,`),
			replacing("}", ""),
			replacing(`"max": 30`, `"max": 30}`),
		}}
		inBubble(t, Options{Edit: e.edit}, size[0], size[1], demo, func(p *pump) {
			p.toController()
			p.Press("E")
			p.sees("taken over from the editor", "~   telemetryInterval", "1e2   was 60")
			p.Press("E")
			p.sees("✗ line ", "ctrl+o opens the editor again")
			p.Press("ctrl+o")
			p.Press("s")
			p.sees(`"telemetryInterval":1e2`)
			if got := strings.Join(e.names, " "); got != "desired.json desired.json desired.json" {
				t.Errorf("opened %s", got)
			}
		})
	}
}

// In the twin pane the cursor says what is edited; a file that is as it was is no edit.
func TestEditingWhatTheCursorOfTheTwinIsOn(t *testing.T) {
	e := &editor{edits: []func(string) (string, error){
		func(text string) (string, error) { return text, nil },
		replacing("5", "6.0"),
		replacing(`"facilities"`, `"it"`),
		func(string) (string, error) { return "", errors.New("the editor ended with exit status 1") },
	}}
	inBubble(t, Options{Edit: e.edit}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("2", "g", "E")
		p.sees("nothing was changed in the editor")
		p.seesNot("Desired properties of")
		p.Press("j", "j", "j")
		p.Press("E")
		p.sees("Desired properties of", "6.0   was 5")
		p.Press("s", "enter")
		p.sees("saved v2")
		p.Press("]", "E")
		p.sees("Tags of", "it   was facilities")
		p.Press("s", "enter")
		p.sees("saved the tags")
		p.Press("E")
		p.sees("the editor ended with exit status 1", "Tags of")
		want := []string{"desired.json", "limits.json", "tags.json", "tags.json"}
		if strings.Join(e.names, " ") != strings.Join(want, " ") {
			t.Errorf("opened %v, want %v", e.names, want)
		}
	})
}

func TestWhatTheEditorLeftSurvivesTheProgram(t *testing.T) {
	dir := t.TempDir()
	first := draft.Open(dir)
	e := &editor{edits: []func(string) (string, error){replacing(`{`, "{ broken")}}
	inBubble(t, Options{Edit: e.edit, Drafts: first}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("E")
		p.sees("{ broken")
		p.wait(lasting)
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := draft.Open(dir)
	defer second.Close()
	inBubble(t, Options{Edit: e.edit, Drafts: second}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.wait(time.Second)
		p.Press("e")
		p.sees("unsaved changes of", "{ broken")
	})
}

func TestWithoutAnEditor(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("E")
		p.sees("no editor can be opened from here")
	})
	inBubble(t, Options{ReadOnly: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("E")
		p.sees("read-only")
	})
}
