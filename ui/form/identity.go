package form

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Submit asks for an identity to be created. The form stays as it is until its owner takes
// it away or says with [Identity.SetError] why it could not be done.
type Submit struct{ New hub.NewIdentity }

// Identity is the form for a new device, or for a new module on a given device.
type Identity struct {
	device string // the device the module is for; empty for a new device
	keys   keymap.Map
	theme  theme.Theme

	focus     part
	id        line
	given     bool // keys are given rather than assigned by the hub
	primary   line
	secondary line
	disabled  bool
	edge      bool

	tried bool // submitted once: now empty fields are errors too
	busy  bool
	err   string
}

// part is one thing in the form that can have the focus.
type part int

const (
	partID part = iota
	partKeys
	partPrimary
	partSecondary
	partEnabled
	partEdge
	partCreate
)

// NewDevice returns the form for a new device.
func NewDevice(keys keymap.Map, th theme.Theme) *Identity {
	f := &Identity{keys: keys, theme: th, id: newLine(""), primary: newLine(""), secondary: newLine("")}
	f.primary.masked, f.secondary.masked = true, true
	return f
}

// NewModule returns the form for a new module on device, whose id may be untrusted.
func NewModule(device string, keys keymap.Map, th theme.Theme) *Identity {
	f := NewDevice(keys, th)
	f.device = device
	return f
}

// SetBusy says whether the identity is being created. Meanwhile the form takes no key.
func (f *Identity) SetBusy(busy bool) { f.busy = busy }

// SetError shows why the identity could not be created; everything typed stays. The text
// may be untrusted. It also ends being busy.
func (f *Identity) SetError(text string) { f.err, f.busy = text, false }

// SetTheme changes how the form looks.
func (f *Identity) SetTheme(th theme.Theme) { f.theme = th }

// Title names the form.
func (f *Identity) Title() string {
	if f.device != "" {
		return "New module on " + cell.Safe(f.device)
	}
	return "New device"
}

// parts returns what can have the focus now, from top to bottom.
func (f *Identity) parts() []part {
	parts := []part{partID, partKeys}
	if f.given {
		parts = append(parts, partPrimary, partSecondary)
	}
	if f.device == "" {
		parts = append(parts, partEnabled, partEdge)
	}
	return append(parts, partCreate)
}

// field returns the text field that has the focus, or nil.
func (f *Identity) field() *line {
	switch f.focus {
	case partID:
		return &f.id
	case partPrimary:
		return &f.primary
	case partSecondary:
		return &f.secondary
	default:
		return nil
	}
}

// Update takes a key press or a paste; its actions are [Submit], [Stop] and [Cancel].
func (f *Identity) Update(msg tea.Msg) Action {
	if f.busy {
		return waiting(msg, f.keys.Identity.Cancel)
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if field := f.field(); field != nil {
			field.update(tea.PasteMsg{Content: oneLine(msg.Content)})
			f.err = ""
		}
	case tea.KeyPressMsg:
		return f.press(msg)
	}
	return nil
}

func (f *Identity) press(key tea.KeyPressMsg) Action {
	k := f.keys.Identity
	switch {
	case k.Cancel.Matches(key):
		return Cancel{}
	case k.Submit.Matches(key):
		return f.submit()
	case k.Next.Matches(key):
		f.move(1)
		return nil
	case k.Prev.Matches(key):
		f.move(-1)
		return nil
	}
	if field := f.field(); field != nil {
		before := field.text()
		field.update(key)
		if field.text() != before {
			f.err = ""
		}
		return nil
	}
	if k.Toggle.Matches(key) || k.Choose.Matches(key) {
		f.toggle()
	}
	return nil
}

func (f *Identity) move(by int) {
	parts := f.parts()
	for i, p := range parts {
		if p == f.focus {
			f.focus = parts[(i+by+len(parts))%len(parts)]
			return
		}
	}
}

func (f *Identity) toggle() {
	switch f.focus {
	case partKeys:
		f.given = !f.given
	case partEnabled:
		f.disabled = !f.disabled
	case partEdge:
		f.edge = !f.edge
	default:
		return
	}
	f.err = ""
}

// submit returns the identity, or puts the focus where something is wrong with it.
func (f *Identity) submit() Action {
	f.tried, f.err = true, ""
	for _, p := range f.parts() {
		if f.problem(p) != "" {
			f.focus = p
			return nil
		}
	}
	n := hub.NewIdentity{ID: hub.ID{Device: f.id.text()}, Authentication: hub.Authentication{Auth: hub.AuthSAS}, Disabled: f.disabled, Edge: f.edge}
	if f.device != "" {
		n.ID = hub.ID{Device: f.device, Module: f.id.text()}
	}
	if f.given {
		n.PrimaryKey, n.SecondaryKey = hub.NewKey(f.primary.text()), hub.NewKey(f.secondary.text())
	}
	return Submit{n}
}

// problem returns what is wrong with a part, in words, or "". An empty field is wrong only
// once the user has tried to submit it.
func (f *Identity) problem(p part) string {
	switch p {
	case partID:
		if f.id.text() == "" && !f.tried {
			return ""
		}
		return checkID(f.id.text(), f.device != "")
	case partPrimary, partSecondary:
		text := f.primary.text()
		if p == partSecondary {
			text = f.secondary.text()
		}
		if text == "" && !f.tried {
			return ""
		}
		return checkKey(text)
	default:
		return ""
	}
}

// idSymbols are the characters besides ASCII letters and digits that an id may hold (Azure
// docs: iot-hub-devguide-identity-registry, "Device identity properties").
const idSymbols = `:.+%_#*?!(),=@;$'-`

// maxID is how long an id may be (same source).
const maxID = 128

// checkID returns why a hub would refuse an id, or "".
func checkID(id string, module bool) string {
	if id == "" {
		return "type an id"
	}
	if len(id) > maxID {
		return fmt.Sprintf("%d characters long; %d are allowed", len([]rune(id)), maxID)
	}
	for _, r := range id {
		switch {
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune(idSymbols, r):
		case r == ' ':
			return "a space is not allowed; use - or _"
		default:
			return fmt.Sprintf("%s is not allowed; use A-Z a-z 0-9 and %s", cell.Safe(string(r)), idSymbols)
		}
	}
	if module && strings.HasPrefix(id, "$") {
		return "$ in front is for the system modules of IoT Edge; begin with something else"
	}
	return ""
}

// checkKey returns why a hub would refuse a symmetric key, or "": it takes 16 to 64 bytes
// in base64 (Azure docs: iot-hub-devguide-identity-registry). It never repeats the key.
func checkKey(key string) string {
	if key == "" {
		return "type the key, or let the hub assign both"
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(key)
	if err != nil {
		return "not base64; copy the whole key with the = at its end"
	}
	if len(raw) < 16 || len(raw) > 64 {
		return fmt.Sprintf("%d bytes long; a key has 16 to 64", len(raw))
	}
	return ""
}
