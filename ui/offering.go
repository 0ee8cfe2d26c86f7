package ui

import (
	"strings"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/form"
)

// maxKnown bounds how many properties are offered when one is added.
const maxKnown = 500

// offer tells a form which properties there are to be added: what the twin has reported, what the other
// modules of the device have, and what modules of the same name have on other devices, as far as they
// have been seen.
func (m *Model) offer(f *form.Properties, at place, t hub.Twin) {
	if at.section == patch.Tags {
		f.SetKnown(m.knownTags(at.id))
		return
	}
	known := form.KnownIn(t.Reported.Value, "reported")
	var alike []form.Known
	for i := len(m.known.order) - 1; i >= 0 && len(known)+len(alike) < maxKnown; i-- {
		other := m.known.get(m.known.order[i])
		switch id := other.ID; {
		case id == at.id:
		case id.Device == at.id.Device:
			name := id.Module
			if name == "" {
				name = "the device"
			}
			known = append(known, form.KnownIn(other.Desired.Value, name)...)
		case id.Module == at.id.Module:
			alike = append(alike, form.KnownIn(other.Desired.Value, id.Device)...)
		}
	}
	known = append(known, alike...)
	f.SetKnown(known[:min(len(known), maxKnown)])
}

// knownTags returns the tags that others have.
func (m *Model) knownTags(id hub.ID) []form.Known {
	var known []form.Known
	for i := len(m.known.order) - 1; i >= 0 && len(known) < maxKnown; i-- {
		if other := m.known.get(m.known.order[i]); other.ID != id && other.IsModule() == id.IsModule() {
			known = append(known, form.KnownIn(other.Tags, strings.TrimPrefix(other.String(), id.Device+"/"))...)
		}
	}
	for _, p := range m.devices.TagPaths(tagsOffered) {
		if path, err := patch.ParsePath(p); err == nil {
			known = append(known, form.Known{Path: path, From: "other devices"})
		}
	}
	return known[:min(len(known), maxKnown)]
}
