package live

import (
	"fmt"
	"strconv"
	"strings"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// payload is the JSON as it arrived, or as it was sent; of a method both.
func (v view) payload(e *entry, width int) []string {
	switch {
	case e.Kind == hub.EventMethod:
		lines := v.json(e, "request ", e.Value.JSON(), width)
		if e.Answer != nil {
			lines = append(lines, v.json(e, "answer ", e.Answer.Payload.JSON(), width)...)
		}
		return lines
	case e.Raw != nil:
		return v.json(e, "", string(e.Raw), width)
	case e.Kind == hub.EventAcknowledged:
		if lines := v.json(e, "", e.Value.JSON(), width); lines != nil {
			return lines
		}
		return v.members(e)
	case e.Kind == hub.EventSynced && e.detail == full:
		return v.json(e, "", e.Value.JSON(), width)
	}
	return nil
}

// members lists what was reported, where the whole of it is too long: acknowledgements in a few words.
func (v view) members(e *entry) []string {
	t := v.theme
	var lines []string
	for i, m := range e.Value.Members() {
		if i == briefChanges {
			more := fmt.Sprintf("  %s %d more; %s shows them", theme.Pending, e.Value.Len()-i, v.pane.keys.Live.Expand.Label)
			return append(lines, t.Muted.Render(more))
		}
		line := "  " + t.Key.Render(cell.Safe(patch.Path{m.Key}.String())) + " "
		if ack, ok := patch.ReadAck(m.Value); ok {
			line += short(ack.Value) + " " + v.status(ack.Code)
			if ack.Text != "" {
				line += " " + t.Muted.Render(cell.Safe(ack.Text))
			}
		} else {
			line += short(m.Value)
		}
		lines = append(lines, line)
	}
	return lines
}

// json wraps a text of JSON to lines; one that is too long is left out until the event is expanded.
func (v view) json(e *entry, name, raw string, width int) []string {
	const indent = "  "
	room := max(width-len(indent), 1)
	atMost := fullLines
	if e.detail != full {
		atMost = briefPayload
		if len(raw) > 2*atMost*room {
			if name == "" {
				return nil
			}
			return []string{v.theme.Muted.Render(indent + name + bytes(len(raw)))}
		}
	}
	text := name + cell.Safe(raw)
	var lines []string
	for text != "" {
		if len(lines) == atMost {
			if e.detail != full {
				return nil
			}
			return lines
		}
		var head string
		head, text = cutJSON(text, room)
		lines = append(lines, v.theme.Muted.Render(indent+head))
	}
	return lines
}

// cutJSON is [cell.Cut], but behind a comma when there is one in the second half of the line.
func cutJSON(text string, width int) (head, rest string) {
	head, rest = cell.Cut(text, width)
	if comma := strings.LastIndexByte(head, ','); rest != "" && comma >= len(head)/2 {
		return text[:comma+1], text[comma+1:]
	}
	return head, rest
}

// size is how many bytes of payload an event brought; 0 when it brought none.
func size(e *entry) int {
	switch e.Kind {
	case hub.EventPatch:
		return len(e.Raw)
	case hub.EventAcknowledged:
		return len(e.Value.JSON())
	default:
		return 0
	}
}

func bytes(n int) string {
	if n < 10_000 {
		return cell.Count(n) + " B"
	}
	return strconv.FormatFloat(float64(n)/1000, 'f', 1, 64) + " kB"
}
