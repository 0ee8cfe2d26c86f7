package form

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// Size returns the size the form would like on a screen of w by h cells.
func (f *Method) Size(w, h int) (int, int) {
	text, _, _ := f.message()
	return stackSize(text, f.blocks(84, h), 84, w, h)
}

// View draws the form: exactly h lines of exactly w cells.
func (f *Method) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, f.hints(), f.leave()), top: f.top}
	fr.stack(f.blocks(iw, ih))
	text, style, mark := f.message()
	fr.message = messageLines(iw, min(max(ih/3, 1), most), text, style, mark)
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}

func (f *Method) blocks(w, h int) []block {
	th, room := f.theme, fieldRoom(w)
	on := func(p methodPart) bool { return p == f.focus }
	typing := func(p methodPart) bool { return on(p) && !f.busy }
	name := typedRow(th, w, on(methodName), typing(methodName), "method", &f.name)
	if rest := f.completion(); rest != "" && typing(methodName) && f.name.text() != "" {
		used := cell.Width(cell.Safe(f.name.text()))
		if used+cell.Width(rest) < room {
			name = fieldRow(th, w, true, "method", th.Field.Render(cell.Safe(f.name.text()))+th.FieldCursor.Render(rest[:1])+th.Muted.Render(cell.Fit(rest[1:], room-used-1)))
		}
	}
	seconds := func(p methodPart, name string, l *line, note string) block {
		value := typedField(th, min(6, room), typing(p), l) + th.Muted.Render(cell.Truncate(" "+note, room-6))
		return one(fieldRow(th, w, on(p), name, value), on(p))
	}
	blocks := []block{
		one(name, on(methodName)),
		areaBlock(th, w, on(methodPayload), typing(methodPayload), "payload", &f.payload),
		seconds(methodRespond, "answer in", &f.respond, fmt.Sprintf("seconds, %d to %d", minRespond, maxSeconds)),
		seconds(methodConnect, "connect in", &f.connect, fmt.Sprintf("seconds to wait while it is offline, 0 to %d", maxSeconds)),
		one(button(th, on(methodCall), "Call"), on(methodCall)),
	}
	return append(blocks, f.runBlocks(w, h)...)
}

// runBlocks are the calls so far, with the result of the one under the cursor.
func (f *Method) runBlocks(w, h int) []block {
	if len(f.runs) == 0 {
		if len(f.suggest) == 0 {
			return nil
		}
		names := make([]string, len(f.suggest))
		for i, s := range f.suggest {
			names[i] = cell.Safe(s.Name)
		}
		return []block{one("", false), one("  "+f.theme.Muted.Render(cell.Truncate("this fleet answers "+strings.Join(names, ", "), w-3)), false)}
	}
	blocks := []block{one("", false)}
	before := block{n: f.cursor + 1, focus: -1, line: func(i int) string { return f.runLine(i, w) }}
	after := block{n: len(f.runs) - f.cursor - 1, focus: -1, line: func(i int) string { return f.runLine(f.cursor+1+i, w) }}
	if f.focus == methodRuns {
		before.focus = f.cursor
	}
	blocks = append(blocks, before)
	if f.opened != nil {
		n := resultLines(f.run().Result.Payload, max(h/2, 3))
		drawn := f.result(w-4, n)
		result := block{n: n, focus: -1, line: func(i int) string { return "    " + drawn[i] }}
		if f.inside {
			before.focus, result.focus = -1, n-1
		}
		blocks = append(blocks[:len(blocks)-1], before, result)
	}
	return append(blocks, after)
}

// resultLines is how many lines a result takes, at most some.
func resultLines(v patch.Value, most int) int {
	n := 1
	switch v.Kind() {
	case patch.KindObject:
		for _, m := range v.Members() {
			if n >= most {
				break
			}
			n += resultLines(m.Value, most-n)
		}
	case patch.KindArray:
		for _, e := range v.Elems() {
			if n >= most {
				break
			}
			n += resultLines(e, most-n)
		}
	default:
		return 1
	}
	if n > 1 {
		n++ // the closing bracket
	}
	return min(n, most)
}

func (f *Method) result(w, h int) []string {
	th := f.theme
	styles := jsonview.Styles{Key: th.Key.Render, String: th.String.Render, Number: th.Number.Render, Bool: th.Bool.Render, Null: th.Null.Render, Punct: th.Muted.Render}
	if f.inside {
		styles.Cursor = th.Selected.Over
	}
	lines := strings.Split(f.opened.View(max(w, 1), h, styles), "\n")
	for len(lines) < h {
		lines = append(lines, "")
	}
	return lines
}

// runLine draws one call: when, what, on whom when that is somebody else, and how it went.
func (f *Method) runLine(i, w int) string {
	th, r := f.theme, f.runs[i]
	fold := " "
	switch {
	case i == f.cursor && f.opened != nil:
		fold = theme.Unfolded
	case r.Failed == "" && r.Result.Payload.Kind() != patch.KindNull:
		fold = theme.Folded
	}
	end := th.Good.Render(theme.InSync + " " + strconv.Itoa(r.Result.Status))
	switch {
	case r.Failed != "":
		end = th.Bad.Render(theme.Rejected + " failed")
	case r.Result.Status < 200 || r.Result.Status > 299:
		end = th.Warn.Render(theme.Conflict + " " + strconv.Itoa(r.Result.Status))
	}
	line := fold + " " + th.Muted.Render(r.At.In(f.now().Location()).Format("15:04:05")) + "  " + end + "  " + cell.Safe(r.Call.Name)
	if r.Failed == "" {
		line += "  " + th.Muted.Render(took(r.Result.Took))
	}
	if r.ID != f.target {
		line += "  " + th.Muted.Render("on "+cell.Safe(r.ID.String()))
	}
	if r.Failed != "" {
		line += "  " + th.Muted.Render(cell.Safe(r.Failed))
	}
	on := f.focus == methodRuns && i == f.cursor
	line = cell.Fit(cursorMark(th, on)+" "+line, w)
	if on && !f.inside {
		return th.Selected.Over(line)
	}
	return line
}

// took says how long a call took.
func took(d time.Duration) string {
	if ms := d.Milliseconds(); ms > 0 {
		return fmt.Sprintf("took %d ms", ms)
	}
	return "took under 1 ms"
}

// message returns what there is to say: that it waits, what went wrong, what is wrong with the field
// in focus, or what it is for.
func (f *Method) message() (text string, style theme.Style, mark string) {
	if f.busy {
		waited := f.now().Sub(f.began).Truncate(time.Second)
		return fmt.Sprintf("waiting for the answer%s %v", cell.Ellipsis, waited), f.theme.Accent, theme.Mark
	}
	if f.err != "" {
		return f.err, f.theme.Bad, theme.Rejected
	}
	if p := f.problem(f.focus); p != "" {
		return p, f.theme.Bad, theme.Rejected
	}
	switch f.focus {
	case methodName:
		text = "the name as the device's program knows it"
	case methodPayload:
		text = "JSON, or nothing; " + f.keys.Method.SubmitAnywhere.Label + " calls"
	case methodRuns:
		if r := f.run(); r.Failed != "" {
			return r.Failed, f.theme.Bad, theme.Rejected
		}
	case methodRespond, methodConnect, methodCall:
	}
	return text, f.theme.Muted, " "
}

func (f *Method) leave() keymap.Binding {
	if f.busy {
		return short(f.keys.Method.Cancel, "stop waiting")
	}
	if f.inside {
		return short(f.keys.Method.Cancel, "back")
	}
	return f.keys.Method.Cancel
}

func (f *Method) hints() []keymap.Binding {
	k := f.keys.Method
	switch {
	case f.busy:
		return nil
	case f.inside:
		return []keymap.Binding{k.Copy, k.Expand, k.Collapse}
	case f.focus == methodRuns:
		return []keymap.Binding{k.Again, k.Edit, k.Copy, k.Expand, k.Collapse}
	case f.focus == methodPayload:
		return []keymap.Binding{k.SubmitAnywhere, k.Next, k.Prev}
	case f.focus == methodName && f.completion() != "":
		return []keymap.Binding{k.Submit, k.Complete, k.Next}
	}
	return []keymap.Binding{k.Submit, k.Next, k.Prev}
}
