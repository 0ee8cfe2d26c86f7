package calls

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// The members of a call's document, which say which half of it the cursor is on.
const (
	answerBody    = "answer"
	requestBody   = "request"
	answerFields  = "answer headers"
	requestFields = "request headers"
	eventBody     = "received"
)

// document lays a call out as one value, for a view that folds.
func document(c hub.Call) patch.Value {
	var members []patch.Member
	add := func(key string, v patch.Value, some bool) {
		if some {
			members = append(members, patch.Member{Key: key, Value: v})
		}
	}
	answer, request := answerBody, requestBody
	if c.Method == "NOTIFY" {
		answer = eventBody
	}
	if c.Method == "METHOD" { // the hub asked, and the client answered
		add(requestBody, body(c.Received), c.Received.Size > 0)
		add(answerBody, body(c.Sent), c.Sent.Size > 0)
	} else {
		add(answer, body(c.Received), c.Received.Size > 0)
		add(request, body(c.Sent), c.Sent.Size > 0)
	}
	add(answerFields, fields(c.Received.Fields), len(c.Received.Fields) > 0)
	add(requestFields, fields(c.Sent.Fields), len(c.Sent.Fields) > 0)
	return patch.Object(members...)
}

func fields(all []hub.Field) patch.Value {
	members := make([]patch.Member, 0, len(all))
	seen := map[string]int{}
	for _, f := range all {
		name := f.Name
		if seen[f.Name]++; seen[f.Name] > 1 {
			name += " (" + strconv.Itoa(seen[f.Name]) + ")"
		}
		members = append(members, patch.Member{Key: name, Value: patch.String(f.Value)})
	}
	return patch.Object(members...)
}

// body returns a body as JSON where it is that, and as text otherwise.
func body(c hub.Content) patch.Value {
	text := c.Body
	if c.Cut {
		text = completed(text)
	}
	if v, err := patch.Parse([]byte(text)); err == nil {
		return v
	}
	return patch.String(strings.ToValidUTF8(c.Body, string(utf8.RuneError)))
}

// completed returns the beginning of a JSON document without what was cut through, and with what
// was open closed.
func completed(prefix string) string {
	var open []byte // what closes each array and object that is open
	end, closing := 0, ""
	keep := func(at int) { // the text up to at, with what is open closed, is whole
		end = at
		var b strings.Builder
		for i := len(open) - 1; i >= 0; i-- {
			b.WriteByte(open[i])
		}
		closing = b.String()
	}
	value := true // a string here is a value, not a name
	for i := 0; i < len(prefix); i++ {
		switch c := prefix[i]; c {
		case '{', '[':
			open = append(open, c+2) // } and ] are two behind
			value = c == '['
			keep(i + 1)
		case '}', ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			keep(i + 1)
		case ':':
			value = true
		case ',':
			value = len(open) > 0 && open[len(open)-1] == ']'
		case '"':
			from := i
			for i++; i < len(prefix) && prefix[i] != '"'; i++ {
				if prefix[i] == '\\' {
					i++
				}
			}
			if value && i < len(prefix) && json.Valid([]byte(prefix[from:i+1])) {
				keep(i + 1)
			}
		case ' ', '\t', '\r', '\n':
		default: // a number or a word; it is whole when something follows
			from := i
			for i+1 < len(prefix) && !strings.ContainsRune(",]} \t\r\n", rune(prefix[i+1])) {
				i++
			}
			if i+1 < len(prefix) && json.Valid([]byte(prefix[from:i+1])) {
				keep(i + 1)
			}
		}
	}
	return prefix[:end] + closing
}

// facts are what there is to say of a call beside its bodies, line by line, unstyled and safe.
func facts(c hub.Call, clock func(hub.Call) string) []string {
	first := clock(c) + "  " + c.Protocol.String()
	if c.Protocol == hub.MQTT {
		first += "  as " + cell.Safe(c.ID.String())
	}
	if c.Took > 0 {
		first += "  " + took(c)
	}
	if c.Sent.Size > 0 {
		first += "  sent " + size(c.Sent)
	}
	if c.Received.Size > 0 {
		first += "  received " + size(c.Received)
	}
	if c.Routine {
		first += "  in the background"
	}
	lines := []string{first}
	if c.Code != "" || c.Number != 0 {
		code := "error code " + cell.Safe(string(c.Code))
		if c.Number != 0 {
			code += " (" + strconv.Itoa(c.Number) + ")"
		}
		lines = append(lines, code)
	}
	if c.TrackingID != "" {
		lines = append(lines, "tracking id "+cell.Safe(c.TrackingID))
	}
	return lines
}

// outcome is how a call ended, in a word.
func outcome(c hub.Call) string {
	switch {
	case c.Status != 0:
		return strconv.Itoa(c.Status)
	case c.Problem != "":
		return "failed"
	case c.Method == "NOTIFY", c.Method == "DISCONNECT":
		return ""
	}
	return "ok"
}

func mark(c hub.Call) string {
	if c.Failed() {
		return theme.Rejected
	}
	return " "
}

func took(c hub.Call) string {
	ms := float64(c.Took.Microseconds()) / 1000
	switch {
	case c.Took == 0:
		return ""
	case ms < 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 10_000:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
}

// size says how large a body is, and how much of it is kept when that is not all.
func size(c hub.Content) string {
	n := "unknown size"
	switch {
	case c.Size >= 1<<20:
		n = strconv.FormatFloat(float64(c.Size)/(1<<20), 'f', 1, 64) + " MiB"
	case c.Size >= 10<<10:
		n = strconv.FormatInt(c.Size>>10, 10) + " KiB"
	case c.Size >= 0:
		n = strconv.FormatInt(c.Size, 10) + " B"
	}
	if c.Cut {
		n += ", the beginning kept"
	}
	return n
}
