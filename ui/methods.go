package ui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/form"
)

// maxRuns is how many calls of direct methods are kept.
const maxRuns = 100

// methodMsg is a direct method that was called.
type methodMsg struct {
	form *form.Method // the one that asked; it may have been closed meanwhile
	run  form.Run
	err  error
}

// openMethod opens the form over an identity, with what was typed in it the last time.
func (m *Model) openMethod(id hub.ID) tea.Cmd {
	f := m.methods[id]
	if f == nil {
		f = form.NewMethod(id, m.runs, m.opts.Methods, m.opts.Now, m.keys, m.theme)
		m.methods[id] = f
	}
	f.Reopen(m.runs, m.theme)
	m.open(f)
	return nil
}

// callMethod calls a direct method. The hub itself gives up first, and says why.
func callMethod(ctx context.Context, b Backend, f *form.Method, run form.Run) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, run.Call.ResponseTimeout+run.Call.ConnectTimeout+callTimeout)
		defer cancel()
		var err error
		run.Result, err = b.CallMethod(ctx, run.ID, run.Call)
		return methodMsg{f, run, err}
	}
}

func (m *Model) gotMethod(msg methodMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	if msg.err != nil {
		msg.run.Failed = sentence(msg.err)
	} else {
		msg.form.Answered()
	}
	m.runs = append([]form.Run{msg.run}, m.runs[:min(len(m.runs), maxRuns-1)]...)
	if m.shows(msg.form) {
		msg.form.SetResult(m.runs)
		return nil
	}
	if msg.err != nil {
		return m.say(bad, msg.run.Failed)
	}
	return m.say(good, fmt.Sprintf("%s on %s answered %d", msg.run.Call.Name, shortName(msg.run.ID), msg.run.Result.Status))
}
