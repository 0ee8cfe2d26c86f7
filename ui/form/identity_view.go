package form

import (
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// labelWidth is the column of the names in the identity form.
const labelWidth = 11

// Size returns the size the form would like on a screen of w by h cells.
func (f *Identity) Size(w, h int) (int, int) {
	return min(max(w, 1), 68), min(14, max(h, 1))
}

// View draws the form: exactly h lines of exactly w cells.
func (f *Identity) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	roomy := ih >= 10
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, f.hints(), f.leave())}
	if roomy {
		fr.head = []string{""}
	}
	var body []string
	if f.device != "" {
		body = append(body, f.row(iw, false, "device", cell.Safe(f.device)))
	}
	for _, p := range f.parts() {
		if p == partCreate && roomy {
			body = append(body, "")
		}
		if p == f.focus {
			fr.focus = len(body)
		}
		body = append(body, f.part(p, iw))
	}
	text, style, mark := f.message()
	for _, l := range wrap(text, iw-4, max(ih/4, 1)) {
		fr.message = append(fr.message, " "+style.Render(mark+" "+l))
		mark = " "
	}
	fr.body, fr.line = len(body), func(i int) string { return body[i] }
	view, _ := draw(f.theme, fr, w, h)
	return view
}

// part draws one line of the form.
func (f *Identity) part(p part, w int) string {
	on := p == f.focus
	switch p {
	case partID:
		name := "device id"
		if f.device != "" {
			name = "module id"
		}
		return f.row(w, on, name, f.input(&f.id, on, w))
	case partKeys:
		value := "assigned by the hub"
		if f.given {
			value = "given below"
		}
		return f.row(w, on, "keys", "‹ "+value+" ›")
	case partPrimary:
		return f.row(w, on, "primary", f.input(&f.primary, on, w))
	case partSecondary:
		return f.row(w, on, "secondary", f.input(&f.secondary, on, w))
	case partEnabled:
		return f.row(w, on, "enabled", check(!f.disabled)+" may connect")
	case partEdge:
		return f.row(w, on, "edge", check(f.edge)+" runs IoT Edge")
	default:
		if on {
			return "  " + f.theme.ButtonOn.Render("▸Create ")
		}
		return "  " + f.theme.Button.Render(" Create ")
	}
}

// row draws a name and its value.
func (f *Identity) row(w int, on bool, name, value string) string {
	names := min(labelWidth, max(w/3, 1))
	style := f.theme.Muted
	if on {
		style = f.theme.Title
	}
	return cursorMark(f.theme, on) + " " + style.Render(cell.Fit(name, names)) + " " + value
}

// input draws a text field, with its cursor when it has the focus, and a mark when it is wrong.
func (f *Identity) input(l *line, on bool, w int) string {
	room := max(w-min(labelWidth, max(w/3, 1))-5, 1)
	if on {
		return l.view(f.theme, room)
	}
	text := cell.Safe(l.text())
	if l.masked && text != "" {
		text = theme.Masked
	}
	return f.theme.Field.Render(cell.Fit(text, room))
}

func check(on bool) string {
	if on {
		return "[x]"
	}
	return "[ ]"
}

// message returns what there is to say: what the hub said, what is wrong with the field in
// focus, or what it is for.
func (f *Identity) message() (text string, style theme.Style, mark string) {
	if f.busy {
		return "creating" + cell.Ellipsis, f.theme.Accent, theme.Mark
	}
	if f.err != "" {
		return f.err, f.theme.Bad, theme.Rejected
	}
	if p := f.problem(f.focus); p != "" {
		return p, f.theme.Bad, theme.Rejected
	}
	switch f.focus {
	case partID:
		text = "letters, digits and " + idSymbols
	case partKeys:
		text = "the hub makes both keys itself unless you give them"
	case partPrimary, partSecondary:
		text = "16 to 64 bytes in base64"
	}
	return text, f.theme.Muted, " "
}

// leave returns the key that leads out of the form, without a label while none does.
func (f *Identity) leave() keymap.Binding {
	if f.busy {
		return short(f.keys.Identity.Cancel, "stop")
	}
	return f.keys.Identity.Cancel
}

// hints returns the other keys that work now, the most useful first.
func (f *Identity) hints() []keymap.Binding {
	k := f.keys.Identity
	if f.busy {
		return nil
	}
	switch f.focus {
	case partKeys:
		return []keymap.Binding{k.Submit, k.Choose, k.Next}
	case partEnabled, partEdge:
		return []keymap.Binding{k.Submit, k.Toggle, k.Next}
	default:
		return []keymap.Binding{k.Submit, k.Next}
	}
}
