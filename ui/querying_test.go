package ui

import (
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/profile"
)

// query types a query into the bar and runs it.
func (p *pump) query(text string) {
	p.t.Helper()
	p.Press(":", "ctrl+u")
	p.Send(tea.PasteMsg{Content: text})
	p.Press("enter")
	p.wait(20 * time.Millisecond)
}

const projection = "SELECT deviceId, tags.floor, version FROM devices"

func TestAQueryTakesThePlaceOfTheDevicesAndGivesItBack(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("/")
		p.Type("thermo")
		p.Press("enter", "j")
		p.wait(time.Second)
		before := p.Text()
		p.query("SELECT * FROM devices.modules")
		p.sees("1 Query: SELECT * FROM devices.modules", "moduleId", "tags.owner", "controller", "2 thermostat-01 / controller", "2 rows · 1 request")
		p.Press("j")
		p.wait(time.Second)
		p.sees("2 thermostat-01 / sensors")
		p.Press("esc")
		p.wait(time.Second)
		if after := p.Text(); after != before {
			t.Errorf("the devices came back as\n%s\nand were\n%s", after, before)
		}
	})
}

// The keys of the selection act on the row.
func TestTheRowOfAResultIsTheSelection(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.query("SELECT * FROM devices.modules")
		p.wait(time.Second)
		p.Press("e")
		p.sees("Desired properties of thermostat-01/controller")
		p.Press("esc", "c")
		p.wait(time.Second)
		p.sees("attached controller")
		p.Press("n")
		p.Type("fresh")
		p.Press("enter")
		p.wait(100 * time.Millisecond)
		p.sees("1 Devices", "fresh", "created fresh") // which is not among the results
	})
}

func TestAnErrorKeepsTheQuery(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.query("SELECT * FROM nowhere")
		p.sees(": SELECT * FROM nowhere", "✗ cannot run the query: the hub finds it invalid (BadRequest)", "1 Devices")
		for range len("nowhere") {
			p.Press("backspace")
		}
		p.Type("devices")
		p.Press("enter")
		p.wait(20 * time.Millisecond)
		p.sees("1 Query: SELECT * FROM devices", "gateway-01")
		p.seesNot("✗")
		p.hub.failing("Run", errUnplugged)
		p.Press("r")
		p.wait(20 * time.Millisecond)
		p.sees("1 Query: SELECT * FROM devices", "gateway-01", "✗", "tries again)")
	})
}

func TestWhatWasTypedIsThereAgain(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press(":")
		p.sees(": SELECT * FROM devices", "WHERE", "GROUP BY")
		p.Type("WHERE tags.s")
		p.sees("tags.site")
		p.Press("esc")
		p.seesNot("WHERE")
		p.Press(":")
		p.sees(": SELECT * FROM devices WHERE tags.s")
		p.Press("tab")
		p.Type("= '")
		p.sees("'ist'")
	})
}

// A query that was called off, or overtaken by another, shows nothing.
func TestStaleResultsAreDropped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.hub.answers(projection, many(3)...)
		p.wait(time.Second)
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "Run" {
				return time.Second
			}
			return 0
		})
		p.query("SELECT * FROM devices")
		p.sees("running…")
		p.Press("esc")
		p.sees(": SELECT * FROM devices")
		p.seesNot("running…")
		p.wait(2 * time.Second)
		p.sees("1 Devices")
		p.Press("enter")
		p.wait(500 * time.Millisecond)
		p.Press("ctrl+u")
		p.Send(tea.PasteMsg{Content: projection})
		p.Press("enter")
		p.wait(700 * time.Millisecond)
		p.sees("running…", "1 Devices") // the first would have come
		p.wait(time.Second)
		p.sees("1 Query: "+projection[:30], "device-0002")
		p.Press("r")
		p.Press("esc")
		p.wait(2 * time.Second)
		p.sees("1 Devices")
	})
}

func TestPagesComeAsTheCursorComesNear(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.hub.answers(projection, many(1000)...)
		p.wait(time.Second)
		p.query(projection)
		p.sees("100 rows, more to load · 1 request")
		p.Press("j", "pgdown")
		if n := p.hub.count("Run"); n != 1 {
			t.Errorf("%d requests", n)
		}
		p.Press("G")
		p.sees("200 rows, more to load · 2 requests")
		p.hub.failing("Run", errUnplugged)
		p.Press("G")
		p.sees("✗", "tries again)", "device-0199")
		p.hub.failing("Run", nil)
		p.Press("p")
		p.wait(time.Second)
		p.sees("1,000 rows · 10 requests")
		p.Press("s", "l", "l", "s", "s", "g")
		p.wait(time.Second)
		p.sees("version▾", "device-0999")
	})
}

func TestLoadingAllIsPausedAndWaitsForTheThrottle(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.hub.answers(projection, many(1000)...)
		p.wait(time.Second)
		p.query(projection)
		release := p.hub.hold()
		p.Press("p")
		release()
		p.wait(20 * time.Millisecond)
		p.sees("200 rows, loading all…")
		p.Press("p")
		p.sees("200 rows, more to load")
		p.hub.mu.Lock()
		p.hub.queries.held = nil
		p.hub.mu.Unlock()
		p.hub.failing("Run", &hub.Error{Op: "run the query", Status: 429, Code: hub.CodeThrottled, RetryAfter: 10 * time.Second})
		p.Press("p")
		p.wait(5 * time.Second)
		p.sees("200 rows, throttled, goes on in 10 s")
		p.hub.failing("Run", nil)
		p.wait(6 * time.Second)
		p.sees("1,000 rows · 10 requests")
	})
}

func TestTheIndexLags(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.hub.answers("SELECT deviceId, tags.site FROM devices",
			`{"deviceId":"thermostat-01","tags":{"site":"ist"}}`, `{"deviceId":"pump-01","tags":{"site":"ist"}}`, `{"deviceId":"ghost","tags":{"site":"ist"}}`)
		p.wait(time.Second)
		p.query("SELECT deviceId, tags.site FROM devices")
		p.sees("  thermostat-01", "~ pump-01", "~ ghost", "~ from the index, may lag") // the first was read
		p.Press("j")
		p.wait(time.Second)
		p.sees("! pump-01", "! changed since")
		p.Press("j")
		p.wait(time.Second)
		p.sees("✗ ghost", "✗ gone since")
		p.seesNot("~")
	})
}

// A row that is on the screen already when its twin is read by itself.
func TestTheTwinShownIsReadAgainForItsRow(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		before := p.hub.count("Twin")
		p.query("SELECT * FROM devices") // its first row is the device that is selected
		p.wait(time.Second)
		p.sees("  gateway-01", "~ pump-01")
		if n := p.hub.count("Twin") - before; n != 1 {
			t.Errorf("%d reads", n)
		}
	})
}

func TestRunningAgain(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.query("SELECT * FROM devices")
		p.Press("space", "space", "l", "s")
		p.wait(time.Second)
		p.Press("r")
		p.wait(20 * time.Millisecond)
		p.sees("▪~ gateway-01", "▪~ pump-01", "2 marked", "2 thermostat-01", "status▴")
		p.seesNot("running the query again")
		if ids := p.m.query.results.Marked(); len(ids) != 2 {
			t.Errorf("%v", ids)
		}
	})
}

func TestCopyingCellsAndRows(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.hub.answers("SELECT deviceId, COUNT() FROM devices GROUP BY deviceId", `{"deviceId":"pump-01","$1":4503599627370497}`)
		p.wait(time.Second)
		p.query("SELECT deviceId, COUNT() FROM devices GROUP BY deviceId")
		p.Press("l", "y")
		p.sees("copied $1: 4503599627370497")
		p.Press("enter")
		p.sees("pump-01", `"$1": 4503599627370497`)
		p.Press("y")
		if want := []string{"4503599627370497", `{"deviceId":"pump-01","$1":4503599627370497}`}; !slices.Equal(p.copied, want) {
			t.Errorf("%q", p.copied)
		}
		p.Press("esc", "2", "y")
		if p.copied[2] != "pump-01" {
			t.Errorf("%q", p.copied)
		}
	})
}

// What was run and saved is there in the next run.
func TestHistoryAndSavedQueriesOutliveTheProgram(t *testing.T) {
	store := &profile.Memory{}
	inBubble(t, Options{Store: store}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.query("SELECT * FROM nowhere")
		p.Press("esc")
		p.query("SELECT * FROM devices.modules")
		p.query("SELECT * FROM devices")
		p.query("SELECT * FROM devices.modules")
		p.Press(":", "ctrl+s")
		p.Type("all modules")
		p.Press("enter")
		p.sees("saved as all modules", "Query: all modules")
		p.Press("ctrl+u")
		p.Type("SELECT 1")
		p.Press("ctrl+s")
		p.Type("one")
		p.Press("enter")
		p.wait(20 * time.Millisecond)
	})
	s, _ := store.Load()
	if want := []string{"SELECT * FROM nowhere", "SELECT * FROM devices", "SELECT * FROM devices.modules"}; !slices.Equal(s.History, want) {
		t.Errorf("%q", s.History)
	}
	inBubble(t, Options{Store: store}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press(":")
		p.sees(": SELECT * FROM devices.modules")
		p.Press("up", "up")
		p.sees(": SELECT * FROM nowhere")
		p.Press("down", "down", "ctrl+r")
		p.Type("now")
		p.Press("enter")
		p.sees(": SELECT * FROM nowhere")
		p.Press("ctrl+o")
		p.sees("Saved queries", "all modules", "SELECT 1")
		p.Press("j", "r", "ctrl+u")
		p.Type("first")
		p.Press("enter")
		p.sees("first")
		p.Press("k", "d", "d")
		p.seesNot("all modules")
		p.Press("enter")
		p.sees(": SELECT 1", "Query: first")
		p.wait(20 * time.Millisecond)
	})
	s, _ = store.Load()
	if want := []profile.Query{{Name: "first", Text: "SELECT 1"}}; !slices.Equal(s.Queries, want) {
		t.Errorf("%v", s.Queries)
	}
}

func TestPaneKeysWhileAFilterOverResultsIsTyped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.query("SELECT * FROM devices")
		p.Press("/")
		p.Send(tea.PasteMsg{Content: "thermostat"})
		p.sees("2 of 4 rows", "2 thermostat-01")
		p.Type("q2:?")
		p.sees("nothing matches", "1 Query")
		p.Press("esc", "esc")
		p.sees("1 Devices")
	})
}
