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
	fullLines    = 400 // lines an expanded event may take; opened, there is no limit
)

// entry draws an event: when, who and what on the first line, the details below it.
func (v view) entry(e *entry, width int) []string {
	t := v.theme
	head := t.Muted.Render(e.At.In(v.zone).Format(clock(width))) + " " + v.name(e.ID, width) + " " + v.what(e)
	if e == v.pane.marked {
		head += " " + t.Accent.Render(theme.Mark+" marked")
	}
	if e.detail == folded {
		if s := summary(e); s != "" {
			head += " " + t.Muted.Render(s)
		}
		return []string{head}
	}
	if n := size(e); n > 0 {
		head += " " + t.Muted.Render(bytes(n))
	}
	lines := []string{head}
	if e.missing > 0 {
		lines = append(lines, "  "+t.Warn.Render(cell.Count(int(e.missing))+" events before this one were let go"))
	}
	lines = append(lines, v.reason(e, width)...)
	lines = append(lines, v.changes(e, e.Changes, "")...)
	lines = append(lines, v.changes(e, e.Reported, "reported ")...)
	lines = append(lines, v.latencies(e)...)
	lines = append(lines, v.payload(e, width)...)
	if len(lines) > fullLines {
		more := fmt.Sprintf("  %s %s shows all of it", theme.Pending, v.pane.keys.Live.Open.Label)
		lines = append(lines[:fullLines], t.Muted.Render(more))
	}
	return lines
}

// clock is how times are written: to the millisecond where there is room.
func clock(width int) string {
	if width < 44 {
		return "15:04:05"
	}
	return "15:04:05.000"
}

// what names the event in a word or two.
func (v view) what(e *entry) string {
	t := v.theme
	version := "v" + strconv.FormatInt(e.Version, 10)
	switch e.Kind {
	case hub.EventConnecting:
		switch {
		case e.Wait > 0:
			return t.Warn.Render("reconnecting in " + seconds(e.Wait))
		case e.Err != nil:
			return t.Warn.Render("reconnecting")
		}
		return t.Muted.Render("connecting")
	case hub.EventConnected:
		return t.Good.Render("connected")
	case hub.EventSynced:
		switch {
		case !e.again:
			return t.Muted.Render("synced " + version)
		case len(e.Changes) == 0:
			return t.Good.Render("resynced "+version) + t.Muted.Render(", nothing missed")
		}
		return t.Warn.Render("resynced "+version) + t.Muted.Render(", missed:")
	case hub.EventPatch:
		return t.Accent.Render(version)
	case hub.EventGap:
		if e.Version == 0 {
			return t.Warn.Render("gap")
		}
		return t.Warn.Render("gap: missed patches before " + version)
	case hub.EventLost:
		if e.Observing {
			return t.Bad.Render("unread") + t.Muted.Render(", tries in "+seconds(e.Wait))
		}
		return t.Bad.Render("lost")
	case hub.EventTakenOver:
		return t.Bad.Render("taken over")
	case hub.EventRenewed:
		return t.Muted.Render("token renewed")
	case hub.EventAcknowledged:
		if e.Err != nil {
			return t.Bad.Render("not reported")
		}
		return t.Good.Render("reported") + v.answers(e)
	case hub.EventMethod:
		word := t.Accent.Render("method " + cell.Safe(e.Method))
		if e.Answer != nil {
			word += t.Muted.Render(" "+theme.Arrow+" ") + v.status(e.Answer.Status)
		}
		return word
	case hub.EventObserved:
		switch {
		case len(e.Changes) > 0:
			jump := ""
			if e.skipped > 1 {
				jump = ", " + cell.Count(int(e.skipped)) + " versions at once"
			}
			return t.Muted.Render("saw ") + t.Accent.Render(version) + t.Muted.Render(jump) + v.answers(e)
		case len(e.Reported) > 0:
			return t.Muted.Render("saw ") + t.Good.Render("reported v"+strconv.FormatInt(e.ReportedVersion, 10)) + v.answers(e)
		}
		if e.again {
			return t.Muted.Render("saw ") + t.Good.Render(version) + t.Muted.Render(", nothing changed")
		}
		return t.Muted.Render("observing from " + version)
	case hub.EventRefused:
		if e.Observing {
			return t.Bad.Render("cannot be observed")
		}
		return t.Bad.Render("refused")
	case hub.EventDetached:
		if e.Observing {
			return t.Muted.Render("no longer observed")
		}
		return t.Muted.Render("detached")
	}
	return ""
}

// word is the kind of an event as filters know it: what is shown of it, and what it is called in a
// record.
func word(e *entry) string {
	switch {
	case e.Kind == hub.EventConnecting && (e.Wait > 0 || e.Err != nil):
		return "reconnecting"
	case e.Kind == hub.EventSynced && e.again:
		return "resynced"
	case e.Kind == hub.EventAcknowledged:
		return "acknowledged reported"
	}
	return e.Kind.String()
}

// answers says which version a report acknowledges.
func (v view) answers(e *entry) string {
	a := e.answer
	if a.version == 0 || e.Kind == hub.EventObserved && len(e.Reported) == 0 {
		return ""
	}
	return v.theme.Muted.Render(fmt.Sprintf(", acks v%d", a.version)) + v.verdict(a)
}

// verdict is the code of an acknowledgement that is not a plain success.
func (v view) verdict(a answer) string {
	if a.code == 200 || a.code == 0 {
		return ""
	}
	return " " + v.status(a.code)
}

// status draws a status of the conventions of HTTP.
func (v view) status(code int) string {
	text := strconv.Itoa(code)
	switch {
	case code >= 400:
		return v.theme.Bad.Render(theme.Rejected + " " + text)
	case code >= 200 && code < 300:
		return v.theme.Good.Render(text)
	}
	return v.theme.Warn.Render(text)
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
func (v view) changes(e *entry, changes []patch.Change, of string) []string {
	var lines []string
	for i, c := range changes {
		if e.detail != full && i == briefChanges {
			more := fmt.Sprintf("  %s %d more; %s shows them", theme.Pending, len(changes)-i, v.pane.keys.Live.Expand.Label)
			return append(lines, v.theme.Muted.Render(more))
		}
		if i == fullLines {
			break
		}
		lines = append(lines, "  "+v.theme.Muted.Render(of)+v.change(c))
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

// latencies say how long the event was on its way, and how long it took to be acknowledged.
func (v view) latencies(e *entry) []string {
	t, a := v.theme, e.answer
	since := "it arrived"
	if e.ours {
		since = "PATCH"
	}
	var lines []string
	switch {
	case e.Kind == hub.EventPatch && len(e.Changes) == 0 && e.Value.Len() > 0:
		lines = append(lines, "  "+t.Muted.Render("changes nothing that was not known"))
	case e.ours && e.Kind == hub.EventPatch:
		lines = append(lines, "  "+t.Good.Render("arrived "+milliseconds(e.latency)+" after PATCH"))
	case e.ours && e.Kind == hub.EventObserved && len(e.Changes) > 0:
		lines = append(lines, "  "+t.Good.Render("seen "+milliseconds(e.latency)+" after PATCH"))
	}
	switch {
	case a.version == 0:
	case e.Kind == hub.EventPatch && a.code >= 400:
		lines = append(lines, "  "+t.Bad.Render("rejected "+milliseconds(a.after)+" after "+since)+v.verdict(a))
	case e.Kind == hub.EventPatch:
		lines = append(lines, "  "+t.Good.Render("acknowledged "+milliseconds(a.after)+" after "+since)+v.verdict(a))
	case e.Kind == hub.EventAcknowledged:
		lines = append(lines, "  "+t.Good.Render(milliseconds(a.after)+" after "+since))
	case e.Kind == hub.EventObserved && e.Settled > 0:
		lines = append(lines, "  "+t.Good.Render("took "+milliseconds(e.Settled)+" by the hub's clock"))
	case e.Kind == hub.EventObserved && len(e.Reported) > 0 && a.after > 0:
		lines = append(lines, "  "+t.Good.Render("seen "+milliseconds(a.after)+" after "+since))
	}
	return lines
}

// short is a value on one line.
func short(v patch.Value) string {
	const most = 60
	if s := v.Text(); v.Kind() == patch.KindString && len(s) > 4*most { // no more than is seen of it
		v = patch.String(strings.ToValidUTF8(s[:4*most], ""))
	}
	return cell.Truncate(cell.Safe(v.JSON()), most)
}

// summary is what a folded event says of its content.
func summary(e *entry) string {
	switch n := len(e.Changes) + len(e.Reported); {
	case n == 1 && len(e.Changes) == 1:
		return cell.Safe(e.Changes[0].Path.String())
	case n > 0:
		return plural(n, "change", "changes")
	}
	return ""
}

// name is the client in its colour: the module alone where that says who it is.
func (v view) name(id hub.ID, width int) string {
	text := id.Device
	if id.IsModule() {
		text = id.Module
		if width >= 60 || v.pane.clients.ambiguous(id) {
			text = id.String()
		}
	}
	text = cell.Safe(text)
	if room := width - len(clock(width)) - 12; cell.Width(text) > room {
		text = cell.Truncate(text, max(room, 8))
	}
	if c := v.pane.clients.byID[id]; c != nil {
		return v.theme.Client(c.colour).Render(text)
	}
	return text
}

// milliseconds writes a duration the way latencies are read: 3.2 ms, 14 ms, 2.5 s.
func milliseconds(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 9999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case d < 2*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return d.Round(time.Second).String()
}

// seconds writes a wait: 8 s, 2.5 s.
func seconds(d time.Duration) string {
	if d < time.Second {
		return milliseconds(d)
	}
	return strconv.FormatFloat(float64(d.Round(100*time.Millisecond))/float64(time.Second), 'f', -1, 64) + " s"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return cell.Count(n) + " " + many
}
