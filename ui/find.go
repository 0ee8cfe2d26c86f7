package ui

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/history"
	"twindeck/ui/theme"
)

// finding is the search of the hub for what is filtered and perhaps not loaded yet.
type finding struct {
	task          // the query
	direct task   // the read of a device by its id
	text   string // the filter it is for
	note   string // what the devices pane says of it
	where  string // what of the devices is searched, in words
	whole  bool   // the hub does not know STARTSWITH
}

const (
	// findDelay is how long the typing has to rest before the hub is asked: a query is dear.
	findDelay = 350 * time.Millisecond
	// worthwhile is how long the rest of a listing has to take for a search to be the cheaper way.
	worthwhile = 2 * time.Second
	// searchPaths is in how many tags the hub is searched for a term that names none.
	searchPaths = 12
	// foundRows is how much of what a search finds is shown: whoever sees more types on.
	foundRows = 100
)

type (
	findDueMsg struct{ gen uint64 }
	foundMsg   struct {
		gen    uint64
		direct bool // by its id
		rows   []hub.Entry
		twin   *hub.Twin // read by its id; nil when it was not
		more   bool      // than rows
		err    error
	}
)

// seek follows the filter: once the typing has rested, what is filtered is looked for on the hub as
// long as not all of it is loaded.
func (m *Model) seek() tea.Cmd {
	f := &m.finding
	text := m.devices.Filter()
	if text == f.text {
		return nil
	}
	f.stop()
	f.direct.stop()
	f.text, f.note = text, ""
	var cmd tea.Cmd
	if len(positive(text)) > 0 && !m.devices.Complete() {
		f.note = "not all loaded" + theme.Pending
		cmd = after(m.ctx, findDelay, findDueMsg{f.gen})
	}
	m.showProgress()
	return cmd
}

// positive returns the terms of a filter that a device must have, upper and lower case as typed. Quotes
// make one term of a text with spaces.
func positive(filter string) []string {
	var (
		terms         []string
		term          strings.Builder
		quoted, began bool
		not           bool
	)
	end := func() {
		if term.Len() > 0 && !not {
			terms = append(terms, term.String())
		}
		term.Reset()
		began, not = false, false
	}
	for _, r := range filter {
		switch {
		case r == '"':
			quoted, began = !quoted, true
		case unicode.IsSpace(r) && !quoted:
			end()
		case r == '!' && !began:
			not, began = true, true
		default:
			term.WriteRune(r)
			began = true
		}
	}
	end()
	return terms
}

func (m *Model) find(msg findDueMsg) tea.Cmd {
	f := &m.finding
	if msg.gen != f.gen {
		return nil
	}
	if m.devices.Complete() {
		f.note = ""
		m.showProgress()
		return nil
	}
	if left, known := m.listing.remaining(m.opts.Now()); known && left < worthwhile {
		return after(m.ctx, findDelay, msg)
	}
	terms := positive(f.text)
	var cmds []tea.Cmd
	if id := (hub.ID{Device: terms[0]}); f.text == terms[0] && !f.direct.busy {
		if _, loaded := m.devices.Entry(id); !loaded {
			ctx, gen := f.direct.start(m.ctx)
			cmds = append(cmds, findDevice(ctx, m.backend, gen, id))
		}
	}
	paths := m.devices.TagPaths(searchPaths)
	f.where = inWords(paths)
	search := hub.Search{Terms: terms, Paths: paths, Whole: f.whole}
	if where, ok := search.Where(); ok {
		f.note = "searching the hub" + theme.Pending
		ctx, gen := f.start(m.ctx)
		cmds = append(cmds, findByQuery(ctx, m.backend, gen, where))
	}
	m.showProgress()
	return tea.Batch(cmds...)
}

// findDevice reads a device by its id, which is cheap.
func findDevice(ctx context.Context, b Backend, gen uint64, id hub.ID) tea.Cmd {
	return func() tea.Msg {
		twin, err := b.Twin(ctx, id)
		msg := foundMsg{gen: gen, direct: true, err: err}
		if err == nil {
			msg.rows, msg.twin = []hub.Entry{twin.Entry()}, &twin
		}
		return msg
	}
}

func findByQuery(ctx context.Context, b Backend, gen uint64, where string) tea.Cmd {
	return func() tea.Msg {
		page, err := b.List(hub.AtOnce(ctx), hub.Listing{Where: where}, "", foundRows)
		return foundMsg{gen: gen, rows: page.Rows, more: page.Continuation != "", err: err}
	}
}

func (m *Model) found(msg foundMsg) tea.Cmd {
	f := &m.finding
	if msg.direct {
		// That there is none, or that it cannot be read so, is for the query to tell.
		if !f.direct.done(msg.gen) || msg.err != nil {
			return nil
		}
		m.heard(nil)
		m.saw(*msg.twin, history.Read)
		return m.devicesActed(m.devices.AddFound(msg.rows))
	}
	if !f.done(msg.gen) {
		return nil
	}
	m.heard(msg.err)
	defer m.showProgress()
	switch {
	case msg.err == nil:
	case hub.BadRequest(msg.err) && !f.whole:
		f.whole = true
		return m.find(findDueMsg{f.gen})
	case hub.Throttled(msg.err):
		wait := max(hub.RetryAfter(msg.err), time.Second)
		f.note = "searches the hub in " + countdown(wait)
		return after(m.ctx, wait, findDueMsg{f.gen})
	default:
		f.note = "search of the hub failed"
		return m.say(bad, sentence(msg.err))
	}
	fresh := 0
	for _, row := range msg.rows {
		if _, loaded := m.devices.Entry(row.ID); !loaded {
			fresh++
		}
	}
	switch {
	case msg.more:
		f.note = fmt.Sprintf("searched the hub: %d of many, type on", len(msg.rows))
	case fresh == 0:
		f.note = "searched the hub: nothing more"
	default:
		f.note = "searched the hub: " + cell.Count(fresh) + " more"
	}
	begins := "begin with"
	if f.whole {
		begins = "are"
	}
	text := fmt.Sprintf("searched for %s that %s %s; case matters", f.where, begins, strings.Join(positive(f.text), " and "))
	if len(msg.rows) == 0 {
		text += ", and path=value looks at any other tag"
	}
	return tea.Batch(m.say(info, text), m.devicesActed(m.devices.AddFound(msg.rows)))
}

// inWords says what is searched.
func inWords(paths []string) string {
	if len(paths) == 0 {
		return "ids"
	}
	const most = 4
	text := "ids and tags (" + strings.Join(paths[:min(len(paths), most)], ", ")
	if n := len(paths) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text + ")"
}
