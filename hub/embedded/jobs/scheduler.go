// Package jobs runs the scheduled jobs of an IoT Hub, which patch the twins of many devices or
// call a direct method on them (Azure docs: iot-hub-devguide-jobs; REST reference: Jobs v2).
//
// A Scheduler holds the jobs and starts them when they are due (scheduler); a job is what a client
// asked for with what became of it (job, request); running one works through the devices that its
// condition selects (run), of which every one has a row that queries can see (rows). Jobs and rows
// survive in a Keeper (stored).
package jobs

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// Keeper stores values under keys for longer than a process lives.
type Keeper interface {
	// Put returns when value is durable.
	Put(key string, value []byte) error
	// Delete returns when the removal is durable; a missing key is no error.
	Delete(key string) error
	// Each calls f in the order of keys; value is f's only until it returns.
	Each(f func(key string, value []byte) error) error
}

// Options are what a Scheduler works with.
type Options struct {
	Registry *registry.Store
	Invoker  rest.Invoker // nil: no device is ever online
	Keeper   Keeper       // nil: jobs live in memory
	Dialect  query.Dialect
	// MaxActive is how many jobs may be waiting or running at once; 0: as many as are kept. See
	// ActiveLimit.
	MaxActive int
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: discarded; it sees the ids of jobs
}

// ActiveLimit returns how many jobs a hub of a tier, F1 to S3, may have at once, 0 for no limit
// (Azure docs: iot-hub-devguide-quotas-throttling, "Other limits").
func ActiveLimit(tier string) int {
	switch strings.ToUpper(tier) {
	case "F1", "S1", "B1":
		return 1
	case "S2", "B2":
		return 5
	case "S3", "B3":
		return 10
	}
	return 0
}

// What is kept. The oldest jobs that have ended make room for new ones.
const (
	maxJobs     = 1000
	maxRows     = 2_000_000
	maxOutcomes = 256 << 20 // bytes of what devices answered
	maxRunning  = 10        // jobs that run at once; others stay queued
)

// Scheduler holds the jobs of a hub and runs them. Its methods may be called concurrently.
type Scheduler struct {
	opts    Options
	stop    context.CancelFunc
	wake    chan struct{} // one slot
	workers sync.WaitGroup
	storing sync.Mutex // held while a job is stored, so that its last state comes last

	mu       sync.Mutex
	jobs     map[string]*job
	order    []*job // by sequence number
	lastSeq  uint64
	running  int
	rows     int
	outcomes int // bytes
}

// New returns a scheduler that runs until Close, with the jobs that opts.Keeper holds. Those that
// were waiting go on. A job that was running has failed, because nobody knows which devices it
// had reached in its last moments: a method that reboots a device must not be called twice. What
// is known of its devices is kept.
func New(opts Options) (*Scheduler, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Scheduler{opts: opts, wake: make(chan struct{}, 1), jobs: map[string]*job{}}
	if err := s.load(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.workers.Go(func() { s.schedule(ctx) })
	return s, nil
}

// Close stops the jobs that run, where they are, and returns when that has happened. Without a
// Keeper they are gone; with one, see New.
func (s *Scheduler) Close() {
	s.stop()
	s.workers.Wait()
}

// Create takes a job as a client describes it and returns it as a document, when it is durable.
// Errors are *registry.Error: ArgumentInvalid, JobAlreadyExists and
// ThrottlingMaxActiveJobCountExceeded.
func (s *Scheduler) Create(id string, body []byte) ([]byte, error) {
	now := s.opts.Now()
	request, err := parseRequest(id, body, now)
	if err != nil {
		return nil, err
	}
	j := &job{request: request, created: now, status: queued}
	document, err := s.add(j)
	if err != nil {
		return nil, err
	}
	if err := s.save(j); err != nil {
		s.forget(j)
		return nil, err
	}
	s.mu.Lock()
	j.ready = true
	s.mu.Unlock()
	s.signal()
	return document, nil
}

// add puts a job on the list, where it waits until it is ready.
func (s *Scheduler) add(j *job) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs[j.id] != nil {
		return nil, errExists(j.id)
	}
	active := 0
	for _, other := range s.order {
		if !other.status.ended() {
			active++
		}
	}
	if limit := s.opts.MaxActive; limit > 0 && active >= limit || active >= maxJobs {
		return nil, errTooManyActive
	}
	s.lastSeq++
	j.seq = s.lastSeq
	s.jobs[j.id] = j
	s.order = append(s.order, j)
	return j.document(), nil
}

// forget takes a job off the list. What is stored of it is left alone.
func (s *Scheduler) forget(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.jobs, j.id)
	s.order = slices.DeleteFunc(s.order, func(other *job) bool { return other == j })
	s.rows -= len(j.rows)
	s.outcomes -= j.outcomes
}

// Job returns a job as a document. One that does not exist has a document too, as in the service.
func (s *Scheduler) Job(id string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.jobs[id]; j != nil {
		return j.document()
	}
	return []byte(`{"type":"unknown","status":"unknown"}`)
}

// Cancel ends a job that has not begun and returns it, when that is durable. Errors are
// *registry.Error, JobNotFound and OperationNotAllowedInCurrentState, and those of the Keeper.
func (s *Scheduler) Cancel(id string) ([]byte, error) {
	j, document, err := s.cancel(id)
	if err != nil {
		return nil, err
	}
	s.signal()
	return document, s.save(j)
}

func (s *Scheduler) cancel(id string) (*job, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[id]
	if j == nil {
		return nil, nil, errNotFound(id)
	}
	if j.status != queued && j.status != scheduled {
		return nil, nil, errNotNow(j)
	}
	j.status, j.ended = cancelled, s.opts.Now()
	return j, j.document(), nil
}

// Jobs returns up to limit jobs behind after in the order of their creation, as documents, and
// the place behind the last of them, 0 when there are no more. kind and status select, in any
// case; empty ones select all.
func (s *Scheduler) Jobs(kind, status string, after uint64, limit int) (documents [][]byte, next uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	documents = [][]byte{}
	for _, j := range s.order {
		switch {
		case j.seq <= after:
		case kind != "" && !strings.EqualFold(kind, j.kind):
		case status != "" && !strings.EqualFold(status, string(j.status)):
		case len(documents) == limit:
			return documents, next
		default:
			documents = append(documents, j.document())
			next = j.seq
		}
	}
	return documents, 0
}

// signal makes the scheduler look at its jobs again.
func (s *Scheduler) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// schedule starts jobs when they are due.
func (s *Scheduler) schedule(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(s.start(ctx))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.wake:
		}
		s.prune()
	}
}

// longWait is how long the scheduler sleeps when it knows of nothing to do.
const longWait = time.Hour

// start starts what is due and returns how long it is until something else is.
func (s *Scheduler) start(ctx context.Context) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	pause := longWait
	for _, j := range s.order {
		if !j.ready || j.status != queued && j.status != scheduled {
			continue
		}
		if wait := j.start.Sub(s.opts.Now()); wait > 0 {
			j.status = scheduled
			pause = min(pause, wait)
			continue
		}
		if s.running == maxRunning {
			j.status = queued
			continue
		}
		s.running++
		j.status, j.started = running, s.opts.Now()
		s.workers.Go(func() { s.run(ctx, j) })
	}
	return pause
}

// end records what became of a job that was running. Nobody sees the end before it is stored.
func (s *Scheduler) end(j *job, st status, failure string) {
	now := s.opts.Now()
	if err := s.saveAs(j, func(v *storedJob) { v.Status, v.Failure, v.Ended = st, failure, now }); err != nil {
		s.opts.Log.Error("jobs: a job cannot be stored", "job", j.id, "error", err)
	}
	s.mu.Lock()
	j.status, j.failure, j.ended = st, failure, now
	s.running--
	s.mu.Unlock()
	s.signal()
}

// prune drops the oldest jobs that have ended while there is too much.
func (s *Scheduler) prune() {
	for {
		s.mu.Lock()
		i := -1
		if len(s.order) > maxJobs || s.rows > maxRows || s.outcomes > maxOutcomes {
			i = slices.IndexFunc(s.order, func(j *job) bool { return j.status.ended() })
		}
		if i < 0 {
			s.mu.Unlock()
			return
		}
		j := s.order[i]
		s.mu.Unlock()
		s.forget(j)
		if err := s.erase(j); err != nil {
			s.opts.Log.Error("jobs: an old job cannot be removed", "job", j.id, "error", err)
		}
	}
}
