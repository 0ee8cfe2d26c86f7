package ui

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/patch"
	"twindeck/ui/form"
)

// roundsEnv sets how many edits TestRacingEditors makes, for a long run.
const roundsEnv = "TWINDECK_RACE_ROUNDS"

// raceKeys are the properties that all editors write.
var raceKeys = []string{"a", "b", "c"}

// step is an accepted edit: the editor had seen one value and put another in its place.
type step struct{ key, seen, put string }

// ledger is what all editors were told of their edits.
type ledger struct {
	mu                           sync.Mutex
	steps                        []step
	shown                        []step // in doubt, and shown as a conflict when the twin was read
	conflicts, doubts, abandoned int
}

func (l *ledger) note(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

// Two dashboards and a program that edit the same properties of one device, while the hub loses
// answers and fails: each value that was replaced had been seen by whoever replaced it. So the edits
// that were told to be saved are one chain for each property, from the first value to the last. Only
// what was in doubt, and then shown as a conflict because somebody had replaced it already, may stand
// between them.
//
// And all of their writes leave under the etag of a twin that the hub had sent them.
func TestRacingEditors(t *testing.T) {
	rounds := 120
	if s := os.Getenv(roundsEnv); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	f := &faults.Faults{}
	server, err := embedded.Start(t.Context(), embedded.Options{Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var wire wire
	first := raceClient(t, server, nil)
	id := hub.ID{Device: "d0"}
	begin := parse(`{"a":"start","b":"start","c":"start"}`)
	if _, err := first.CreateIdentity(t.Context(), hub.NewIdentity{ID: id, Desired: &begin}); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"twins:PATCH:lose:every=5", "twins:PATCH:drop:every=7", "twins:PATCH:500:every=9", "twins:GET:drop:every=11"} {
		if err := f.Set(rule); err != nil {
			t.Fatal(err)
		}
	}
	var told ledger
	var editors sync.WaitGroup
	for n := range 2 {
		e := &dashboardEditor{t: t, name: fmt.Sprint("dashboard", n), client: raceClient(t, server, &wire), told: &told, rnd: rand.New(rand.NewPCG(uint64(n), 1))}
		e.m = New(realHub{Client: e.client}, Options{Host: e.client.Host()})
		t.Cleanup(e.m.Close)
		editors.Go(func() {
			for round := range rounds {
				e.edit(id, round)
			}
		})
	}
	editors.Go(func() { plainEditor(t, raceClient(t, server, nil), id, rounds, &told) })
	editors.Wait()
	if t.Failed() {
		return
	}
	f.Clear()
	if wire.writes == 0 || len(wire.odd) > 0 {
		t.Errorf("%d writes, of which under no etag that the hub had given: %q", wire.writes, wire.odd)
	}
	twin, err := first.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range raceKeys {
		told.follow(t, key, at(twin.Desired.Value, key))
	}
	t.Logf("%d edits saved as v%d, %d conflicts shown, %d saves in doubt, %d edits given up", len(told.steps), twin.Desired.Version, told.conflicts, told.doubts, told.abandoned)
	if told.conflicts == 0 || told.doubts == 0 {
		t.Error("the editors never met, or the hub never failed")
	}
}

// follow walks along the chain of a property.
func (l *ledger) follow(t *testing.T, key, last string) {
	t.Helper()
	next, shown, edits := map[string]string{}, map[string][]string{}, 0
	for _, s := range l.steps {
		if s.key != key {
			continue
		}
		edits++
		if other, taken := next[s.seen]; taken {
			t.Errorf("%s: %q was replaced by %q and by %q: one of them is lost", key, s.seen, other, s.put)
		}
		next[s.seen] = s.put
	}
	for _, s := range l.shown {
		if s.key == key {
			shown[s.seen] = append(shown[s.seen], s.put)
		}
	}
	// walk goes on from a value, and returns how many edits lead to the last one; -1 when none do.
	// What was shown as a conflict may have been made or not: each is tried.
	var walk func(value string) int
	walk = func(value string) int {
		walked := 0
		for next[value] != "" && walked <= edits {
			value = next[value]
			walked++
		}
		if value == last {
			return walked
		}
		for _, put := range shown[value] {
			if rest := walk(put); rest >= 0 {
				return walked + rest
			}
		}
		return -1
	}
	if walked := walk("start"); walked != edits {
		t.Errorf("%s: %d of %d edits lead from the first value to %q, which the twin has", key, walked, edits, last)
	}
}

// wire sees the requests that leave, and notes the conditions under which twins are written.
type wire struct {
	http.RoundTripper
	mu     sync.Mutex
	writes int
	odd    []string // conditions that are no etag of a twin that was read
	read   map[string]bool
}

// RoundTrip passes a request on. An etag counts as read when it came in an answer.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/twins/") && r.Method != http.MethodGet {
		w.mu.Lock()
		w.writes++
		if match := r.Header.Get("If-Match"); !w.read[match] {
			w.odd = append(w.odd, r.Method+" "+match)
		}
		w.mu.Unlock()
	}
	res, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		w.mu.Lock()
		w.read[res.Header.Get("ETag")] = true
		w.mu.Unlock()
	}
	return res, err
}

// raceClient returns a client of a hub, whose requests a wire sees unless it is nil.
func raceClient(t *testing.T, server *embedded.Server, w *wire) *hub.Client {
	t.Helper()
	opts := hub.Options{RootCAs: server.CertPool()}
	if w != nil {
		w.mu.Lock()
		if w.RoundTripper == nil {
			own := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: server.CertPool(), MinVersion: tls.VersionTLS12}}
			t.Cleanup(own.CloseIdleConnections)
			w.RoundTripper, w.read = own, map[string]bool{}
		}
		w.mu.Unlock()
		opts.HTTPClient = &http.Client{Transport: w}
	}
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// at returns the text of a property.
func at(object patch.Value, key string) string {
	v, _ := object.Get(key)
	return v.Text()
}

// seeTwin reads the twin until the hub answers.
func seeTwin(ctx context.Context, client *hub.Client, id hub.ID) hub.Twin {
	for {
		if twin, err := client.Twin(ctx, id); err == nil || ctx.Err() != nil {
			return twin
		}
	}
}

// dashboardEditor edits as a user does in the form, key by key.
type dashboardEditor struct {
	t      *testing.T
	name   string
	m      *Model
	client *hub.Client
	told   *ledger
	rnd    *rand.Rand
}

// press sends keys to the form and returns what it wants done after the last.
func press(f *form.Properties, keys ...string) (a form.Action) {
	for _, k := range keys {
		a = f.Update(raceKey(k))
	}
	return a
}

func raceKey(k string) tea.KeyPressMsg {
	switch k {
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "esc":
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case "ctrl+u":
		return tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(k)[0], Text: k}
}

// edit changes one or two properties to values that nobody else writes, and saves until the form is
// closed or the edit is given up.
func (e *dashboardEditor) edit(id hub.ID, round int) {
	m := e.m
	twin := seeTwin(e.t.Context(), e.client, id)
	f := form.NewProperties(form.Target{ID: id, Section: patch.Desired, Value: twin.Desired.Value, ETag: twin.ETag}, m.keys, m.theme)
	m.openProperties(f, place{id, patch.Desired}, twin)
	mine := map[string]string{}
	for row, key := range raceKeys {
		if e.rnd.IntN(2) == 0 && len(mine) > 0 || e.rnd.IntN(3) > 0 {
			continue
		}
		mine[key] = fmt.Sprintf("%s-%d", e.name, round)
		press(f, "g")
		for range row {
			press(f, "j")
		}
		press(f, "enter", "ctrl+u")
		for _, r := range mine[key] {
			press(f, string(r))
		}
		press(f, "enter")
	}
	if len(mine) == 0 {
		press(f, "esc")
		m.close(f)
		return
	}
	var doubted []step
	for range 1000 {
		for d, _ := f.Draft(); len(d.Undecided) > 0; d, _ = f.Draft() {
			e.told.note(func() { e.told.conflicts++ })
			choice := []string{"m", "t"}[e.rnd.IntN(2)]
			if doubted != nil {
				choice = "t" // what is put in a second time could not be told from the first
			}
			press(f, "s", choice) // s goes to what is to be decided
		}
		var action form.Action
		if f.Dirty() {
			action = press(f, "s", "enter")
		}
		save, ok := action.(form.Save)
		if !ok { // nothing is left of it: theirs was taken everywhere
			e.told.note(func() {
				e.told.abandoned++
				e.told.shown = append(e.told.shown, doubted...)
			})
			m.close(f)
			return
		}
		msg := m.save(f, save)().(savedMsg)
		var steps []step
		for _, member := range save.Patch.Members() {
			put := member.Value.Text()
			if put != mine[member.Key] {
				e.t.Errorf("%s sends %s, which was never typed", e.name, save.Patch.JSON())
			}
			steps = append(steps, step{member.Key, at(save.Before, member.Key), put})
		}
		m.saved(msg)
		saved := !m.shows(f)
		e.told.note(func() {
			if hub.Unsure(msg.err) {
				e.told.doubts++
			}
			if saved {
				e.told.steps = append(e.told.steps, steps...)
			}
		})
		if saved {
			return
		}
		if hub.Unsure(msg.err) {
			doubted = append(doubted, steps...)
		}
	}
	e.t.Errorf("%s cannot save: %s", e.name, f.View(80, 20))
}

// plainEditor edits as a careful program does: read, write under the etag, and again.
func plainEditor(t *testing.T, client *hub.Client, id hub.ID, rounds int, told *ledger) {
	rnd := rand.New(rand.NewPCG(9, 9))
	for round := range rounds {
		key, put := raceKeys[rnd.IntN(len(raceKeys))], fmt.Sprintf("program-%d", round)
		for {
			twin := seeTwin(t.Context(), client, id)
			p := patch.Object(patch.Member{Key: key, Value: patch.String(put)})
			edit := step{key, at(twin.Desired.Value, key), put}
			_, _, err := client.PatchTwin(t.Context(), id, hub.TwinPatch{Desired: &p}, twin.ETag)
			now := twin
			if hub.Unsure(err) {
				now = seeTwin(t.Context(), client, id)
			}
			if err == nil || at(now.Desired.Value, key) == put {
				told.note(func() { told.steps = append(told.steps, edit) })
				break
			}
			if now.ETag != twin.ETag {
				told.note(func() { told.shown = append(told.shown, edit) })
				break
			}
		}
	}
}
