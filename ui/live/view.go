package live

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

const (
	briefChanges = 4   // changes shown before an event is expanded
	briefPayload = 2   // lines of payload shown before an event is expanded
	fullLines    = 400 // lines an expanded event may take; the twin pane shows more
	clientLines  = 4   // lines given to the attached clients
)

type view struct {
	pane    *Pane
	theme   theme.Theme
	focused bool
	zone    *time.Location
}

func (v view) Len() int { return v.pane.journal.len() }

func (v view) Row(i, width int, selected bool) string {
	lines := v.entry(v.pane.journal.newest(i), width)
	for k := range lines {
		lines[k] = cell.Fit(lines[k], width)
	}
	switch {
	case selected && v.focused:
		lines[0] = v.theme.Selected.Over(lines[0])
	case selected && !v.pane.follow:
		lines[0] = v.theme.Unfocused.Over(lines[0])
	}
	return strings.Join(lines, "\n")
}

// entry draws an event: when, who and what on the first line, the details below it.
func (v view) entry(e *entry, width int) []string {
	head := v.theme.Muted.Render(e.At.In(v.zone).Format("15:04:05.000")) + " " + v.name(e.ID, width) + " " + v.what(e)
	if e.detail == folded {
		if s := summary(e); s != "" {
			head += " " + v.theme.Muted.Render(s)
		}
		return []string{head}
	}
	lines := []string{head}
	lines = append(lines, v.reason(e, width)...)
	lines = append(lines, v.changes(e)...)
	if e.ours {
		lines = append(lines, "  "+v.theme.Good.Render("arrived "+milliseconds(e.latency)+" after PATCH"))
	}
	lines = append(lines, v.payload(e, width)...)
	if len(lines) > fullLines {
		lines = append(lines[:fullLines], v.theme.Muted.Render("  "+theme.Pending))
	}
	return lines
}

// what names the event in a word or two.
func (v view) what(e *entry) string {
	t := v.theme
	version := "v" + strconv.FormatInt(e.Version, 10)
	switch e.Kind {
	case hub.EventConnecting:
		if e.Wait > 0 {
			return t.Muted.Render("retries in " + milliseconds(e.Wait))
		}
		return t.Muted.Render("connecting")
	case hub.EventConnected:
		return t.Good.Render("connected")
	case hub.EventSynced:
		return t.Muted.Render("synced " + version)
	case hub.EventPatch:
		return t.Accent.Render(version)
	case hub.EventGap:
		return t.Warn.Render("missed patches before " + version)
	case hub.EventLost:
		return t.Bad.Render("lost")
	case hub.EventAcknowledged:
		return t.Good.Render("reported")
	case hub.EventMethod:
		return t.Accent.Render("method " + cell.Safe(e.Method))
	case hub.EventRefused:
		return t.Bad.Render("refused")
	case hub.EventDetached:
		return t.Muted.Render("detached")
	}
	return ""
}

// reason says why a connection broke or was refused: on one line, or whole when expanded.
func (v view) reason(e *entry, width int) []string {
	if e.Err == nil {
		return nil
	}
	atMost := 1
	if e.detail == full {
		atMost = fullLines
	}
	lines := v.theme.Problem(e.Err.Error(), width-2, atMost)
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}

// changes lists what differs, old → new, a leaf a line.
func (v view) changes(e *entry) []string {
	var lines []string
	for i, c := range e.Changes {
		if e.detail != full && i == briefChanges {
			more := fmt.Sprintf("  %s %d more; %s shows them", theme.Pending, len(e.Changes)-i, v.pane.keys.Live.Expand.Label)
			return append(lines, v.theme.Muted.Render(more))
		}
		lines = append(lines, "  "+v.change(c))
	}
	return lines
}

func (v view) change(c patch.Change) string {
	t := v.theme
	name := t.Key.Render(cell.Safe(c.Path.String()))
	arrow := " " + t.Muted.Render(theme.Arrow) + " "
	switch c.Kind {
	case patch.Added:
		return name + " " + t.Muted.Render(theme.Absent) + arrow + t.Added.Render(short(c.New))
	case patch.Removed:
		return name + " " + t.Muted.Render(short(c.Old)) + arrow + t.Removed.Render("removed")
	case patch.Changed:
	}
	return name + " " + t.Muted.Render(short(c.Old)) + arrow + t.Changed.Render(short(c.New))
}

// payload is the JSON as it arrived, or as it was sent.
func (v view) payload(e *entry, width int) []string {
	raw := string(e.Raw)
	if raw == "" && (e.Kind == hub.EventAcknowledged || e.Kind == hub.EventMethod) {
		raw = e.Value.JSON()
	}
	if raw == "" {
		return nil
	}
	const indent = "  "
	room := max(width-len(indent), 1)
	text := cell.Safe(raw)
	atMost := fullLines
	if e.detail != full {
		atMost = briefPayload
	}
	var lines []string
	for text != "" {
		if len(lines) == atMost {
			if e.detail != full {
				return []string{v.theme.Muted.Render(indent + strconv.Itoa(len(raw)) + " bytes")}
			}
			return lines
		}
		var head string
		head, text = cutJSON(text, room)
		lines = append(lines, v.theme.Muted.Render(indent+head))
	}
	return lines
}

// cutJSON is [cell.Cut], but behind a comma when there is one in the second half of the line.
func cutJSON(text string, width int) (head, rest string) {
	head, rest = cell.Cut(text, width)
	if comma := strings.LastIndexByte(head, ','); rest != "" && comma >= len(head)/2 {
		return text[:comma+1], text[comma+1:]
	}
	return head, rest
}

// short is a value on one line.
func short(v patch.Value) string {
	return cell.Truncate(cell.Safe(v.JSON()), 60)
}

// summary is what a folded event says of its content.
func summary(e *entry) string {
	switch n := len(e.Changes); {
	case n == 1:
		return cell.Safe(e.Changes[0].Path.String())
	case n > 1:
		return fmt.Sprintf("%d changes", n)
	}
	return ""
}

// name is the client in its colour: the module alone where that says who it is.
func (v view) name(id hub.ID, width int) string {
	text := id.Device
	if id.IsModule() {
		text = id.Module
		if width >= 60 || v.ambiguous(id) {
			text = id.String()
		}
	}
	text = cell.Safe(text)
	if room := width - 13 - 11; cell.Width(text) > room {
		text = cell.Truncate(text, max(room, 8))
	}
	if i := v.pane.find(id); i >= 0 {
		return v.theme.Client(v.pane.clients[i].colour).Render(text)
	}
	return text
}

// ambiguous reports whether another attached module has the same name on another device.
func (v view) ambiguous(id hub.ID) bool {
	for _, c := range v.pane.clients {
		if c.id.Module == id.Module && c.id.Device != id.Device {
			return true
		}
	}
	return false
}

// milliseconds writes a duration the way latencies are read: 3.2 ms, 14 ms, 2.5 s.
func milliseconds(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 9999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// View draws the pane's content: exactly height lines of width cells. Times are shown in zone.
func (p *Pane) View(th theme.Theme, width, height int, focused bool, zone *time.Location) []string {
	v := view{p, th, focused, zone}
	var top []string
	if height >= 8 {
		top = v.clients(width)
	}
	foot := height >= 6
	body := height - len(top)
	if foot {
		body--
	}
	lines := top
	if p.journal.len() == 0 {
		for _, hint := range p.hints(width, body) {
			if body > 0 {
				lines = append(lines, cell.Fit(th.Muted.Render(hint), width))
				body--
			}
		}
	}
	p.body = len(lines)
	lines = append(lines, p.grid.View(v, width, max(body, 0))...)
	if foot {
		lines = append(lines, cell.Fit(v.footLine(), width))
	}
	return lines[:min(len(lines), max(height, 0))]
}

// hints says what there is to wait for or to do, as long as there are no events: in a word
// where there is no room for the sentence.
func (p *Pane) hints(width, height int) []string {
	switch {
	case len(p.clients) > 0 && height < 2:
		return []string{" waiting" + theme.Pending}
	case len(p.clients) > 0:
		return []string{"", " waiting for events" + theme.Pending}
	case p.keys.Selection.Attach.Refused != "":
		return []string{" Nothing is attached."}
	case width < 34 || height < 6:
		return []string{" " + p.keys.Selection.Attach.Label + " to attach"}
	}
	return []string{
		"", " Nothing is attached.", "",
		" Press " + p.keys.Selection.Attach.Label + " to attach a client as",
		" the selected device or module", " and watch what it receives.",
	}
}

// clients lists who is attached and how it is.
func (v view) clients(width int) []string {
	var lines []string
	all := v.pane.clients
	for i, c := range all {
		if i == clientLines-1 && len(all) > clientLines {
			lines = append(lines, cell.Fit(v.theme.Muted.Render(fmt.Sprintf(" and %d more", len(all)-i)), width))
			break
		}
		dot, state := v.state(c)
		room := max(width-4-cell.Width(state), 1)
		name := v.theme.Client(c.colour).Render(cell.Fit(fitID(c.id, room), room))
		lines = append(lines, cell.Fit(" "+dot+" "+name+" "+v.theme.Muted.Render(state), width))
	}
	if len(lines) > 0 {
		lines = append(lines, v.theme.Border.Render(strings.Repeat("─", width)))
	}
	return lines
}

// fitID is an identity in a given width. What tells two modules apart stands at the end.
func fitID(id hub.ID, width int) string {
	text := cell.Safe(id.String())
	if id.IsModule() && cell.Width(text) > width {
		return cell.Ellipsis + "/" + cell.Safe(id.Module)
	}
	return text
}

func (v view) state(c client) (dot, word string) {
	t := v.theme
	switch {
	case c.waiting:
		return t.Warn.Render(theme.Disconnected), "attaching" + theme.Pending
	case c.state == hub.EventConnected && c.version > 0:
		return t.Good.Render(theme.Connected), "connected v" + strconv.FormatInt(c.version, 10)
	case c.state == hub.EventConnected:
		return t.Good.Render(theme.Connected), "connected"
	case c.state == hub.EventConnecting:
		return t.Warn.Render(theme.Disconnected), "connecting" + theme.Pending
	case c.state == hub.EventLost:
		return t.Warn.Render(theme.Disconnected), "lost"
	case c.state == hub.EventRefused:
		return t.Bad.Render(theme.Rejected), "refused"
	}
	return t.Muted.Render(theme.Disconnected), "detached"
}

func (v view) footLine() string {
	p := v.pane
	events := plural(p.journal.len(), "event")
	if p.journal.letGo > 0 {
		events += fmt.Sprintf(" · %d let go", p.journal.letGo)
	}
	if p.follow {
		if p.journal.len() == 0 {
			return ""
		}
		return v.theme.Muted.Render(" following · " + events)
	}
	state := "stopped"
	if p.missed > 0 {
		state = fmt.Sprintf("%d newer", p.missed)
	}
	return " " + v.theme.Warn.Render(state) + v.theme.Muted.Render(" · "+p.keys.Live.Follow.Label+" follows · "+events)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// Latest draws the newest event on one line of width cells, for when the pane itself is not
// on the screen; "" when there is none.
func (p *Pane) Latest(th theme.Theme, width int, zone *time.Location) string {
	if p.journal.len() == 0 {
		return ""
	}
	e := p.journal.newest(0)
	v := view{p, th, false, zone}
	line := " " + v.theme.Muted.Render(e.At.In(zone).Format("15:04:05.000")) + " " + v.name(e.ID, width) + " " + v.what(e)
	if len(e.Changes) > 0 {
		line += "  " + v.change(e.Changes[0])
		if n := len(e.Changes); n > 1 {
			line += th.Muted.Render(fmt.Sprintf(" and %d more", n-1))
		}
	}
	if e.ours {
		line += "  " + th.Good.Render(milliseconds(e.latency)+" after PATCH")
	}
	return cell.Fit(line, width)
}
