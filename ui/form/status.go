package form

import (
	"strconv"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Status is the form that disables a device, or enables it again, with a reason.
type Status struct {
	subject
	keys   keymap.Map
	theme  theme.Theme
	want   hub.Status // empty until the device has been read
	reason line
}

// NewStatus returns the form for a device that is still to be read.
func NewStatus(id hub.ID, keys keymap.Map, th theme.Theme) *Status {
	return &Status{subject: subject{id: id}, keys: keys, theme: th, reason: newLine("")}
}

// SetIdentity takes the device as it was read. What the form is for is decided the first time.
func (f *Status) SetIdentity(i hub.Identity) {
	f.subject.SetIdentity(i)
	if f.want == "" {
		f.want = hub.Disabled
		if i.Status == hub.Disabled {
			f.want = hub.Enabled
		}
	}
}

// SetTheme changes how the form looks.
func (f *Status) SetTheme(th theme.Theme) { f.theme = th }

// verb names what the form does.
func (f *Status) verb() string {
	if f.want == hub.Enabled {
		return "Enable"
	}
	return "Disable"
}

// Title names the form.
func (f *Status) Title() string {
	if f.want == "" {
		return "Status of " + cell.Safe(f.id.String())
	}
	return f.verb() + " " + cell.Safe(f.id.String())
}

// Update takes a key press or a paste; its actions are [Change], [Stop] and [Cancel].
func (f *Status) Update(msg tea.Msg) Action {
	if f.busy {
		return waiting(msg, f.keys.Field.Back)
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		f.reason.update(tea.PasteMsg{Content: oneLine(msg.Content)})
	case tea.KeyPressMsg:
		switch k := f.keys.Field; {
		case k.Back.Matches(msg):
			return Cancel{}
		case k.Accept.Matches(msg):
			if !f.ready() || checkReason(f.reason.text()) != "" {
				return nil
			}
			f.err = ""
			return f.change(hub.SetStatus{Status: f.want, Reason: f.reason.text()})
		default:
			f.reason.update(msg)
		}
	}
	return nil
}

// Size returns the size the form would like on a screen of w by h cells.
func (f *Status) Size(w, h int) (int, int) { return min(max(w, 1), 68), min(11, max(h, 1)) }

// View draws the form: exactly h lines of exactly w cells.
func (f *Status) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	leave, hints := short(f.keys.Field.Back, "cancel"), []keymap.Binding(nil)
	switch {
	case f.busy:
		leave = short(leave, "stop")
	case f.ready():
		hints = []keymap.Binding{short(f.keys.Field.Accept, map[bool]string{true: "enable", false: "disable"}[f.want == hub.Enabled])}
	}
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, hints, leave), body: 3, focus: 2}
	if ih >= 9 {
		fr.head = []string{""}
	}
	rows := []string{fieldRow(f.theme, iw, false, "now", f.now()), "", inputRow(f.theme, iw, true, "reason", &f.reason)}
	if i := f.identity; i != nil && i.StatusReason != "" {
		rows[1] = fieldRow(f.theme, iw, false, "because", cell.Safe(i.StatusReason))
	}
	fr.line = func(i int) string { return rows[i] }
	text, style, mark := f.sentence()
	fr.message = messageLines(iw, max(ih/3, 1), text, style, mark)
	view, _ := draw(f.theme, fr, w, h)
	return view
}

// now says what the status is.
func (f *Status) now() string {
	if f.identity == nil {
		return f.theme.Muted.Render(theme.Pending)
	}
	text := cell.Safe(string(f.identity.Status))
	if f.identity.Connected {
		text += ", connected"
	}
	return text
}

func (f *Status) sentence() (text string, style theme.Style, mark string) {
	if problem := checkReason(f.reason.text()); problem != "" {
		return problem, f.theme.Bad, theme.Rejected
	}
	if text, style, mark, ok := f.message(f.theme); ok {
		return text, style, mark
	}
	left := strconv.Itoa(hub.MaxStatusReason-utf8.RuneCountInString(f.reason.text())) + " characters left for the reason"
	switch {
	case f.want == f.identity.Status:
		return "It is " + string(f.want) + " already; this writes the reason anew. " + left, f.theme.Muted, " "
	case f.want == hub.Enabled:
		return "It may connect again, and so may its modules. " + left, f.theme.Muted, " "
	case f.identity.Connected:
		return "It is connected and will be thrown off; neither it nor its modules may connect any more. " + left, f.theme.Warn, theme.Conflict
	}
	return "Neither it nor its modules may connect any more. " + left, f.theme.Muted, " "
}
