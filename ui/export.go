package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/hub/export"
	"twindeck/hub/patch"
	overlay "twindeck/ui/bulk"
	"twindeck/ui/cell"
)

// rowSource is what offers rows for an export. It is asked from Update, a chunk at a time.
type rowSource interface {
	// what names the rows, in the plural.
	what() string
	// counts returns how many rows are marked, and how many the filter lets through.
	counts() (marked, matching int)
	// take decides on the rows, as they are now, and returns how many there are.
	take(marked bool) int
	// columns returns the names of the columns: those that are shown, or all, when there are more.
	columns(all bool) []string
	more() bool
	// row returns the values of row i, null for none, and whom it is about, if it is about somebody.
	row(i int, columns []string) ([]patch.Value, hub.ID)
	// identities says that rows are about identities, which have keys.
	identities() bool
}

// exporting is the one export that may be under way. Its rows are taken from the pane and written
// by turns, a chunk at a time, so that a million of them neither stop the screen nor are held twice.
type exporting struct {
	gen     uint64 // what comes of an older one is dropped
	shown   *overlay.Export
	source  rowSource
	wish    overlay.Wish
	columns []string
	n, at   int // rows, and of them written
	sheet   *sheet
	ctx     context.Context // of the export under way
	cancel  context.CancelFunc
	keyless int   // rows whose keys could not be read
	why     error // of the first of them
	ending  ending
}

// How many rows are written before the screen has its turn.
const (
	exportChunk     = 5_000
	exportKeysChunk = 40 // each of them a call
)

type (
	exportReadyMsg struct {
		gen   uint64
		sheet *sheet
		err   error
	}
	exportWroteMsg struct {
		gen     uint64
		rows    int
		keyless int
		note    string
		why     error // of the first row without keys
		err     error
	}
	exportEndedMsg struct {
		gen uint64
		err error
	}
)

// rows returns what can be exported now: the rows of a query, or the devices.
func (m *Model) rows() rowSource {
	if r := m.query.results; r != nil {
		return &queryRows{results: r}
	}
	return &deviceRows{m: m}
}

// openExport asks which rows are to be written, and where.
func (m *Model) openExport(source rowSource) tea.Cmd {
	e := &m.export
	if e.shown != nil {
		return nil
	}
	e.source = source
	marked, matching := source.counts()
	host, _, _ := strings.Cut(m.opts.Host, ".")
	e.shown = overlay.NewExport(overlay.ExportOptions{
		What: source.what(), Marked: marked, Matching: matching, WithKeys: source.identities(), MoreColumns: source.more(),
		Folder: "~", Name: fileName(host + "-" + source.what() + "-" + m.opts.Now().Format("20060102-150405")),
		Keys: m.keys, Theme: m.theme,
	})
	m.open(e.shown)
	return nil
}

// fileName makes a text fit for the name of a file.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, text)
}

// exportAnswer does what the overlay of an export wants done.
func (m *Model) exportAnswer(from *overlay.Export, a overlay.Action) tea.Cmd {
	e := &m.export
	switch a := a.(type) {
	case overlay.Close:
		m.close(from)
		e.shown = nil
	case overlay.Cancel:
		e.cancel()
	case overlay.Write:
		e.gen++
		e.wish = a.Wish
		e.n, e.at, e.keyless, e.why = e.source.take(a.Marked), 0, 0, nil
		e.columns = e.source.columns(a.AllColumns)
		e.ctx, e.cancel = context.WithCancel(hub.Background(m.ctx))
		names := e.columns
		if a.Keys {
			names = append(names[:len(names):len(names)], "primaryKey", "secondaryKey")
		}
		gen, wish, ending := e.gen, a.Wish, &e.ending
		return func() tea.Msg {
			msg := exportReadyMsg{gen: gen}
			msg.err = ending.begin(func() (func(), error) {
				var err error
				msg.sheet, err = newSheet(wish, names)
				return msg.sheet.abort, err
			})
			return msg
		}
	}
	return nil
}

// exportResult takes what a command of an export brought back.
func (m *Model) exportResult(msg tea.Msg) tea.Cmd {
	e := &m.export
	switch msg := msg.(type) {
	case exportReadyMsg:
		if msg.err != nil {
			return m.exportFailed(msg.err)
		}
		// Given up meanwhile, it is aborted by what finds that out.
		e.sheet = msg.sheet
		return m.exportNext()
	case exportWroteMsg:
		if msg.gen != e.gen {
			return nil
		}
		e.at += msg.rows
		e.keyless += msg.keyless
		if e.why == nil {
			e.why = msg.why
		}
		if msg.err != nil {
			return m.exportFailed(msg.err)
		}
		e.shown.Written(e.at, msg.note)
		return m.exportNext()
	case exportEndedMsg:
		if msg.gen != e.gen {
			return nil
		}
		if msg.err != nil {
			return m.exportFailed(msg.err)
		}
		return m.exported()
	}
	return nil
}

// exportNext writes the next chunk, or ends the export.
func (m *Model) exportNext() tea.Cmd {
	e := &m.export
	gen, sheet, ctx := e.gen, e.sheet, e.ctx
	if ctx.Err() != nil {
		return m.exportFailed(ctx.Err())
	}
	if e.at == e.n {
		return func() tea.Msg { return exportEndedMsg{gen, sheet.end()} }
	}
	chunk := exportChunk
	if e.wish.Keys {
		chunk = exportKeysChunk
	}
	var (
		rows [][]patch.Value
		ids  []hub.ID
	)
	for i := e.at; i < min(e.at+chunk, e.n); i++ {
		row, id := e.source.row(i, e.columns)
		rows, ids = append(rows, row), append(ids, id)
	}
	b, withKeys := m.backend, e.wish.Keys
	return func() tea.Msg {
		msg := exportWroteMsg{gen: gen, rows: len(rows)}
		if withKeys {
			msg.addKeys(ctx, b, rows, ids)
		}
		for _, row := range rows {
			if msg.err == nil {
				msg.err = sheet.write(row)
			}
		}
		if msg.err != nil {
			msg.rows = 0
		}
		return msg
	}
}

// addKeys reads the keys that belong to rows, and puts them behind their values.
func (msg *exportWroteMsg) addKeys(ctx context.Context, b Backend, rows [][]patch.Value, ids []hub.ID) {
	var (
		asked []hub.ID
		row   []int // of each of them
	)
	for i := range rows {
		rows[i] = append(rows[i], patch.Null(), patch.Null())
		if ids[i].Device != "" {
			asked, row = append(asked, ids[i]), append(row, i)
		}
	}
	s := bulk.Identities(ctx, b, asked)
	defer s.Close(0)
	for {
		batch, err := s.Next(ctx)
		if err != nil {
			msg.err = err
			return
		}
		if batch.Throttled.After(time.Now()) {
			msg.note = "the hub is throttling, so it takes longer"
		}
		for _, read := range batch.Items {
			if read.Err != nil {
				msg.keyless++
				msg.why = read.Err
				continue
			}
			for i, key := range []hub.Key{read.PrimaryKey, read.SecondaryKey} {
				if values := rows[row[read.Row]]; !key.IsZero() {
					values[len(values)-2+i] = patch.String(key.Reveal())
				}
			}
		}
		if batch.Over {
			break
		}
	}
	if msg.keyless > 0 && msg.keyless == len(asked) && hub.Unauthorized(msg.why) {
		msg.err = msg.why // it will not get better
	}
}

// exportFailed gives an export up. The overlay stays, and says why.
func (m *Model) exportFailed(err error) tea.Cmd {
	e := &m.export
	e.gen++
	e.cancel()
	sheet := e.sheet
	e.sheet = nil
	problem := "nothing was written: " + sentence(err)
	switch {
	case errors.Is(err, context.Canceled):
		problem = "given up; nothing was written"
	case errors.Is(err, export.ErrExists):
	default:
		m.log.Warn("export failed", "error", err)
	}
	if e.shown != nil {
		e.shown.Ended(problem, errors.Is(err, export.ErrExists))
	}
	return func() tea.Msg {
		if sheet != nil {
			sheet.abort()
		}
		return nil
	}
}

// exported closes the overlay of an export that is complete.
func (m *Model) exported() tea.Cmd {
	e := &m.export
	e.cancel()
	m.close(e.shown)
	sheet := e.sheet
	e.shown, e.sheet = nil, nil
	rows := cell.Count(e.n) + " " + e.source.what()
	if e.n == 1 {
		rows = "1 row"
	}
	if e.wish.Keys {
		rows += " with keys"
	}
	text := "exported " + rows + " to " + cell.Safe(sheet.path)
	var cmd tea.Cmd
	if e.wish.ToClipboard {
		text = "copied " + rows
		cmd = tea.SetClipboard(sheet.text.String())
	}
	if e.keyless > 0 {
		return tea.Batch(cmd, m.say(bad, fmt.Sprintf("%s; of %s the keys could not be read: %s", text, cell.Count(e.keyless), sentence(e.why))))
	}
	return tea.Batch(cmd, m.say(good, text))
}
