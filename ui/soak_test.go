package ui

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
)

// What TestRandomKeys is told by the environment: how many things happen in each of its runs, how many
// runs there are, and the number of the first. A soak is
//
//	TWINDECK_SOAK_KEYS=10000 TWINDECK_SOAK_SEEDS=20 go test ./ui -run TestRandomKeys -timeout 0
const (
	soakKeysEnv  = "TWINDECK_SOAK_KEYS"
	soakSeedsEnv = "TWINDECK_SOAK_SEEDS"
	soakFirstEnv = "TWINDECK_SOAK_FIRST"
)

func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// Whatever keys are pressed and whatever the mouse does, while the hub is slow, fails and changes: the
// dashboard stays whole, never asks the hub from within, and nobody loses what they have selected,
// marked or typed to filter by.
func TestRandomKeys(t *testing.T) {
	t.Setenv("HOME", t.TempDir()) // for what is exported
	steps, first := fromEnv(t, soakKeysEnv, 400), fromEnv(t, soakFirstEnv, 0)
	for seed := range fromEnv(t, soakSeedsEnv, 4) {
		seed += first
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			opts := Options{Embedded: seed%2 == 0, Production: seed%3 == 0, BulkFolder: t.TempDir()}
			inBubble(t, opts, 100, 30, hostile, func(p *pump) {
				s := newSoak(p, uint64(seed))
				for s.at = range steps {
					s.step()
				}
			})
		})
	}
}

// soak is a run of random keys.
type soak struct {
	*pump
	r    *rand.Rand
	keys []string
	at   int
	last []string // what happened last, the newest at the end

	mu    sync.Mutex // guards slow, which the hub asks on other goroutines
	slow  *rand.Rand
	extra int       // devices that were added
	wrote time.Time // when something was created or deleted last
}

// slowest is how long a call of the hub takes at most.
const slowest = 4 * time.Second

func newSoak(p *pump, seed uint64) *soak {
	s := &soak{pump: p, r: rand.New(rand.NewPCG(seed, 1)), slow: rand.New(rand.NewPCG(seed, 2))}
	k := keymap.Default()
	leave := append(append([]string{}, k.Global.Quit.Keys...), k.Global.Interrupt.Keys...)
	for _, g := range k.Groups() {
		for _, b := range g.Bindings {
			s.keys = append(s.keys, b.Keys...)
		}
	}
	s.keys = slices.DeleteFunc(s.keys, func(key string) bool { return slices.Contains(leave, key) })
	slices.Sort(s.keys)
	s.keys = slices.Compact(s.keys)
	// What is typed into fields, and what leads on from wherever one is.
	s.keys = append(s.keys, strings.Fields("o n a 0 1 - . ' { } é 東 backspace enter enter esc esc j j j k l l space space")...)
	return s
}

// step lets one thing happen and looks at what has become of the rest.
func (s *soak) step() {
	before := s.look()
	what, ours := s.happen()
	s.last = append(s.last[max(len(s.last)-30, 0):], what)
	s.checkScreen(s.m.width, s.m.height)
	after := s.look()
	if lost := s.lost(before, after, ours); lost != "" {
		s.t.Fatalf("step %d: %s\nafter %s\n%s", s.at, lost, strings.Join(s.last, " · "), s.Text())
	}
	if len(s.hub.inside) > 0 {
		s.t.Fatalf("step %d: %v\nafter %s", s.at, s.hub.inside, strings.Join(s.last, " · "))
	}
	if s.Quit() {
		s.t.Fatalf("step %d: it has ended after %s", s.at, strings.Join(s.last, " · "))
	}
}

// happen lets something happen; what the user has done is a key or the mouse.
func (s *soak) happen() (what string, ours bool) {
	switch s.r.IntN(30) {
	case 0:
		w, h := s.r.IntN(140), s.r.IntN(45)
		s.Resize(w, h)
		return fmt.Sprintf("size %dx%d", w, h), false
	case 1, 2:
		d := time.Duration(s.r.IntN(2500)) * time.Millisecond
		s.wait(d)
		return d.String(), false
	case 3:
		s.hub.elsewhere(controller, fmt.Sprintf(`{"n":%d}`, s.r.IntN(1000)))
		return "a write by others", false
	case 4:
		methods := []string{"Twin", "List", "Search", "Modules", "ListModules", "Identity", "Statistics", "Attach", "Detach", "PatchTwin", "Run", "ChangeIdentity", "CreateIdentity", "DeleteIdentity", "CallMethod", "SendMessage", "Dependents"}
		method := methods[s.r.IntN(len(methods))]
		err := []error{
			nil, nil, nil, errUnplugged, notFound("read"),
			&hub.Error{Op: "read", Status: 429, RetryAfter: time.Second},
			&hub.Error{Op: "read", Status: 500, Message: "\x1b[31mno\x07"},
		}[s.r.IntN(7)]
		s.hub.failing(method, err)
		return fmt.Sprintf("%s fails: %v", method, err), false
	case 5:
		most := []time.Duration{0, 0, 100 * time.Millisecond, slowest}[s.r.IntN(4)]
		s.hub.slow(func(string, hub.ID) time.Duration {
			s.mu.Lock()
			defer s.mu.Unlock()
			return time.Duration(s.slow.Int64N(int64(most) + 1))
		})
		return fmt.Sprintf("calls take up to %v", most), false
	case 6:
		return s.fleetChanges(), false
	case 7:
		x, y := s.r.IntN(max(s.m.width, 1)), s.r.IntN(max(s.m.height-1, 1)) // not on the footer, where one can quit
		s.Send(act(func(m *Model) tea.Cmd { return m.click(x, y) }))
		return fmt.Sprintf("click %d,%d", x, y), true
	case 8:
		x, y, lines := s.r.IntN(max(s.m.width, 1)), s.r.IntN(max(s.m.height, 1)), s.r.IntN(13)-6
		s.Send(act(func(m *Model) tea.Cmd { return m.scroll(x, y, lines) }))
		return fmt.Sprintf("scroll %d,%d by %d", x, y, lines), true
	case 9:
		s.Send(tea.PasteMsg{Content: "a\x1b[2J\r\n\tb"})
		return "paste", true
	}
	if s.r.IntN(40) == 0 { // or it would be in overlays most of the time
		for range 10 {
			if s.m.front() != nil || s.m.query.bar != nil || s.m.query.results != nil {
				s.Press("esc")
			}
		}
		if s.m.front() == nil && s.m.query.bar == nil && !s.m.devices.Typing() {
			s.Press("1")
		}
		return "back to the list", false
	}
	key := s.keys[s.r.IntN(len(s.keys))]
	s.Press(key)
	return key, true
}

// fleetChanges lets a device come or go without the dashboard.
func (s *soak) fleetChanges() string {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if len(s.hub.identities) < 20 || s.r.IntN(2) == 0 {
		s.extra++
		id := hub.ID{Device: fmt.Sprintf("extra-%03d", s.extra)}
		s.hub.add(id, `{"site":"ank","floor":2}`, `{"a":{"b":1}}`, `{}`)
		s.hub.add(hub.ID{Device: id.Device, Module: "m"}, `{}`, `{"a":1}`, `{}`)
		return id.Device + " comes"
	}
	var all []hub.ID
	for id := range s.hub.identities {
		if strings.HasPrefix(id.Device, "extra-") && !id.IsModule() {
			all = append(all, id)
		}
	}
	if len(all) == 0 {
		return "nothing"
	}
	slices.SortFunc(all, func(a, b hub.ID) int { return strings.Compare(a.Device, b.Device) })
	gone := all[s.r.IntN(len(all))]
	for _, id := range []hub.ID{gone, {Device: gone.Device, Module: "m"}} {
		delete(s.hub.identities, id)
		delete(s.hub.twins, id)
	}
	return gone.Device + " goes"
}

// looks is what nobody may lose.
type looks struct {
	selected hub.ID
	marks    map[hub.ID]bool
	filter   string
	filtered bool
	sorted   string
	focus    pane
	covered  bool // keys go elsewhere than to the list of devices
	seeking  bool // something is looked for, to be selected
	bulk     bool // a run on many is under way, which takes the marks of what it has done
	writes   int  // calls that create, delete or act on many
}

func (s *soak) look() looks {
	m := s.m
	l := looks{
		marks: map[hub.ID]bool{}, filter: m.devices.Filter(), filtered: m.devices.Filtered() || m.devices.Typing(), focus: m.focus,
		covered: m.front() != nil || m.query.bar != nil || m.query.results != nil,
		seeking: m.searching.busy, bulk: m.bulk.run != nil,
		writes: s.hub.count("CreateIdentity") + s.hub.count("DeleteIdentity"),
	}
	l.selected, _ = m.devices.Selected()
	column, reverse := m.devices.Sorted()
	l.sorted = fmt.Sprint(column, reverse)
	for _, id := range m.devices.Marked() {
		l.marks[id] = true
	}
	return l
}

// there reports whether the list still has an identity.
func (s *soak) there(id hub.ID) bool {
	_, ok := s.m.devices.Entry(id)
	return ok
}

// lost says what was lost from one look to the next, and should not have been. ours: by the user.
func (s *soak) lost(before, after looks, ours bool) string {
	// A device that was created is selected when the hub has answered, which may be much later.
	if before.writes != after.writes {
		s.wrote = time.Now()
	}
	settled := time.Since(s.wrote) > 3*slowest
	last := s.last[len(s.last)-1]
	atList := !before.covered && before.focus == paneDevices || strings.HasPrefix(last, "click") || strings.HasPrefix(last, "scroll")
	for id := range before.marks {
		if !after.marks[id] && s.there(id) && (!ours || before.covered) && !before.bulk && !after.bulk {
			return fmt.Sprintf("the mark of %v is lost", id)
		}
	}
	if !ours && s.extraMarks(before, after) > 0 {
		return fmt.Sprintf("marked by itself: %v, before %v", after.marks, before.marks)
	}
	if ours && !before.covered && s.extraMarks(before, after) > 1 && last != "V" && last != "*" {
		return fmt.Sprintf("one key has marked %v, before %v", after.marks, before.marks)
	}
	switch moved := before.selected != after.selected; {
	case !moved, before.selected == hub.ID{}, !settled, before.seeking || after.seeking:
	case before.filtered || after.filtered: // what does not match any more is hidden
	case s.there(before.selected) && !ours:
		return fmt.Sprintf("%v was selected, now %v", before.selected, after.selected)
	case s.there(before.selected) && !atList && after.focus == before.focus && after.covered == before.covered:
		return fmt.Sprintf("%v was selected, now %v by a key that went elsewhere", before.selected, after.selected)
	}
	if !ours && settled && (before.filter != after.filter || before.sorted != after.sorted) {
		return fmt.Sprintf("filter and order were %q %s, now %q %s", before.filter, before.sorted, after.filter, after.sorted)
	}
	if id, _ := s.m.selected(); id != s.m.twin.ID() {
		return fmt.Sprintf("%v is selected, and the twin shown is that of %v", id, s.m.twin.ID())
	}
	return ""
}

func (s *soak) extraMarks(before, after looks) int {
	n := 0
	for id := range after.marks {
		if !before.marks[id] {
			n++
		}
	}
	return n
}
