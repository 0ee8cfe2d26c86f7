package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// parallel is how many devices a job works on at once. Most of the time is spent waiting, for the
// disk or for devices.
const parallel = 32

// errTimeOver ends a job that has run for as long as it may.
var errTimeOver = errors.New("the job took longer than maxExecutionTimeInSeconds")

// Refusals that only rows show.
var (
	rowTimeOver = &registry.Error{Number: 504101, Message: "The job's time was over before it was done with this device."}
	rowUnknown  = &registry.Error{Number: 500001, Message: "The hub stopped before it had recorded what became of this device."}
)

// run carries a job out, until it has ended or ctx is done.
func (s *Scheduler) run(ctx context.Context, j *job) {
	limited, cancel := context.WithTimeoutCause(ctx, j.limit, errTimeOver)
	defer cancel()
	err := s.save(j)
	if err == nil {
		err = s.pick(limited, j)
	}
	if err == nil {
		s.work(limited, j)
		err = context.Cause(limited)
	}
	switch {
	case ctx.Err() != nil: // the next start finds the job running
	case err == nil:
		s.end(j, completed, "")
	case errors.Is(err, errTimeOver):
		s.end(j, failed, "The job took longer than maxExecutionTimeInSeconds.")
	case errors.Is(err, query.ErrSyntax), errors.Is(err, query.ErrTooLong):
		s.end(j, failed, "The query condition is not valid.")
	default:
		s.opts.Log.Error("jobs: a job cannot be stored", "job", j.id, "error", err)
		s.end(j, failed, "The job cannot be stored.")
	}
}

// pick finds the devices that the job is for.
func (s *Scheduler) pick(ctx context.Context, j *job) error {
	condition, err := s.opts.Dialect.ParseCondition(j.condition)
	if err != nil {
		return err
	}
	var devices []string
	if err := condition.Each(ctx, s.opts.Registry.Index(), func(twin registry.Twin) bool {
		devices = append(devices, twin.ID.Device)
		return true
	}); err != nil {
		return context.Cause(ctx)
	}
	s.mu.Lock()
	j.rows = newRows(devices, s.opts.Now())
	j.counts[rowPending] = len(devices)
	s.rows += len(devices)
	s.mu.Unlock()
	for i := range chunks(len(devices)) {
		if err := s.saveRows(j, i); err != nil {
			return err
		}
	}
	return nil
}

// work goes through the devices, in parallel, and returns when all are done or ctx is.
func (s *Scheduler) work(ctx context.Context, j *job) {
	left := make([]atomic.Int32, chunks(len(j.rows))) // rows of each chunk that are not done
	for i := range j.rows {
		left[i/chunkRows].Add(1)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(parallel, len(j.rows)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(j.rows) {
					return
				}
				s.one(ctx, j, i)
				if left[i/chunkRows].Add(-1) > 0 {
					continue
				}
				if err := s.saveRows(j, i/chunkRows); err != nil {
					s.opts.Log.Error("jobs: what became of devices cannot be stored", "job", j.id, "error", err)
				}
			}
		})
	}
	workers.Wait()
}

// one carries the job out for one device.
func (s *Scheduler) one(ctx context.Context, j *job, i int) {
	var outcome string
	err := context.Cause(ctx)
	if err == nil {
		s.set(j, i, func(r *row) { r.status, r.began = rowRunning, s.opts.Now().UnixNano() })
		outcome, err = s.act(ctx, j, registry.ID{Device: j.rows[i].device})
	}
	s.set(j, i, func(r *row) {
		switch {
		case err == nil:
			r.status, r.outcome = rowCompleted, outcome
		case errors.Is(err, errTimeOver):
			r.fail(rowTimeOver)
		case ctx.Err() != nil:
			r.fail(rowUnknown)
		default:
			r.fail(rest.Refusal(err))
		}
	})
}

// act patches one twin, or calls the method on one device and returns its answer.
func (s *Scheduler) act(ctx context.Context, j *job, id registry.ID) (outcome string, err error) {
	if j.kind == updateTwin {
		etag, _ := ordered.Find(j.patch, "etag")
		_, err = s.opts.Registry.PatchTwin(id, []byte(j.patch), registry.ParsePrecondition(ordered.Stored(etag).Text()))
		return "", err
	}
	if err := s.opts.Registry.FindCallee(id); err != nil {
		return "", err
	}
	if s.opts.Invoker == nil {
		return "", rest.ErrNotOnline
	}
	call, err := j.call()
	if err != nil {
		return "", err
	}
	answer, err := s.opts.Invoker.Invoke(ctx, id, call)
	if err != nil {
		return "", err
	}
	payload := "null"
	if len(answer.Payload) > 0 {
		payload = string(answer.Payload)
	}
	return fmt.Sprintf(`{"status":%d,"payload":%s}`, answer.Status, payload), nil
}
