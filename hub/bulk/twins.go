package bulk

import (
	"context"
	"errors"

	"twindeck/hub"
)

// Seen is a row as it was read, or why it was not.
type Seen struct {
	Row  int
	Twin hub.Twin
	Err  error
}

// Twins reads the twins of the first rows, at most [Sample]. Whoever begins it closes it or waits until it
// is over.
func Twins(ctx context.Context, h Hub, ids []hub.ID) *Stream[Seen] {
	r := newRows(h, Operation{}, ids)
	return begin(ctx, min(len(ids), Sample), &r.caller, func(ctx context.Context, row int) (Seen, bool) {
		t, err := r.twin(ctx, ids[row])
		if errors.Is(err, errStopped) || ctx.Err() != nil {
			return Seen{}, false
		}
		return Seen{row, t, err}, true
	}, func(bool) error { return nil })
}
