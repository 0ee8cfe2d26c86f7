package bulk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// inARow is how many rows may fail one after the other, other than by being what they are, before
// a run pauses by itself: what is wrong is wrong with all of them.
const inARow = 20

// Run does the operation to the rows, each under the etag with which it was seen: by plans, which are
// those of a preview, and otherwise by a read just before the write. A row that was changed since is a
// conflict and stays as it is. What it does stands in the journal before it is told; nil keeps none. The run is the
// caller's, who closes it or waits until it is over; it has closed the journal then.
func Run(ctx context.Context, h Hub, op Operation, ids []hub.ID, plans []Plan, journal *Journal) *Stream[Result] {
	r := &run{rows: newRows(h, op, ids), journal: journal, plans: make(map[int]Plan, len(plans))}
	for _, p := range plans {
		if p.Err == nil { // one that could not be read is read again
			r.plans[p.Row] = p
		}
	}
	return begin(ctx, len(ids), &r.caller, r.row, func(interrupted bool) error {
		if journal == nil {
			return nil
		}
		s, _ := r.gate.get()
		switch {
		case interrupted:
			return journal.end("")
		case s.Stopped:
			return journal.end(stopped)
		}
		return journal.end(finished)
	})
}

type run struct {
	*rows
	journal *Journal
	plans   map[int]Plan // by row; only read

	mu     sync.Mutex
	failed int // rows in a row
}

// row does the operation to one row.
func (r *run) row(ctx context.Context, row int) (Result, bool) {
	p, seen := r.plans[row]
	if !seen {
		var err error
		if p, err = r.plan(ctx, row); err != nil {
			return Result{}, false
		}
	}
	var (
		res Result
		err error // why it failed
	)
	switch {
	case p.Skip != "":
		res.Outcome, res.Note = Skipped, p.Skip
	case p.Err != nil:
		res.Outcome, err = Failed, p.Err
	default:
		begun := false
		if res, err = r.change(ctx, p, &begun); errors.Is(err, errStopped) {
			if begun { // the hub throttled it: it was sent and not carried out
				r.note(Result{Row: row, Outcome: NotReached})
			}
			return Result{}, false
		}
	}
	res.Row = row
	if err != nil {
		res.Note, res.Code = err.Error(), code(err)
	}
	r.note(res)
	r.judgeRun(res, err)
	return res, true
}

// note puts a result into the journal.
func (r *run) note(res Result) {
	if r.journal == nil {
		return
	}
	if err := r.journal.result(res); err != nil {
		r.pause("the journal of this run cannot be written: " + err.Error())
	}
}

// judgeRun pauses the run when row after row fails.
func (r *run) judgeRun(res Result, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := status(err)
	if res.Outcome != Failed && res.Outcome != Unknown || s == 400 || s == 404 {
		r.failed = 0
		return
	}
	if r.failed++; r.failed%inARow == 0 {
		r.pause("row after row fails: " + res.Note)
	}
}

func (r *run) pause(why string) {
	r.gate.set(func(s *State) { s.Paused, s.Why = true, why })
}

// change writes one row. Its error is errStopped when nothing was sent, and otherwise says why the
// row is not done. begun is set when the journal says that something is to be sent.
//
// A write whose answer is lost is sent again under the same etag: should the first one have been
// carried out, the etag is another now and the second one is refused.
func (r *run) change(ctx context.Context, p Plan, begun *bool) (Result, error) {
	var (
		lostErr error // of the last write that may have been carried out
		silent  bool  // one of them had no answer at all
	)
	for try := 1; ; try++ {
		if err := r.gate.pass(ctx); err != nil {
			if lostErr == nil {
				return Result{}, errStopped
			}
			return Result{Outcome: Unknown}, lostErr
		}
		if r.journal != nil && !*begun {
			if err := r.journal.begin(p.Row, p.ETag); err != nil {
				r.pause("the journal of this run cannot be written, and nothing is changed without it: " + err.Error())
				return Result{}, errStopped
			}
			*begun = true
		}
		t, err := r.write(ctx, p)
		switch {
		case err == nil:
			return Result{Outcome: Done, Twin: t}, nil
		case ctx.Err() != nil:
			return Result{Outcome: Unknown}, err
		case hub.Throttled(err): // it was not carried out
			r.throttled(err)
			try--
			continue
		case lost(err):
			lostErr, silent = err, silent || status(err) == 0
		case lostErr == nil:
			return r.refused(err)
		}
		res, settled, why := r.settle(ctx, p, err)
		if settled {
			return res, why
		}
		if try >= tries {
			if silent { // it may still be on its way
				return Result{Outcome: Unknown}, err
			}
			return Result{Outcome: Failed}, err
		}
		r.gate.wait(ctx, first<<(try-1))
	}
}

// refused is what an answer means that is no success, when it is the first.
func (r *run) refused(err error) (Result, error) {
	switch {
	case hub.Conflict(err):
		return Result{Outcome: Conflict}, err
	case hub.NotFound(err) && r.op.Kind == Delete:
		return Result{Outcome: Skipped, Note: goneMeanwhile}, nil
	}
	return Result{Outcome: Failed}, err
}

// settle reads a row again after a write that may have been carried out. It is not settled when the
// row is as it was.
func (r *run) settle(ctx context.Context, p Plan, err error) (res Result, settled bool, why error) {
	t, readErr := r.readBack(ctx, p.ID)
	switch {
	case hub.NotFound(readErr) && r.op.Kind == Delete:
		return Result{Outcome: Done, Note: "its answer was lost, and the hub knows it no longer"}, true, nil
	case readErr != nil:
		return Result{Outcome: Unknown}, true, fmt.Errorf("%w (and then: %w)", err, readErr)
	}
	now := r.op.plan(t)
	switch {
	case now.ETag == p.ETag:
		return Result{}, false, nil
	case now.Skip == alreadySo:
		return Result{Outcome: Done, Note: "its answer was lost; it is so when read again", Twin: &t}, true, nil
	}
	return Result{Outcome: Unknown}, true, errOverwritten
}

var errOverwritten = errors.New("no answer came, and somebody else has changed it since; read it to see whether the change was made before")

// readBack reads a row to learn what became of it, also when the run has been stopped.
func (r *run) readBack(ctx context.Context, id hub.ID) (hub.Twin, error) {
	for try := 1; ; try++ {
		t, err := r.hub.Twin(ctx, id)
		switch {
		case err == nil, ctx.Err() != nil, !lost(err) && !hub.Throttled(err), try == tries:
			return t, err
		case hub.Throttled(err):
			r.throttled(err)
		}
		s, _ := r.gate.get()
		sleep(ctx, max(first<<(try-1), time.Until(s.Throttled)), nil)
	}
}

// write sends the change of a row, and returns the twin after it when that was what it wrote.
func (r *run) write(ctx context.Context, p Plan) (*hub.Twin, error) {
	section, ofTwin := r.op.section()
	merge := p.merge
	switch {
	case r.op.Kind == Delete:
		return nil, r.hub.DeleteIdentity(ctx, p.ID, p.ETag)
	case !ofTwin:
		_, err := r.hub.ChangeIdentity(ctx, p.ID, r.op.status(), p.ETag)
		return nil, err
	}
	change := hub.TwinPatch{Desired: &merge}
	if section == patch.Tags {
		change = hub.TwinPatch{Tags: &merge}
	}
	t, _, err := r.hub.PatchTwin(ctx, p.ID, change, p.ETag)
	return &t, err
}
