package dialog

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/theme"
)

func deletion(name string) Question {
	return Question{Title: "Delete " + name + "?", Text: "Gone is gone.", Yes: "Delete", No: "Keep it", Type: name, Tag: 7}
}

func typing(c *Confirm, text string) (last Action) {
	for _, r := range text {
		last = c.Update(letter(r))
	}
	return last
}

func TestWhatHasToBeTypedIsTypedWhole(t *testing.T) {
	c := NewConfirm(deletion("yes-n"), keys, theme.Theme{})
	for i, r := range "yes-" {
		if got := c.Update(letter(r)); got != nil {
			t.Fatalf("letter %d answered: %v", i, got)
		}
		c.Update(tab)
		if got := c.Update(tab); got != nil {
			t.Fatalf("tab answered: %v", got)
		}
	}
	if !strings.Contains(ansi.Strip(c.View(60, 12)), "type yes-n: yes-") {
		t.Errorf("the text is not seen:\n%s", ansi.Strip(c.View(60, 12)))
	}
	c.Update(tab)
	if got := c.Update(enter); got != (Answer{7, false}) {
		t.Errorf("half of it: %v", got)
	}
	typing(c, "n")
	if got := c.Update(enter); got != (Answer{7, false}) {
		t.Errorf("the default is not No: %v", got)
	}
	c.Update(tab)
	if got := c.Update(enter); got != (Answer{7, true}) {
		t.Errorf("all of it: %v", got)
	}
	c.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
	if got := c.Update(enter); got != (Answer{7, false}) {
		t.Errorf("all of it and then less: %v", got)
	}
	if got := c.Update(escape); got != (Answer{7, false}) {
		t.Errorf("escape: %v", got)
	}
	c = NewConfirm(deletion("d#1"), keys, theme.Theme{})
	c.Update(tea.PasteMsg{Content: " d#1\n"})
	c.Update(tab)
	if got := c.Update(enter); got != (Answer{7, true}) {
		t.Errorf("pasted: %v", got)
	}
}

func TestAQuestionThatWaitsTakesNoYes(t *testing.T) {
	q := question()
	q.Wait = true
	c := NewConfirm(q, keys, theme.Theme{})
	for _, msg := range []tea.Msg{letter('y'), tab} {
		if got := c.Update(msg); got != nil {
			t.Fatalf("answered before it was asked: %v", got)
		}
	}
	if got := c.Update(enter); got != (Answer{"attach", false}) {
		t.Errorf("enter before it was asked: %v", got)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c.Tell("now it is known", func() time.Time { return now })
	if c.Waiting() || !strings.Contains(c.View(40, 10), "now it is known") {
		t.Errorf("it was not told:\n%s", c.View(40, 10))
	}
	if got := c.Update(letter('y')); got != nil {
		t.Errorf("a key that was on its way answered: %v", got)
	}
	now = now.Add(time.Second)
	if got := c.Update(letter('y')); got != (Answer{"attach", true}) {
		t.Errorf("a moment later: %v", got)
	}
	q.Type = "x"
	c = NewConfirm(q, keys, theme.Theme{})
	if got := typing(c, "n"); got != (Answer{"attach", false}) {
		t.Errorf("n while it waits: %v", got)
	}
	c.Tell("known", nil)
	c.Update(letter('x'))
	if got := c.Update(tab); got != nil || !c.yes {
		t.Errorf("typed at once: %v", got)
	}
}

func TestAQuestionWithATextToTypeIsExactlyAsLargeAsAsked(t *testing.T) {
	for _, name := range []string{"", "pump-01", strings.Repeat("long", 32), "東京\x1b[2J\u202e\r\n"} {
		c := NewConfirm(deletion(name), keys, theme.New(true, true))
		for range 3 {
			for w := 1; w < 90; w += 1 + w/8 {
				for h := 1; h < 20; h++ {
					checkSize(t, name, c.View(w, h), w, h)
				}
			}
			c.Update(tea.PasteMsg{Content: name + "東"})
		}
	}
}
