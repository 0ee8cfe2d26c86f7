package ui

import (
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/dialog"
)

// observeEvery are the intervals that can be chosen.
var observeEvery = []time.Duration{
	2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute,
}

// usualInterval is the interval that is offered first.
const usualInterval = 10 * time.Second

type (
	// chooseInterval is the tag of the choice how often a twin is read.
	chooseInterval struct{ id hub.ID }
	// chooseWatch is the tag of the choice how an identity of a production hub is watched.
	chooseWatch struct{ id hub.ID }

	observedMsg struct {
		id  hub.ID
		err error
	}
)

// toggleObservation begins to read a twin again and again, after asking how often, or stops it.
func (m *Model) toggleObservation(id hub.ID) tea.Cmd {
	switch {
	case m.live.Observed(id):
		return m.unobserve(id)
	case m.live.Attached(id):
		return m.say(info, "a client is attached as "+shortName(id)+", which sees more than observing does; "+m.keys.Selection.Attach.Label+" detaches it")
	}
	m.open(m.intervals(id))
	return nil
}

// intervals offers the intervals with what each costs.
func (m *Model) intervals(id hub.ID) dialog.Dialog {
	last := m.interval
	if last == 0 {
		last = usualInterval
	}
	c := dialog.Choice{Title: "Observe " + id.String(), Tag: chooseInterval{id}}
	for i, every := range observeEvery {
		text := cell.Fit("every "+intervalName(every), 14) + cell.FitRight(cell.Count(int(time.Hour/every)), 6) + " reads/h"
		if others := m.reads(); others > 0 {
			text += ", with the others " + cell.Count(others+int(time.Hour/every))
		}
		c.Items = append(c.Items, dialog.Item{Key: strconv.Itoa(i), Text: text, On: every == last})
	}
	return dialog.NewPick(c, m.keys, m.theme)
}

// reads is how many reads an hour all observations cost.
func (m *Model) reads() (n int) {
	for _, o := range m.backend.Observations() {
		n += int(time.Hour / o.Every)
	}
	return n
}

func intervalName(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}

// offerWatching asks how somebody wants to watch what others depend on: without disturbing it, unless
// they say otherwise.
func (m *Model) offerWatching(id hub.ID) {
	m.open(dialog.NewPick(dialog.Choice{
		Title: "PRODUCTION: watch " + id.String(),
		Items: []dialog.Item{
			{Key: "0", Text: "observe it: read its twin, which disturbs nobody", On: true},
			{Key: "1", Text: "attach a client: disconnects the real one" + cell.Ellipsis},
		},
		Tag: chooseWatch{id},
	}, m.keys, m.theme))
}

func (m *Model) observe(id hub.ID, every time.Duration) tea.Cmd {
	m.interval = every
	m.live.Observe(id, every)
	b := m.backend
	return func() tea.Msg { return observedMsg{id, b.Observe(id, every)} }
}

func (m *Model) observed(msg observedMsg) tea.Cmd {
	if msg.err != nil {
		m.live.Detach(msg.id)
		m.alert("Observe "+msg.id.String(), msg.err)
		return nil
	}
	m.live.SetObservations(m.backend.Observations())
	return m.say(good, "observing "+shortName(msg.id))
}

func (m *Model) unobserve(id hub.ID) tea.Cmd {
	b := m.backend
	stopped := func() tea.Msg {
		b.Unobserve(id)
		return unobservedMsg{id}
	}
	return stopped
}

type unobservedMsg struct{ id hub.ID }

func (m *Model) unobserved(msg unobservedMsg) tea.Cmd {
	if !m.live.Observed(msg.id) {
		return nil
	}
	m.live.Detach(msg.id)
	return m.say(info, "no longer observing "+shortName(msg.id))
}

// choseHow goes on with what was chosen of the ways to watch.
func (m *Model) choseHow(tag any, n int) tea.Cmd {
	switch tag := tag.(type) {
	case chooseInterval:
		return m.observe(tag.id, observeEvery[n])
	case chooseWatch:
		if n == 0 {
			m.open(m.intervals(tag.id))
			return nil
		}
		return m.askToAttach(tag.id)
	}
	return nil
}
