package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/profile"
	"twindeck/ui/query"
)

// querying is the query bar and what it has brought.
type querying struct {
	bar     *query.Bar     // nil while it is closed
	results *query.Results // nil while the devices are on the screen
	draft   string         // what the bar is to open with; empty: the query that was run last
	run     task           // of the page that is on its way
	said    uint64         // the status line that says that a query is run again
}

type (
	resultMsg struct {
		gen   uint64
		query string
		whole bool
		page  query.Page
		first bool
		err   error
	}
	arrangedMsg struct {
		results *query.Results // what the work was for; it may have gone
		done    query.Done
	}
	nextDueMsg struct{ gen uint64 } // time for the next page, after the hub has throttled
)

// runQuery asks for a page of a query and makes it ready to be shown. When the hub's quota is spent
// it says so at once: whoever typed it can wait, or type something else.
func runQuery(ctx context.Context, b Backend, gen uint64, text, continuation string) tea.Cmd {
	return func() tea.Msg {
		begun := time.Now()
		result, err := b.Run(hub.AtOnce(ctx), text, continuation, pageSize)
		page := query.Prepare(text, result, time.Since(begun))
		return resultMsg{gen: gen, query: text, whole: result.Whole, page: page, first: continuation == "", err: err}
	}
}

// firstQuery is what the bar opens with when no query has been run yet.
const firstQuery = "SELECT * FROM devices "

// What the bar learns from.
const (
	learnTwins = 200
	learnTags  = 200
)

// openBar opens the query bar with what was typed last.
func (m *Model) openBar() {
	history := m.prefs.History
	text := firstQuery
	switch {
	case m.query.draft != "":
		text = m.query.draft
	case len(history) > 0:
		text = history[len(history)-1]
	}
	var documents []patch.Value
	if r := m.query.results; r != nil {
		documents = r.Documents(learnTwins)
	}
	for _, t := range m.known.byID {
		documents = append(documents, t.Document)
	}
	var tags []patch.Path
	for _, text := range m.devices.TagPaths(learnTags) {
		if path, err := patch.ParsePath(text); err == nil {
			tags = append(tags, path)
		}
	}
	m.query.bar = query.NewBar(text, query.Known{
		History: history, Saved: m.prefs.Queries, Vocabulary: query.Learn(documents, tags),
	}, m.keys)
}

// closeBar takes the bar away. What was typed is there when it opens again.
func (m *Model) closeBar() {
	m.query.draft = m.query.bar.Text()
	m.query.bar = nil
}

// barActed does what the query bar wants.
func (m *Model) barActed(a query.Action) tea.Cmd {
	bar := m.query.bar
	switch a := a.(type) {
	case query.Run:
		m.prefs.History = query.Remember(m.prefs.History, a.Text)
		bar.SetBusy(true)
		return tea.Batch(m.keep(), m.startQuery(a.Text))
	case query.Cancel:
		m.query.run.stop()
		bar.SetBusy(false)
	case query.Close:
		m.closeBar()
	case query.OpenSaved:
		m.open(query.NewSaved(m.prefs.Queries, m.keys, m.theme))
	case query.Save:
		return m.saveQuery(a)
	}
	return nil
}

// startQuery asks for the first page. What is on the screen stays until it has come.
func (m *Model) startQuery(text string) tea.Cmd {
	if r := m.query.results; r != nil {
		r.Stop()
	}
	ctx, gen := m.query.run.start(m.ctx)
	return runQuery(ctx, m.backend, gen, text, "")
}

// rerun runs the query again whose results are on the screen.
func (m *Model) rerun() tea.Cmd {
	cmd := m.say(info, "running the query again")
	m.query.said = m.status.id
	return tea.Batch(cmd, m.startQuery(m.query.results.Query()), m.readTwin())
}

func (m *Model) gotResult(msg resultMsg) tea.Cmd {
	if !m.query.run.done(msg.gen) {
		return nil
	}
	m.heard(msg.err)
	switch {
	case msg.err != nil:
		return m.queryFailed(msg)
	case msg.first:
		return m.showResults(msg)
	}
	return m.addResults(msg.page)
}

// queryFailed says why a page did not come: in the bar with the query still in it, or under the
// rows that are there.
func (m *Model) queryFailed(msg resultMsg) tea.Cmd {
	m.hush(m.query.said)
	r := m.query.results
	if m.query.bar != nil && msg.first {
		k := m.detailsKey()
		m.query.bar.SetProblem(sentence(msg.err) + " (" + k.Label + " " + k.Short + ")")
		return nil
	}
	if r == nil {
		return nil
	}
	if _, all := r.Loading(); all && hub.Throttled(msg.err) {
		wait := hub.RetryAfter(msg.err)
		r.Wait("throttled, goes on in " + countdown(wait))
		return after(m.ctx, wait, nextDueMsg{m.query.run.gen})
	}
	again := m.keys.Results.LoadAll
	if msg.first {
		again = m.keys.Selection.Refresh
	}
	r.Fail(sentence(msg.err) + " (" + again.Label + " tries again)")
	return nil
}

// showResults puts the rows of a query in the place of the devices, or of the query before.
func (m *Model) showResults(msg resultMsg) tea.Cmd {
	m.hush(m.query.said)
	before := m.query.results
	r := query.NewResults(msg.query, msg.whole, m.keys)
	if before != nil && before.Query() == msg.query {
		r.Follow(before)
	}
	m.query.results = r
	if m.query.bar != nil {
		m.query.draft = ""
		m.query.bar = nil
		m.focus = paneDevices
	}
	m.frame.forget()
	cmd := m.addResults(msg.page)
	if id, ok := m.selected(); ok && id == m.twin.ID() && !m.reading.busy {
		cmd = tea.Batch(cmd, m.readTwin()) // which confirms the row
	}
	return cmd
}

// addResults adds a page, and asks for the next when all are wanted.
func (m *Model) addResults(page query.Page) tea.Cmd {
	r := m.query.results
	cmd := m.resultsActed(r.Add(page)...)
	if _, all := r.Loading(); all && !m.query.run.busy {
		return tea.Batch(cmd, m.nextPage())
	}
	return cmd
}

// nextPage asks for the page behind those that are loaded, unless one is on its way.
func (m *Model) nextPage() tea.Cmd {
	r := m.query.results
	if r == nil || r.Continuation() == "" || m.query.run.busy {
		return nil
	}
	r.Begin()
	ctx, gen := m.query.run.start(m.ctx)
	return runQuery(ctx, m.backend, gen, r.Query(), r.Continuation())
}

// resultsActed does what the table of results wants, and follows its selection.
func (m *Model) resultsActed(actions ...query.Action) tea.Cmd {
	var cmds []tea.Cmd
	for _, a := range actions {
		r := m.query.results
		switch a := a.(type) {
		case query.More:
			cmds = append(cmds, m.nextPage())
		case query.LoadAll:
			r.BeginAll()
			cmds = append(cmds, m.nextPage())
		case query.Pause:
			m.query.run.stop()
			r.Stop()
		case query.Notice:
			cmds = append(cmds, m.say(info, a.Text))
		case query.Leave:
			m.leaveResults()
		case query.Open:
			row, _ := r.Row()
			title := "Row"
			if id, ok := r.Selected(); ok {
				title = id.String()
			}
			m.open(query.NewDocument(title, row, m.keys, m.theme))
		case query.Work:
			cmds = append(cmds, func() tea.Msg { return arrangedMsg{r, a.Run()} })
		}
	}
	return tea.Batch(append(cmds, m.retarget())...)
}

func (m *Model) arranged(msg arrangedMsg) tea.Cmd {
	if msg.results != m.query.results {
		return nil
	}
	return m.resultsActed(msg.results.Done(msg.done))
}

// leaveResults brings the devices back, as they were left.
func (m *Model) leaveResults() {
	if m.query.results == nil {
		return
	}
	m.query.run.stop()
	m.query.results = nil
	m.frame.forget()
}

// copyCell copies what the row of the cursor has in the column of the cursor.
func (m *Model) copyCell() tea.Cmd {
	text, column, ok := m.query.results.Cell()
	if !ok {
		return m.say(info, "there is nothing here to copy")
	}
	shown := cell.Truncate(cell.Safe(text), 40)
	return tea.Batch(tea.SetClipboard(text), m.say(info, "copied "+cell.Safe(column)+": "+shown))
}

// confirm tells the results of a twin that was read directly.
func (m *Model) confirm(t hub.Twin) {
	if r := m.query.results; r != nil {
		r.Confirm(t)
	}
}

// saveQuery keeps a query under a name.
func (m *Model) saveQuery(s query.Save) tea.Cmd {
	queries := slices.Clone(m.prefs.Queries)
	at := slices.IndexFunc(queries, func(q profile.Query) bool { return q.Name == s.Name })
	if at < 0 {
		queries = append(queries, profile.Query{Name: s.Name, Text: s.Text})
	} else {
		queries[at].Text = s.Text
	}
	m.query.bar.SetNotice("saved as " + strings.TrimSpace(s.Name))
	return m.setQueries(queries)
}

// setQueries keeps the saved queries as they are now.
func (m *Model) setQueries(queries []profile.Query) tea.Cmd {
	m.prefs.Queries = queries
	if m.query.bar != nil {
		m.query.bar.SetSaved(queries)
	}
	return m.keep()
}

// savedActed does what the list of saved queries wants, or a row that is shown whole.
func (m *Model) savedActed(from *query.Saved, a query.Action) tea.Cmd {
	queries := slices.Clone(m.prefs.Queries)
	named := func(name string) int {
		return slices.IndexFunc(queries, func(q profile.Query) bool { return q.Name == name })
	}
	switch a := a.(type) {
	case query.Use:
		m.close(from)
		if m.query.bar != nil {
			m.query.bar.SetText(a.Text)
		}
		return nil
	case query.Close:
		m.close(from)
		return nil
	case query.Rename:
		if at := named(a.Old); at >= 0 {
			queries[at].Name = a.New
		}
	case query.Delete:
		if at := named(a.Name); at >= 0 {
			queries = slices.Delete(queries, at, at+1)
		}
	default:
		return nil
	}
	from.SetQueries(queries)
	return m.setQueries(queries)
}

// documentActed does what a row wants that is shown whole.
func (m *Model) documentActed(from *query.Document, a query.Action) tea.Cmd {
	switch a := a.(type) {
	case query.Close:
		m.close(from)
	case query.Copy:
		return tea.Batch(tea.SetClipboard(a.Text), m.say(info, "copied "+a.What))
	}
	return nil
}

// resultsTyping reports whether a filter over the results is being typed.
func (m *Model) resultsTyping() bool { return m.query.results != nil && m.query.results.Typing() }

// resultsKeys are the keys of the results that do something now, for the footer.
func (m *Model) resultsKeys() []keymap.Binding {
	k, r := m.keys.Results, m.query.results
	leave := k.Close
	if _, all := r.Loading(); all {
		leave.Short = "pause"
	} else if r.Filtered() {
		leave = m.keys.Filter.Clear
	}
	keys := []keymap.Binding{leave, k.Open}
	if _, all := r.Loading(); r.Continuation() != "" && !all {
		keys = append(keys, k.LoadAll)
	}
	copies := m.keys.Selection.CopyID
	copies.Short = "copy"
	return append(keys, k.Sort, k.Filter, k.Mark, copies)
}
