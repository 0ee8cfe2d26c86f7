package bulk

import (
	"context"
	"errors"

	"twindeck/hub"
)

// Registry is what reads identities; hub.Client is one.
type Registry interface {
	Identity(ctx context.Context, id hub.ID) (hub.Identity, error)
}

// Read is one identity as it was read.
type Read struct {
	Row int
	hub.Identity
	Err error // why it could not be read
}

// Identities reads identities one by one, keys included where the policy may see them. Whoever
// begins it closes it or waits until it is over.
func Identities(ctx context.Context, h Registry, ids []hub.ID) *Stream[Read] {
	c := &caller{}
	return begin(ctx, len(ids), c, func(ctx context.Context, row int) (Read, bool) {
		r := Read{Row: row}
		r.Err = c.call(ctx, func(ctx context.Context) (err error) {
			r.Identity, err = h.Identity(ctx, ids[row])
			return err
		})
		return r, !errors.Is(r.Err, errStopped)
	}, func(bool) error { return nil })
}
