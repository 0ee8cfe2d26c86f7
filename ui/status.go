package ui

import (
	"context"
	"errors"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// tone says how a status line is meant.
type tone int

const (
	info tone = iota
	good
	bad
)

// How long a status line stays.
const (
	statusStays = 5 * time.Second
	badStays    = 12 * time.Second
)

// status is the line at the bottom. Every message has an id of its own, so that the timer
// of an earlier one cannot clear a later one.
type status struct {
	id   uint64
	text string
	tone tone
}

// say shows a message for a while.
func (m *Model) say(t tone, text string) tea.Cmd {
	m.status = status{id: m.status.id + 1, text: cell.Safe(text), tone: t}
	stays := statusStays
	if t == bad {
		stays = badStays
	}
	return after(m.ctx, stays, clearStatusMsg{m.status.id})
}

// hush takes the message away, unless it has been replaced.
func (m *Model) hush(id uint64) {
	if m.status.id == id {
		m.status.text = ""
	}
}

func (s status) view(th theme.Theme) string {
	switch {
	case s.text == "":
		return ""
	case s.tone == bad:
		return th.Bad.Render(theme.Rejected + " " + s.text)
	case s.tone == good:
		return th.Good.Render(theme.InSync + " " + s.text)
	}
	return th.Accent.Render(s.text)
}

// sentence is what a user is told of an error: its own words, which are one sentence. Only
// a bare deadline has none.
func sentence(err error) string {
	if err.Error() == context.DeadlineExceeded.Error() {
		return "the hub did not answer in time; try again"
	}
	return cell.Safe(err.Error())
}

// details are what a support engineer asks for next.
func details(err error) string {
	var e *hub.Error
	if !errors.As(err, &e) {
		return ""
	}
	text := "HTTP status " + strconv.Itoa(e.Status)
	if e.Code != "" {
		text += "\nerror code " + string(e.Code)
	}
	if e.Number != 0 {
		text += " (" + strconv.Itoa(e.Number) + ")"
	}
	if e.TrackingID != "" {
		text += "\ntracking id " + e.TrackingID
	}
	return text
}
