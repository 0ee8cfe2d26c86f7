package form

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Reauthenticate asks for the form that changes how an identity authenticates, over this one.
type Reauthenticate struct{ Identity hub.Identity }

// Keys is the list of what can be done about the keys of an identity.
type Keys struct {
	subject
	keys   keymap.Map
	theme  theme.Theme
	cursor int
	top    int
}

// NewKeys returns the list for an identity that is still to be read.
func NewKeys(id hub.ID, keys keymap.Map, th theme.Theme) *Keys {
	return &Keys{subject: subject{id: id}, keys: keys, theme: th}
}

// keyChoice is one thing that can be done.
type keyChoice struct {
	name   string
	does   string // in short, while the cursor is on it
	ask    string // in full, when it is to be done
	yes    string
	change hub.IdentityChange // nil for another form
}

const connectedNow = "\n\nA client is connected right now; it may stay so until its token expires or its connection breaks."

// choices are what the identity lets be done. Only symmetric keys can be swapped or made anew.
func (f *Keys) choices() []keyChoice {
	if f.identity == nil {
		return nil
	}
	other := keyChoice{name: "Authenticate in another way" + cell.Ellipsis, does: "keys of your own, or X.509 certificates"}
	if f.identity.Auth != hub.AuthSAS {
		return []keyChoice{other}
	}
	return []keyChoice{
		{
			"Swap the keys", "the secondary key becomes the primary one; both stay valid",
			"The secondary key becomes the primary one, and the reverse. Both stay valid: no client is refused.\n\n" +
				"Who reads the primary key from the hub from now on gets the other one.",
			"Swap",
			hub.SwapKeys{},
		},
		{
			"Regenerate the primary key", "clients that use the primary key are refused; the secondary key stays valid",
			"Clients that sign in with the primary key of now are refused when they connect next, until they are given another. " +
				"The secondary key stays valid. The old key cannot be brought back.",
			"Regenerate",
			hub.NewKeys{Primary: true},
		},
		{
			"Regenerate the secondary key", "clients that use the secondary key are refused; the primary key stays valid",
			"Clients that sign in with the secondary key of now are refused when they connect next, until they are given another. " +
				"The primary key stays valid. The old key cannot be brought back.",
			"Regenerate",
			hub.NewKeys{Secondary: true},
		},
		{
			"Regenerate both keys", "every client is refused until it is given a new key",
			"Every client that signs in as it is refused when it connects next, until it is given one of the new keys. " +
				"The old keys cannot be brought back.",
			"Regenerate",
			hub.NewKeys{Primary: true, Secondary: true},
		},
		other,
	}
}

// SetTheme changes how the list looks.
func (f *Keys) SetTheme(th theme.Theme) { f.theme = th }

// Title names the list.
func (f *Keys) Title() string { return "Keys of " + cell.Safe(f.id.String()) }

// Update takes a key press; its actions are [Ask], [Reauthenticate], [Stop] and [Cancel].
func (f *Keys) Update(msg tea.Msg) Action {
	if f.busy {
		return waiting(msg, f.keys.Dialog.Close)
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	choices := f.choices()
	f.cursor = min(f.cursor, max(len(choices)-1, 0))
	switch {
	case f.keys.Dialog.Accept.Matches(press) && f.ready():
		f.err = ""
		c := choices[f.cursor]
		if c.change == nil {
			return Reauthenticate{*f.identity}
		}
		if _, swap := c.change.(hub.SwapKeys); !swap && f.identity.Connected {
			c.ask += connectedNow
		}
		return Ask{c.name + " of " + f.id.String() + "?", c.ask, c.yes, f.change(c.change)}
	case f.keys.Dialog.Accept.Matches(press):
	case f.keys.Dialog.Close.Matches(press):
		return Cancel{}
	case f.keys.Move.Up.Matches(press):
		f.cursor = max(f.cursor-1, 0)
	case f.keys.Move.Down.Matches(press):
		f.cursor = min(f.cursor+1, max(len(choices)-1, 0))
	case f.keys.Move.Top.Matches(press):
		f.cursor = 0
	case f.keys.Move.Bottom.Matches(press):
		f.cursor = max(len(choices)-1, 0)
	}
	return nil
}

// Size returns the size the list would like on a screen of w by h cells.
func (f *Keys) Size(w, h int) (int, int) { return min(max(w, 1), 68), min(12, max(h, 1)) }

// View draws the list: exactly h lines of exactly w cells.
func (f *Keys) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	choices := f.choices()
	on := min(f.cursor, max(len(choices)-1, 0))
	leave := short(f.keys.Dialog.Close, "cancel")
	hints := []keymap.Binding{short(f.keys.Dialog.Accept, "choose"), f.keys.Move.Down, f.keys.Move.Up}
	if !f.ready() {
		hints = nil
	}
	if f.busy {
		leave = short(leave, "stop")
	}
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, hints, leave), body: len(choices), focus: on, top: f.top}
	if ih >= 9 {
		fr.head = []string{""}
	}
	fr.line = func(i int) string {
		line := cursorMark(f.theme, i == on) + " " + choices[i].name
		if i == on {
			return f.theme.Selected.Over(cell.Fit(line, iw))
		}
		return line
	}
	text, style, mark, ok := f.message(f.theme)
	if !ok {
		text, style, mark = choices[on].does, f.theme.Muted, " "
		if len(choices) == 1 {
			text = "it has no symmetric keys; " + text
		}
	}
	fr.message = messageLines(iw, max(ih/3, 1), text, style, mark)
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}
