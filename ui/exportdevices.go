package ui

import (
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// deviceRows offers the rows of the devices pane, and the modules that are marked there.
type deviceRows struct {
	m   *Model
	ids []hub.ID
}

func (*deviceRows) what() string     { return "devices" }
func (*deviceRows) identities() bool { return true }
func (*deviceRows) more() bool       { return true }

func (d *deviceRows) counts() (marked, matching int) {
	return d.m.devices.MarkedCount(), d.m.devices.Shown()
}

func (d *deviceRows) take(marked bool) int {
	if marked {
		d.ids = d.m.devices.Marked()
	} else {
		d.ids = d.m.devices.Matching()
	}
	return len(d.ids)
}

// whoColumns name the identity of a row, in front of everything else.
var whoColumns = []string{"device", "module"}

// entryColumns are the columns of the pane by the names the user chooses them by, and what the hub
// calls what is in them.
var entryColumns = []struct{ name, field string }{
	{"connection", "connectionState"},
	{"status", "status"},
	{"auth", "authenticationType"},
	{"edge", "iotEdge"},
	{"activity", "lastActivityTime"},
	{"tags", "tags"},
}

func (d *deviceRows) columns(all bool) []string {
	names := append([]string{}, whoColumns...)
	chosen := d.m.prefs.Columns
	if all || chosen == nil {
		for _, c := range entryColumns {
			names = append(names, c.field)
		}
		if all {
			names = append(names, "deviceScope", "parentScopes")
		}
		return names
	}
	for _, name := range chosen {
		if strings.HasPrefix(name, tagColumn) {
			names = append(names, name)
		}
		for _, c := range entryColumns {
			if c.name == name {
				names = append(names, c.field)
			}
		}
	}
	return names
}

// tagColumn is in front of the path of a tag.
const tagColumn = "tags."

func (d *deviceRows) row(i int, columns []string) ([]patch.Value, hub.ID) {
	id := d.ids[i]
	e, known := d.m.devices.Entry(id)
	row := make([]patch.Value, len(columns), len(columns)+2)
	for j, c := range columns {
		switch {
		case c == "device":
			row[j] = patch.String(id.Device)
		case c == "module":
			row[j] = textOrNull(id.Module)
		case known:
			row[j] = entryValue(e, c)
		}
	}
	return row, id
}

// entryValue returns what an entry has in a column, null for nothing.
func entryValue(e hub.Entry, column string) patch.Value {
	switch column {
	case "connectionState":
		if e.Connected {
			return patch.String("Connected")
		}
		return patch.String("Disconnected")
	case "status":
		return textOrNull(string(e.Status))
	case "authenticationType":
		return textOrNull(string(e.Auth))
	case "iotEdge":
		return patch.Bool(e.Edge)
	case "lastActivityTime":
		if !e.LastActivityTime.IsZero() {
			return patch.String(e.LastActivityTime.UTC().Format(time.RFC3339))
		}
	case "deviceScope":
		return textOrNull(e.DeviceScope)
	case "parentScopes":
		if len(e.ParentScopes) > 0 {
			scopes := make([]patch.Value, len(e.ParentScopes))
			for i, s := range e.ParentScopes {
				scopes[i] = patch.String(s)
			}
			return patch.Array(scopes...)
		}
	case "tags":
		if e.Tags.Len() > 0 {
			return e.Tags
		}
	default:
		path, err := patch.ParsePath(strings.TrimPrefix(column, tagColumn))
		if v, ok := e.Tags.At(path); ok && err == nil {
			return v
		}
	}
	return patch.Null()
}

func textOrNull(s string) patch.Value {
	if s == "" {
		return patch.Null()
	}
	return patch.String(s)
}
