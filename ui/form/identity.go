package form

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Submit asks for an identity to be created. The form stays as it is until its owner takes
// it away or says with [Identity.SetError] or [Identity.SetCreated] what came of it.
type Submit struct{ New hub.NewIdentity }

// Finish asks for the first tags and desired properties of an identity that the form has created
// already; [Identity.SetError] says why they could not be written.
type Finish struct {
	ID   hub.ID
	Twin hub.TwinPatch
}

// WantParents asks for the ids of edge devices that are known; [Identity.SetParents] brings them.
type WantParents struct{}

// Identity is the form for a new device, or for a new module on a given device.
type Identity struct {
	device string // the device the module is for; empty for a new device
	keys   keymap.Map
	theme  theme.Theme

	focus    part
	id       line
	auth     auth
	disabled bool
	reason   line
	edge     bool

	more    bool // the fields below are shown
	parent  line
	parents []string // that are known
	tags    area
	desired area

	tried   bool // submitted once: now empty fields are errors too
	busy    bool
	leaving bool // asked whether what was typed may be lost
	made    bool // the identity is there, its tags and properties are not
	err     string
	top     int // first line of the body that is shown
}

// part is one thing in the form that can have the focus.
type part int

const (
	partID part = iota
	partAuth
	partPrimary
	partSecondary
	partThumbprint
	partThumbprint2
	partEnabled
	partReason
	partEdge
	partMore
	partParent
	partTags
	partDesired
	partCreate
)

// NewDevice returns the form for a new device.
func NewDevice(keys keymap.Map, th theme.Theme) *Identity {
	return &Identity{
		keys: keys, theme: th,
		id: newLine(""), auth: newAuth(), reason: newLine(""), parent: newLine(""), tags: newArea(), desired: newArea(),
	}
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

// SetCreated says that the identity is there and that its first tags and desired properties are
// not written, with the reason. They stay in the form, which asks for nothing else any more.
func (f *Identity) SetCreated(text string) {
	f.SetError(text)
	f.made, f.more = true, true
	f.focus = partTags
	if f.tags.text() == "" {
		f.focus = partDesired
	}
}

// SetParents tells which edge devices are known, for the parent to be chosen from.
func (f *Identity) SetParents(ids []string) { f.parents = ids }

// HasTwin reports whether tags or desired properties were typed, which an identity that exists
// already would lose.
func (f *Identity) HasTwin() bool {
	return strings.TrimSpace(f.tags.text()+f.desired.text()) != ""
}

// SetTheme changes how the form looks.
func (f *Identity) SetTheme(th theme.Theme) { f.theme = th }

// Title names the form.
func (f *Identity) Title() string {
	switch {
	case f.made:
		return "First tags and properties of " + cell.Safe(f.target().String())
	case f.device != "":
		return "New module on " + cell.Safe(f.device)
	}
	return "New device"
}

// target is the id of what is to be created.
func (f *Identity) target() hub.ID {
	if f.device != "" {
		return hub.ID{Device: f.device, Module: f.id.text()}
	}
	return hub.ID{Device: f.id.text()}
}

// parts returns what can have the focus now, from top to bottom.
func (f *Identity) parts() []part {
	if f.made {
		return []part{partTags, partDesired, partCreate}
	}
	parts := append([]part{partID, partAuth}, f.auth.parts()...)
	if f.device == "" {
		parts = append(parts, partEnabled)
		if f.disabled {
			parts = append(parts, partReason)
		}
		parts = append(parts, partEdge)
	}
	parts = append(parts, partMore)
	if f.more {
		if f.device == "" {
			parts = append(parts, partParent)
		}
		parts = append(parts, partTags, partDesired)
	}
	return append(parts, partCreate)
}

// field returns the text field of one line that a part is, or nil.
func (f *Identity) field(p part) *line {
	switch p {
	case partID:
		return &f.id
	case partReason:
		return &f.reason
	case partParent:
		return &f.parent
	default:
		return f.auth.field(p)
	}
}

// area returns the text of several lines that has the focus, or nil.
func (f *Identity) area() *area {
	switch f.focus {
	case partTags:
		return &f.tags
	case partDesired:
		return &f.desired
	default:
		return nil
	}
}

// Update takes a key press or a paste; its actions are [Submit], [Finish], [WantParents], [Stop]
// and [Cancel].
func (f *Identity) Update(msg tea.Msg) Action {
	if f.busy {
		return waiting(msg, f.keys.Identity.Cancel)
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if f.leaving {
			return nil
		}
		if a := f.area(); a != nil {
			a.update(msg)
			f.err = ""
		} else if field := f.field(f.focus); field != nil {
			field.update(tea.PasteMsg{Content: oneLine(msg.Content)})
			f.err = ""
		}
	case tea.KeyPressMsg:
		if f.leaving {
			return f.leave(msg)
		}
		return f.press(msg)
	}
	return nil
}

// leave answers the question whether what was typed may be lost.
func (f *Identity) leave(key tea.KeyPressMsg) Action {
	switch {
	case f.keys.Dialog.Yes.Matches(key):
		return Cancel{}
	case f.keys.Dialog.No.Matches(key):
		f.leaving = false
	}
	return nil
}

func (f *Identity) press(key tea.KeyPressMsg) Action {
	k := f.keys.Identity
	a := f.area()
	switch {
	case k.Cancel.Matches(key):
		if f.HasTwin() {
			f.leaving = true
			return nil
		}
		return Cancel{}
	case k.SubmitText.Matches(key), a == nil && k.Submit.Matches(key):
		return f.submit()
	case a != nil && !f.leavesArea(a, key):
		before := a.text()
		a.update(key)
		if a.text() != before {
			f.err = ""
		}
		return nil
	case k.Next.Matches(key):
		f.move(1)
		return nil
	case k.Prev.Matches(key):
		f.move(-1)
		return nil
	case f.focus == partParent && key.String() == "right" && f.complete():
		return nil
	}
	if field := f.field(f.focus); field != nil {
		before := field.text()
		field.update(key)
		if field.text() != before {
			f.err = ""
		}
		return nil
	}
	if k.Toggle.Matches(key) || k.Choose.Matches(key) {
		return f.toggle(key.String())
	}
	return nil
}

// leavesArea reports whether a key leads out of a text of several lines: tab always, an arrow at
// its edge.
func (f *Identity) leavesArea(a *area, key tea.KeyPressMsg) bool {
	k := f.keys.Identity
	switch key.String() {
	case "down":
		return a.row() == a.height()-1
	case "up":
		return a.row() == 0
	}
	return k.Next.Matches(key) || k.Prev.Matches(key)
}

func (f *Identity) move(by int) {
	parts := f.parts()
	at := slices.Index(parts, f.focus)
	f.focus = parts[(at+by+len(parts))%len(parts)]
}

func (f *Identity) toggle(key string) Action {
	f.err = ""
	switch f.focus {
	case partAuth:
		by := 1
		if key == "left" {
			by = -1
		}
		f.auth.choose(by)
	case partEnabled:
		f.disabled = !f.disabled
	case partEdge:
		f.edge = !f.edge
	case partMore:
		if f.more = !f.more; f.more && f.device == "" {
			return WantParents{}
		}
	default:
	}
	return nil
}

// offered returns the known edge devices that begin with what was typed as the parent.
func (f *Identity) offered() []string {
	var ids []string
	for _, id := range f.parents {
		if strings.HasPrefix(strings.ToLower(id), strings.ToLower(f.parent.text())) {
			ids = append(ids, id)
		}
	}
	return ids
}

// complete takes the first parent that is offered, when the cursor is behind the text.
func (f *Identity) complete() bool {
	before, _, _ := f.parent.split()
	ids := f.offered()
	if before != f.parent.text() || len(ids) == 0 || ids[0] == f.parent.text() {
		return false
	}
	f.parent.set(ids[0])
	return true
}

// submit returns the identity, or puts the focus where something is wrong with it.
func (f *Identity) submit() Action {
	f.tried, f.err = true, ""
	for _, p := range append(f.parts(), partParent, partTags, partDesired) {
		if f.problem(p) != "" {
			if f.focus = p; p >= partParent && p <= partDesired {
				f.more = true
			}
			return nil
		}
	}
	n := hub.NewIdentity{ID: f.target(), Authentication: f.auth.value()}
	n.Tags, _ = f.tags.section(patch.Tags)
	n.Desired, _ = f.desired.section(patch.Desired)
	if f.made {
		if n.Tags == nil && n.Desired == nil {
			return Cancel{}
		}
		return Finish{n.ID, hub.TwinPatch{Tags: n.Tags, Desired: n.Desired}}
	}
	if f.device == "" {
		n.Disabled, n.Edge, n.Parent = f.disabled, f.edge, f.parent.text()
		if f.disabled {
			n.StatusReason = f.reason.text()
		}
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
	case partReason:
		return checkReason(f.reason.text())
	case partParent:
		if text := f.parent.text(); f.device == "" && text != "" {
			if text == f.id.text() {
				return "a device cannot be its own parent"
			}
			return checkID(text, false)
		}
		return ""
	case partTags:
		_, problem := f.tags.section(patch.Tags)
		return problem
	case partDesired:
		_, problem := f.desired.section(patch.Desired)
		return problem
	default:
		return f.auth.problem(p, f.tried)
	}
}
