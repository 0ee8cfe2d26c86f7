package twin

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// keys presses keys that have names.
func keys(p *Pane, names ...string) Action {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "down": tea.KeyDown, "up": tea.KeyUp, "backspace": tea.KeyBackspace}
	var a Action
	for _, n := range names {
		if code, ok := special[n]; ok {
			a = p.Update(tea.KeyPressMsg{Code: code})
			continue
		}
		a = press(p, n)
	}
	return a
}

// at is the path of the row under the cursor.
func at(p *Pane) string {
	b, _ := p.treeInFront().current()
	return b.path
}

const nested = `{"alpha":{"inner":{"deep":"needle"}},"list":[1,{"x":"Needle"}],"num":17,"Needle":true,"z":0}`

func TestSearchGoesThroughNamesAndValuesAlsoWhereTheyAreFolded(t *testing.T) {
	p := show(t, nested, `{}`, `{"rep":"a needle too","z":0}`, `{}`)
	keys(p, "j", "h") // fold alpha
	keys(p, "/", "N", "e", "e", "d")
	if !p.Typing() || !strings.Contains(text(p, 60, 20), "/Need") {
		t.Fatalf("%s", text(p, 60, 20))
	}
	var seen []string
	for range 5 {
		seen = append(seen, at(p))
		keys(p, "down")
	}
	if got := strings.Join(seen, " "); got != "alpha.inner.deep list Needle rep alpha.inner.deep" {
		t.Errorf("%s", got)
	}
	keys(p, "enter", ">")
	if at(p) != "Needle" || p.Typing() {
		t.Errorf("on %q", at(p))
	}
	keys(p, "<", "<")
	if got := text(p, 60, 20); at(p) != "alpha.inner.deep" || !strings.Contains(got, "2 of 4") || !strings.Contains(got, "deep") {
		t.Errorf("on %q:\n%s", at(p), got)
	}
	th := theme.New(true, true)
	if got := strings.Join(p.View(th, 60, 20, true, noon), "\n"); strings.Count(got, th.Match.Render("need")) < 1 || strings.Count(got, th.Match.Render("Need")) < 2 {
		t.Errorf("matches are not marked:\n%q", got)
	}
	press(p, "]", "]", "]") // the same search on the whole document
	if place, _ := p.json.Selected(); p.Tab() != JSON || !p.Searching() || !strings.Contains(text(p, 60, 20), "nothing found") {
		t.Errorf("%v at %s:\n%s", p.Tab(), place, text(p, 60, 20))
	}
	keys(p, "esc")
	if p.Searching() || strings.Contains(text(p, 60, 20), "/Need") {
		t.Error("the search is still there")
	}
	press(p, "/", "d", "e", "v")
	if place, _ := p.json.Selected(); place != "deviceId" {
		t.Errorf("in the document: %q", place)
	}
	keys(p, "esc")
	press(p, "/", "q")
	if got := text(p, 60, 20); p.Tab() != JSON || !strings.Contains(got, "/q") {
		t.Errorf("a key that is typed is none:\n%s", got)
	}
}

func TestTheNextDriftIsOneKeyAway(t *testing.T) {
	p := show(t, `{"a":1,"o":{"b":2,"c":3},"d":4}`, `{}`, `{"a":1,"o":{"b":2,"c":0},"d":{"value":0,"ac":500,"av":9},"only":1}`, `{}`)
	press(p, "j", "h") // fold o
	var seen []string
	for _, k := range []string{".", ".", ".", ",", ","} {
		press(p, k)
		seen = append(seen, at(p))
	}
	if got := strings.Join(seen, " "); got != "o.c d o.c d o.c" {
		t.Errorf("%s", got)
	}
	press(p, "]", ".")
	if p.Tab() != Properties {
		t.Errorf("the drift is on %v", p.Tab())
	}
	p = show(t, `{"a":1}`, `{}`, `{"a":1}`, `{}`)
	if say, ok := press(p, ".").(Say); !ok || !strings.Contains(say.Text, "nothing drifts") {
		t.Errorf("%v", say)
	}
}

func TestMetadataIsFoldedAwayButThere(t *testing.T) {
	p := show(t, `{"late":5}`, `{"$lastUpdated":"2026-03-01T11:00:00Z","late":{"$lastUpdatedVersion":4}}`,
		`{"late":4}`, `{"late":{"$lastUpdated":"2026-03-01T11:59:00Z"}}`)
	if got := text(p, 80, 20); strings.Contains(got, "$lastUpdated") || !strings.Contains(got, "▸ $metadata") {
		t.Errorf("%s", got)
	}
	press(p, "/", "2", "0", "2", "6")
	if got := text(p, 80, 20); !strings.Contains(got, "nothing found") {
		t.Errorf("metadata nobody looks at is searched:\n%s", got)
	}
	keys(p, "esc")
	press(p, "G", "l")
	for has, want := range map[string]string{
		"▾ $metadata": "▾ $metadata", "2026-03-01T11:00": "$lastUpdated 2026-03-01T11:00:00Z –", "03-01T11:…": "$lastUpdated – 2026-03-01T11:…",
		"late  ": "… late 5 4 1h", "Version": "$lastUpdatedVersion 4 –",
	} {
		if got := line(t, p, has); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	press(p, "j", "j", "j")
	if got := line(t, p, "reported 2026"); got != "reported 2026-03-01T11:59:00Z" { // whole, below
		t.Errorf("%q", got)
	}
	p.SetTwin(*p.Twin())
	press(p, "g", ".", ".")
	if at(p) != "late" {
		t.Errorf("metadata drifts: %q", at(p))
	}
	press(p, "G", "h", "h", "h", "h")
	if got := text(p, 80, 20); at(p) != "$metadata" || strings.Contains(got, "$lastUpdated") {
		t.Errorf("%s", got)
	}
}

func TestAnArrayAndAnObjectBesideALeaf(t *testing.T) {
	p := show(t, `{"arr":[1,[2]],"deep":{"x":1},"empty":{},"gone":{"y":{}},"leaf":5}`, `{}`, `{"arr":[1,2],"deep":7,"empty":{},"leaf":{"z":1}}`, `{}`)
	for has, want := range map[string]string{
		"arr":    "… arr [1,[2]] [1,2]",
		"deep":   `… deep {"x":1} 7`,
		"empty":  "✓ empty {} {}",
		"▾ gone": "▾ gone",
		"leaf":   `… leaf 5 {"z":1}`,
	} {
		if got := line(t, p, has); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMetersCountAsTheHubDoes(t *testing.T) {
	p := show(t, `{"a":"x"}`, `{}`, `{}`, `{}`)
	at := func(size int) string {
		tw := *p.Twin()
		tw.Version++
		v := patch.Object()
		for i := 0; patch.Size(v) < size; i++ {
			key := fmt.Sprintf("k%03d", i)
			v = v.With(patch.Path{key}, patch.String(strings.Repeat("ş", min(size-patch.Size(v)-4, 4000))))
		}
		tw.Desired.Value = v
		p.SetTwin(tw)
		return line(t, p, "desired "+strings.TrimSuffix(bytesText(size), "%"))
	}
	for size, want := range map[int]string{
		500:         "desired 500 B of 32 KB, 1% · reported 0 B of 32 KB, 0%",
		16 << 10:    "desired 16 KB of 32 KB, 50% · reported 0 B of 32 KB, 0%",
		30 << 10:    "desired 30 KB of 32 KB, !93% · reported 0 B of 32 KB, 0%",
		33<<10 + 10: "desired 33.0 KB of 32 KB, !103% · reported 0 B of 32 KB, 0%",
	} {
		if got := at(size); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	at(33<<10 + 10)
	press(p, "]")
	if got := line(t, p, "tags"); !strings.HasSuffix(got, "11 B of 8 KB, 0%") {
		t.Errorf("%q", got)
	}
	for width, want := range map[int]string{120: "━", 44: "desired 33.0 KB, !103%", 24: "d !103% · r 0%"} {
		p.tab = Properties
		if got := text(p, width, 20); !strings.Contains(got, want) {
			t.Errorf("%d wide: no %q in\n%s", width, want, got)
		}
	}
}

// What has no room in its column is shown whole below, and what a device says of it too.
func TestLongValuesAndWordsAreShownWhole(t *testing.T) {
	long := strings.Repeat("0123456789", 12)
	p := show(t, `{"v":"`+long+`","r":1}`, `{}`, `{"r":{"value":1,"ac":400,"av":4,"ad":"the valve is stuck and somebody has to go there and turn it by hand"}}`, `{}`)
	flat := func() string {
		var b strings.Builder
		for l := range strings.SplitSeq(text(p, 40, 36), "\n") {
			b.WriteString(strings.TrimSpace(l))
		}
		return strings.ReplaceAll(b.String(), " ", "")
	}
	if got := flat(); !strings.Contains(got, long) {
		t.Errorf("%s", text(p, 40, 36))
	}
	press(p, "j")
	if got := flat(); !strings.Contains(got, "thevalveisstuckandsomebodyhastogothereandturnitbyhand") {
		t.Errorf("%s", text(p, 40, 36))
	}
	p.tab = Tags
	tw := *p.Twin()
	tw.Version++
	tw.Tags = parse(t, `{"tag":"`+long+`"}`)
	p.SetTwin(tw)
	if got := flat(); !strings.Contains(got, long) {
		t.Errorf("%s", text(p, 40, 36))
	}
}

// Odd documents: everything stays in its cells, and nothing of a value reaches the terminal raw.
func TestOddDocumentsStayAligned(t *testing.T) {
	deep := `"\u001b[31m東京"`
	for i := range 10 {
		deep = fmt.Sprintf(`{"level%d":%s,"é\u0301\u202e":1}`, i, deep)
	}
	odd := `{"` + strings.Repeat("k", 1024) + `":"` + strings.Repeat("長", 1300) + `","東京タワー":"都","👩‍👩‍👧":"🏳️‍🌈","\u0007\u009b2J":"\u001b]0;owned\u0007","deep":` + deep + `,"arr":["\n",null],"num":-0}`
	p := show(t, odd, `{"$lastUpdated":"2026-03-01T11:00:00Z"}`, odd, `{}`)
	for _, tab := range []Tab{Properties, Tags, JSON} {
		p.tab = tab
		for _, query := range []string{"", "長", "k"} {
			p.look(query)
			for row := range 30 {
				for _, width := range []int{1, 7, 20, 40, 79, 120} {
					for _, height := range []int{1, 5, 13, 30} {
						for i, l := range p.View(theme.New(true, true), width, height, true, noon) {
							plain := cell.Width(l)
							if plain > width || strings.ContainsAny(l, "\x07\u009b\u202e\n\t") {
								t.Fatalf("%v, row %d, %dx%d, line %d: %d cells: %q", tab, row, width, height, i, plain, l)
							}
						}
					}
				}
				keys(p, "down")
			}
		}
	}
	p.tab = Properties
	p.clearSearch()
	var columns []int
	for l := range strings.SplitSeq(text(p, 100, 40), "\n") {
		if i := strings.Index(l, "都"); i >= 0 {
			columns = append(columns, cell.Width(l[:i]), cell.Width(l[:strings.LastIndex(l, "都")]))
		}
	}
	head := line(t, p, "property")
	if len(columns) != 2 || columns[0] == columns[1] || head == "" {
		t.Errorf("%v under %q:\n%s", columns, head, text(p, 100, 40))
	}
	for l := range strings.SplitSeq(text(p, 100, 40), "\n") {
		if strings.Contains(l, "property") {
			before, _, _ := strings.Cut(l, "desired")
			further, _, _ := strings.Cut(l, "reported")
			if d, r := cell.Width(before), cell.Width(further); d != columns[0] || r != columns[1] {
				t.Errorf("values at %v, columns at %d and %d", columns, d, r)
			}
		}
	}
}
