package form

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// areaHeight is how many lines of tags or properties are shown while they are typed into.
const areaHeight = 6

// Size returns the size the form would like on a screen of w by h cells.
func (f *Identity) Size(w, h int) (int, int) {
	lines := 14
	if n := len(f.parts()); n > 7 {
		lines += n - 7
	}
	if a := f.area(); a != nil {
		lines += min(max(a.height(), 2), areaHeight)
	}
	return min(max(w, 1), 72), min(lines, max(h, 1))
}

// View draws the form: exactly h lines of exactly w cells.
func (f *Identity) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	roomy := ih >= 10
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, f.hints(), f.leaveKey()), top: f.top}
	if roomy {
		fr.head = []string{""}
	}
	var body []string
	if f.device != "" && !f.made {
		body = append(body, fieldRow(f.theme, iw, false, "device", cell.Safe(f.device)))
	}
	for _, p := range f.parts() {
		if p == partCreate && roomy {
			body = append(body, "")
		}
		if p == f.focus {
			fr.focus = len(body)
		}
		body = append(body, f.part(p, iw))
		if a := f.area(); a != nil && p == f.focus {
			rows := min(max(a.height(), 2), areaHeight)
			first := window(a.row()-rows/2, a.row(), max(a.height(), rows), rows)
			for i := first; i < first+rows; i++ {
				if i == a.row() {
					fr.focus = len(body)
				}
				body = append(body, cursorMark(f.theme, i == a.row())+"  "+a.line(f.theme, i, max(iw-5, 1)))
			}
		}
	}
	text, style, mark := f.message()
	fr.message = messageLines(iw, max(ih/4, 1), text, style, mark)
	fr.body, fr.line = len(body), func(i int) string { return body[i] }
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}

// part draws one line of the form.
func (f *Identity) part(p part, w int) string {
	on, th := p == f.focus, f.theme
	switch p {
	case partID:
		name := "device id"
		if f.device != "" {
			name = "module id"
		}
		return inputRow(th, w, on, name, &f.id)
	case partEnabled:
		return fieldRow(th, w, on, "enabled", check(!f.disabled)+" may connect")
	case partReason:
		return inputRow(th, w, on, "reason", &f.reason)
	case partEdge:
		return fieldRow(th, w, on, "edge", check(f.edge)+" runs IoT Edge")
	case partMore:
		return fieldRow(th, w, on, "more", f.moreText())
	case partParent:
		return inputRow(th, w, on, "parent", &f.parent)
	case partTags:
		return areaRow(th, w, on, "tags", f.areaText(&f.tags, patch.Tags, on))
	case partDesired:
		return areaRow(th, w, on, "desired", f.areaText(&f.desired, patch.Desired, on))
	case partCreate:
		if f.made {
			return button(th, on, "Write")
		}
		return button(th, on, "Create")
	default:
		return f.auth.row(p, th, w, on)
	}
}

// row draws one line of how an identity authenticates.
func (a *auth) row(p part, th theme.Theme, w int, on bool) string {
	switch p {
	case partAuth:
		return fieldRow(th, w, on, "signs in by", choice(a.way.String()))
	case partPrimary, partThumbprint:
		return inputRow(th, w, on, "primary", a.field(p))
	default:
		return inputRow(th, w, on, "secondary", a.field(p))
	}
}

// moreText says what is folded away and whether anything of it is filled in.
func (f *Identity) moreText() string {
	what := "tags, desired properties"
	if f.device == "" {
		what = "parent, " + what
	}
	if f.more {
		return theme.Unfolded
	}
	if f.HasTwin() || f.parent.text() != "" {
		what += " (filled in)"
	}
	return theme.Folded + " " + f.theme.Muted.Render(what)
}

// areaText says in one line what a text of several lines holds.
func (f *Identity) areaText(a *area, s patch.Section, on bool) string {
	v, problem := a.section(s)
	switch {
	case problem != "" && !on:
		return f.theme.Bad.Render(theme.Rejected + " " + cell.Safe(problem))
	case problem != "":
		return f.theme.Muted.Render("JSON")
	case v == nil:
		return f.theme.Muted.Render("none")
	}
	return f.theme.Muted.Render(count(v.Len(), "key") + ", " + strconv.Itoa(patch.Size(*v)) + " of " + strconv.Itoa(s.MaxSize()) + " bytes")
}

// message returns what there is to say: what is asked, what the hub said, what is wrong with the
// field in focus, or what it is for.
func (f *Identity) message() (text string, style theme.Style, mark string) {
	switch problem := f.problem(f.focus); {
	case f.busy && f.made:
		return "writing" + cell.Ellipsis, f.theme.Accent, theme.Mark
	case f.busy:
		return "creating" + cell.Ellipsis, f.theme.Accent, theme.Mark
	case f.leaving:
		return "Discard the tags and properties that were typed?", f.theme.Warn, theme.Conflict
	case f.err != "":
		return f.err, f.theme.Bad, theme.Rejected
	case problem != "":
		return problem, f.theme.Bad, theme.Rejected
	}
	return f.help(), f.theme.Muted, " "
}

// help says what the field in focus is for.
func (f *Identity) help() string {
	switch f.focus {
	case partID:
		return "letters, digits and " + idSymbols
	case partReason:
		return "why it may not connect; " + strconv.Itoa(hub.MaxStatusReason-utf8.RuneCountInString(f.reason.text())) + " characters left"
	case partMore:
		return "what a plain device does not need"
	case partParent:
		return f.parentHelp()
	case partTags:
		return `the first tags as JSON, such as {"site": "ist"}; may be empty`
	case partDesired:
		return `the first desired properties as JSON, such as {"interval": 60}; may be empty`
	default:
		return f.auth.help(f.focus)
	}
}

// parentHelp offers the edge devices that are known.
func (f *Identity) parentHelp() string {
	ids := f.offered()
	switch {
	case len(ids) == 0 && len(f.parents) == 0:
		return "the id of the edge device to connect through; may be empty"
	case len(ids) == 0:
		return "no edge device that is loaded begins so; the hub is asked"
	case len(ids) == 1 && ids[0] == f.parent.text():
		return "an edge device"
	}
	text := "→ takes " + ids[0]
	if len(ids) > 1 {
		text += "; also " + strings.Join(ids[1:min(len(ids), 4)], ", ")
	}
	if len(ids) > 4 {
		text += " and " + strconv.Itoa(len(ids)-4) + " more"
	}
	return text
}

// leaveKey returns the key that leads out of the form, without a label while none does.
func (f *Identity) leaveKey() keymap.Binding {
	switch {
	case f.busy:
		return short(f.keys.Identity.Cancel, "stop")
	case f.leaving:
		return short(f.keys.Dialog.No, "keep editing")
	}
	return f.keys.Identity.Cancel
}

// hints returns the other keys that work now, the most useful first.
func (f *Identity) hints() []keymap.Binding {
	k := f.keys.Identity
	submit, text := k.Submit, k.SubmitText
	if f.made {
		submit, text = short(submit, "write"), short(text, "write")
	}
	switch {
	case f.busy:
		return nil
	case f.leaving:
		return []keymap.Binding{short(f.keys.Dialog.Yes, "discard")}
	case f.area() != nil:
		return []keymap.Binding{text, k.Next}
	}
	switch f.focus {
	case partAuth:
		return []keymap.Binding{submit, k.Choose, k.Next}
	case partEnabled, partEdge:
		return []keymap.Binding{submit, k.Toggle, k.Next}
	case partMore:
		unfold := short(k.Toggle, "unfold")
		if f.more {
			unfold = short(k.Toggle, "fold")
		}
		return []keymap.Binding{submit, unfold, k.Next}
	default:
		return []keymap.Binding{submit, k.Next}
	}
}
