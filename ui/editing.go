package ui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/dialog"
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

// leftMsg names the files that an editor has left.
type leftMsg []string

// findLeft looks for texts that were changed in an editor when the program was killed or hung up.
func (m *Model) findLeft() tea.Cmd {
	find := m.opts.Left
	if find == nil {
		return nil
	}
	return func() tea.Msg { return leftMsg(find()) }
}

// gotLeft says where such texts are: they may be of any hub, and the twin may be another one by now.
func (m *Model) gotLeft(msg leftMsg) tea.Cmd {
	if len(msg) == 0 {
		return nil
	}
	m.log.Info("left in an editor", "files", []string(msg))
	text := "What you saved in your editor was not taken, because the program had ended. It is kept in\n" +
		strings.Join(msg, "\n") + "\n\nOpen the editor on the same place again and read the file into it; remove the file afterwards."
	m.open(dialog.NewMessage(dialog.Note{Title: "Left in your editor", Text: text, Now: m.opts.Now}, m.keys, m.theme))
	return nil
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
