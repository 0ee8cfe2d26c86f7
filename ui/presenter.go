package ui

import (
	"reflect"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/dialog"
)

// Presenter mode is for an audience: keys, tokens, connection strings and hosts are covered wherever
// they would be shown, and the keys pressed are captioned. Text is covered when it is made safe to
// print, before it is wrapped or cut; what was laid out earlier, on the finished frame.

type (
	// copyAskMsg is a copy of something secret that waits for the user to agree.
	copyAskMsg struct{ text string }
	// copyAnyway is the tag of the question, and the answer to it.
	copyAnyway struct{ text string }
)

// present turns presenter mode on or off.
func (d *Deck) present(on bool) {
	d.presenter = on
	if on {
		cell.Conceal(d.secrets)
	} else {
		cell.Conceal(nil)
		d.captions.clear()
	}
	d.hub.present(on)
}

// present makes the dashboard show, or no longer show, what an audience must not see.
func (m *Model) present(on bool) {
	m.opts.Presenter = on
	why := ""
	if on {
		why = "presenter mode"
	}
	m.keys.Selection.RevealKeys.Refused, m.keys.Token.Reveal.Refused = why, why
	m.twin.Conceal(m.keys)
	m.frame.forget()
}

// togglePresenter answers its key.
func (d *Deck) togglePresenter() tea.Cmd {
	d.present(!d.presenter)
	text := "presenter mode: keys and host names are masked"
	if !d.presenter {
		text = "presenter mode is off"
	}
	return owned(d.gen, d.hub.say(info, text))
}

// clipboard is the type of the message that sets it, which Bubble Tea does not export.
var clipboard = reflect.TypeOf(tea.SetClipboard("")())

// guardCopy lets an audience see no secret pasted by mistake: in presenter mode a copy of one is asked
// for first.
func (d *Deck) guardCopy(msg tea.Msg) tea.Msg {
	if !d.presenter || reflect.TypeOf(msg) != clipboard {
		return msg
	}
	text := reflect.ValueOf(msg).String()
	if text == d.agreed || !d.secrets.Holds(text) {
		d.agreed = ""
		return msg
	}
	return copyAskMsg{text}
}

// askCopy asks whether something secret may be copied. What was said of the copy is taken back.
func (d *Deck) askCopy(text string) {
	m := d.hub
	m.hush(m.status.id)
	m.open(dialog.NewConfirm(dialog.Question{
		Title: "Copy a secret?",
		Text:  "What you are about to copy holds a key or the name of a host, and your audience sees what you paste. It is not copied yet.",
		Yes:   "Copy",
		No:    "Leave it",
		Tag:   copyAnyway{text},
	}, m.keys, m.theme))
}

// copyAgreed copies what the user has agreed to.
func (d *Deck) copyAgreed(text string) tea.Cmd {
	d.agreed = text
	return tea.Batch(tea.SetClipboard(text), owned(d.gen, d.hub.say(info, "copied")))
}

// learn remembers the keys that a message brings, to recognise them wherever they would be shown.
func (m *Model) learn(msg tea.Msg) {
	var seen []hub.Identity
	switch msg := msg.(type) {
	case identityMsg:
		seen = append(seen, msg.identity)
	case modulesMsg:
		seen = msg.list
	case createdMsg:
		seen = append(seen, msg.identity)
	case copyMsg:
		seen = append(seen, msg.identity)
	case readForMsg:
		seen = append(seen, msg.identity)
	case changedMsg:
		seen = append(seen, msg.identity)
	}
	for _, i := range seen {
		m.secrets.Add(i.PrimaryKey.Reveal(), i.SecondaryKey.Reveal())
	}
}
