package devices

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/devices/roster"
	"twindeck/ui/theme"
)

// A large list is filtered by work that runs elsewhere; keys go on working meanwhile, and what is
// not wanted any more is dropped.
func TestALargeListIsFilteredElsewhere(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3*quick, 0), true))
	press(p, "/")
	first, ok := press(p, "9").(Work)
	if !ok {
		t.Fatal("a large list was filtered at once")
	}
	press(p, "down", "down")
	if id, _ := p.Selected(); id.Device != "device-000002" {
		t.Errorf("the cursor is on %v while the filter works", id)
	}
	second, ok := press(p, "9").(Work)
	if !ok {
		t.Fatal("no work for the second letter")
	}
	p.Done(first.Run())
	if p.roster.Shown() != 3*quick {
		t.Error("a result that nobody wants any more is shown")
	}
	drain(p, p.Add(page(1000, 990_000), false))
	p.Done(second.Run())
	for _, id := range ids(p) {
		if !strings.Contains(id, "99") {
			t.Fatalf("%s is shown", id)
		}
	}
	if n := p.roster.Shown(); n != 1114 {
		t.Errorf("%d found", n)
	}
	if got := text(p, 40, 12); !strings.Contains(got, "1,114 of 7,000 devices") {
		t.Errorf("%s", got)
	}
}

const evil = "\x1b[2J\x1b]0;owned\x07\u202e東京e\u0301\u0301\u0301\u0301\r\n\tx İst"

// What is searched for is marked in the row, and nothing a hub sends gets out of its cell by that.
func TestMatchesAreMarkedInHostileTexts(t *testing.T) {
	th := theme.New(true, true)
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SampledFrom([]string{evil, "pump-01", "İstanbul", "e\u0301e\u0301", "🇹🇷東京", "a\xffb"}).Draw(t, "text")
		text := cell.Safe(raw + rapid.StringN(0, 5, -1).Draw(t, "more"))
		var terms []roster.Term
		some := rapid.OneOf(rapid.SampledFrom([]string{"e", "st", "i", "京", "\u0301", "[", "2j"}), rapid.StringN(1, 2, -1))
		for _, s := range rapid.SliceOfN(some, 0, 3).Draw(t, "terms") {
			terms = append(terms, roster.Term{Text: roster.Fold(s)})
		}
		w := rapid.IntRange(0, 40).Draw(t, "w")
		got := render(text, spans(text, terms, rapid.Bool().Draw(t, "fuzzy")), w, th.Muted, th.Match)
		if plain := ansi.Strip(got); plain != cell.Fit(text, w) {
			t.Fatalf("%q in %d cells with %v: %q, without marks %q", text, w, terms, plain, cell.Fit(text, w))
		}
	})
	for text, want := range map[string]string{
		"pump-01 PUMP": "<pump>-01 <PUMP>",
		"İstanbul":     "İ<st>anbul",
		"xe\u0301sty":  "xe\u0301<st>y",
		"東京st":         "東京<st>",
	} {
		terms := []roster.Term{{Text: "pump"}, {Text: "st"}}
		var got strings.Builder
		at := 0
		for _, s := range spans(text, terms, false) {
			got.WriteString(text[at:s.from] + "<" + text[s.from:s.to] + ">")
			at = s.to
		}
		if got.WriteString(text[at:]); got.String() != want {
			t.Errorf("%s, want %s", got.String(), want)
		}
	}
}

// A tag that a device was found by is shown also where no column shows tags.
func TestTheTagThatWasSearchedForIsShown(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add([]hub.Entry{tagged("d-1", "istanbul")}, true))
	press(p, "/", "i", "s", "t")
	if got := text(p, 40, 12); !strings.Contains(got, "d-1  site=istanbul") {
		t.Errorf("%s", got)
	}
}

// However keys, pages and work follow on one another: the cursor is on the row that is selected,
// and the pane fits its place.
func TestTheCursorIsOnWhatIsSelected(t *testing.T) {
	keys := strings.Fields("j k l h G g enter space V * / esc A P down 1 d x")
	many := page(quick+500, 100)
	rapid.Check(t, func(t *rapid.T) {
		p := New(keymap.Default())
		p.Begin()
		var works []Work
		take := func(a Action) {
			if w, ok := a.(Work); ok {
				works = append(works, w)
			}
		}
		device := func() string { return fmt.Sprintf("device-%06d", rapid.IntRange(0, 200).Draw(t, "device")) }
		if rapid.Bool().Draw(t, "large") {
			take(p.Add(many, false))
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 8).Draw(t, "step") {
			case 0:
				take(p.Add(page(rapid.IntRange(0, 5).Draw(t, "n"), rapid.IntRange(0, 200).Draw(t, "from")), rapid.Bool().Draw(t, "last")))
			case 1:
				take(p.SetSort(rapid.SampledFrom([]string{"", "tags.site", "activity"}).Draw(t, "sort"), rapid.Bool().Draw(t, "reverse")))
			case 2:
				id := device()
				take(p.SetModules(id, []hub.Identity{{ID: hub.ID{Device: id, Module: "mod1"}}, {ID: hub.ID{Device: id, Module: "d2"}}}))
			case 3:
				take(p.Reveal(hub.Identity{ID: hub.ID{Device: device()}}))
			case 4:
				if len(works) > 0 {
					i := rapid.IntRange(0, len(works)-1).Draw(t, "work")
					take(p.Done(works[i].Run()))
					works = slices.Delete(works, i, i+1)
				}
			case 5:
				p.Remove(hub.ID{Device: device()})
			default:
				take(press(p, rapid.SampledFrom(keys).Draw(t, "key")))
			}
			w, h := rapid.IntRange(0, 60).Draw(t, "w"), rapid.IntRange(0, 20).Draw(t, "h")
			lines := p.View(theme.Theme{}, w, h, true, time.Unix(0, 0))
			if len(lines) != h {
				t.Fatalf("%d lines of %d", len(lines), h)
			}
			for _, l := range lines {
				if ansi.StringWidth(l) != w {
					t.Fatalf("%q in %d cells", l, w)
				}
			}
			r, ok := p.row()
			if id, selected := p.Selected(); p.job == nil && (ok != selected && !p.Filtered() || ok && p.roster.KeyOf(r) != p.at) {
				t.Fatalf("the cursor is on %v, selected is %v", p.roster.KeyOf(r), id)
			}
		}
	})
}

func BenchmarkKeyAndView(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := New(keymap.Default())
			p.Begin()
			drain(p, p.Add(page(n, 0), true))
			th := theme.New(true, true)
			now := time.Unix(0, 0)
			i := 0
			for b.Loop() {
				press(p, []string{"down", "G", "k", "g"}[i%4])
				p.View(th, 40, 50, true, now)
				i++
			}
		})
	}
}
