package ui

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/form"
	"twindeck/ui/theme"
)

// Edit has a text edited in the user's own editor, in a file of a name, and brings what done makes of
// the text as it was left. An error says in a sentence why it is not to be taken.
type Edit = func(name, text string, done func(text string, err error) tea.Msg) tea.Cmd

// editorMsg is what came of the user's editor.
type editorMsg struct {
	form *form.Properties
	text string
	err  error
}

var errNoEdit = errors.New("no editor can be opened from here")

// openEditor has a text of a form edited in the user's editor.
func (m *Model) openEditor(f *form.Properties, a form.OpenEditor) tea.Cmd {
	if m.opts.Edit == nil {
		f.EditFailed(sentence(errNoEdit))
		return nil
	}
	return m.opts.Edit(a.Name, a.Text, func(text string, err error) tea.Msg { return editorMsg{f, text, err} })
}

// gotEdited lets a form take what came of the editor.
func (m *Model) gotEdited(msg editorMsg) tea.Cmd {
	if !m.shows(msg.form) {
		return nil
	}
	if msg.err != nil {
		m.log.Warn("nothing came of the editor", "error", msg.err)
		msg.form.EditFailed(sentence(msg.err))
		return nil
	}
	if !msg.form.Edited(msg.text) {
		m.close(msg.form)
		return tea.Batch(m.dropDraft(msg.form), m.say(info, "nothing was changed in the editor"))
	}
	return m.keepDraft(msg.form)
}

// editInEditor opens what the cursor of the twin pane is on in the user's editor, or the section, over the
// form that takes what comes of it.
func (m *Model) editInEditor(hub.ID) tea.Cmd {
	if m.twin.Twin() == nil {
		return m.say(info, "reading the twin"+theme.Pending+" try again in a moment")
	}
	section, path := m.twin.Place()
	if m.focus != paneTwin {
		section, path = patch.Desired, nil
	}
	cmd := m.editSection(section)
	f, ok := m.front().(*form.Properties)
	if !ok {
		return cmd
	}
	return tea.Batch(cmd, m.act(f, f.EditRow(path, !f.Dirty())))
}
