package form

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Authentication is the form that changes how an identity proves who it is.
type Authentication struct {
	subject
	keys  keymap.Map
	theme theme.Theme
	auth  auth
	focus part
	tried bool
	top   int
}

// NewAuthentication returns the form for an identity as it was read.
func NewAuthentication(i hub.Identity, keys keymap.Map, th theme.Theme) *Authentication {
	f := &Authentication{subject: subject{id: i.ID, identity: &i}, keys: keys, theme: th, auth: newAuth(), focus: partAuth}
	f.auth.way = keysGiven // what it has is not what is wanted
	if i.Auth != hub.AuthSAS {
		f.auth.way = keysAssigned
	}
	return f
}

// SetTheme changes how the form looks.
func (f *Authentication) SetTheme(th theme.Theme) { f.theme = th }

// Title names the form.
func (f *Authentication) Title() string { return "Authentication of " + cell.Safe(f.id.String()) }

func (f *Authentication) parts() []part {
	return append(append([]part{partAuth}, f.auth.parts()...), partCreate)
}

// Update takes a key press or a paste; its actions are [Ask], [Stop] and [Cancel].
func (f *Authentication) Update(msg tea.Msg) Action {
	k := f.keys.Identity
	if f.busy {
		return waiting(msg, k.Cancel)
	}
	field := f.auth.field(f.focus)
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if field != nil {
			field.update(tea.PasteMsg{Content: oneLine(msg.Content)})
		}
	case tea.KeyPressMsg:
		switch {
		case k.Cancel.Matches(msg):
			return Cancel{}
		case k.Submit.Matches(msg), k.SubmitText.Matches(msg):
			return f.submit()
		case k.Next.Matches(msg):
			f.move(1)
		case k.Prev.Matches(msg):
			f.move(-1)
		case field != nil:
			field.update(msg)
		case f.focus == partAuth && (k.Toggle.Matches(msg) || k.Choose.Matches(msg)):
			by := 1
			if msg.String() == "left" {
				by = -1
			}
			f.auth.choose(by)
		}
	}
	return nil
}

func (f *Authentication) move(by int) {
	parts := f.parts()
	f.focus = parts[(slices.Index(parts, f.focus)+by+len(parts))%len(parts)]
}

func (f *Authentication) submit() Action {
	f.tried, f.err = true, ""
	for _, p := range f.parts() {
		if f.auth.problem(p, true) != "" {
			f.focus = p
			return nil
		}
	}
	text := "From then on it signs in by " + f.auth.way.String() + ". Clients that sign in as it now are refused when they connect next.\n\n"
	if f.identity.Auth == hub.AuthSAS {
		text += "Its keys of now cannot be brought back."
	} else {
		text += "What the hub knows of its certificates is forgotten."
	}
	return Ask{"Change the authentication of " + f.id.String() + "?", text, "Change", f.change(hub.SetAuthentication{Authentication: f.auth.value()})}
}

// Size returns the size the form would like on a screen of w by h cells.
func (f *Authentication) Size(w, h int) (int, int) { return min(max(w, 1), 68), min(11, max(h, 1)) }

// View draws the form: exactly h lines of exactly w cells.
func (f *Authentication) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	k := f.keys.Identity
	hints, leave := []keymap.Binding{short(k.Submit, "change"), k.Choose, k.Next}, k.Cancel
	if f.busy {
		hints, leave = nil, short(leave, "stop")
	}
	parts := f.parts()
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, hints, leave), body: len(parts), focus: slices.Index(parts, f.focus), top: f.top}
	if ih >= 8 {
		fr.head = []string{""}
	}
	fr.line = func(i int) string {
		if parts[i] == partCreate {
			return button(f.theme, f.focus == partCreate, "Change")
		}
		return f.auth.row(parts[i], f.theme, iw, f.focus == parts[i])
	}
	text, style, mark, ok := f.message(f.theme)
	if problem := f.auth.problem(f.focus, f.tried); problem != "" && !f.busy {
		text, style, mark = problem, f.theme.Bad, theme.Rejected
	} else if !ok {
		text, style, mark = f.auth.help(f.focus), f.theme.Muted, " "
	}
	fr.message = messageLines(iw, max(ih/3, 1), text, style, mark)
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}
