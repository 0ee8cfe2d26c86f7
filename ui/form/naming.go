package form

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
)

// startRenaming begins to give a property another name.
func (f *Properties) startRenaming(r row) {
	for _, c := range f.conflicts {
		if under(c.Path, r.path) {
			f.notice = "decide first whose value of " + c.Path.String() + " stays"
			return
		}
	}
	if f.refuseWhole(r.now) {
		return
	}
	name := r.path[len(r.path)-1:].String()
	f.typing = &typing{path: r.path, group: r.path[:r.depth()], onName: true, rename: true, name: newLine(name), value: newLine(""), start: name}
}

// acceptName takes over the name that was typed for a property. A twin knows no names but by removing
// and adding, which is what is sent; the value goes along with every digit of it.
func (f *Properties) acceptName() bool {
	t := f.typing
	if !t.touched() {
		f.endTyping()
		return true
	}
	p, err := f.newPath()
	if err != nil {
		t.err = err.Error()
		return false
	}
	draft := f.renamed(p)
	if broken := f.breaks(p, draft); broken != "" {
		t.err = broken
		return false
	}
	f.typing = nil
	f.change(p, draft)
	return true
}

// renamed returns the draft with the property that is renamed at p.
func (f *Properties) renamed(p patch.Path) patch.Value {
	v, _ := f.draft.At(f.typing.path)
	return f.draft.Without(f.typing.path).With(p, v)
}

// newPath returns where the name that is typed leads: a name, or several joined by dots.
func (f *Properties) newPath() (patch.Path, error) {
	t := f.typing
	text := strings.TrimSpace(t.name.text())
	if text == "" {
		return nil, errors.New("type a name; dots put it into groups: sensor.interval")
	}
	names, err := patch.ParsePath(text)
	if err != nil {
		return nil, err
	}
	p := slices.Concat(t.group, names)
	for _, key := range names {
		if reason := patch.CheckKey(key); reason != "" {
			return nil, errors.New(cell.Truncate(cell.Safe(patch.QuoteString(key)), longestName) + " " + reason)
		}
	}
	draft := f.draft
	if t.rename {
		if p.Equal(t.path) {
			return p, nil
		}
		draft = draft.Without(t.path)
	}
	for n := 1; n < len(p); n++ {
		if v, ok := draft.At(p[:n]); ok && v.Kind() != patch.KindObject {
			return nil, fmt.Errorf("%s is a %s and holds nothing; change its type to JSON first", p[:n], v.Kind())
		}
	}
	if _, ok := draft.At(p); ok {
		return nil, fmt.Errorf("%s is there already; edit it instead", p)
	}
	return p, nil
}
