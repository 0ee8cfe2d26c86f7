package form

import (
	"errors"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// AnswerMethods asks for the client that is attached as ID to answer direct methods with Answer
// from now on.
type AnswerMethods struct {
	ID     hub.ID
	Answer hub.MethodAnswer
}

// Answer is the form for what an attached client answers to direct methods.
type Answer struct {
	fieldset
	id hub.ID
}

// NewAnswer returns the form for the client that is attached as id, which may be untrusted. now is what it
// answers; nil: it knows no methods.
func NewAnswer(id hub.ID, now *hub.MethodAnswer, keys keymap.Map, th theme.Theme) *Answer {
	status, payload := "200", "{}"
	intro := "Now it answers 404 to every call: a client that was just attached knows no methods."
	if now != nil {
		status, payload = strconv.Itoa(now.Status), now.Payload.JSON()
		intro = "What it answers to every call, until you change it or detach it."
	}
	return &Answer{id: id, fieldset: fieldset{
		title: "Answer methods as " + cell.Safe(id.String()), verb: "answer so", doing: "", intro: intro,
		labels: []string{"status", "payload"}, lines: []line{newLine(status), newLine(typeable(payload))}, focus: 1, keys: keys, theme: th,
	}}
}

// Update takes a key press or a paste; its actions are [AnswerMethods] and [Cancel].
func (f *Answer) Update(msg tea.Msg) Action {
	action, submit := f.update(msg)
	if !submit {
		return action
	}
	answer, err := f.answer()
	if err != nil {
		return nil
	}
	return AnswerMethods{f.id, answer}
}

var (
	errAnswerStatus = errors.New("the status is a whole number, by convention one of HTTP: 200 for success, 400 and above for a failure")
	errAnswerJSON   = errors.New("the payload is JSON, or nothing: put a text into double quotes")
)

// maxAnswer bounds the payload of an answer (Azure docs: iot-hub-devguide-direct-methods, "Method lifecycle":
// 128 KB).
const maxAnswer = 128 << 10

func (f *Answer) answer() (hub.MethodAnswer, error) {
	status, err := strconv.Atoi(f.text(0))
	if err != nil || status < 0 || status > 1<<31-1 {
		return hub.MethodAnswer{}, errAnswerStatus
	}
	payload := patch.Null()
	if f.text(1) != "" {
		if payload, err = patch.Parse([]byte(f.text(1))); err != nil {
			return hub.MethodAnswer{}, errAnswerJSON
		}
	}
	if n := len(f.text(1)); n > maxAnswer {
		return hub.MethodAnswer{}, errors.New("the payload has " + cell.Count(n) + " bytes; an answer may have " + cell.Count(maxAnswer))
	}
	return hub.MethodAnswer{Status: status, Payload: payload}, nil
}

// View draws the form: exactly h lines of exactly w cells.
func (f *Answer) View(w, h int) string {
	if _, err := f.answer(); err != nil {
		return f.draw(w, h, err.Error(), f.theme.Bad, theme.Rejected)
	}
	return f.draw(w, h, "the calls are among the events, with what was answered", f.theme.Muted, " ")
}
