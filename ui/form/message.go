package form

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Mail is a message to a device and what became of it.
type Mail struct {
	Device   string
	Message  hub.Message
	Sent     hub.Sent
	Feedback string // what became of it, as the hub says; empty while nothing is known
}

// Send asks for a message to be sent. The form waits for SetSent or SetError to say how it went.
type Send struct {
	Device  string
	Message hub.Message
}

// Purge asks for all messages that wait for a device to be removed, after a question.
type Purge struct{ Device string }

// ReadFeedback asks once what became of the messages that were sent.
type ReadFeedback struct{}

// Message is the form for a message to a device. It stays open when one is sent, for the next.
type Message struct {
	device string
	module string // selected, but modules have no queue; empty when the device itself was
	keys   keymap.Map
	theme  theme.Theme
	now    func() time.Time

	focus       messagePart
	body        area
	json        bool // the body is JSON, and checked
	properties  area
	id          line
	correlation line
	life        line
	ack         int
	tried       bool
	top         int
	busy        bool
	err         string
	said        string // what was done last
	mails       []Mail // to anybody, the newest first

	arrived [5]string // what was typed when nothing of it was left to do
	posted  [5]string // what was typed when it was sent last
}

// messagePart is one thing in the form that can have the focus.
type messagePart int

const (
	messageBody messagePart = iota
	messageKind
	messageProperties
	messageID
	messageCorrelation
	messageLife
	messageAck
	messageSend
	messageFeedback
	messagePurge
)

var acks = []hub.Ack{hub.AckNone, hub.AckPositive, hub.AckNegative, hub.AckFull}

// NewMessage returns the form for a message to the device of target, whose ids may be untrusted.
// mails are those sent before, the newest first. now is the clock and gives the zone times are shown in.
func NewMessage(target hub.ID, mails []Mail, now func() time.Time, keys keymap.Map, th theme.Theme) *Message {
	return &Message{
		device: target.Device, module: target.Module, keys: keys, theme: th, now: now, mails: mails,
		body: newArea(), properties: newArea(), id: newLine(""), correlation: newLine(""), life: newLine(""),
	}
}

// typed returns all that is typed into the form.
func (f *Message) typed() [5]string {
	return [5]string{f.body.text(), f.properties.text(), f.id.text(), f.correlation.text(), f.life.text()}
}

// Dirty reports whether something was typed that is in no message that was sent.
func (f *Message) Dirty() bool { return f.typed() != f.arrived }

// Arrived says that the hub has the last message, also of a form that was closed meanwhile.
func (f *Message) Arrived() { f.arrived = f.posted }

// Device returns whom the message is for.
func (f *Message) Device() string { return f.device }

// Title implements the dialog's interface.
func (f *Message) Title() string { return "Message to " + cell.Safe(f.device) }

// SetTheme changes how the form looks.
func (f *Message) SetTheme(th theme.Theme) { f.theme = th }

// Reopen makes a form that was closed fit to be shown again, with what was typed in it, for the device
// of target. mails are as in NewMessage.
func (f *Message) Reopen(target hub.ID, mails []Mail, th theme.Theme) {
	f.device, f.module, f.theme, f.busy, f.err, f.said = target.Device, target.Module, th, false, "", ""
	f.SetMails(mails)
}

// SetBusy says that something is under way. Meanwhile the form takes no key but the one that calls it off.
func (f *Message) SetBusy() { f.busy, f.err, f.said = true, "", "" }

// SetError ends the waiting and shows why it was in vain; everything typed stays. The text may be untrusted.
func (f *Message) SetError(text string) { f.busy, f.err = false, text }

// SetDone ends the waiting and shows what was done. The text may be untrusted.
func (f *Message) SetDone(text string) { f.busy, f.err, f.said = false, "", text }

// SetMails shows what is known of the messages sent, as in NewMessage.
func (f *Message) SetMails(mails []Mail) {
	f.mails = mails
	if f.focus == messageFeedback && !f.waits() {
		f.focus = messageSend
	}
}

// waits reports whether there is a message to this device of which feedback is awaited.
func (f *Message) waits() bool {
	return slices.ContainsFunc(f.mails, func(m Mail) bool { return m.Device == f.device && m.Awaits() })
}

// Awaits reports whether feedback was asked for and is not there yet.
func (m Mail) Awaits() bool {
	return m.Feedback == "" && m.Message.Ack != "" && m.Message.Ack != hub.AckNone
}

func (f *Message) parts() []messagePart {
	parts := []messagePart{messageBody, messageKind, messageProperties, messageID, messageCorrelation, messageLife, messageAck, messageSend}
	if f.waits() {
		parts = append(parts, messageFeedback)
	}
	return append(parts, messagePurge)
}

func (f *Message) field() *line {
	switch f.focus {
	case messageID:
		return &f.id
	case messageCorrelation:
		return &f.correlation
	case messageLife:
		return &f.life
	default:
		return nil
	}
}

func (f *Message) area() *area {
	switch f.focus {
	case messageBody:
		return &f.body
	case messageProperties:
		return &f.properties
	default:
		return nil
	}
}

// Update takes a key press or a paste; its actions are [Send], [Purge], [ReadFeedback], [Stop] and [Cancel].
func (f *Message) Update(msg tea.Msg) Action {
	if f.busy {
		return waiting(msg, f.keys.Message.Cancel)
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

func (f *Message) press(key tea.KeyPressMsg) Action {
	k, area := f.keys.Message, f.area()
	switch {
	case k.Cancel.Matches(key):
		return Cancel{}
	case k.SubmitAnywhere.Matches(key):
		return f.submit()
	case area != nil && area.within(key):
		area.update(key)
	case k.Next.Matches(key):
		f.move(1)
	case k.Prev.Matches(key):
		f.move(-1)
	case area != nil:
		area.update(key)
		f.err = ""
	case k.Submit.Matches(key) && f.focus == messagePurge:
		return Purge{f.device}
	case k.Submit.Matches(key) && f.focus == messageFeedback:
		return ReadFeedback{}
	case k.Submit.Matches(key):
		return f.submit()
	case f.field() != nil:
		f.field().update(key)
		f.err = ""
	case k.Choose.Matches(key):
		f.choose(key.String() == "left")
	}
	return nil
}

func (f *Message) move(by int) {
	parts := f.parts()
	at := slices.Index(parts, f.focus)
	f.focus = parts[(max(at, 0)+by+len(parts))%len(parts)]
}

func (f *Message) choose(back bool) {
	switch f.focus {
	case messageKind:
		f.json = !f.json
	case messageAck:
		by := 1
		if back {
			by = len(acks) - 1
		}
		f.ack = (f.ack + by) % len(acks)
	default:
		return
	}
	f.err = ""
}

// submit returns the message, or puts the focus where something is wrong with it.
func (f *Message) submit() Action {
	f.tried, f.err = true, ""
	for _, p := range f.parts() {
		if f.problem(p) != "" {
			f.focus = p
			return nil
		}
	}
	m := hub.Message{Body: []byte(f.body.text()), ID: f.id.text(), CorrelationID: f.correlation.text(), Ack: acks[f.ack]}
	m.Properties, _ = readProperties(f.properties.text()) // it has no problem
	if f.json {
		m.ContentType = "application/json"
	}
	if life, _ := readLife(f.life.text()); life > 0 { // nor has this
		m.Expiry = f.now().Add(life)
	}
	f.posted = f.typed()
	return Send{f.device, m}
}

// readProperties reads one name=value a line; what is behind the first = is the value.
func readProperties(text string) (map[string]string, error) {
	properties := map[string]string{}
	for l := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(l) == "" {
			continue
		}
		name, value, ok := strings.Cut(l, "=")
		name = strings.TrimSpace(name)
		switch _, seen := properties[name]; {
		case !ok || name == "":
			return nil, fmt.Errorf("%s is no property; write it as name=value", cell.Safe(strings.TrimSpace(l)))
		case seen:
			return nil, fmt.Errorf("%s is there twice", cell.Safe(name))
		}
		properties[name] = strings.TrimSpace(value)
	}
	return properties, nil
}

// readLife reads how long a message may wait: 90s, 15m, 2h, 1h30m, or minutes alone. Nothing is 0.
func readLife(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	life, err := time.ParseDuration(text)
	if err != nil {
		life, err = time.ParseDuration(text + "m")
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("not a time; write it as 90s, 15m or 2h")
	case life < time.Second:
		return 0, fmt.Errorf("too short; a second is the least")
	case life > hub.MaxMessageLife:
		return 0, fmt.Errorf("too long; a hub keeps a message for %.0f h at most", hub.MaxMessageLife.Hours())
	}
	return life, nil
}

// problem returns what is wrong with a part, in words, or "".
func (f *Message) problem(p messagePart) string {
	switch p {
	case messageBody:
		text := f.body.text()
		if len(text) > hub.MaxMessageSize {
			return fmt.Sprintf("%d bytes large; a message has %d at most", len(text), hub.MaxMessageSize)
		}
		if f.json && (f.tried || strings.TrimSpace(text) != "") {
			if _, err := patch.Parse([]byte(text)); err != nil {
				return "not JSON yet: " + err.Error()
			}
		}
	case messageProperties:
		if _, err := readProperties(f.properties.text()); err != nil {
			return err.Error()
		}
	case messageID, messageCorrelation:
		text := f.id.text()
		if p == messageCorrelation {
			text = f.correlation.text()
		}
		if n := len(text); n > hub.MaxMessageID {
			return fmt.Sprintf("%d bytes long; %d are allowed", n, hub.MaxMessageID)
		}
	case messageLife:
		if _, err := readLife(f.life.text()); err != nil {
			return err.Error()
		}
	case messageKind, messageAck, messageSend, messageFeedback, messagePurge:
	}
	return ""
}
