package jsonview

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
)

const twin = `{
	"deviceId": "thermostat-07",
	"tags": {},
	"properties": {
		"desired": {"telemetryInterval": 122, "setPoint": 21.50, "on": true},
		"reported": {"errors": ["low battery", null, {"code": 7}]}
	}
}`

func parse(t testing.TB, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// marks shows the styles as text: the cursor's line begins with >, a match is in ⟦⟧.
var marks = Styles{
	Cursor: func(s string) string { return ">" + strings.TrimRight(s, " ") },
	Match:  func(s string) string { return "⟦" + s + "⟧" },
}

// check compares a view with lines written with the indentation of a test.
func check(t *testing.T, m *Model, width, height int, want string) {
	t.Helper()
	got := m.View(width, height, marks)
	var lines []string
	for line := range strings.Lines(strings.Trim(want, "\n")) {
		lines = append(lines, strings.TrimPrefix(strings.TrimRight(line, "\n"), "\t\t"))
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	if want := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func view(t testing.TB, text string, height int) *Model {
	m := New()
	m.SetValue(parse(t, text))
	m.View(80, height, marks)
	return m
}

func TestView(t *testing.T) {
	m := view(t, twin, 22)
	check(t, m, 80, 22, `
		>▾ {
		    "deviceId": "thermostat-07",
		    "tags": {},
		  ▾ "properties": {
		    ▾ "desired": {
		        "telemetryInterval": 122,
		        "setPoint": 21.50,
		        "on": true
		      },
		    ▾ "reported": {
		      ▾ "errors": [
		          "low battery",
		          null,
		        ▾ {
		            "code": 7
		          }
		        ]
		      }
		    }
		  }
`)
	check(t, m, 20, 8, `
		>▾ {
		    "deviceId": "th…
		    "tags": {},
		  ▾ "properties": {
		    ▾ "desired": {
		        "telemetryI…
		        "setPoint":…
		        "on": true
`)
}

func TestScalarsAndEmptyDocuments(t *testing.T) {
	for text, want := range map[string]string{`{}`: ">  {}", `[]`: ">  []", `"x"`: `>  "x"`, `1.0`: ">  1.0", `null`: ">  null"} {
		m := view(t, text, 3)
		m.Down()
		m.Toggle()
		m.FoldAll()
		check(t, m, 20, 3, want)
	}
	check(t, New(), 20, 1, ">  {}")
}

func TestFolding(t *testing.T) {
	m := view(t, twin, 9)
	m.FoldAll()
	check(t, m, 80, 9, `
		>▾ {
		    "deviceId": "thermostat-07",
		    "tags": {},
		  ▸ "properties": {… 2 keys}
		  }
`)
	m.Move(3)
	m.Toggle()
	check(t, m, 80, 9, `
		▾ {
		    "deviceId": "thermostat-07",
		    "tags": {},
		>  ▾ "properties": {
		    ▸ "desired": {… 3 keys},
		    ▸ "reported": {… 1 key}
		    }
		  }
`)
	m.UnfoldAll()
	m.Move(4) // on setPoint
	m.Fold()  // to desired
	m.Fold()  // folded
	check(t, m, 80, 9, `
		▾ {
		    "deviceId": "thermostat-07",
		    "tags": {},
		  ▾ "properties": {
		>    ▸ "desired": {… 3 keys},
		    ▾ "reported": {
		      ▾ "errors": [
		          "low battery",
		          null,
`)
	m.Unfold()
	m.End()
	m.Toggle() // at the closing bracket of everything
	check(t, m, 80, 9, ">▸ {… 3 keys}")
	m.Unfold()
	m.End()
	m.Up()
	m.Toggle() // at the closing bracket of properties
	check(t, m, 80, 5, `
		▾ {
		    "deviceId": "thermostat-07",
		    "tags": {},
		>  ▸ "properties": {… 2 keys}
		  }
`)
}

func TestMovingScrolls(t *testing.T) {
	m := view(t, `[0,1,2,3,4,5,6,7,8,9]`, 4)
	m.Move(5)
	check(t, m, 9, 4, "\t\t    1,\n\t\t    2,\n\t\t    3,\n\t\t>    4,")
	m.Up()
	check(t, m, 9, 4, "\t\t    1,\n\t\t    2,\n\t\t>    3,\n\t\t    4,")
	m.PageDown()
	check(t, m, 9, 4, "\t\t    4,\n\t\t    5,\n\t\t    6,\n\t\t>    7,")
	m.End()
	check(t, m, 9, 4, "\t\t    7,\n\t\t    8,\n\t\t    9\n\t\t>  ]")
	check(t, m, 9, 5, "\t\t    6,\n\t\t    7,\n\t\t    8,\n\t\t    9\n\t\t>  ]")
	m.PageUp()
	m.PageUp()
	m.PageUp()
	check(t, m, 9, 2, "\t\t>▾ [\n\t\t    0,")
	m.Move(1000)
	m.Home()
	check(t, m, 9, 2, "\t\t>▾ [\n\t\t    0,")
	if !m.MoveToLine(1) || m.MoveToLine(2) || m.MoveToLine(-1) {
		t.Error("a click outside the two lines was taken")
	}
	check(t, m, 9, 2, "\t\t▾ [\n\t\t>    0,")
	short := view(t, `[1]`, 9)
	if short.MoveToLine(3) || !short.MoveToLine(2) {
		t.Error("a click behind the last of three lines was taken")
	}
}

func TestSelected(t *testing.T) {
	m := view(t, `{"site":{"sen sors":[1,{"a.b":true}]},"x":2}`, 20)
	want := []struct{ place, value string }{
		{"", `{"site":{"sen sors":[1,{"a.b":true}]},"x":2}`},
		{`site`, `{"sen sors":[1,{"a.b":true}]}`},
		{`site."sen sors"`, `[1,{"a.b":true}]`},
		{`site."sen sors"[0]`, `1`},
		{`site."sen sors"[1]`, `{"a.b":true}`},
		{`site."sen sors"[1]."a.b"`, `true`},
		{`site."sen sors"[1]`, `{"a.b":true}`},
		{`site."sen sors"`, `[1,{"a.b":true}]`},
		{`site`, `{"sen sors":[1,{"a.b":true}]}`},
		{`x`, `2`},
		{"", `{"site":{"sen sors":[1,{"a.b":true}]},"x":2}`},
	}
	for _, w := range want {
		if place, v := m.Selected(); place != w.place || v.JSON() != w.value {
			t.Errorf("got %s = %s, want %s = %s", place, v.JSON(), w.place, w.value)
		}
		m.Down()
	}
}

func TestANewValueKeepsFoldsCursorAndScreenLine(t *testing.T) {
	m := view(t, `{"a":{"x":1},"b":[{"y":1},{"z":1}],"c":{"d":5}}`, 6)
	m.Down()
	m.Toggle() // a
	m.Move(2)
	m.Toggle() // b[0]
	m.Move(6)  // c.d
	check(t, m, 30, 6, `
		    ▾ {
		        "z": 1
		      }
		    ],
		  ▾ "c": {
		>      "d": 5
`)
	m.SetValue(parse(t, `{"new":[1,2],"c":{"before":0,"d":6},"b":[{"y":2},{"z":2},3],"a":{"x":2}}`))
	check(t, m, 30, 6, `
		      1,
		      2
		    ],
		  ▾ "c": {
		      "before": 0,
		>      "d": 6
`)
	m.PageDown()
	m.End()
	check(t, m, 30, 8, `
		    ▸ {… 1 key},
		    ▾ {
		        "z": 2
		      },
		      3
		    ],
		  ▸ "a": {… 1 key}
		>  }
`)
}

func TestAVanishedPlaceLeavesTheCursorAround(t *testing.T) {
	m := view(t, `{"a":1,"o":{"p":{"q":1}}}`, 9)
	m.Move(4)
	if place, _ := m.Selected(); place != "o.p.q" {
		t.Fatalf("at %s", place)
	}
	m.SetValue(parse(t, `{"a":1,"o":{"p":7}}`))
	if place, _ := m.Selected(); place != "o.p" {
		t.Errorf("at %s, want o.p", place)
	}
	m.SetValue(parse(t, `{"a":1}`))
	if place, _ := m.Selected(); place != "" {
		t.Errorf("at %s, want the whole", place)
	}
}

func TestWhatComesFromAHubIsSafeToPrint(t *testing.T) {
	m := view(t, `{"\u001b]0;k\u0007":"\u001b[2J\u009b1m\u202e\u200b\n"}`, 3)
	check(t, m, 90, 3, "\t\t>▾ {\n\t\t    \"\\u001b]0;k\\u0007\": \"\\u001b[2J\\u009b1m\\u202e\\u200b\\n\"\n\t\t  }")
}

func TestALongStringCostsALine(t *testing.T) {
	m := view(t, `["`+strings.Repeat("ş東", 1_000_000)+`"]`, 3)
	check(t, m, 12, 3, "\t\t>▾ [\n\t\t    \"ş東ş東…\n\t\t  ]")
	if per := testing.AllocsPerRun(10, func() { m.View(12, 3, Styles{}) }); per > 200 {
		t.Errorf("%v allocations for three short lines", per)
	}
}

// drawText makes strings of what makes columns hard: wide, combining, hidden, control.
var drawText = rapid.StringOfN(rapid.SampledFrom([]rune("ab\"\\\x1b\n\u009b東京ş́🚀👩\u200d👧\u202e\u0301🇹🇷")), 0, 60, -1)

func drawValue(depth int) *rapid.Generator[patch.Value] {
	return rapid.Custom(func(t *rapid.T) patch.Value {
		switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
		case depth > 0 && kind < 3:
			var members []patch.Member
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				members = append(members, patch.Member{Key: drawText.Draw(t, "key"), Value: drawValue(depth-1).Draw(t, "member")})
			}
			return patch.Object(members...)
		case depth > 0 && kind < 5:
			return patch.Array(rapid.SliceOfN(drawValue(depth-1), 0, 4).Draw(t, "elems")...)
		case kind == 5:
			return patch.Int(rapid.Int64().Draw(t, "number"))
		default:
			return patch.String(drawText.Draw(t, "string"))
		}
	})
}

func TestAnySizeAfterAnyKeys(t *testing.T) {
	styled := func(code string) func(string) string {
		return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[m" }
	}
	styles := Styles{Key: styled("31"), String: styled("32"), Number: styled("33"), Punct: styled("2"), Match: styled("7"), Cursor: styled("44")}
	rapid.Check(t, func(t *rapid.T) {
		m := New()
		actions := []func(){
			m.Up, m.Down, m.PageUp, m.PageDown, m.Home, m.End, m.Toggle, m.Fold, m.Unfold, m.FoldAll, m.UnfoldAll,
			func() { m.Search(drawText.Draw(t, "search")) },
			func() { m.SearchNext() },
			func() { m.SearchPrev() },
			func() { m.MoveToLine(rapid.IntRange(-1, 30).Draw(t, "line")) },
			func() { m.SetValue(drawValue(4).Draw(t, "value")) },
		}
		m.SetValue(drawValue(4).Draw(t, "value"))
		for range 12 {
			rapid.SampledFrom(actions).Draw(t, "action")()
			w, h := rapid.IntRange(1, 60).Draw(t, "width"), rapid.IntRange(1, 25).Draw(t, "height")
			out := m.View(w, h, styles)
			lines := strings.Split(out, "\n")
			if len(lines) != h {
				t.Fatalf("%d lines instead of %d", len(lines), h)
			}
			cursors := 0
			for _, line := range lines {
				if got := cell.Width(line); got > w {
					t.Fatalf("%q is %d cells wide, not %d", line, got, w)
				}
				if strings.HasPrefix(line, "\x1b[44m") {
					cursors++
					if got := cell.Width(line); got != w {
						t.Fatalf("the cursor's line is %d of %d cells wide", got, w)
					}
				}
			}
			if cursors != 1 {
				t.Fatalf("the cursor is on %d lines of the screen:\n%s", cursors, out)
			}
			if again := m.View(w, h, styles); again != out {
				t.Fatalf("drawn again it is another screen:\n%s\n---\n%s", out, again)
			}
			if m.rows.visible(m.cursor) != m.cursor || m.rows.visible(m.top) != m.top {
				t.Fatal("the cursor is inside something folded")
			}
		}
	})
	if got := New().View(0, 5, styles) + New().View(5, 0, styles); got != "" {
		t.Errorf("no room, but %q", got)
	}
}

func TestTheCursorStaysOnAClosingBracket(t *testing.T) {
	m := view(t, `{"a":{"x":1},"b":2}`, 10)
	m.Move(3)
	m.SetValue(parse(t, `{"a":{"x":1,"y":2},"b":2}`))
	check(t, m, 40, 7, `
		▾ {
		  ▾ "a": {
		      "x": 1,
		      "y": 2
		>    },
		    "b": 2
		  }`)
}
