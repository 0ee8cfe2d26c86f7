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
	blocks := f.blocks(80)
	if f.module != "" {
		blocks = append(blocks, one("", false)) // for what is above them
	}
	return stackSize(text, blocks, 80, w, h)
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
	fr.message = messageLines(iw, min(max(ih/3, 1), most), text, style, mark)
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}

func (f *Message) blocks(w int) []block {
	th := f.theme
	on := func(p messagePart) bool { return p == f.focus }
	typing := func(p messagePart) bool { return on(p) && !f.busy }
	field := func(p messagePart, name, empty string, l *line) block {
		if l.text() == "" && !typing(p) {
			return one(fieldRow(th, w, on(p), name, th.Muted.Render(cell.Fit(empty, fieldRoom(w)))), on(p))
		}
		return one(typedRow(th, w, on(p), typing(p), name, l), on(p))
	}
	kind := "text"
	if f.json {
		kind = "JSON"
	}
	blocks := []block{
		areaBlock(th, w, on(messageBody), typing(messageBody), "body", &f.body),
		one(fieldRow(th, w, on(messageKind), "body is", choice(kind)), on(messageKind)),
		areaBlock(th, w, on(messageProperties), typing(messageProperties), "properties", &f.properties),
		field(messageID, "id", "one is made up", &f.id),
		field(messageCorrelation, "correlation", "none", &f.correlation),
		field(messageLife, "expires in", "as the hub is configured, an hour by default", &f.life),
		one(fieldRow(th, w, on(messageAck), "feedback", choice(string(acks[f.ack]))), on(messageAck)),
		one(button(th, on(messageSend), "Send"), on(messageSend)),
	}
	if f.waits() {
		blocks = append(blocks, one(button(th, on(messageFeedback), "Look for feedback"), on(messageFeedback)))
	}
	blocks = append(blocks, one(button(th, on(messagePurge), "Purge the queue"+cell.Ellipsis), on(messagePurge)))
	if len(f.mails) > 0 {
		blocks = append(blocks, one("", false), block{n: len(f.mails), focus: -1, long: true, line: func(i int) string { return f.mailLine(f.mails[i], w) }})
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
		text = "one is made up when there is none; feedback names it"
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
