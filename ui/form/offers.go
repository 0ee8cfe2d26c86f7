package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
)

// Known is a property that is offered when one is added: the device has reported it, or a neighbour of
// it has it.
type Known struct {
	Path  patch.Path
	Value patch.Value // what it is there, with which the new one begins; null when that is not known
	From  string      // where it is from, in a word: "reported", or a name that may be untrusted
}

// offersShown bounds how many properties are offered at a time.
const offersShown = 6

// SetKnown says which properties are offered when one is added, the likeliest first. Of several of one
// path the first counts.
func (f *Properties) SetKnown(known []Known) { f.known = known }

// KnownIn returns the leaves of a section as properties to offer. Of a reported property that is an
// acknowledgement the value that is acknowledged counts.
func KnownIn(section patch.Value, from string) []Known {
	var known []Known
	var walk func(patch.Path, patch.Value)
	walk = func(at patch.Path, v patch.Value) {
		if ack, ok := patch.ReadAck(v); ok {
			v = ack.Value
		}
		if !isGroup(v) {
			if len(at) > 0 {
				known = append(known, Known{at, v, from})
			}
			return
		}
		for _, m := range v.Members() {
			walk(at.Child(m.Key), m.Value)
		}
	}
	walk(nil, section)
	return known
}

// offers returns the properties that could be meant by the name that is being typed.
func (f *Properties) offers() []Known {
	t := f.typing
	if t == nil || !t.onName || t.rename || len(f.known) == 0 {
		return nil
	}
	text := strings.ToLower(strings.TrimSpace(t.name.text()))
	var begin, within []Known
	seen := map[string]bool{}
	for _, k := range f.known {
		if !under(k.Path, t.group) || len(k.Path) == len(t.group) || !f.free(k.Path) {
			continue
		}
		name := k.Path[len(t.group):].String()
		lower := strings.ToLower(name)
		switch {
		case seen[name]:
		case strings.HasPrefix(lower, text):
			begin = append(begin, k)
		case strings.Contains(lower, text):
			within = append(within, k)
		}
		seen[name] = true
	}
	return append(begin, within...)
}

// free reports whether a property can be added at a path.
func (f *Properties) free(p patch.Path) bool {
	for n := 1; n <= len(p); n++ {
		v, ok := f.draft.At(p[:n])
		if !ok {
			return true
		}
		if v.Kind() != patch.KindObject {
			return false
		}
	}
	return false
}

// pressName answers a key while the name of a property is typed.
func (f *Properties) pressName(key tea.KeyPressMsg) {
	t, k := f.typing, f.keys.Name
	offers := f.offers()
	switch {
	case k.Back.Matches(key):
		f.endTyping()
	case k.Accept.Matches(key):
		if t.pick > 0 && t.pick <= len(offers) {
			t.take(offers[t.pick-1])
			return
		}
		f.accept()
	case k.Review.Matches(key):
		if f.accept() && f.typing == nil {
			f.startReview()
		}
	case k.Down.Matches(key):
		t.pick = min(t.pick+1, len(offers))
	case k.Up.Matches(key):
		t.pick = max(t.pick-1, 0)
	case k.Complete.Matches(key) && len(offers) > 0 && t.atEnd():
		t.take(offers[max(t.pick-1, 0)])
	default:
		t.err, t.pick = "", 0
		t.name.update(key)
	}
}

// atEnd reports whether the cursor is behind the name.
func (t *typing) atEnd() bool { return t.name.input.Position() >= len([]rune(t.name.text())) }

// take goes on with a property that was offered: with its name, and its value to be changed.
func (t *typing) take(k Known) {
	t.name.set(k.Path[len(t.group):].String())
	t.onName, t.pick, t.err = false, 0, ""
	if k.Value.IsNull() || t.text() != "" { // what was typed stays
		return
	}
	t.kind, t.chosen = k.Value.Kind(), true
	t.begin(k.Value, roomy(k.Value))
	t.start = ""
}

// offerLine draws one of the properties that are offered in the columns of the others. The one that is
// chosen is always among them.
func (f *Properties) offerLine(offers []Known, i int, c columns) string {
	t, th := f.typing, f.theme
	i += max(t.pick-offersShown, 0)
	k := offers[i]
	indent := min(2*len(t.group)+2, c.name-1)
	name := cell.Spaces(indent) + cell.Fit(cell.Safe(k.Path[len(t.group):].String()), c.name-indent)
	line := "   " + th.Muted.Render(name) + "  "
	if c.kind > 0 {
		kind := ""
		if !k.Value.IsNull() {
			kind = k.Value.Kind().String()
		}
		line += th.Muted.Render(cell.Fit(kind, c.kind)) + "  "
	}
	from := cell.Truncate(cell.Safe(k.From), max(c.value/2, 1))
	value := ""
	if room := c.value - cell.Width(from) - 2; !k.Value.IsNull() && room > 0 {
		value = valueStyle(th, k.Value).Render(cell.Truncate(cell.Safe(literal(k.Value)), room)) + "  "
	}
	line = cell.Truncate(line+value+th.Muted.Render(from), 3+c.name+2+c.kind+2*min(c.kind, 1)+c.value)
	if i == t.pick-1 {
		return th.Selected.Over(cursorMark(th, true) + cell.Fit(cell.Clip(line[1:], 1<<20), 2+c.name+2+c.kind+2*min(c.kind, 1)+c.value))
	}
	return line
}
