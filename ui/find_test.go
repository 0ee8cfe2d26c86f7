package ui

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub"
)

// searches returns the conditions the hub was searched for.
func (f *fakeHub) searches() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, a := range f.asked {
		if a.Where != "" {
			all = append(all, a.Where)
		}
	}
	return all
}

// halfLoaded is a dashboard of which only the first page of 1,000 devices is there.
func halfLoaded(t *testing.T, test func(p *pump)) {
	t.Helper()
	inBubble(t, Options{}, 200, 36, func(f *fakeHub) {
		large(1000, 100)(f)
		f.delay = func(method string, _ hub.ID) time.Duration {
			if method != "List" || len(f.listed()) < 2 {
				return 0
			}
			return time.Hour
		}
	}, func(p *pump) {
		p.wait(time.Second)
		p.sees("loading 100 of 1,000")
		test(p)
	})
}

func TestATagThatIsNotLoadedIsFound(t *testing.T) {
	halfLoaded(t, func(p *pump) {
		before := p.hub.count("Twin")
		p.Press("/")
		p.Type("n09")
		p.seesNot("searching")
		if n := len(p.hub.searches()); n != 0 {
			t.Errorf("%d searches while the typing goes on", n)
		}
		p.wait(400 * time.Millisecond)
		s := p.hub.searches()
		if len(s) != 1 || !strings.HasPrefix(s[0], `(STARTSWITH(deviceId, 'n09') OR `) ||
			!strings.Contains(s[0], `STARTSWITH(tags.site, 'n09')`) || !strings.Contains(s[0], `STARTSWITH(tags.serial, 'n09')`) {
			t.Fatalf("%v", s)
		}
		p.sees("device-0900", "searched the hub: 100 more", "ids and tags (", ") that begin with n09; case matters")
		if n := p.hub.count("Twin") - before; n > 2 { // one by the id, one of what is selected
			t.Errorf("%d reads", n)
		}
		p.Type("99")
		p.wait(400 * time.Millisecond)
		p.sees("searched the hub: nothing more")
		p.Press("esc")
		p.seesNot("searched the hub:")
	})
}

func TestADeviceThatIsNotLoadedIsReadByItsID(t *testing.T) {
	halfLoaded(t, func(p *pump) {
		p.hub.slow(late(time.Hour, "List", "Search"))
		p.Press("/")
		p.Type("device-0777")
		p.wait(400 * time.Millisecond)
		p.sees("▸ ○ device-0777")
	})
}

func TestOneSearchAtATime(t *testing.T) {
	halfLoaded(t, func(p *pump) {
		p.hub.slow(late(5*time.Second, "List", "Search"))
		p.Press("/")
		p.Type("n05")
		p.wait(time.Second)
		p.sees("searching the hub…")
		p.Type("1")
		p.wait(time.Second)
		p.Type("2")
		p.wait(time.Second)
		if s := p.hub.searches(); len(s) != 3 || !strings.Contains(s[2], "'n0512'") {
			t.Errorf("%v", s)
		}
		p.wait(6 * time.Second)
		p.sees("device-0512", "searched the hub: 1 more")
		p.seesNot("device-0513")
	})
}

func TestNothingIsSearchedForThatWouldBeThereAnyway(t *testing.T) {
	inBubble(t, Options{}, 200, 36, large(300, 100), func(p *pump) {
		p.wait(time.Second)
		p.Press("/")
		p.Type("n0299")
		p.wait(time.Second)
		if s := p.hub.searches(); len(s) != 0 {
			t.Errorf("all is loaded, and yet: %v", s)
		}
	})
	halfLoaded(t, func(p *pump) {
		p.Press("/")
		p.Type("!n0 ")
		p.wait(time.Second)
		if s := p.hub.searches(); len(s) != 0 {
			t.Errorf("only an exclusion: %v", s)
		}
	})
	inBubble(t, Options{}, 200, 36, large(1000, 100), func(p *pump) { // a second for the rest
		p.hub.slow(late(100*time.Millisecond, "List"))
		p.Press("r")
		p.wait(400 * time.Millisecond)
		p.Press("/")
		p.Type("n0999")
		p.wait(3 * time.Second)
		p.sees("device-0999")
		if s := p.hub.searches(); len(s) != 0 {
			t.Errorf("it would have been loaded before: %v", s)
		}
	})
}

func TestASearchThatMustWaitSaysSo(t *testing.T) {
	halfLoaded(t, func(p *pump) {
		p.hub.failing("Search", throttled(8*time.Second))
		p.Press("/")
		p.Type("n0999")
		p.wait(500 * time.Millisecond)
		p.sees("searches the hub in 8 s")
		p.hub.failing("Search", nil)
		p.wait(9 * time.Second)
		p.sees("device-0999", "searched the hub: 1 more")
	})
}

func TestAHubWithoutStartsWithIsSearchedForWholeTexts(t *testing.T) {
	halfLoaded(t, func(p *pump) {
		p.hub.failing("Search", &hub.Error{Op: "list the devices", Status: 400})
		p.Press("/")
		p.Type("n0999")
		p.wait(400 * time.Millisecond)
		p.sees("search of the hub failed", "cannot list the devices")
		s := p.hub.searches()
		if len(s) != 2 || !strings.Contains(s[1], "tags.serial = 'n0999'") || strings.Contains(s[1], "STARTSWITH") {
			t.Errorf("%v", s)
		}
		p.hub.failing("Search", nil)
		p.Press("backspace", "9")
		p.wait(400 * time.Millisecond)
		p.sees("device-0999", "that are n0999")
	})
}

func TestTermsOfAFilter(t *testing.T) {
	for filter, want := range map[string]string{
		`a B`:               "a|B",
		`!a b !c`:           "b",
		`"a b" c`:           "a b|c",
		`site="north wi`:    "site=north wi",
		`"!a" a!b ! !"x y"`: "!a|a!b",
		` `:                 "",
	} {
		if got := strings.Join(positive(filter), "|"); got != want {
			t.Errorf("%s has the terms %s, want %s", filter, got, want)
		}
	}
}
