package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/form"
)

// The functions here make commands. A command captures values and never the model; its
// result is a message that names what it is the result of.

const (
	pageSize    = 100                    // what every hub grants without asking again, and is soon there
	fetchDelay  = 60 * time.Millisecond  // the cursor rests this long before a twin is read
	retryDelay  = 150 * time.Millisecond // before a twin is read again that was older than an event
	clockPeriod = time.Second
	idlePeriod  = time.Second // after a failed wait for events
)

type (
	modulesMsg struct {
		gen    uint64
		device string
		list   []hub.Identity
		err    error
	}
	twinDueMsg   struct{ gen uint64 }
	convergedMsg struct{ id hub.ID } // time to see whether the device has followed a write
	twinMsg      struct {
		gen  uint64
		id   hub.ID
		twin hub.Twin
		err  error
	}
	identityMsg struct {
		gen      uint64
		id       hub.ID
		identity hub.Identity
		err      error
	}
	createdMsg struct {
		form     *form.Identity // the one that asked; it may have been closed meanwhile
		wanted   hub.NewIdentity
		identity hub.Identity
		existed  bool
		err      error
	}
	connectionMsg struct {
		gen       uint64
		id        hub.ID
		asked     time.Time // when the user wanted to attach
		said      uint64    // the status line that says so
		connected bool
		err       error
	}
	attachedMsg struct {
		id   hub.ID
		form credentials // the one that its credentials come from; nil: none, and it may have been closed meanwhile
		err  error
	}
	detachedMsg struct {
		id  hub.ID
		err error
	}
	copyMsg struct {
		id       hub.ID
		identity hub.Identity
		err      error
	}
	eventsMsg struct {
		batch hub.Batch
		err   error
	}
	listenMsg      struct{}
	clockMsg       struct{}
	clearStatusMsg struct{ id uint64 }
)

func readModules(ctx context.Context, b Backend, gen uint64, device string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		list, err := b.Modules(ctx, device)
		return modulesMsg{gen, device, list, err}
	}
}

func readTwin(ctx context.Context, b Backend, gen uint64, id hub.ID) tea.Cmd {
	return func() tea.Msg {
		twin, err := b.Twin(ctx, id)
		return twinMsg{gen, id, twin, err}
	}
}

func readIdentity(ctx context.Context, b Backend, gen uint64, id hub.ID) tea.Cmd {
	return func() tea.Msg {
		identity, err := b.Identity(ctx, id)
		return identityMsg{gen, id, identity, err}
	}
}

// create creates an identity, or reads the one that is there already. f names the form.
func create(ctx context.Context, b Backend, f *form.Identity, n hub.NewIdentity) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		made, err := b.CreateIdentity(ctx, n)
		if !hub.AlreadyExists(err) {
			return createdMsg{form: f, wanted: n, identity: made, err: err}
		}
		there, err := b.Identity(ctx, n.ID)
		return createdMsg{form: f, wanted: n, identity: there, existed: true, err: err}
	}
}

// readConnection asks whether somebody is connected as an identity, before a client takes
// its place, and completes the answer with it.
func readConnection(ctx context.Context, b Backend, answer connectionMsg) tea.Cmd {
	return func() tea.Msg {
		identity, err := b.Identity(ctx, answer.id)
		answer.connected, answer.err = identity.Connected, err
		return answer
	}
}

// attach attaches a client, which takes the place of an observation, and completes the answer with how that went.
func attach(ctx context.Context, b Backend, answer attachedMsg, opts hub.AttachOptions, observed bool) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		if observed {
			b.Unobserve(answer.id)
		}
		answer.err = b.Attach(ctx, answer.id, opts)
		return answer
	}
}

func detach(ctx context.Context, b Backend, id hub.ID) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		return detachedMsg{id, b.Detach(ctx, id)}
	}
}

// readForCopy reads an identity for its connection string.
func readForCopy(ctx context.Context, b Backend, id hub.ID) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		identity, err := b.Identity(ctx, id)
		return copyMsg{id, identity, err}
	}
}

// listen waits for events. It is armed again by its own result, so that there is always one.
func listen(ctx context.Context, b Backend) tea.Cmd {
	return func() tea.Msg {
		batch, err := b.Next(ctx)
		return eventsMsg{batch, err}
	}
}

// after sends msg later. It returns at once when ctx ends, so that nothing outlives the dashboard.
func after(ctx context.Context, d time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

func now(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }
