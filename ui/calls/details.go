package calls

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Failure is something that went wrong and that the user was told of in a sentence.
type Failure struct {
	Text  string // the sentence; untrusted
	At    time.Time
	Times int // how often in a row; At is the last time
	// What a hub said, as in hub.Error; zero where none did.
	Status     int
	Code       string
	Number     int
	Message    string
	TrackingID string
	Call       uint64 // number in the call log; 0 when it is not there
}

// Lookup asks for a call of the log, to be given with [Details.SetCall].
type Lookup struct{ Call uint64 }

// Details shows all that is known of a failure, and of those before it. Make one with [NewDetails].
// It is not safe for concurrent use.
type Details struct {
	failures []Failure // oldest first
	at       int
	record   *record // nil until the call is there
	gone     bool    // the log does not have the call any more
	where    Where
	zone     *time.Location
	keys     keymap.Map
	theme    theme.Theme
	top      int  // first line of the text that is shown, where there is no room for all of it
	scrolls  bool // as it was drawn last
}

// NewDetails shows the failure at a place among others, which are the oldest first and at least one.
// The returned action, if any, is to be done as those of Update are.
func NewDetails(failures []Failure, at int, where Where, zone *time.Location, keys keymap.Map, th theme.Theme) (*Details, Action) {
	d := &Details{failures: failures, at: at, where: where, zone: zone, keys: keys, theme: th}
	return d, d.lookup()
}

func (d *Details) failure() *Failure { return &d.failures[d.at] }

func (d *Details) lookup() Action {
	d.record, d.gone, d.top = nil, false, 0
	if call := d.failure().Call; call != 0 {
		return Lookup{call}
	}
	return nil
}

// SetCall gives the call that was asked for; ok is false when the log does not have it any more.
func (d *Details) SetCall(number uint64, c hub.Call, ok bool) {
	if d.failure().Call != number {
		return
	}
	d.gone = !ok
	if ok {
		d.record = newRecord(c, d.keys)
	}
}

// Title implements the dialog's interface.
func (d *Details) Title() string {
	if n := len(d.failures); n > 1 {
		return "Failure " + strconv.Itoa(d.at+1) + " of " + strconv.Itoa(n)
	}
	return "Failure"
}

// SetTheme changes how it looks.
func (d *Details) SetTheme(th theme.Theme) { d.theme = th }

// Update takes a key press; its actions are [Copy], [Lookup] and [Close].
func (d *Details) Update(msg tea.Msg) Action {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k := d.keys.Calls; {
	case k.Close.Matches(press), d.keys.Global.Details.Matches(press):
		return Close{}
	case k.Older.Matches(press):
		return d.turn(-1)
	case k.Newer.Matches(press):
		return d.turn(1)
	case k.CopyText.Matches(press):
		return Copy{Text: strings.Join(d.text(), "\n"), What: "the details"}
	case d.scrolls && d.scroll(press):
	case d.record == nil:
	case k.CopyCurl.Matches(press):
		return copyCurl(d.record.call, d.where)
	case k.CopyBody.Matches(press):
		return d.record.copyBody()
	default:
		d.record.press(press)
	}
	return nil
}

// scroll moves the text, and reports whether the key moves at all. What is too far View puts right.
func (d *Details) scroll(press tea.KeyPressMsg) bool {
	switch k := d.keys.Move; {
	case k.Up.Matches(press):
		d.top--
	case k.Down.Matches(press):
		d.top++
	case k.PageUp.Matches(press), k.Top.Matches(press):
		d.top = 0
	case k.PageDown.Matches(press), k.Bottom.Matches(press):
		d.top = len(d.text()) * 100
	default:
		return false
	}
	return true
}

func (d *Details) turn(by int) Action {
	to := min(max(d.at+by, 0), len(d.failures)-1)
	if to == d.at {
		return nil
	}
	d.at = to
	return d.lookup()
}

// text is the failure line by line, as it is copied and shown.
func (d *Details) text() []string {
	f := d.failure()
	when := f.At.In(d.zone).Format("2006-01-02 15:04:05.000 MST")
	if f.Times > 1 {
		when += ", " + strconv.Itoa(f.Times) + " times in a row"
	}
	lines := []string{cell.Safe(f.Text), when}
	if f.Status != 0 {
		lines = append(lines, "HTTP status "+strconv.Itoa(f.Status))
	}
	if f.Code != "" || f.Number != 0 {
		code := strings.TrimSpace("error code " + cell.Safe(f.Code))
		if f.Number != 0 {
			code += " (" + strconv.Itoa(f.Number) + ")"
		}
		lines = append(lines, code)
	}
	if f.TrackingID != "" {
		lines = append(lines, "tracking id "+cell.Safe(f.TrackingID))
	}
	if f.Message != "" {
		lines = append(lines, "the hub says: "+cell.Safe(f.Message))
	}
	switch {
	case d.record != nil:
		c := d.record.call
		lines = append(lines, "call "+strconv.FormatUint(f.Call, 10)+": "+strings.TrimSpace(cell.Safe(c.Method+" "+c.Target)+"  "+took(c)))
	case d.gone:
		lines = append(lines, "call "+strconv.FormatUint(f.Call, 10)+" is not in the call log any more")
	case f.Call == 0:
		lines = append(lines, "nothing was exchanged with the hub, or only by a client that is not in the call log")
	}
	return lines
}

// Size returns the size it would like on a screen of w by h cells.
func (d *Details) Size(w, h int) (int, int) {
	w, h = fullSize(w, h)
	if d.record == nil {
		w = min(w, 88)
		h = min(h, len(d.lines(w-4))+4)
	}
	return w, h
}

// lines are the sentence and the facts, wrapped.
func (d *Details) lines(w int) []string {
	if w < 1 {
		return nil
	}
	var lines []string
	for i, t := range d.text() {
		style, first := d.theme.Muted, "  "
		if i == 0 {
			style, first = d.theme.Bad, theme.Rejected+" "
		}
		for _, l := range strings.Split(ansi.Wrap(t, max(w-2, 1), ""), "\n") {
			lines = append(lines, style.Render(first+l))
			first = "  "
		}
		if i == 0 {
			lines = append(lines, "")
		}
	}
	return lines
}

// View draws it, frame included: exactly h lines of exactly w cells.
func (d *Details) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	if iw < 1 || ih < 1 {
		return d.theme.Box(d.Title(), nil, w, h, true)
	}
	var lines []string
	for _, l := range d.lines(iw - 2) {
		lines = append(lines, " "+l)
	}
	foot := 0
	if ih >= 3 {
		foot = 1
	}
	room := ih - foot
	if d.record != nil && room >= 6 {
		lines = append(lines[:min(len(lines), room-4)], "")
		lines = append(lines, d.record.document(d.theme, iw, room-len(lines))...)
	}
	d.scrolls = len(lines) > room
	d.top = min(max(d.top, 0), max(len(lines)-room, 0))
	lines = lines[d.top:]
	lines = lines[:min(len(lines), room)]
	for len(lines) < room {
		lines = append(lines, "")
	}
	if foot > 0 {
		k := d.keys.Calls
		keys := []keymap.Binding{k.Close, k.CopyText}
		if d.record != nil {
			keys = append(keys, k.CopyCurl, k.CopyBody)
		}
		if len(d.failures) > 1 {
			keys = append(keys, k.Older, k.Newer)
		}
		lines = append(lines, " "+d.theme.Hints(iw-1, keys...))
	}
	return d.theme.Box(d.Title(), lines, w, h, true)
}
