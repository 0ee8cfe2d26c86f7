package twin

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// search is what is looked for in the names and values of the tabs.
type search struct {
	input  textinput.Model
	typing bool
	query  jsonview.Query
	note   string // how many there are
}

func newSearch() search {
	in := textinput.New()
	in.Prompt = ""
	in.CharLimit = 256
	in.KeyMap.Paste = key.NewBinding(key.WithDisabled()) // it would read the clipboard; terminals paste by themselves
	return search{input: in}
}

// Typing reports whether a search is being typed, when every printable key belongs to it.
func (p *Pane) Typing() bool { return p.search.typing }

// Searching reports whether matches of a search are marked.
func (p *Pane) Searching() bool { return len(p.search.query) > 0 }

// searchable reports whether the tab in front has something to search.
func (p *Pane) searchable() bool {
	switch p.tab {
	case Properties, Tags, JSON:
		return p.twin != nil
	case History:
		return p.history.mode == theDocument
	case Identity, tabCount:
	}
	return false
}

func (p *Pane) startSearch() {
	if !p.searchable() {
		return
	}
	p.search.typing = true
	p.search.input.SetValue("")
	p.search.input.Focus()
}

// updateSearch takes a key press or a paste while a search is typed.
func (p *Pane) updateSearch(msg tea.Msg) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch k := p.keys.Search; {
		case k.Accept.Matches(press):
			p.search.typing = false
			return
		case k.Clear.Matches(press):
			p.clearSearch()
			return
		case k.Next.Matches(press):
			p.match(1)
			return
		case k.Prev.Matches(press):
			p.match(-1)
			return
		}
	}
	before := p.search.input.Value()
	p.search.input, _ = p.search.input.Update(msg) // its commands only make the cursor blink
	if text := p.search.input.Value(); text != before {
		p.look(text)
	}
}

// look searches for another text, from the cursor on.
func (p *Pane) look(text string) {
	p.search.query = jsonview.NewQuery(text)
	switch view := p.documentInFront(); {
	case view != nil:
		view.Search(text)
	case p.treeInFront() != nil:
		t := p.treeInFront()
		if b, ok := t.current(); !ok || !p.matches(&b) {
			p.match(1)
		}
	}
	p.count()
}

func (p *Pane) clearSearch() {
	p.search.typing = false
	p.search.query = nil
	p.json.Search("")
	p.history.document.Search("")
	p.search.note = ""
}

// match moves to the next match, or to the one before.
func (p *Pane) match(step int) {
	if !p.Searching() {
		return
	}
	switch view := p.documentInFront(); {
	case view != nil && step > 0:
		view.SearchNext()
	case view != nil:
		view.SearchPrev()
	case p.treeInFront() != nil:
		t := p.treeInFront()
		if i, ok := t.next(step, p.matches); ok {
			t.goTo(i)
		}
	}
	p.count()
}

// documentInFront is the document that the tab in front shows, nil when it shows none.
func (p *Pane) documentInFront() *jsonview.Model {
	switch {
	case p.tab == JSON:
		p.layDocument()
		return p.json
	case p.tab == History && p.history.mode == theDocument:
		return p.history.document
	}
	return nil
}

func (p *Pane) treeInFront() *tree {
	switch p.tab {
	case Properties:
		return &p.props
	case Tags:
		return &p.tags
	case Identity, JSON, History, tabCount:
	}
	return nil
}

// matches reports whether a row has what is searched for: in its name, or in a value of its own.
func (p *Pane) matches(b *branch) bool {
	in := func(text string) bool {
		start, _ := p.search.query.Find(text)
		return start >= 0
	}
	if n := len(b.leaf.Path); n > 0 && in(b.leaf.Path[n-1]) {
		return true
	}
	return b.leaf.HasDesired && in(searchText(b.leaf.Desired)) || b.leaf.HasReported && in(searchText(b.leaf.Reported))
}

// searchText is what of a value is searched: a string without its quotes and escapes.
func searchText(v patch.Value) string {
	if v.Kind() == patch.KindString {
		return v.Text()
	}
	return v.JSON()
}

// count finds out how many matches there are, and which of them the cursor is on.
func (p *Pane) count() {
	at, of := 0, 0
	if view := p.documentInFront(); view != nil {
		at, of = view.Matches()
	} else if t := p.treeInFront(); t != nil && p.Searching() {
		c := -1
		if t.grid.Cursor() < len(t.rows) {
			c = t.rows[t.grid.Cursor()]
		}
		for i := range t.all {
			if p.matches(&t.all[i]) {
				of++
				if i == c {
					at = of
				}
			}
		}
	}
	switch {
	case !p.Searching():
		p.search.note = ""
	case of == 0:
		p.search.note = "nothing found"
	case at > 0:
		p.search.note = fmt.Sprintf("%d of %d", at, of)
	case of == 1:
		p.search.note = "1 match"
	default:
		p.search.note = fmt.Sprintf("%d matches", of)
	}
}

// searchLine shows what is searched for; ok is false when nothing is.
func (p *Pane) searchLine(th theme.Theme, width int) (line string, ok bool) {
	if !p.searchable() || !p.search.typing && !p.Searching() {
		return "", false
	}
	note := ""
	if p.search.note != "" {
		note = " " + p.search.note + " "
	}
	room := max(width-3-cell.Width(note), 1)
	text := cell.Safe(p.search.input.Value())
	if p.search.typing {
		text = typed(th, &p.search.input, room)
	} else {
		text = th.Match.Render(cell.Fit(text, room))
	}
	return " " + th.Accent.Render(p.keys.Twin.Search.Label) + text + " " + th.Muted.Render(note), true
}

// typed draws a text field with its cursor in w cells.
func typed(th theme.Theme, in *textinput.Model, w int) string {
	r := []rune(in.Value())
	at := min(in.Position(), len(r))
	before, under, after := cell.Safe(string(r[:at])), " ", ""
	if at < len(r) {
		under, after = cell.Safe(string(r[at])), cell.Safe(string(r[at+1:]))
	}
	under = cell.Truncate(under, w)
	for cell.Width(before)+cell.Width(under) > w { // keep the cursor in view
		_, before = cell.Cut(before, 1)
		if before == "" {
			break
		}
	}
	room := max(w-cell.Width(before)-cell.Width(under), 0)
	return th.Field.Render(before) + th.FieldCursor.Render(under) + th.Field.Render(cell.Fit(after, room))
}

// marked fits a safe text into w cells in a style, with what is searched for marked in it.
func (p *Pane) marked(th theme.Theme, text string, w int, style theme.Style) string {
	if !p.Searching() {
		return style.Render(cell.Fit(text, w))
	}
	text = cell.Truncate(text, w)
	rest := cell.Spaces(w - cell.Width(text))
	var b strings.Builder
	for {
		start, end := p.search.query.Find(text)
		if start < 0 {
			b.WriteString(style.Render(text + rest))
			return b.String()
		}
		b.WriteString(style.Render(text[:start]))
		b.WriteString(th.Match.Render(text[start:end]))
		text = text[end:]
	}
}
