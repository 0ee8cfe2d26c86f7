package ui

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/hubs"
	"twindeck/ui/profile"
	"twindeck/ui/uitest"
)

// world is the hubs that a deck can open, and what became of them.
type world struct {
	mu     sync.Mutex
	hubs   map[string]*fakeHub
	stores map[string]*profile.Memory
	opened map[string]int
	closed map[string]int
	fail   map[string]error
	slow   time.Duration // each opening, whatever its context says
}

func (w *world) choices(context.Context) ([]hubs.Choice, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.fail["list"]; err != nil {
		return nil, err
	}
	return []hubs.Choice{
		{Profile: "contoso-lab", Color: "green"},
		{Profile: "contoso-prod", Color: "red", Production: true, ReadOnly: true},
		{Embedded: true},
	}, nil
}

func (w *world) open(_ context.Context, c hubs.Choice) (Hub, error) {
	w.mu.Lock()
	slow := w.slow
	w.mu.Unlock()
	time.Sleep(slow) // in the bubble: as a hub would that does not look at its context
	w.mu.Lock()
	defer w.mu.Unlock()
	name := c.Name()
	if err := w.fail[name]; err != nil {
		return Hub{}, err
	}
	w.opened[name]++
	if w.hubs[name] == nil {
		f := newFakeHub()
		f.add(hub.ID{Device: name + "-device"}, `{}`, `{"of":"`+name+`"}`, `{}`)
		w.hubs[name] = f
	}
	if w.stores[name] == nil {
		w.stores[name] = &profile.Memory{}
	}
	return Hub{
		Backend: w.hubs[name],
		Options: Options{
			Host: name + ".example.net", Name: c.Profile, Color: c.Color, ReadOnly: c.ReadOnly, Production: c.Production, Embedded: c.Embedded,
			Store: w.stores[name], Now: func() time.Time { return time.Now().UTC() },
		},
		Close: func() error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.closed[name]++
			return nil
		},
	}, nil
}

func (w *world) failing(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail[name] = err
}

// deckPump is a deck in a bubble.
type deckPump struct {
	pump
	d *Deck
	w *world
}

// onDeck runs a test of a deck that begins on contoso-lab. When it is over, every hub that was
// opened has to be closed, once.
func onDeck(t *testing.T, opts DeckOptions, test func(p *deckPump)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			hubs: map[string]*fakeHub{}, stores: map[string]*profile.Memory{},
			opened: map[string]int{}, closed: map[string]int{}, fail: map[string]error{},
		}
		opts.Hubs, opts.Open, opts.HubsFile = w.choices, w.open, "/home/ada/.config/twindeck/profiles.toml"
		first := hubs.Choice{Profile: "contoso-lab", Color: "green"}
		h, err := w.open(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		p := &deckPump{w: w, d: NewDeck(h, first, opts)}
		p.t = t
		p.Pump = uitest.NewPump(t, deckObserver{p}, 120, 36)
		p.hub = w.hubs["contoso-lab"]
		t.Cleanup(func() {
			cell.Conceal(nil)
			if err := p.d.Close(); err != nil {
				t.Error(err)
			}
			_ = p.d.Close()
			w.mu.Lock()
			defer w.mu.Unlock()
			for name, n := range w.opened {
				if w.closed[name] != n {
					t.Errorf("%s was opened %d times and closed %d times", name, n, w.closed[name])
				}
			}
		})
		p.Linger = linger
		p.wait(time.Second)
		test(p)
		for name, f := range w.hubs {
			if len(f.inside) > 0 {
				t.Errorf("%s was called from Update or View: %v", name, f.inside)
			}
		}
	})
}

// deckObserver hands everything to the deck, by way of its filter, and lets a test see what goes
// elsewhere.
type deckObserver struct{ p *deckPump }

func (o deckObserver) Init() tea.Cmd  { return o.p.d.Init() }
func (o deckObserver) View() tea.View { return o.p.d.View() }

func (o deckObserver) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if d, ok := msg.(pause); ok {
		return o, func() tea.Msg {
			time.Sleep(2 * time.Duration(d)) // in the bubble: nothing is waited for
			return nil
		}
	}
	if msg = Filter(o.p.d, msg); msg == nil {
		return o, nil
	}
	if fmt.Sprintf("%T", msg) == "tea.setClipboardMsg" {
		o.p.copied = append(o.p.copied, fmt.Sprint(msg))
		return o, nil
	}
	_, cmd := o.p.d.Update(msg)
	o.p.m = o.p.d.hub
	return o, cmd
}

// to puts the cursor of the list of hubs on a name and presses enter.
func (p *deckPump) to(name string) {
	p.t.Helper()
	p.Press("H")
	p.sees("Hubs", name)
	i := slices.Index([]string{"contoso-lab", "contoso-prod", "embedded hub"}, name)
	p.Press("g")
	for range i {
		p.Press("j")
	}
	p.Press("enter")
}

func TestSwitchingHubs(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		p.sees("▪ contoso-lab contoso-lab.example.net", "contoso-lab-device")
		p.Press("H")
		p.sees("● ▪ contoso-lab", "open now", "PRODUCTION   READ-ONLY", "embedded hub", "named in /home/ada/.config/twindeck/profiles.toml")
		p.Press("esc")
		p.seesNot("Hubs")

		p.to("contoso-prod")
		p.sees("switched to contoso-prod", "▪ contoso-prod contoso-prod.example.net", "contoso-prod-device", "PRODUCTION", "READ-ONLY")
		p.seesNot("contoso-lab")
		p.wait(time.Second)
		if p.w.closed["contoso-lab"] != 1 {
			t.Errorf("the hub before was closed %d times", p.w.closed["contoso-lab"])
		}
		p.checkScreen(120, 36)

		p.to("embedded hub")
		p.sees("▪ embedded hub", "embedded hub-device")
		p.seesNot("READ-ONLY")
		p.Resize(80, 24) // the new hub knows the terminal, and follows it
		p.checkScreen(80, 24)
		p.to("contoso-lab")
		p.sees("contoso-lab-device")
		p.checkScreen(80, 24)
		p.to("contoso-lab") // where we are
		p.seesNot("Hubs")
		if p.w.opened["contoso-lab"] != 2 {
			t.Errorf("opened %d times", p.w.opened["contoso-lab"])
		}
	})
}

// A hub that cannot be opened leaves everything as it was, and says why.
func TestAHubThatCannotBeOpened(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		p.w.failing("contoso-prod", errors.New("CONTOSO_PROD is not set; set it to the connection string of the hub"))
		p.to("contoso-prod")
		p.sees("✗ CONTOSO_PROD is not set", "Hubs")
		p.Press("esc")
		p.sees("contoso-lab-device", "● connected")
		p.Press("r")
		p.sees("refreshed")

		// One that opens and does not answer is closed again.
		p.w.failing("contoso-prod", nil)
		p.w.hubs["contoso-prod"] = newFakeHub()
		p.w.hubs["contoso-prod"].failing("Reach", errUnplugged)
		p.to("contoso-prod")
		p.sees("✗ cannot reach contoso.azure-devices.net: connection refused", "Hubs")
		if p.w.closed["contoso-prod"] != 1 {
			t.Error("it was not closed")
		}
		// One whose key is not accepted as well; one that throttles is there.
		p.w.hubs["contoso-prod"].failing("Reach", &hub.Error{Op: "reach the hub", Status: 401, Code: hub.CodeUnauthorized})
		p.Press("enter")
		p.sees("the hub does not accept the key")
		p.w.hubs["contoso-prod"].failing("Reach", &hub.Error{Op: "reach the hub", Status: 429})
		p.Press("enter")
		p.sees("switched to contoso-prod")

		p.w.failing("list", errors.New("profiles.toml, line 3: there is no setting \"colour\""))
		p.Press("H")
		p.sees("line 3: there is no setting")
	})
}

// An opening that takes long says so, can be called off, and comes too late then.
func TestCallingAnOpeningOff(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		p.w.slow = 10 * time.Second
		p.to("contoso-prod")
		p.wait(3 * time.Second)
		p.sees("opening contoso-prod…  3 s", "esc call off")
		p.Press("j", "enter", "q") // q is another key for esc
		p.sees("Hubs", "named in")
		p.seesNot("opening")
		p.wait(20 * time.Second)
		p.sees("Hubs", "contoso-lab-device")
		if p.w.opened["contoso-prod"] != 1 || p.w.closed["contoso-prod"] != 1 {
			t.Errorf("opened %d times, closed %d times", p.w.opened["contoso-prod"], p.w.closed["contoso-prod"])
		}

		// Leaving the program meanwhile leaves nothing open; onDeck looks.
		p.Press("enter")
		p.Press("ctrl+c")
		if !p.Quit() {
			t.Error("it did not quit")
		}
	})
}

// What the hub before was still asked comes too late and changes nothing.
func TestLateAnswersOfTheHubBefore(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		lab := p.w.hubs["contoso-lab"]
		lab.slow(func(string, hub.ID) time.Duration { return 5 * time.Second })
		p.Press("r")
		lab.add(hub.ID{Device: "late-device"}, `{}`, `{}`, `{}`)
		p.to("contoso-prod")
		p.wait(time.Second)
		p.sees("contoso-prod-device")
		gen := p.d.gen
		// The answers themselves, as if they had been under way when the hub was left.
		for _, stale := range []tea.Msg{
			pagesMsg{gen: 1, entries: []hub.Entry{{ID: hub.ID{Device: "late-device"}}}},
			preferencesMsg{state: profile.State{Sort: "of the hub before"}},
			reachMsg{gen: 1, err: errUnplugged},
			askHubsMsg{},
			switchMsg{hubs.Choice{Embedded: true}},
		} {
			p.Send(hubMsg{gen - 1, stale})
		}
		p.wait(20 * time.Second)
		p.sees("contoso-prod-device", "● connected")
		p.seesNot("late-device", "Hubs")
		if p.m.prefs.Sort != "" {
			t.Error("the choices of the hub before were taken over")
		}
	})
}

// Everything a command brings back is marked, in batches and sequences too; what is Bubble Tea's is not.
func TestOwnedMessages(t *testing.T) {
	a, b := now(listenMsg{}), now(clockMsg{})
	var got []tea.Msg
	var run func(cmd tea.Cmd)
	run = func(cmd tea.Cmd) {
		msg := cmd()
		if cmds, ok := asCommands(msg); ok {
			for _, c := range cmds {
				run(c)
			}
			return
		}
		got = append(got, msg)
	}
	run(owned(7, tea.Batch(a, tea.Sequence(b, tea.Quit), tea.SetClipboard("x"))))
	if len(got) != 4 || got[0] != (hubMsg{7, listenMsg{}}) || got[1] != (hubMsg{7, clockMsg{}}) || got[2] != (tea.QuitMsg{}) || fmt.Sprintf("%T", got[3]) != "tea.setClipboardMsg" {
		t.Errorf("%#v", got)
	}
	if owned(1, nil) != nil || own(1, nil) != nil {
		t.Error("nothing became something")
	}
}

// Whatever keys are pressed and wherever the mouse is used, on whichever hub, the deck stays whole,
// and in presenter mode it never shows the host.
func TestRandomKeysOnADeck(t *testing.T) {
	keys := strings.Fields("H H ctrl+p M 1 2 3 ? n m e t c r y Y v / j k l h g G [ ] f a tab enter enter esc esc up down y n space")
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			onDeck(t, DeckOptions{Mouse: seed == 1}, func(p *deckPump) {
				r := rand.New(rand.NewPCG(seed, 7))
				p.w.slow = 50 * time.Millisecond
				for range 400 {
					switch r.IntN(20) {
					case 0:
						p.Resize(r.IntN(140), r.IntN(45))
					case 1:
						p.wait(time.Duration(r.IntN(1500)) * time.Millisecond)
					case 2:
						p.w.failing("contoso-prod", []error{nil, errUnplugged}[r.IntN(2)])
					case 3:
						p.Send(tea.MouseWheelMsg{X: r.IntN(120), Y: r.IntN(36), Button: []tea.MouseButton{tea.MouseWheelUp, tea.MouseWheelDown}[r.IntN(2)]})
					case 4:
						p.Send(tea.MouseClickMsg{X: r.IntN(120), Y: r.IntN(36), Button: tea.MouseLeft})
					default:
						p.Press(keys[r.IntN(len(keys))])
					}
					if p.Quit() { // by a click on its hint
						return
					}
					p.checkScreen(p.m.width, p.m.height)
					if p.d.presenter && strings.Contains(p.Text(), p.m.opts.Host) {
						t.Fatalf("the host is shown:\n%s", p.Text())
					}
				}
			})
		})
	}
}
