package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/conceal"
	"twindeck/ui/hubs"
)

// Hub is an open hub, and what its dashboard is to know of it.
type Hub struct {
	Backend Backend
	Options Options
	// Close ends whatever was started for it, clients that are attached included; it blocks. nil:
	// there is nothing to end.
	Close func() error
}

// DeckOptions say what a [Deck] begins with.
type DeckOptions struct {
	// Hubs returns the hubs that can be opened. It may block, and is called from commands only.
	// nil: there is none but the first.
	Hubs func(ctx context.Context) ([]hubs.Choice, error)
	// HubsFile is where the user names them; empty when there is no such place.
	HubsFile string
	// Open opens one of them. It may block, until ctx ends at the latest, and is called from
	// commands only. nil when Hubs is.
	Open func(ctx context.Context, c hubs.Choice) (Hub, error)

	Presenter bool // begin in presenter mode
	Mouse     bool // take the mouse from the beginning
}

// Deck is the program on the screen, the only tea.Model of it: the dashboard of the hub that is
// open, and what outlives a change of hubs. Make one with [NewDeck]. It belongs to the goroutine of
// its program, but for Close.
type Deck struct {
	opts DeckOptions
	ctx  context.Context // ends with the program
	quit context.CancelFunc

	hub     *Model
	gen     uint64 // of hub: what another dashboard asked for is dropped
	current hubs.Choice
	lease   *lease // of what hub shows

	listing task // of the hubs there are
	opening task
	leases  leases

	presenter bool
	secrets   *conceal.Set
	captions  captions
	agreed    string // to be copied although it is secret

	mouse bool
	wheel wheel
}

// NewDeck returns the program with its first hub, which is the deck's from now on. The caller must
// Close the deck.
func NewDeck(first Hub, c hubs.Choice, opts DeckOptions) *Deck {
	d := &Deck{opts: opts, secrets: &conceal.Set{}, presenter: opts.Presenter, mouse: opts.Mouse}
	d.ctx, d.quit = context.WithCancel(context.Background())
	d.show(d.leases.add(first), c)
	return d
}

// show makes a hub the one on the screen.
func (d *Deck) show(l *lease, c hubs.Choice) {
	if c.Host == "" {
		c.Host = l.hub.Options.Host
	}
	d.gen++
	d.hub, d.current, d.lease = newModel(d.ctx, l.hub.Backend, l.hub.Options), c, l
	d.leases.keep(l, d.hub.prefs.keeper, d.hub.Close)
	d.hub.secrets = d.secrets
	d.secrets.AddHost(l.hub.Options.Host)
	d.present(d.presenter)
}

// Init implements tea.Model.
func (d *Deck) Init() tea.Cmd { return owned(d.gen, d.hub.Init()) }

// Update implements tea.Model.
func (d *Deck) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case hubMsg:
		if msg.gen != d.gen {
			return d, nil
		}
		switch inner := msg.msg.(type) {
		case askHubsMsg:
			return d, d.listHubs()
		case switchMsg:
			return d, d.switchTo(inner.to)
		case stopSwitchMsg:
			d.opening.stop()
			return d, nil
		case copyAnyway:
			return d, d.copyAgreed(inner.text)
		case mouseKeyMsg:
			return d, d.toggleMouse()
		}
		return d, d.pass(msg.msg)
	case hubsMsg:
		d.gotHubs(msg)
		return d, nil
	case openedMsg:
		return d, d.gotOpened(msg)
	case closedMsg:
		if msg.err != nil {
			d.hub.log.Warn("closing a hub", "error", msg.err)
		}
		return d, nil
	case copyAskMsg:
		d.askCopy(msg.text)
		return d, nil
	case captionMsg:
		d.captions.fade(msg)
		return d, nil
	case tea.KeyPressMsg:
		return d, d.press(msg)
	case tea.MouseMsg:
		return d, d.mouseDid(msg)
	case wheelMsg:
		return d, d.wheelTurned()
	}
	return d, d.pass(msg)
}

// pass hands a message to the dashboard of the hub that is open.
func (d *Deck) pass(msg tea.Msg) tea.Cmd {
	_, cmd := d.hub.Update(msg)
	return owned(d.gen, cmd)
}

// press takes the keys that work everywhere, and hands the others on.
func (d *Deck) press(key tea.KeyPressMsg) tea.Cmd {
	if d.hub.keys.Global.Presenter.Matches(key) {
		cmd := d.togglePresenter()
		if d.presenter {
			cmd = tea.Batch(cmd, d.caption(key))
		}
		return cmd
	}
	var told tea.Cmd
	if d.presenter {
		told = d.caption(key)
	}
	return tea.Batch(told, d.pass(key))
}

// View implements tea.Model.
func (d *Deck) View() tea.View {
	v := d.hub.View()
	if d.presenter {
		v.Content = d.captioned(d.secrets.Frame(v.Content))
	}
	if d.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// Filter is for tea.WithFilter: it sees every message before Bubble Tea does. It joins what a mouse
// wheel sends into as many scrolls as can be drawn, and holds back what must not be copied unasked.
func Filter(model tea.Model, msg tea.Msg) tea.Msg {
	d, ok := model.(*Deck)
	if !ok {
		return msg
	}
	if msg = d.joinWheel(msg); msg == nil {
		return nil
	}
	return d.guardCopy(msg)
}

// Close ends the program: what is under way is cancelled, what the user chose is written, and every
// hub is closed. It blocks until that is done. It may be called from any goroutine and more than
// once, also while the program runs, which then shows no more news.
func (d *Deck) Close() error {
	d.quit()
	return d.leases.closeAll()
}
