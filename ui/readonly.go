package ui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
)

// ErrReadOnly is why a hub that is open read-only takes no write.
var ErrReadOnly = errors.New("this hub is open read-only, so nothing was sent; open it without read-only to change it")

// ReadOnly returns b without its writes: each is refused with [ErrReadOnly] before anything leaves
// the process. Attaching is refused too, since it throws a device off; attach allows it, for a hub
// whose devices nobody depends on. It forwards what it knows to read, method by method, so that one
// that is new to [Backend] cannot slip through.
func ReadOnly(b Backend, attach bool) Backend { return readOnly{b, attach} }

type readOnly struct {
	from   Backend
	attach bool
}

func (r readOnly) List(ctx context.Context, l hub.Listing, continuation string, size int) (hub.Entries, error) {
	return r.from.List(ctx, l, continuation, size)
}

func (r readOnly) Statistics(ctx context.Context) (hub.Statistics, error) {
	return r.from.Statistics(ctx)
}

func (r readOnly) Usage() hub.Usage { return r.from.Usage() }

func (r readOnly) Modules(ctx context.Context, device string) ([]hub.Identity, error) {
	return r.from.Modules(ctx, device)
}

func (r readOnly) Identity(ctx context.Context, id hub.ID) (hub.Identity, error) {
	return r.from.Identity(ctx, id)
}

func (r readOnly) CreateIdentity(context.Context, hub.NewIdentity) (hub.Identity, error) {
	return hub.Identity{}, ErrReadOnly
}

func (r readOnly) InitTwin(context.Context, hub.ID, hub.TwinPatch) (hub.Twin, hub.Receipt, error) {
	return hub.Twin{}, hub.Receipt{}, ErrReadOnly
}

func (r readOnly) ChangeIdentity(context.Context, hub.ID, hub.IdentityChange, string) (hub.Identity, error) {
	return hub.Identity{}, ErrReadOnly
}

func (r readOnly) Dependents(ctx context.Context, id hub.ID) (hub.Dependents, error) {
	return r.from.Dependents(ctx, id)
}

func (r readOnly) DeleteIdentity(context.Context, hub.ID, string) error { return ErrReadOnly }

func (r readOnly) PolicyToken(expires time.Time) (hub.Token, error) {
	return r.from.PolicyToken(expires)
}

func (r readOnly) Twin(ctx context.Context, id hub.ID) (hub.Twin, error) { return r.from.Twin(ctx, id) }

func (r readOnly) PatchTwin(context.Context, hub.ID, hub.TwinPatch, string) (hub.Twin, hub.Receipt, error) {
	return hub.Twin{}, hub.Receipt{}, ErrReadOnly
}

func (r readOnly) Run(ctx context.Context, query, continuation string, size int) (hub.Result, error) {
	return r.from.Run(ctx, query, continuation, size)
}

func (r readOnly) Attach(ctx context.Context, id hub.ID, opts hub.AttachOptions) error {
	if !r.attach {
		return ErrReadOnly
	}
	return r.from.Attach(ctx, id, opts)
}

func (r readOnly) Detach(ctx context.Context, id hub.ID) error { return r.from.Detach(ctx, id) }

func (r readOnly) Observe(id hub.ID, every time.Duration) error { return r.from.Observe(id, every) }

func (r readOnly) Unobserve(id hub.ID) { r.from.Unobserve(id) }

func (r readOnly) Observations() []hub.Observation { return r.from.Observations() }

// Acknowledge would write to the twin, and does nothing.
func (r readOnly) Acknowledge(hub.ID, hub.AckMode) {}

func (r readOnly) Report(context.Context, hub.ID, patch.Value) (int64, error) { return 0, ErrReadOnly }

// Answer would answer those who call the real client, and does nothing.
func (r readOnly) Answer(hub.ID, hub.MethodAnswer) {}

func (r readOnly) CallMethod(context.Context, hub.ID, hub.MethodCall) (hub.MethodResult, error) {
	return hub.MethodResult{}, ErrReadOnly
}

func (r readOnly) SendMessage(context.Context, string, hub.Message) (hub.Sent, error) {
	return hub.Sent{}, ErrReadOnly
}

func (r readOnly) PurgeMessages(context.Context, string) (int, error) { return 0, ErrReadOnly }

// Feedback is taken from a queue that others may wait at.
func (r readOnly) Feedback(context.Context, []string) ([]hub.Feedback, error) {
	return nil, ErrReadOnly
}

func (r readOnly) Calls(since uint64) hub.Calls { return r.from.Calls(since) }

func (r readOnly) NextCalls(ctx context.Context, since uint64) (hub.Calls, error) {
	return r.from.NextCalls(ctx, since)
}

func (r readOnly) Next(ctx context.Context) (hub.Batch, error) { return r.from.Next(ctx) }

func (r readOnly) Reach(ctx context.Context) error { return r.from.Reach(ctx) }

// refuseWrite says why a key does nothing on a hub that is open read-only. It reports false for a
// key that may do what it does.
func (m *Model) refuseWrite(key keymap.Press) (cmd tea.Cmd, refused bool) {
	if !m.opts.ReadOnly {
		return nil, false
	}
	for _, b := range m.scope() {
		if b.Matches(key) {
			if !b.Writes {
				return nil, false
			}
			return m.say(info, "read-only: no "+b.Short+" here; open the hub without read-only to change it"), true
		}
	}
	return nil, false
}
