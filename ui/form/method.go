package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// Run is a call of a direct method and what came of it.
type Run struct {
	ID     hub.ID
	At     time.Time
	Call   hub.MethodCall
	Typed  string // the payload as it was typed
	Result hub.MethodResult
	Failed string // why there is no result; a sentence, empty when there is one
}

// Suggestion is a method that is known to be answered, with a payload that it takes.
type Suggestion struct{ Name, Payload string }

// Call asks for a direct method to be called. The form waits for SetResult to say how it went.
type Call struct{ Run Run }

// Copy asks for text to go to the clipboard.
type Copy struct {
	Text string
	What string // for the user, as in "copied …"; safe
}

// Method is the form that calls a direct method on an identity. Below the fields are the calls of
// this run of the program, the newest first, each with its result.
type Method struct {
	target hub.ID
	keys   keymap.Map
	theme  theme.Theme
	now    func() time.Time

	focus   methodPart
	name    line
	payload area
	respond line
	connect line
	tried   bool // called once: now an empty name is an error too
	top     int
	busy    bool
	began   time.Time
	err     string

	answered [4]string // what was typed when nothing of it was left to do
	called   [4]string // what was typed when it was called last

	runs    []Run // the newest first
	cursor  int
	opened  *jsonview.Model // the result of the run under the cursor; nil while it is folded
	inside  bool            // keys go to opened
	suggest []Suggestion
}

// methodPart is one thing in the form that can have the focus.
type methodPart int

const (
	methodName methodPart = iota
	methodPayload
	methodRespond
	methodConnect
	methodCall
	methodRuns
)

// NewMethod returns the form for target, whose id may be untrusted. runs are what was called before,
// the newest first; the form begins with the newest call on the same identity. now is the clock and
// gives the zone times are shown in.
func NewMethod(target hub.ID, runs []Run, suggest []Suggestion, now func() time.Time, keys keymap.Map, th theme.Theme) *Method {
	f := &Method{
		target: target, keys: keys, theme: th, now: now, runs: runs, suggest: suggest,
		name: newLine(""), payload: newArea(), respond: newLine("30"), connect: newLine("0"),
	}
	if i := slices.IndexFunc(runs, func(r Run) bool { return r.ID == target }); i >= 0 {
		f.take(runs[i])
	}
	f.answered = f.typed()
	return f
}

// typed returns all that is typed into the form.
func (f *Method) typed() [4]string {
	return [4]string{f.name.text(), f.payload.text(), f.respond.text(), f.connect.text()}
}

// Dirty reports whether something was typed that is in no call that was answered.
func (f *Method) Dirty() bool { return f.typed() != f.answered }

// Answered says that the last call was answered, also of a form that was closed meanwhile.
func (f *Method) Answered() { f.answered = f.called }

// take puts a call into the fields.
func (f *Method) take(r Run) {
	f.name.set(r.Call.Name)
	f.payload.set(r.Typed)
	f.respond.set(strconv.Itoa(int(r.Call.ResponseTimeout / time.Second)))
	f.connect.set(strconv.Itoa(int(r.Call.ConnectTimeout / time.Second)))
	f.err, f.answered = "", f.typed()
}

// Title implements the dialog's interface.
func (f *Method) Title() string { return "Direct method on " + cell.Safe(f.target.String()) }

// SetTheme changes how the form looks.
func (f *Method) SetTheme(th theme.Theme) { f.theme = th }

// Reopen makes a form that was closed fit to be shown again, with what was typed in it. runs are as in
// NewMethod.
func (f *Method) Reopen(runs []Run, th theme.Theme) {
	f.theme, f.runs, f.busy = th, runs, false
	f.cursor, f.opened, f.inside = 0, nil, false
	if f.focus == methodRuns {
		f.focus = methodName
	}
}

// SetBusy says that the call is under way. Meanwhile the form takes no key but the one that calls it off.
func (f *Method) SetBusy() { f.busy, f.began, f.err = true, f.now(), "" }

// SetResult ends the waiting and shows how the call went. runs are those of NewMethod with it in front.
func (f *Method) SetResult(runs []Run) {
	f.busy = false
	f.runs = runs
	f.cursor, f.inside = 0, false
	f.err = runs[0].Failed
	f.open()
}

// open shows the result of the run under the cursor, when it has one.
func (f *Method) open() {
	f.opened = nil
	if r := f.run(); r != nil && r.Failed == "" && r.Result.Payload.Kind() != patch.KindNull {
		f.opened = jsonview.New()
		f.opened.SetValue(r.Result.Payload)
	}
}

func (f *Method) run() *Run {
	if f.cursor >= len(f.runs) {
		return nil
	}
	return &f.runs[f.cursor]
}

func (f *Method) parts() []methodPart {
	parts := []methodPart{methodName, methodPayload, methodRespond, methodConnect, methodCall}
	if len(f.runs) > 0 {
		parts = append(parts, methodRuns)
	}
	return parts
}

// field returns the line that has the focus, or nil.
func (f *Method) field() *line {
	switch f.focus {
	case methodName:
		return &f.name
	case methodRespond:
		return &f.respond
	case methodConnect:
		return &f.connect
	case methodPayload, methodCall, methodRuns:
	}
	return nil
}

// area returns the text of several lines that has the focus, or nil.
func (f *Method) area() *area {
	if f.focus == methodPayload {
		return &f.payload
	}
	return nil
}

// Update takes a key press or a paste; its actions are [Call], [Copy], [Stop] and [Cancel].
func (f *Method) Update(msg tea.Msg) Action {
	if f.busy {
		return waiting(msg, f.keys.Method.Cancel)
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		pasted(msg, f.field(), f.area())
		f.err = ""
	case tea.KeyPressMsg:
		return f.press(msg)
	}
	return nil
}

func (f *Method) press(key tea.KeyPressMsg) Action {
	k := f.keys.Method
	switch {
	case k.SubmitAnywhere.Matches(key):
		return f.submit()
	case f.focus == methodRuns:
		return f.pressRuns(key)
	case k.Cancel.Matches(key):
		return Cancel{}
	case f.focus == methodPayload && f.payload.within(key):
		f.payload.update(key)
		return nil
	case k.Next.Matches(key):
		f.move(1)
		return nil
	case k.Prev.Matches(key):
		f.move(-1)
		return nil
	case f.focus == methodPayload:
		f.payload.update(key)
		f.err = ""
		return nil
	case k.Submit.Matches(key):
		return f.submit()
	}
	if f.focus == methodName && k.Complete.Matches(key) && f.complete() {
		return nil
	}
	if field := f.field(); field != nil {
		field.update(key)
		f.err = ""
	}
	return nil
}

func (f *Method) move(by int) {
	parts := f.parts()
	at := slices.Index(parts, f.focus)
	f.focus = parts[(at+by+len(parts))%len(parts)]
	f.inside = false
}

// completion returns what a name that was called before, or is suggested, has behind the one typed.
func (f *Method) completion() string {
	name := f.name.text()
	if _, _, after := f.name.split(); after != "" || f.name.input.Position() < len([]rune(name)) {
		return ""
	}
	known := make([]string, 0, len(f.runs)+len(f.suggest))
	for _, r := range f.runs {
		known = append(known, r.Call.Name)
	}
	for _, s := range f.suggest {
		known = append(known, s.Name)
	}
	for _, k := range known {
		if rest, ok := strings.CutPrefix(k, name); ok && rest != "" && checkMethodName(k) == "" {
			return rest
		}
	}
	return ""
}

// complete takes the completion, and the payload of a suggestion when there is none yet.
func (f *Method) complete() bool {
	rest := f.completion()
	if rest == "" {
		return false
	}
	f.name.set(f.name.text() + rest)
	f.err = ""
	if strings.TrimSpace(f.payload.text()) != "" {
		return true
	}
	for _, r := range f.runs {
		if r.Call.Name == f.name.text() {
			f.payload.set(r.Typed)
			return true
		}
	}
	for _, s := range f.suggest {
		if s.Name == f.name.text() {
			f.payload.set(s.Payload)
		}
	}
	return true
}

// submit returns the call, or puts the focus where something is wrong with it.
func (f *Method) submit() Action {
	f.tried, f.err = true, ""
	for _, p := range f.parts() {
		if f.problem(p) != "" {
			f.focus = p
			return nil
		}
	}
	payload := patch.Null()
	if text := strings.TrimSpace(f.payload.text()); text != "" {
		payload, _ = patch.Parse([]byte(text)) // it has no problem
	}
	respond, _ := strconv.Atoi(f.respond.text()) // neither have these
	connect, _ := strconv.Atoi(f.connect.text())
	f.called = f.typed()
	return Call{Run{
		ID: f.target, At: f.now(), Typed: f.payload.text(),
		Call: hub.MethodCall{
			Name: f.name.text(), Payload: payload,
			ResponseTimeout: time.Duration(respond) * time.Second, ConnectTimeout: time.Duration(connect) * time.Second,
		},
	}}
}

// What a hub takes (Azure docs: iot-hub-devguide-direct-methods).
const (
	maxMethodName    = 100
	maxMethodPayload = 128 << 10
	minRespond       = 5
	maxSeconds       = 300
)

// problem returns what is wrong with a part, in words, or "".
func (f *Method) problem(p methodPart) string {
	switch p {
	case methodName:
		name := f.name.text()
		if name == "" && !f.tried {
			return ""
		}
		return checkMethodName(name)
	case methodPayload:
		return checkPayload(f.payload.text())
	case methodRespond:
		n, err := strconv.Atoi(f.respond.text())
		if err != nil || n < minRespond || n > maxSeconds {
			return fmt.Sprintf("the time to answer is %d to %d whole seconds", minRespond, maxSeconds)
		}
	case methodConnect:
		n, err := strconv.Atoi(f.connect.text())
		if err != nil || n < 0 || n > maxSeconds {
			return fmt.Sprintf("the time to connect is 0 to %d whole seconds", maxSeconds)
		}
		if respond, err := strconv.Atoi(f.respond.text()); err == nil && n > respond {
			return "the time to connect cannot be longer than the time to answer"
		}
	case methodCall, methodRuns:
	}
	return ""
}

func checkMethodName(name string) string {
	if name == "" {
		return "type the name of a method"
	}
	if len(name) > maxMethodName {
		return fmt.Sprintf("%d characters long; %d are allowed", len([]rune(name)), maxMethodName)
	}
	for _, r := range name {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`$()<>@,;:\"/[]?={}+#`, r) {
			return cell.Safe(string(r)) + " is not allowed in the name of a method"
		}
	}
	return ""
}

func checkPayload(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	if len(text) > maxMethodPayload {
		return fmt.Sprintf("%d bytes large; a payload has %d at most", len(text), maxMethodPayload)
	}
	if _, err := patch.Parse([]byte(strings.TrimSpace(text))); err != nil {
		return "not JSON yet: " + err.Error()
	}
	return ""
}
