package ui

import (
	"context"
	"fmt"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/dialog"
	"twindeck/ui/form"
	"twindeck/ui/live"
)

type (
	// chooseActor is the tag of the choice as which client something is done.
	chooseActor struct {
		do  live.Act
		ids []hub.ID
	}
	// chooseAck is the tag of the choice how a client acknowledges.
	chooseAck struct{ id hub.ID }

	reportedMsg struct {
		form    *form.Report // the one that asked; it may have been closed meanwhile
		id      hub.ID
		version int64
		err     error
	}
)

// actor does something as the client that is meant, after a question when that is not clear.
func (m *Model) actor(do live.Act) tea.Cmd {
	selected, _ := m.selected()
	ids := m.live.Actors(selected)
	switch len(ids) {
	case 0:
		return m.say(info, "attach a client first, with "+m.keys.Selection.Attach.Label)
	case 1:
		return m.actOne(do, ids[0])
	}
	c := dialog.Choice{Title: "As which client?", Tag: chooseActor{do, ids}}
	for i, id := range ids {
		c.Items = append(c.Items, dialog.Item{Key: strconv.Itoa(i), Text: id.String()})
	}
	m.open(dialog.NewPick(c, m.keys, m.theme))
	return nil
}

func (m *Model) chose(tag any, key string) tea.Cmd {
	n, err := strconv.Atoi(key)
	if err != nil {
		return nil
	}
	switch tag := tag.(type) {
	case chooseInterval, chooseWatch:
		return m.choseHow(tag, n)
	case chooseActor:
		return m.actOne(tag.do, tag.ids[n])
	case chooseAck:
		mode := hub.AckMode(n)
		m.live.SetAck(tag.id, mode)
		said := shortName(tag.id) + " reports back what is desired"
		if mode == hub.AckOff {
			said = shortName(tag.id) + " no longer reports back what is desired"
		}
		b := m.backend
		return tea.Batch(m.say(info, said), func() tea.Msg {
			b.Acknowledge(tag.id, mode)
			return nil
		})
	}
	return nil
}

// actOne does something as one client.
func (m *Model) actOne(do live.Act, id hub.ID) tea.Cmd {
	mode, answer := m.live.Standing(id)
	switch do {
	case live.Acknowledge:
		c := dialog.Choice{Title: "How " + shortName(id) + " acknowledges a setPoint of 21.5", Tag: chooseAck{id}}
		for i, text := range []string{
			"off       nothing",
			`plain     "setPoint": 21.5`,
			`ac/av/ad  "setPoint": {"value": 21.5, "ac": 200, …}`,
		} {
			c.Items = append(c.Items, dialog.Item{Key: strconv.Itoa(i), Text: text, On: int(mode) == i})
		}
		m.open(dialog.NewPick(c, m.keys, m.theme))
	case live.Report:
		m.open(form.NewReport(id, m.keys, m.theme))
	case live.Answer:
		m.open(form.NewAnswer(id, answer, m.keys, m.theme))
	}
	return nil
}

// actAs does what a form wants done as a client.
func (m *Model) actAs(from dialog.Dialog, a dialog.Action) tea.Cmd {
	switch a := a.(type) {
	case form.ReportProperty:
		if f, ok := from.(*form.Report); ok {
			f.SetBusy()
			return report(m.beginWrite(), m.backend, f, a.ID, a.Reported)
		}
	case form.AttachWith:
		if f, ok := from.(credentials); ok {
			f.SetBusy()
			return m.attachAs(m.beginWrite(), a.ID, a.Options, f)
		}
	case form.AnswerMethods:
		m.close(from)
		m.live.SetAnswer(a.ID, a.Answer)
		b := m.backend
		return tea.Batch(m.say(info, fmt.Sprintf("%s answers direct methods with %d", shortName(a.ID), a.Answer.Status)), func() tea.Msg {
			b.Answer(a.ID, a.Answer)
			return nil
		})
	}
	return nil
}

func report(ctx context.Context, b Backend, f *form.Report, id hub.ID, reported patch.Value) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		version, err := b.Report(ctx, id, reported)
		return reportedMsg{f, id, version, err}
	}
}

// reported shows how a report by hand went. Only success closes the form.
func (m *Model) reported(msg reportedMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	switch {
	case msg.err == nil:
		m.close(msg.form)
		return m.say(good, fmt.Sprintf("%s reported v%d", shortName(msg.id), msg.version))
	case m.shows(msg.form):
		msg.form.SetError(sentence(msg.err))
	default:
		m.alert(msg.form.Title(), msg.err)
	}
	return nil
}
