package calls

import (
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// Copy asks for text to go to the clipboard.
type Copy struct {
	Text string
	What string // for the user, as in "copied …"; safe
	Note string // a sentence to know before using it; may be empty
}

// Close asks for the overlay to be taken away.
type Close struct{}

// Action is what an overlay of this package wants done: [Copy], [Close], [Lookup], or nil for nothing.
type Action = any

// record is one call opened to its headers and bodies.
type record struct {
	call  hub.Call
	json  *jsonview.Model
	empty bool // there is nothing for json to show
	keys  keymap.Map
}

func newRecord(c hub.Call, keys keymap.Map) *record {
	v := document(c)
	r := &record{call: c, json: jsonview.New(), empty: v.Len() == 0, keys: keys}
	r.json.SetValue(v)
	return r
}

// press moves and folds.
func (r *record) press(key keymap.Press) {
	switch k := r.keys; {
	case k.Move.Up.Matches(key):
		r.json.Up()
	case k.Move.Down.Matches(key):
		r.json.Down()
	case k.Move.PageUp.Matches(key):
		r.json.PageUp()
	case k.Move.PageDown.Matches(key):
		r.json.PageDown()
	case k.Move.Top.Matches(key):
		r.json.Home()
	case k.Move.Bottom.Matches(key):
		r.json.End()
	case k.Calls.Expand.Matches(key) && key.String() == "enter":
		r.json.Toggle()
	case k.Calls.Expand.Matches(key):
		r.json.Unfold()
	case k.Calls.Collapse.Matches(key):
		r.json.Fold()
	}
}

// copyBody copies the half of the call that the cursor is on, the answer when it is on neither.
func (r *record) copyBody() Action {
	place, _ := r.json.Selected()
	ours := strings.HasPrefix(place, requestBody) || strings.HasPrefix(place, `"request`)
	return copyBody(r.call, ours)
}

func copyBody(c hub.Call, request bool) Action {
	sent, received := c.Sent, c.Received
	if c.Method == "METHOD" { // the hub asked
		sent, received = received, sent
	}
	body, what := received, "the body of the answer"
	if request || received.Size <= 0 {
		body, what = sent, "the body of the request"
	}
	if body.Size <= 0 {
		return Copy{What: "nothing: the call has no body"}
	}
	return Copy{Text: body.Body, What: what, Note: caveat(body)}
}

func caveat(c hub.Content) string {
	switch {
	case c.Cut:
		return "only the beginning of it was kept"
	case strings.Contains(c.Body, masked):
		return "secrets in it are masked"
	}
	return ""
}

// copyCurl copies the call as a command, or its topic where curl cannot help.
func copyCurl(c hub.Call, w Where) Action {
	command, caveat, ok := Curl(c, w)
	if !ok {
		return Copy{Text: c.Target, What: "the topic: curl speaks no " + c.Protocol.String()}
	}
	if caveat == "" {
		caveat = "set SAS to a token before you run it"
	}
	return Copy{Text: command, What: "a curl command", Note: caveat}
}

// view draws the call in h lines of w cells.
func (r *record) view(th theme.Theme, w, h int, zone *time.Location) []string {
	lines := r.head(th, w, zone)
	if room := h - 3; len(lines) > room { // the document comes first where there is little room
		lines = lines[:max(min(len(lines), room), min(1, h))]
	}
	if h > len(lines) {
		lines = append(lines, r.document(th, w, h-len(lines))...)
	}
	return lines
}

func (r *record) document(th theme.Theme, w, h int) []string {
	if r.empty {
		lines := make([]string, h)
		lines[0] = th.Muted.Render(cell.Truncate("  it has neither headers nor bodies", w))
		return lines
	}
	return strings.Split(r.json.View(w, h, jsonview.Styles{
		Key: th.Key.Render, String: th.String.Render, Number: th.Number.Render, Bool: th.Bool.Render, Null: th.Null.Render,
		Punct: th.Muted.Render, Match: th.Warn.Render, Cursor: th.Selected.Over,
	}), "\n")
}

// head says what the call was and how it ended.
func (r *record) head(th theme.Theme, w int, zone *time.Location) []string {
	c := r.call
	style := th.Good
	if c.Failed() {
		style = th.Bad
	}
	end := outcome(c)
	first := th.Title.Render(cell.Safe(c.Method)) + " " + cell.Safe(c.Target)
	if end != "" {
		first = style.Render(strings.TrimSpace(mark(c)+" "+end)) + "  " + first
	}
	lines := []string{cell.Truncate(first, w)}
	if c.Problem != "" {
		lines = append(lines, th.Bad.Render(cell.Truncate(cell.Safe(c.Problem), w)))
	}
	clock := func(c hub.Call) string { return c.At.In(zone).Format("15:04:05.000") }
	for _, f := range facts(c, clock) {
		lines = append(lines, th.Muted.Render(cell.Truncate(f, w)))
	}
	return lines
}
