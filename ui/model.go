package ui

import (
	"context"
	"log/slog"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	overlay "twindeck/ui/bulk"
	"twindeck/ui/conceal"
	"twindeck/ui/devices"
	"twindeck/ui/dialog"
	"twindeck/ui/draft"
	"twindeck/ui/form"
	"twindeck/ui/history"
	"twindeck/ui/live"
	"twindeck/ui/profile"
	"twindeck/ui/theme"
	"twindeck/ui/twin"
)

// Options say how the dashboard is to behave.
type Options struct {
	Keys   keymap.Map // the zero Map: keymap.Default
	Host   string     // shown in the header and named by connection strings
	Policy string     // shown in the header; may be empty

	// Embedded says that the hub is the one in this process: clients are attached without
	// asking, and twin and devices are read again by themselves every second or two. A real
	// hub is read when the user or an event asks for it.
	Embedded bool

	Name       string            // of the hub's profile, shown in the header; empty when it has none
	Color      string            // of the hub, one that the theme knows; empty for none
	ReadOnly   bool              // nothing is written: the backend is wrapped in [ReadOnly]
	Production bool              // what others depend on wants to be confirmed twice, and what is deleted to be typed by name
	Presenter  bool              // keys and host names are masked wherever they would be shown
	Methods    []form.Suggestion // direct methods that are known to be answered; none on most hubs
	CAFile     string            // CA of a hub that the system does not trust, for commands to be pasted; may be empty

	// BulkFolder is where the journals of bulk runs are; empty: they have none, and what an
	// interrupted one did is not known afterwards.
	BulkFolder string

	Edit   Edit            // opens the user's editor; nil: there is none
	Left   func() []string // files that were changed in an editor, and not taken before the program ended; may block; nil: none are
	Record string          // the file that what clients receive is recorded in; empty: none
	Drafts draft.Store     // keeps what is typed and not saved; nil: until the end of the program
	Store  profile.Store   // keeps what the user chooses for this hub; nil: until the end of the program

	Log *slog.Logger     // nil: discarded
	Now func() time.Time // nil: time.Now; its zone is the one times are shown in
}

// Model is the dashboard of one hub; a [Deck] shows one after the other. Make one with [New]. It
// belongs to the goroutine of its program.
type Model struct {
	backend Backend
	opts    Options
	keys    keymap.Map
	log     *slog.Logger

	// ctx ends with the dashboard, and with it every command that is still running.
	ctx  context.Context
	quit context.CancelFunc

	width, height int
	dark, color   bool
	theme         theme.Theme
	focus         pane
	reach         reach
	status        status
	clock         time.Time // what ages are measured against; moves once a second
	ticks         uint64

	devices *devices.Pane
	twin    *twin.Pane
	live    *live.Pane

	overlays  []dialog.Dialog    // the last one is in front
	stopWrite context.CancelFunc // calls off what the form in front waits for; never nil
	awaited   *patch.Section     // section to edit when its twin has been read; nil when none, and after the next key

	listing  listing
	finding  finding
	usage    hub.Usage // as of the last tick
	reading  task
	identity task
	asking   task             // who is connected as the identity a client is to be attached as
	modules  map[string]*task // by device

	waiting    []tea.KeyPressMsg // keys that wait for what the filter finds
	hold       hold              // of the picture of the twin pane
	allModules task              // the listing of all modules
	searching  task              // for devices that are not loaded

	leaving  map[hub.ID]bool // clients that are being detached
	interval time.Duration   // of the observation that was begun last; 0: none was
	heardOf  int64           // newest desired version an event told of, for the twin shown
	rereads  int             // reads in a row that were older than heardOf
	again    bool            // something happened while the twin was being read: read it once more
	known    twins
	book     *history.Book // every version seen in this run
	prefs    preferences
	query    querying
	calling  calling
	bulk     bulkWork
	export   exporting
	marked   markedEdit
	runs     []form.Run               // direct methods that were called, the newest first
	mails    []form.Mail              // messages that were sent, the newest first
	looking  bool                     // feedback is looked for by itself
	methods  map[hub.ID]*form.Method  // forms that were open, with what was typed in them
	drafts   map[string]*form.Message // the same, by device
	wrote    bool                     // something may have been created or changed here
	secrets  *conceal.Set
	drafting drafting
	undos    []undo           // saves of this run that can be taken back, the newest last
	undoing  *form.Properties // the last form that takes one back

	frame frame
}

// New returns the dashboard of a hub. The caller must Close it.
func New(backend Backend, opts Options) *Model {
	return newModel(context.Background(), backend, opts)
}

// newModel is New for a dashboard that ends with ctx at the latest.
func newModel(ctx context.Context, backend Backend, opts Options) *Model {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if len(opts.Keys.Global.Quit.Keys) == 0 {
		opts.Keys = keymap.Default()
	}
	if opts.ReadOnly {
		backend = ReadOnly(backend, opts.Embedded)
		opts.Keys.Selection.Attach.Writes = !opts.Embedded
		opts.Keys = opts.Keys.Refusing("read-only")
	}
	book := history.New(0)
	m := &Model{
		backend:  backend,
		opts:     opts,
		keys:     opts.Keys,
		log:      opts.Log,
		dark:     true,
		color:    true,
		clock:    opts.Now(),
		devices:  devices.New(opts.Keys),
		twin:     twin.New(opts.Keys, opts.Host, book),
		live:     live.New(opts.Keys, opts.Record != ""),
		modules:  map[string]*task{},
		leaving:  map[hub.ID]bool{},
		methods:  map[hub.ID]*form.Method{},
		drafts:   map[string]*form.Message{},
		known:    newTwins(),
		book:     book,
		secrets:  &conceal.Set{},
		drafting: newDrafting(opts),
	}
	if opts.Store == nil {
		opts.Store = &profile.Memory{}
	}
	m.prefs.keeper = &keeper{store: opts.Store}
	m.ctx, m.quit = context.WithCancel(ctx)
	m.stopWrite = func() {}
	m.restyle(m.dark, m.color)
	return m
}

// Close cancels whatever the dashboard still waits for. A bulk run under way has a moment to bring
// its rows to an end, so Close may block for some seconds. It is safe to call more than once and
// while the program runs, which then shows no more news.
func (m *Model) Close() {
	m.quit()
	m.bulk.ending.end()
	m.export.ending.end()
	m.marked.ending.end()
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(
		m.loadPreferences(),
		m.findInterrupted(),
		m.loadDrafts(),
		m.findLeft(),
		m.list(),
		listen(m.ctx, m.backend),
		after(m.ctx, clockPeriod, clockMsg{}),
		tea.RequestBackgroundColor, // the answer may be late or never come
	)
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, m.update(msg)
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.restyle(msg.IsDark(), m.color)
	case tea.ColorProfileMsg:
		m.restyle(m.dark, hasColor(msg.String()))
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case clearStatusMsg:
		m.hush(msg.id)
	case clockMsg:
		return m.tick()
	default:
		return m.result(msg)
	}
	return nil
}

// restyle changes the looks of everything.
func (m *Model) restyle(dark, color bool) {
	m.dark, m.color = dark, color
	m.theme = theme.New(dark, color).Tinted(m.opts.Color)
	m.frame.forget()
	for _, d := range m.overlays {
		d.SetTheme(m.theme)
	}
	for _, hidden := range []*overlay.Run{m.bulk.shown, m.bulk.last} {
		if hidden != nil {
			hidden.SetTheme(m.theme)
		}
	}
}

// tick moves the clock and, on the embedded hub, reads again what is on the screen.
func (m *Model) tick() tea.Cmd {
	m.clock = m.opts.Now()
	m.ticks++
	cmds, routine := []tea.Cmd{after(m.ctx, clockPeriod, clockMsg{})}, hub.Routine(m.ctx)
	cmds = append(cmds, m.checkReach())
	if m.opts.Embedded {
		if !m.reading.busy {
			cmds = append(cmds, m.readTwinIn(routine))
		}
		if m.ticks%2 == 0 && !m.listing.running() && m.devices.Len() <= 2*pageSize {
			cmds = append(cmds, m.relist(), m.readOpenModulesIn(routine))
		}
	}
	if m.refreshDue() {
		cmds = append(cmds, m.relist())
	}
	m.usage = m.backend.Usage()
	m.live.SetObservations(m.backend.Observations())
	if m.bulk.shown != nil {
		m.bulk.shown.SetUsage(m.usage)
	}
	m.showProgress()
	return tea.Batch(append(cmds, m.askMarked())...)
}

// front returns the overlay that takes the keys, nil when there is none.
func (m *Model) front() dialog.Dialog {
	if len(m.overlays) == 0 {
		return nil
	}
	return m.overlays[len(m.overlays)-1]
}

func (m *Model) open(d dialog.Dialog) { m.overlays = append(m.overlays, d) }

// close takes one overlay away, wherever it is in the stack.
func (m *Model) close(d dialog.Dialog) {
	for i := range m.overlays {
		if m.overlays[i] == d {
			m.overlays = append(m.overlays[:i], m.overlays[i+1:]...)
			return
		}
	}
}

// alert tells of something that failed and that the user had asked for.
func (m *Model) alert(title string, err error) {
	note := dialog.Note{Title: title, Text: sentence(err), Details: details(err), Bad: true, Now: m.opts.Now}
	m.open(dialog.NewMessage(note, m.keys, m.theme))
}

// selected returns the identity that the keys of the selection act on.
func (m *Model) selected() (hub.ID, bool) {
	if r := m.query.results; r != nil {
		return r.Selected()
	}
	return m.devices.Selected()
}
