package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/cell"
	"twindeck/ui/dialog"
)

// chooseRefresh is the tag of the choice how often the devices are listed again by themselves.
type chooseRefresh struct{}

// refreshEvery are the choices; 0 is only when asked for.
var refreshEvery = []time.Duration{0, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}

func (m *Model) openRefreshChoice() {
	c := dialog.Choice{Title: "Read the devices again by themselves", Tag: chooseRefresh{}}
	for _, every := range refreshEvery {
		text := cell.Fit(refreshName(every), len("only when asked")) + "  " + m.refreshCost(every)
		c.Items = append(c.Items, dialog.Item{Key: every.String(), Text: text, On: every == m.prefs.Refresh})
	}
	m.open(dialog.NewPick(c, m.keys, m.theme))
}

func (m *Model) choseRefresh(key string) tea.Cmd {
	for _, every := range refreshEvery {
		if every.String() == key {
			m.prefs.Refresh = every
		}
	}
	return tea.Batch(m.say(info, "the devices are read again "+refreshName(m.prefs.Refresh)), m.keep())
}

func refreshName(every time.Duration) string {
	switch {
	case every == 0:
		return "only when asked"
	case every < time.Minute:
		return fmt.Sprintf("every %d s", int(every.Seconds()))
	}
	return fmt.Sprintf("every %d min", int(every.Minutes()))
}

// refreshCost says what a choice costs on this hub.
func (m *Model) refreshCost(every time.Duration) string {
	if every == 0 {
		return ""
	}
	page := max(m.listing.page, pageSize)
	pages := max((max(m.devices.Len(), m.listing.total)+page-1)/page, 1)
	hourly := pages * int(time.Hour/every)
	allowed := m.usage.PerHour()
	switch {
	case allowed == 0:
		return fmt.Sprintf("%s each, %s/h", queries(pages), cell.Count(hourly))
	case hourly > allowed/2: // and the other half is the user's
		return fmt.Sprintf("%s each, which takes %s", queries(pages), countdown(time.Duration(pages)*2*time.Hour/time.Duration(allowed)))
	}
	return fmt.Sprintf("%s each, %s of %s's %s/h", queries(pages), cell.Count(hourly), m.usage.Tier, cell.Count(allowed))
}

func queries(n int) string {
	if n == 1 {
		return "1 query"
	}
	return cell.Count(n) + " queries"
}

// refreshDue reports whether it is time to list the devices again.
func (m *Model) refreshDue() bool {
	l := &m.listing
	return m.prefs.Refresh > 0 && l.state == listingEnded && !l.ended.IsZero() && m.clock.Sub(l.ended) >= m.prefs.Refresh
}
