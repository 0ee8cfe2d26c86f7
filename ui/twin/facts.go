package twin

import (
	"strconv"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
	"twindeck/ui/theme"
)

// fact is one line of the Identity tab.
type fact struct {
	label, value string    // safe text; an empty label is a line of its own
	at           time.Time // in place of a value, a time, which is shown in the zone of the view
	warn         bool
}

// text returns the value as it is shown.
func (f fact) text(zone *time.Location) string {
	if f.at.IsZero() {
		return f.value
	}
	return f.at.In(zone).Format("2006-01-02 15:04:05")
}

// facts is the Identity tab.
type facts struct {
	list []fact
	grid grid.Grid
}

// set collects what is known: from the registry entry when it was read, else from the twin.
func (f *facts) set(p *Pane) {
	f.list = f.list[:0]
	switch {
	case p.identity != nil:
		f.identity(p)
	case p.twin != nil:
		f.twin(p.twin)
	}
	if p.idFailed != "" {
		f.list = append(f.list, fact{}, fact{value: theme.Rejected + " " + cell.Safe(p.idFailed), warn: true})
	}
	f.grid.SetLen(len(f.list))
}

func (f *facts) add(label, value string) {
	if value != "" {
		f.list = append(f.list, fact{label: label, value: cell.Safe(value)})
	}
}

func (f *facts) time(label string, t time.Time) {
	if !t.IsZero() && t.Year() > 1 {
		f.list = append(f.list, fact{label: label, at: t})
	}
}

func (f *facts) identity(p *Pane) {
	i := p.identity
	f.add("device", i.Device)
	f.add("module", i.Module)
	f.add("status", string(i.Status))
	f.add("reason", i.StatusReason)
	f.time("status since", i.StatusUpdatedTime)
	f.add("connection", connection(i.Connected))
	f.time("since", i.ConnectionStateUpdatedTime)
	f.time("last activity", i.LastActivityTime)
	f.add("authentication", authentication(i.Auth))
	f.key(p, "primary key", i.PrimaryKey)
	f.key(p, "secondary key", i.SecondaryKey)
	f.add("primary thumbprint", i.PrimaryThumbprint)
	f.add("secondary thumbprint", i.SecondaryThumbprint)
	f.connectionString(p, i, "connection string", i.PrimaryKey, "  "+p.keys.Selection.CopyConnectionString.Label+" copies")
	f.connectionString(p, i, "with secondary key", i.SecondaryKey, "")
	if i.Edge {
		f.add("edge", "yes")
	}
	f.add("managed by", i.ManagedBy)
	f.scopes(i)
	if p.twin != nil {
		f.add("model", p.twin.ModelID)
	}
	f.add("generation", i.GenerationID)
	f.add("etag", i.ETag)
	if !i.IsModule() && i.CloudToDeviceMessageCount > 0 {
		f.add("messages waiting", strconv.Itoa(i.CloudToDeviceMessageCount))
	}
	f.hints(p, i)
}

// hints names the keys that change the identity. System modules are nobody's to change, and
// modules have no status.
func (f *facts) hints(p *Pane, i *hub.Identity) {
	if i.IsSystem() {
		return
	}
	k := p.keys.Selection
	if i.IsModule() {
		k.Status.Refused = "a device's"
	}
	line := func(keys ...keymap.Binding) {
		var names []string
		for _, b := range keys {
			if b.Refused == "" {
				names = append(names, b.Label+" "+b.Short)
			}
		}
		if len(names) > 0 {
			f.list = append(f.list, fact{value: strings.Join(names, "   ")})
		}
	}
	f.list = append(f.list, fact{})
	line(k.Status, k.Keys)
	line(k.Token, k.Delete)
}

// scopes says what a device is connected through, and what others name that connect through it.
func (f *facts) scopes(i *hub.Identity) {
	f.add("parent", strings.Join(i.Parents(), ", "))
	if i.Edge {
		f.add("scope of children", i.DeviceScope)
	} else {
		f.add("scope", i.DeviceScope)
	}
	f.add("parent scopes", strings.Join(i.ParentScopes, " "))
}

func (f *facts) twin(t *hub.Twin) {
	f.add("device", t.Device)
	f.add("module", t.Module)
	f.add("status", string(t.Status))
	f.add("reason", t.StatusReason)
	f.add("connection", connection(t.Connected))
	f.time("last activity", t.LastActivityTime)
	f.add("authentication", authentication(t.Auth))
	f.add("model", t.ModelID)
	f.add("etag", t.DeviceETag)
}

func (f *facts) key(p *Pane, label string, k hub.Key) {
	switch {
	case k.IsZero():
	case p.revealed:
		f.list = append(f.list, fact{label: label, value: cell.Safe(k.Reveal()), warn: true})
	default:
		f.list = append(f.list, fact{label: label, value: theme.Masked + reveals(p.keys.Selection.RevealKeys)})
	}
}

// reveals names the key that reveals, where it does.
func reveals(b keymap.Binding) string {
	if b.Refused != "" {
		return ""
	}
	return "  " + b.Label + " reveals"
}

func (f *facts) connectionString(p *Pane, i *hub.Identity, label string, key hub.Key, hint string) {
	if key.IsZero() {
		return
	}
	cs := hub.ConnectionString{HostName: p.host, DeviceID: i.Device, ModuleID: i.Module, Key: hub.NewKey(theme.Masked)}
	if p.revealed {
		cs.Key = key
		hint = ""
	}
	f.list = append(f.list, fact{label: label, value: cell.Safe(cs.Reveal()) + hint, warn: p.revealed})
}

func connection(connected bool) string {
	if connected {
		return theme.Connected + " connected"
	}
	return theme.Disconnected + " not connected"
}

func authentication(a hub.AuthType) string {
	switch a {
	case hub.AuthSAS:
		return "symmetric keys (sas)"
	case hub.AuthSelfSigned:
		return "X.509, self-signed"
	case hub.AuthCA:
		return "X.509, signed by a CA"
	case hub.AuthNone:
		return "none"
	}
	return string(a)
}

// factRows draws the Identity tab.
type factRows struct {
	facts   *facts
	theme   theme.Theme
	focused bool
	zone    *time.Location
}

func (v factRows) Len() int { return len(v.facts.list) }

// labelWidth fits the longest label.
const labelWidth = 21

func (v factRows) Row(i, width int, selected bool) string {
	f := v.facts.list[i]
	value := f.text(v.zone)
	if f.warn {
		value = v.theme.Warn.Render(value)
	}
	label := min(labelWidth, width/2)
	var line string
	switch {
	case f.label == "":
		line = " " + value
	case selected && v.focused:
		// The value under the cursor is shown whole: keys and connection strings are long.
		return v.whole(f, label, width)
	default:
		line = " " + v.theme.Muted.Render(cell.Fit(f.label, label-1)) + value
	}
	return underCursor(v.theme, cell.Fit(line, width), selected, v.focused)
}

func (v factRows) whole(f fact, label, width int) string {
	room := max(width-label, 1)
	var lines []string
	name := f.label
	for text := f.text(v.zone); ; {
		head, rest := cell.Cut(text, room)
		line := " " + v.theme.Muted.Render(cell.Fit(name, label-1))
		if f.warn {
			line += v.theme.Warn.Render(head)
		} else {
			line += head
		}
		lines = append(lines, v.theme.Selected.Over(cell.Fit(line, width)))
		if rest == "" || len(lines) == 8 {
			return strings.Join(lines, "\n")
		}
		text, name = rest, ""
	}
}

// underCursor gives a line the look of the cursor's row.
func underCursor(th theme.Theme, line string, selected, focused bool) string {
	switch {
	case selected && focused:
		return th.Selected.Over(line)
	case selected:
		return th.Unfocused.Over(line)
	}
	return line
}
