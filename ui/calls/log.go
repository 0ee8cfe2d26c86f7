// Package calls holds the overlays that show exchanges with a hub: the call log, and the details of
// a failure. An overlay is a plain struct that does no I/O: the root model gives it calls and does
// what it answers.
package calls

import (
	"slices"
	"sort"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/grid"
	"twindeck/ui/theme"
)

// Log is the call log: a list, the newest call first, and one call opened over it. Make one with
// [NewLog]. It is not safe for concurrent use.
type Log struct {
	where Where
	keys  keymap.Map
	theme theme.Theme
	zone  *time.Location

	all    []hub.Call // oldest first
	shown  []uint64   // numbers of those that the filter lets through, oldest first
	lost   uint64     // calls before the oldest that the hub client had let go
	filter filter
	typing bool
	input  textinput.Model
	grid   grid.Grid
	follow bool
	hidden int // calls left out as the program's own
	missed int // calls shown that came while not following
	open   *record
}

// NewLog returns an empty log that follows the newest call. Times are shown in zone.
func NewLog(where Where, zone *time.Location, keys keymap.Map, th theme.Theme) *Log {
	in := textinput.New()
	in.Prompt = ""
	in.KeyMap.Paste = key.NewBinding(key.WithDisabled()) // it would read the clipboard; terminals paste by themselves
	return &Log{where: where, zone: zone, keys: keys, theme: th, input: in, follow: true}
}

// Title implements the dialog's interface.
func (l *Log) Title() string {
	if l.open != nil {
		return "Call"
	}
	return "Calls"
}

// SetTheme changes how it looks.
func (l *Log) SetTheme(th theme.Theme) { l.theme = th }

// Since returns the number of the newest call it has, 0 for none.
func (l *Log) Since() uint64 {
	if len(l.all) == 0 {
		return 0
	}
	return l.all[len(l.all)-1].Seq
}

// spare is how many calls more than kept may be held, so that not every batch moves all of them.
const spare = 256

// Add takes the calls behind the newest it has.
func (l *Log) Add(calls hub.Calls) {
	if len(l.all) == 0 {
		l.lost = calls.Lost
	}
	added := 0
	for i := range calls.List {
		c := &calls.List[i]
		if c.Seq <= l.Since() {
			continue
		}
		l.all = append(l.all, *c)
		if l.filter.hides(c) {
			l.hidden++
		}
		if l.filter.fits(c) {
			l.shown = append(l.shown, c.Seq)
			added++
		}
	}
	if len(l.all) > hub.MaxCalls+spare {
		gone := len(l.all) - hub.MaxCalls
		for i := range l.all[:gone] {
			if l.filter.hides(&l.all[i]) {
				l.hidden--
			}
		}
		l.lost += uint64(gone)
		l.all = slices.Clone(l.all[gone:])
		first := sort.Search(len(l.shown), func(i int) bool { return l.shown[i] >= l.all[0].Seq })
		l.shown = slices.Clone(l.shown[first:])
	}
	l.grid.SetLen(len(l.shown))
	if l.follow {
		l.grid.Home()
		return
	}
	l.missed += added
	l.grid.Shift(added)
}

// call returns a call by its number.
func (l *Log) call(seq uint64) *hub.Call {
	i := sort.Search(len(l.all), func(i int) bool { return l.all[i].Seq >= seq })
	if i < len(l.all) && l.all[i].Seq == seq {
		return &l.all[i]
	}
	return nil
}

// newest returns the i-th call of the list, 0 for the newest.
func (l *Log) newest(i int) *hub.Call { return l.call(l.shown[len(l.shown)-1-i]) }

func (l *Log) selected() *hub.Call {
	if len(l.shown) == 0 {
		return nil
	}
	return l.newest(l.grid.Cursor())
}

// refilter lists what the filter lets through; the cursor stays on its call or goes to the next
// older one.
func (l *Log) refilter() {
	var at uint64
	if c := l.selected(); c != nil && !l.follow {
		at = c.Seq
	}
	l.shown, l.hidden = l.shown[:0], 0
	for i := range l.all {
		if l.filter.hides(&l.all[i]) {
			l.hidden++
		}
		if l.filter.fits(&l.all[i]) {
			l.shown = append(l.shown, l.all[i].Seq)
		}
	}
	l.grid.SetLen(len(l.shown))
	l.grid.Home()
	if at != 0 {
		older := sort.Search(len(l.shown), func(i int) bool { return l.shown[i] > at })
		l.grid.Select(len(l.shown) - older)
	}
}

// Update takes a key press or a paste; its actions are [Copy] and [Close].
func (l *Log) Update(msg tea.Msg) Action {
	press, isKey := msg.(tea.KeyPressMsg)
	if l.typing {
		return l.typed(msg, press, isKey)
	}
	if !isKey {
		return nil
	}
	if l.open != nil {
		return l.pressOpen(press)
	}
	return l.pressList(press)
}

func (l *Log) typed(msg tea.Msg, press tea.KeyPressMsg, isKey bool) Action {
	if isKey {
		switch k := l.keys.Filter; {
		case k.Accept.Matches(press):
			l.stopTyping()
			return nil
		case k.Clear.Matches(press):
			l.input.SetValue("")
			l.stopTyping()
			l.setFilter()
			return nil
		case k.Up.Matches(press):
			l.move(-1)
			return nil
		case k.Down.Matches(press):
			l.move(1)
			return nil
		}
	}
	l.input, _ = l.input.Update(msg) // its command would only make a cursor blink
	l.setFilter()
	return nil
}

func (l *Log) stopTyping() {
	l.typing = false
	l.input.Blur()
}

func (l *Log) setFilter() {
	l.filter.parse(l.input.Value())
	l.refilter()
}

// move moves the cursor; on the newest call the log follows again.
func (l *Log) move(by int) {
	l.grid.Move(by)
	l.setFollow(l.grid.Cursor() == 0)
}

func (l *Log) setFollow(follow bool) {
	l.follow = follow
	if follow {
		l.missed = 0
		l.grid.Home()
	}
}

func (l *Log) pressList(press tea.KeyPressMsg) Action {
	k := l.keys.Calls
	switch {
	case l.keys.Filter.Clear.Matches(press) && !l.filter.all():
		l.filter = filter{routine: l.filter.routine}
		l.input.SetValue("")
		l.refilter()
	case k.Close.Matches(press):
		return Close{}
	case k.Open.Matches(press) || k.Expand.Matches(press):
		if c := l.selected(); c != nil {
			l.open = newRecord(*c, l.keys)
		}
	case k.Filter.Matches(press):
		l.typing = true
		l.input.CursorEnd()
		l.input.Focus()
	case k.Failed.Matches(press):
		l.filter.failed = !l.filter.failed
		l.refilter()
	case k.Kind.Matches(press):
		l.nextKind()
	case k.Routine.Matches(press):
		l.filter.routine = !l.filter.routine
		l.refilter()
	case k.Follow.Matches(press):
		l.setFollow(!l.follow)
	case k.CopyCurl.Matches(press):
		if c := l.selected(); c != nil {
			return copyCurl(*c, l.where)
		}
	case k.CopyBody.Matches(press):
		if c := l.selected(); c != nil {
			return copyBody(*c, false)
		}
	case l.grid.Press(l.keys.Move, press):
		l.setFollow(l.grid.Cursor() == 0)
	}
	return nil
}

func (l *Log) nextKind() {
	switch {
	case !l.filter.some:
		l.filter.some, l.filter.kind = true, hub.REST
	case l.filter.kind == hub.AMQP:
		l.filter.some = false
	default:
		l.filter.kind++
	}
	l.refilter()
}

func (l *Log) pressOpen(press tea.KeyPressMsg) Action {
	k := l.keys.Calls
	switch {
	case k.Back.Matches(press):
		l.open = nil
	case k.Close.Matches(press):
		return Close{}
	case k.Older.Matches(press):
		l.turn(1)
	case k.Newer.Matches(press):
		l.turn(-1)
	case k.CopyCurl.Matches(press):
		return copyCurl(l.open.call, l.where)
	case k.CopyBody.Matches(press):
		return l.open.copyBody()
	default:
		l.open.press(press)
	}
	return nil
}

// turn opens the call before or behind the one that is open.
func (l *Log) turn(by int) {
	l.move(by)
	if c := l.selected(); c != nil && c.Seq != l.open.call.Seq {
		l.open = newRecord(*c, l.keys)
	}
}
