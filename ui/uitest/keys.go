package uitest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// special is a key without a character: its code, and what a terminal sends for it.
// Sequences that can carry modifiers end in their last byte.
type special struct {
	code     rune
	sequence string
}

// Escape is sent in the unambiguous form of the kitty keyboard protocol: a bare escape
// byte right before another key would be read as alt and that key.
var specials = map[string]special{
	"enter":     {tea.KeyEnter, "\r"},
	"tab":       {tea.KeyTab, "\t"},
	"esc":       {tea.KeyEscape, "\x1b[27u"},
	"space":     {tea.KeySpace, " "},
	"backspace": {tea.KeyBackspace, "\x7f"},
	"delete":    {tea.KeyDelete, "\x1b[3~"},
	"insert":    {tea.KeyInsert, "\x1b[2~"},
	"up":        {tea.KeyUp, "\x1b[A"},
	"down":      {tea.KeyDown, "\x1b[B"},
	"right":     {tea.KeyRight, "\x1b[C"},
	"left":      {tea.KeyLeft, "\x1b[D"},
	"end":       {tea.KeyEnd, "\x1b[F"},
	"home":      {tea.KeyHome, "\x1b[H"},
	"pgup":      {tea.KeyPgUp, "\x1b[5~"},
	"pgdown":    {tea.KeyPgDown, "\x1b[6~"},
	"f1":        {tea.KeyF1, "\x1b[11~"},
	"f2":        {tea.KeyF2, "\x1b[12~"},
	"f3":        {tea.KeyF3, "\x1b[13~"},
	"f4":        {tea.KeyF4, "\x1b[14~"},
	"f5":        {tea.KeyF5, "\x1b[15~"},
	"f6":        {tea.KeyF6, "\x1b[17~"},
	"f7":        {tea.KeyF7, "\x1b[18~"},
	"f8":        {tea.KeyF8, "\x1b[19~"},
	"f9":        {tea.KeyF9, "\x1b[20~"},
	"f10":       {tea.KeyF10, "\x1b[21~"},
	"f11":       {tea.KeyF11, "\x1b[23~"},
	"f12":       {tea.KeyF12, "\x1b[24~"},
}

// parseKey reads a key's name as Bubble Tea writes it: ctrl+c, shift+tab, alt+x, A.
func parseKey(name string) (tea.Key, special, error) {
	var key tea.Key
	rest := name
	for _, mod := range []struct {
		prefix string
		mod    tea.KeyMod
	}{{"ctrl+", tea.ModCtrl}, {"alt+", tea.ModAlt}, {"shift+", tea.ModShift}} {
		if cut, ok := strings.CutPrefix(rest, mod.prefix); ok && cut != "" {
			key.Mod |= mod.mod
			rest = cut
		}
	}
	if sp, ok := specials[rest]; ok {
		key.Code = sp.code
		if rest == "space" && key.Mod == 0 {
			key.Text = " "
		}
		return key, sp, nil
	}
	r, n := utf8.DecodeRuneInString(rest)
	if n == 0 || n != len(rest) || unicode.IsControl(r) {
		return tea.Key{}, special{}, fmt.Errorf("%q is not the name of a key", name)
	}
	key.Code = unicode.ToLower(r)
	if key.Code != r {
		key.Mod |= tea.ModShift
		key.ShiftedCode = r
	}
	if key.Mod&^tea.ModShift == 0 {
		key.Text = string(r)
	}
	return key, special{}, nil
}

// keySequence returns what a terminal sends for a key.
func keySequence(name string) (string, error) {
	key, sp, err := parseKey(name)
	if err != nil {
		return "", err
	}
	modifier := 1 // the parameter of CSI sequences: 1 and a bit for each modifier
	for bit, mod := range []tea.KeyMod{tea.ModShift, tea.ModAlt, tea.ModCtrl} {
		if key.Mod&mod != 0 {
			modifier += 1 << bit
		}
	}
	switch {
	case key.Text != "":
		return key.Text, nil
	case modifier == 1:
		return sp.sequence, nil
	case key.Code == tea.KeyTab && key.Mod == tea.ModShift:
		return "\x1b[Z", nil
	case strings.HasPrefix(sp.sequence, "\x1b["):
		parameter, final := sp.sequence[2:len(sp.sequence)-1], sp.sequence[len(sp.sequence)-1:]
		if parameter == "" {
			parameter = "1"
		}
		return fmt.Sprintf("\x1b[%s;%d%s", parameter, modifier, final), nil
	case key.Mod == tea.ModCtrl && key.Code >= 'a' && key.Code <= 'z':
		return string(key.Code & 0x1f), nil
	case key.Mod == tea.ModAlt && sp.sequence == "":
		return "\x1b" + string(key.Code), nil
	default:
		return fmt.Sprintf("\x1b[%d;%du", key.Code, modifier), nil
	}
}

// keyPress returns the message Bubble Tea makes of a key.
func keyPress(name string) (tea.KeyPressMsg, error) {
	key, _, err := parseKey(name)
	return tea.KeyPressMsg(key), err
}
