package bulk

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/bulk"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/form"
	"twindeck/ui/theme"
)

// offered are the operations in the order they are offered in: what can be undone first.
var offered = []struct {
	kind       bulk.Kind
	name, does string
}{
	{bulk.SetTag, "Set a tag", "one tag to one value"},
	{bulk.RemoveTag, "Remove a tag", "with all that is below it"},
	{bulk.PatchDesired, "Patch desired", "merge JSON into the desired properties; null removes"},
	{bulk.Enable, "Enable", "devices may connect"},
	{bulk.Disable, "Disable", "devices are thrown off and may not connect"},
	{bulk.Delete, "Delete", "devices with their modules, and modules, for good"},
}

func (r *Run) viewChoice(w, h int) string {
	about := things(len(r.opts.Rows)-r.modules, "device")
	if r.modules > 0 {
		about += " and " + things(r.modules, "module")
	}
	return panel{
		title: r.Title(),
		head:  []string{"", " What is to be done to " + about + "?", ""},
		body:  func(w, h int) []string { return r.grid.View(choices{r}, w, h) },
		least: len(offered),
		hints: []keymap.Binding{short(r.keys.Bulk.Accept, "choose"), r.keys.Move.Down, r.keys.Move.Up},
		leave: short(r.keys.Bulk.Leave, "leave"),
	}.draw(r.theme, w, h)
}

// choices are the rows of the choice.
type choices struct{ *Run }

func (c choices) Len() int { return len(offered) }

func (c choices) Row(i, w int, selected bool) string {
	mark := "  "
	if selected {
		mark = c.theme.Accent.Render(theme.Cursor) + " "
	}
	line := cell.Fit(mark+cell.Fit(offered[i].name, 15)+" "+c.theme.Muted.Render(offered[i].does), w)
	if selected {
		return c.theme.Selected.Over(line)
	}
	return line
}

func (r *Run) pressChoice(key tea.KeyPressMsg) Action {
	k := r.keys.Bulk
	switch {
	case k.Leave.Matches(key):
		return Close{}
	case k.Accept.Matches(key):
		r.op = bulk.Operation{Kind: offered[r.grid.Cursor()].kind}
		if r.op.Kind == bulk.Enable || r.op.Kind == bulk.Delete {
			return r.preview(r.op)
		}
		r.stage, r.problem, r.onValue = describing, "", false
	default:
		r.grid.Press(r.keys.Move, key)
	}
	return nil
}

// field returns the field that is typed into.
func (r *Run) field() *form.Field {
	switch {
	case r.op.Kind == bulk.Disable:
		return r.reason
	case r.onValue:
		return r.value
	}
	return r.path
}

func (r *Run) pressParameters(key tea.KeyPressMsg) Action {
	k := r.keys.Bulk
	switch {
	case k.Leave.Matches(key):
		r.stage = choosing
		r.list(len(offered))
		r.grid.Select(slices.IndexFunc(offered, func(o struct {
			kind       bulk.Kind
			name, does string
		},
		) bool {
			return o.kind == r.op.Kind
		}))
		return nil
	case r.op.Kind == bulk.PatchDesired:
		if k.Review.Matches(key) {
			return r.describe()
		}
		r.desired.Update(key)
		r.problem = ""
		return nil
	case k.Accept.Matches(key):
		if r.op.Kind == bulk.SetTag && !r.onValue {
			r.onValue = true
			return nil
		}
		return r.describe()
	case k.Review.Matches(key):
		return r.describe()
	case r.op.Kind == bulk.SetTag && (k.Next.Matches(key) || k.Prev.Matches(key)):
		r.onValue = !r.onValue
	case r.op.Kind == bulk.SetTag && k.Type.Matches(key):
		r.kind = form.NextKind(r.kind)
	case k.Complete.Matches(key) && r.field() == r.path && r.path.AtEnd() && r.completion() != "":
		r.path.Set(r.completion())
	default:
		r.field().Update(key)
	}
	r.problem = ""
	return nil
}

// describe takes what was typed for what is to be done, or says what is wrong with it.
func (r *Run) describe() Action {
	op, err := r.typed()
	if err == nil {
		err = op.Check()
	}
	if err != nil {
		r.problem = err.Error()
		return nil
	}
	return r.preview(op)
}

// typed returns the operation as it was typed.
func (r *Run) typed() (op bulk.Operation, err error) {
	op.Kind = r.op.Kind
	switch op.Kind {
	case bulk.Disable:
		op.Reason = strings.TrimSpace(r.reason.Text())
	case bulk.SetTag, bulk.RemoveTag:
		if op.Path, err = patch.ParsePath(strings.TrimSpace(r.path.Text())); err == nil && op.Kind == bulk.SetTag {
			op.Value, err = form.ReadValue(r.value.Text(), r.kind)
		}
	case bulk.PatchDesired:
		op.Value, err = patch.Parse([]byte(r.desired.Text()))
	case bulk.Enable, bulk.Delete:
	}
	return op, err
}

// suggested returns the paths of tags that begin with what was typed.
func (r *Run) suggested() []string {
	typed := strings.TrimSpace(r.path.Text())
	var fit []string
	for _, p := range r.opts.TagPaths {
		if strings.HasPrefix(p, typed) && p != typed {
			fit = append(fit, p)
		}
	}
	return fit
}

// completion returns the path that the typed text is completed to, "" when there is none.
func (r *Run) completion() string {
	if fit := r.suggested(); len(fit) > 0 {
		return fit[0]
	}
	return ""
}

func (r *Run) viewParameters(w, h int) string {
	k := r.keys.Bulk
	p := panel{title: r.Title(), head: []string{""}, leave: k.Leave, least: 3}
	iw, _ := theme.Inner(w, h)
	switch r.op.Kind {
	case bulk.PatchDesired:
		p.head = []string{"", " The merge patch for the desired properties, as JSON:"}
		p.body = func(w, h int) []string {
			lines := r.desired.View(r.theme, max(w-2, 1), h)
			for i := range lines {
				lines[i] = " " + lines[i]
			}
			return fill(lines, h)
		}
		p.least = 4
		p.hints = []keymap.Binding{k.Review}
		p.message = r.hint("an object; null removes a property, everything else is set; the rest of each row stays as it is", iw)
	case bulk.Disable:
		p.body = func(w, h int) []string {
			return fill([]string{labelled(r.theme, true, "reason", r.reason.View(r.theme, room(w), true), w)}, h)
		}
		p.hints = []keymap.Binding{short(k.Accept, "preview")}
		p.message = r.hint("why, for whoever looks at the devices later; may be empty", iw)
	default:
		p.body = r.tagLines
		p.hints = []keymap.Binding{short(k.Accept, "preview")}
		if r.op.Kind == bulk.SetTag {
			p.hints = append(p.hints, k.Next, k.Type)
		}
		text := "the keys that lead to the tag, with dots between them: building.floor"
		if r.onValue {
			text = "122 is a number, true a boolean, {…} and […] JSON, everything else a string"
		} else if fit := r.suggested(); len(fit) > 0 {
			p.hints = append(p.hints, k.Complete)
			text = "there are: " + strings.Join(fit[:min(len(fit), 8)], "  ")
		}
		p.message = r.hint(text, iw)
	}
	return p.draw(r.theme, w, h)
}

// hint says what is wrong, or what to type.
func (r *Run) hint(text string, w int) []string {
	if r.problem != "" {
		return said(r.theme.Bad, theme.Rejected, r.problem, w)
	}
	return said(r.theme.Muted, " ", text, w)
}

func (r *Run) tagLines(w, h int) []string {
	lines := []string{labelled(r.theme, !r.onValue, "tag", r.path.View(r.theme, room(w), !r.onValue), w)}
	focus := 0
	if r.op.Kind == bulk.SetTag {
		kind := "as it looks"
		if r.kind != patch.KindNull {
			kind = form.KindName(r.kind)
		} else if v, err := form.ReadValue(r.value.Text(), patch.KindNull); err == nil && r.value.Text() != "" {
			kind = "as it looks, " + form.KindName(v.Kind())
		}
		lines = append(lines,
			labelled(r.theme, r.onValue, "value", r.value.View(r.theme, room(w), r.onValue), w),
			labelled(r.theme, false, "type", r.theme.Muted.Render(kind), w))
		if r.onValue {
			focus = 1
		}
	}
	return windowed(lines, focus, h)
}
