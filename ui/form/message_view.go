package form

import (
	"fmt"
	"time"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Size returns the size the form would like on a screen of w by h cells.
func (f *Message) Size(w, h int) (int, int) {
	text, _, _ := f.message()
	want := 2 + max(len(wrap(text, min(w, 80)-6, most)), 2) + 1 // the frame, the message and the hints
	if f.module != "" {
		want++
	}
	for _, b := range f.blocks(80) {
		want += min(b.n, 12)
	}
	return min(max(w, 1), 80), max(min(want, h-2), min(h, 12), 1)
}

// View draws the form: exactly h lines of exactly w cells.
func (f *Message) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, f.hints(), f.leave()), top: f.top}
	if f.module != "" {
		note := "modules have no queue of their own: this goes to the device of " + cell.Safe(f.module)
		fr.head = []string{" " + f.theme.Muted.Render(cell.Truncate(note, iw-2))}
	}
	fr.stack(f.blocks(iw))
	text, style, mark := f.message()
	for _, l := range wrap(text, iw-4, min(max(ih/3, 1), most)) {
		fr.message = append(fr.message, " "+style.Render(mark+" "+l))
		mark = " "
	}
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}

// messageLabels is the column of the names.
const messageLabels = 11

func (f *Message) blocks(w int) []block {
	labels := min(messageLabels, max(w/3, 1))
	room := max(w-labels-5, 1)
	label := func(p messagePart, name string) string {
		style := f.theme.Muted
		if p == f.focus {
			style = f.theme.Title
		}
		return cursorMark(f.theme, p == f.focus) + " " + style.Render(cell.Fit(name, labels)) + " "
	}
	field := func(p messagePart, name, empty string, l *line) block {
		text := f.theme.Field.Render(cell.Fit(cell.Safe(l.text()), room))
		switch {
		case p == f.focus && !f.busy:
			text = l.view(f.theme, room)
		case l.text() == "":
			text = f.theme.Muted.Render(cell.Fit(empty, room))
		}
		return one(label(p, name)+text, p == f.focus)
	}
	text := func(p messagePart, name string, a *area) block {
		b := block{n: len(a.lines), focus: -1, line: func(i int) string {
			title := ""
			if i == 0 {
				title = name
			}
			return label(p, title) + drawn(a, f.theme, i, room, f.focus == p && !f.busy)
		}}
		if f.focus == p {
			b.focus = a.row()
		}
		return b
	}
	kind := "text"
	if f.json {
		kind = "JSON"
	}
	button := func(p messagePart, name string) string {
		if f.focus == p {
			return f.theme.ButtonOn.Render("▸" + name + " ")
		}
		return f.theme.Button.Render(" " + name + " ")
	}
	blocks := []block{
		text(messageBody, "body", &f.body),
		one(label(messageKind, "body is")+"‹ "+kind+" ›", f.focus == messageKind),
		text(messageProperties, "properties", &f.properties),
		field(messageID, "id", "made up", &f.id),
		field(messageCorrelation, "correlation", "none", &f.correlation),
		field(messageLife, "expires in", "as the hub is configured, an hour by default", &f.life),
		one(label(messageAck, "feedback")+"‹ "+string(acks[f.ack])+" ›", f.focus == messageAck),
		one("  "+button(messageSend, "Send"), f.focus == messageSend),
	}
	if f.waits() {
		blocks = append(blocks, one("  "+button(messageFeedback, "Look for feedback"), f.focus == messageFeedback))
	}
	blocks = append(blocks, one("  "+button(messagePurge, "Purge the queue"+cell.Ellipsis), f.focus == messagePurge))
	if len(f.mails) > 0 {
		blocks = append(blocks, one("", false), block{n: len(f.mails), focus: -1, line: func(i int) string { return f.mailLine(f.mails[i], w) }})
	}
	return blocks
}

// mailLine draws a message that was sent.
func (f *Message) mailLine(m Mail, w int) string {
	th := f.theme
	state := th.Good.Render(theme.InSync + " queued")
	switch {
	case m.Feedback == "Success":
		state = th.Good.Render(theme.InSync + " delivered")
	case m.Feedback != "":
		state = th.Bad.Render(theme.Rejected + " " + cell.Safe(m.Feedback))
	case m.Awaits():
		state = th.Warn.Render(theme.Pending + " queued")
	}
	line := "  " + th.Muted.Render(m.Sent.At.In(f.now().Location()).Format("15:04:05")) + "  " + state + "  " + cell.Safe(m.Sent.ID)
	if m.Device != f.device {
		line += "  " + th.Muted.Render("to "+cell.Safe(m.Device))
	}
	return cell.Fit(line, w)
}

// message returns what there is to say: that it waits, what went wrong, what was done, what is wrong
// with the field in focus, or what it is for.
func (f *Message) message() (text string, style theme.Style, mark string) {
	if f.busy {
		return "waiting for the hub" + cell.Ellipsis, f.theme.Accent, theme.Mark
	}
	if f.err != "" {
		return f.err, f.theme.Bad, theme.Rejected
	}
	if p := f.problem(f.focus); p != "" {
		return p, f.theme.Bad, theme.Rejected
	}
	if f.said != "" {
		return f.said, f.theme.Good, theme.InSync
	}
	switch f.focus {
	case messageBody:
		text = fmt.Sprintf("up to %d KiB with the properties; %s sends", hub.MaxMessageSize>>10, f.keys.Message.SubmitAnywhere.Label)
	case messageKind:
		text = "JSON is checked and sent as application/json"
	case messageProperties:
		text = "name=value, one a line"
	case messageID:
		text = "made up when there is none; feedback names it"
	case messageLife:
		text = fmt.Sprintf("90s, 15m or 2h, %.0f h at most; then it is dropped", hub.MaxMessageLife.Round(time.Hour).Hours())
	case messageAck:
		text = map[hub.Ack]string{
			hub.AckNone: "nobody is told what becomes of it", hub.AckPositive: "feedback when the device has taken it",
			hub.AckNegative: "feedback when it was dropped", hub.AckFull: "feedback in any case",
		}[acks[f.ack]]
	case messageFeedback:
		text = "feedback is one queue for the whole hub; what others wait for is given back"
	case messagePurge:
		text = "removes all messages that wait for the device, after a question"
	case messageCorrelation, messageSend:
	}
	return text, f.theme.Muted, " "
}

func (f *Message) leave() keymap.Binding {
	if f.busy {
		return short(f.keys.Message.Cancel, "stop waiting")
	}
	return f.keys.Message.Cancel
}

func (f *Message) hints() []keymap.Binding {
	k := f.keys.Message
	switch {
	case f.busy:
		return nil
	case f.area() != nil:
		return []keymap.Binding{k.SubmitAnywhere, k.Next, k.Prev}
	case f.focus == messageKind, f.focus == messageAck:
		return []keymap.Binding{k.Submit, k.Choose, k.Next}
	case f.focus == messagePurge:
		return []keymap.Binding{short(k.Submit, "purge"), k.Prev}
	case f.focus == messageFeedback:
		return []keymap.Binding{short(k.Submit, "look"), k.Prev}
	}
	return []keymap.Binding{k.Submit, k.Next, k.Prev}
}
