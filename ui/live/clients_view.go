package live

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// clientLines is the most lines that are given to the attached clients, however many they are.
const clientLines = 4

// clients lists who is attached and how it is: a line each as long as there is room for that, and
// side by side otherwise, those in trouble first.
func (v view) clients(width, atMost int) []string {
	all := v.pane.clients.all
	if len(all) == 0 || atMost < 1 {
		return nil
	}
	var lines []string
	if len(all) <= atMost {
		for _, c := range all {
			lines = append(lines, v.clientLine(c, width))
		}
	} else {
		lines = v.clientsAbreast(all, width, atMost)
	}
	return append(lines, v.theme.Border.Render(strings.Repeat("─", width)))
}

func (v view) clientLine(c *client, width int) string {
	dot, state := v.state(c, width)
	if habits := c.habits(); habits != "" {
		state = habits + strings.TrimPrefix(state, "connected ")
	}
	room := max(width-4-cell.Width(state), 1)
	name := v.theme.Client(c.colour).Render(cell.Fit(fitID(c.id, room), room))
	return cell.Fit(" "+dot+" "+name+" "+v.theme.Muted.Render(state), width)
}

// observation says how an observation goes: what it costs, and how old what it saw is.
func (v view) observation(c *client, narrow bool) (dot, word string) {
	t := v.theme
	until := func(at time.Time) string { return span(max(at.Sub(v.now), 0)) }
	switch {
	case c.state == hub.EventRefused:
		return t.Bad.Render(theme.Rejected), "cannot be observed"
	case c.waiting:
		return t.Warn.Render(theme.Observed), "observing" + theme.Pending
	case hub.Throttled(c.reading.Err):
		return t.Warn.Render(theme.Observed), "throttled, reads in " + until(c.reading.Next)
	case c.reading.Err != nil:
		return t.Bad.Render(theme.Observed), "unread, tries in " + until(c.reading.Next)
	}
	cost := cell.Count(int(time.Hour/c.every)) + "/h"
	if !narrow {
		cost = "every " + span(c.every) + " (" + cost + ")"
	}
	if !c.reading.Read.IsZero() {
		cost += ", " + span(max(v.now.Sub(c.reading.Read), 0)) + " ago"
	}
	return t.Good.Render(theme.Observed), cost
}

// span writes a time as short as it goes: 8 s, 5 min, 2 h.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Round(time.Second)/time.Second)) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	}
	return strconv.Itoa(int(d/time.Hour)) + " h"
}

// habits are what a client does by itself.
func (c *client) habits() string {
	text := ""
	switch c.ack {
	case hub.AckPlain:
		text = "acks · "
	case hub.AckConvention:
		text = "acks ac/av · "
	case hub.AckOff:
	}
	if c.answer != nil {
		text += "answers " + strconv.Itoa(c.answer.Status) + " · "
	}
	return text
}

// clientsAbreast is as many clients as there is room for, and how many are left.
func (v view) clientsAbreast(all []*client, width, atMost int) []string {
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b *client) int { return rank(a) - rank(b) })
	var (
		lines []string
		line  string
	)
	for i, c := range order {
		dot, state := v.state(c, width)
		name := c.id.Device
		if c.id.IsModule() {
			name = c.id.Module
			if v.pane.clients.ambiguous(c.id) {
				name = c.id.String()
			}
		}
		chip := " " + dot + " " + v.theme.Client(c.colour).Render(cell.Truncate(cell.Safe(name), 24))
		if c.troubled() {
			chip += " " + v.theme.Muted.Render(state)
		}
		more := ""
		if left := len(order) - i; len(lines) == atMost-1 {
			more = v.theme.Muted.Render(fmt.Sprintf(" +%d %s", left, standing(order[i:])))
		}
		switch w := cell.Width(line) + cell.Width(chip) + 1; {
		case more != "" && w+cell.Width(more) > width && (i < len(order)-1 || w > width):
			return append(lines, cell.Fit(line+more, width))
		case w > width && line != "":
			lines = append(lines, cell.Fit(line, width))
			line = ""
		}
		line += chip + " "
	}
	return append(lines, cell.Fit(line, width))
}

// rank puts those first that need attention.
func rank(c *client) int {
	if c.troubled() {
		return 0
	}
	return 1
}

// standing says how some clients are, in a word or two.
func standing(rest []*client) string {
	troubled := 0
	for _, c := range rest {
		troubled += 1 - rank(c)
	}
	if troubled > 0 {
		return fmt.Sprintf("(%d not connected)", troubled)
	}
	return "connected"
}

// fitID is an identity in a given width. What tells two modules apart stands at the end.
func fitID(id hub.ID, width int) string {
	text := cell.Safe(id.String())
	if id.IsModule() && cell.Width(text) > width {
		return cell.Ellipsis + "/" + cell.Safe(id.Module)
	}
	return text
}

func (v view) state(c *client, width int) (dot, word string) {
	t := v.theme
	version := ""
	if c.version > 0 {
		version = " v" + strconv.FormatInt(c.version, 10)
	}
	if c.every > 0 {
		return v.observation(c, width < 60)
	}
	switch {
	case c.waiting:
		return t.Warn.Render(theme.Disconnected), "attaching" + theme.Pending
	case c.state == hub.EventConnected:
		return t.Good.Render(theme.Connected), "connected" + version
	case c.state == hub.EventConnecting:
		if left := c.retry.Sub(v.now); left > 0 {
			return t.Warn.Render(theme.Disconnected), "reconnects in " + strconv.Itoa(int((left+time.Second-1)/time.Second)) + " s"
		}
		return t.Warn.Render(theme.Disconnected), "connecting" + theme.Pending
	case c.state == hub.EventLost:
		return t.Warn.Render(theme.Disconnected), "lost"
	case c.state == hub.EventTakenOver:
		return t.Bad.Render(theme.Disconnected), "taken over"
	case c.state == hub.EventRefused:
		return t.Bad.Render(theme.Rejected), "refused"
	}
	return t.Muted.Render(theme.Disconnected), "detached"
}
