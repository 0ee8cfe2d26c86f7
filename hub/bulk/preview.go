package bulk

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"twindeck/hub"
)

// Sample is how many rows a preview reads. Those behind it are read just before they are written.
const Sample = 100

// rows are what is done one thing to.
type rows struct {
	caller
	op  Operation
	ids []hub.ID
	// gone are the devices that are to be deleted: their modules go with them.
	gone map[string]bool
}

func newRows(h Hub, op Operation, ids []hub.ID) *rows {
	r := &rows{caller: caller{hub: h}, op: op, ids: ids, gone: map[string]bool{}}
	if op.Kind == Delete {
		for _, id := range ids {
			if !id.IsModule() {
				r.gone[id.Device] = true
			}
		}
	}
	return r
}

// plan reads a row and tells what is to be done to it. Its error is that no call may leave any more.
func (r *rows) plan(ctx context.Context, row int) (Plan, error) {
	id := r.ids[row]
	skip := r.op.unread(id)
	if skip == "" && id.IsModule() && r.gone[id.Device] {
		skip = goesAlong
	}
	if skip != "" {
		return Plan{Row: row, ID: id, Skip: skip}, nil
	}
	t, err := r.twin(ctx, id)
	var p Plan
	switch {
	case errors.Is(err, errStopped) || ctx.Err() != nil:
		return Plan{}, errStopped
	case hub.NotFound(err) && r.op.Kind == Delete:
		p.Skip = alreadyGone
	case err != nil:
		p.Err = err
	default:
		p = r.op.plan(t)
	}
	p.Row, p.ID = row, id
	return p, nil
}

// Preview reads the first rows, at most [Sample], and tells what the operation would do to each. It
// writes nothing. Whoever begins it closes it or waits until it is over.
func Preview(ctx context.Context, h Hub, op Operation, ids []hub.ID) *Stream[Plan] {
	r := newRows(h, op, ids)
	n := min(len(ids), Sample)
	var (
		asking  atomic.Bool
		asked   = make(chan struct{})
		modules map[string][]string // once asked is closed
	)
	return begin(ctx, n, &r.caller, func(ctx context.Context, row int) (Plan, bool) {
		p, err := r.plan(ctx, row)
		if err != nil {
			return Plan{}, false
		}
		if op.Kind == Delete && !p.ID.IsModule() && p.Skip == "" && p.Err == nil {
			if asking.CompareAndSwap(false, true) {
				modules = r.modulesOf(ctx, ids[:n])
				close(asked)
			}
			<-asked
			p.Modules = modules[p.ID.Device]
		}
		return p, true
	}, func(bool) error { return nil })
}

// begin starts a stream whose calls pass its gate.
func begin[T any](ctx context.Context, n int, c *caller, work func(context.Context, int) (T, bool), end func(bool) error) *Stream[T] {
	ready := make(chan struct{})
	s := start(ctx, n, func(ctx context.Context, row int) (T, bool) {
		<-ready
		return work(ctx, row)
	}, func(closed bool) error {
		<-ready
		return end(closed)
	})
	c.gate = s.gate
	close(ready)
	return s
}

// modulesOf asks the query index for the modules of devices: one query, where the registry would
// take a call for each. It returns what it finds; a preview is none the worse without.
func (r *rows) modulesOf(ctx context.Context, ids []hub.ID) map[string][]string {
	found := map[string][]string{}
	var names []string
	for _, id := range ids {
		if !id.IsModule() {
			names = append(names, "'"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(id.Device)+"'")
		}
	}
	query := "SELECT deviceId, moduleId FROM devices.modules WHERE deviceId IN [" + strings.Join(names, ", ") + "]"
	for continuation := ""; ; {
		var page hub.Result
		err := r.call(ctx, func(ctx context.Context) (err error) {
			page, err = r.hub.Run(ctx, query, continuation, Sample)
			return err
		})
		if err != nil {
			return found
		}
		for _, row := range page.Rows {
			if id, ok := hub.RowID(row); ok && id.IsModule() {
				found[id.Device] = append(found[id.Device], id.Module)
			}
		}
		if continuation = page.Continuation; continuation == "" {
			return found
		}
	}
}
