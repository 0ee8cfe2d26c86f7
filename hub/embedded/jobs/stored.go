package jobs

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// chunkRows is how many rows are stored together: a job for a million devices is a few thousand
// writes, not a million.
const chunkRows = 512

// chunks is how many chunks rows make.
func chunks(rows int) int { return (rows + chunkRows - 1) / chunkRows }

// Keys. Jobs come before rows.
const (
	jobPrefix = "job/"
	rowPrefix = "rows/"
)

func rowKey(id string, chunk int) string { return fmt.Sprintf("%s%s/%08d", rowPrefix, id, chunk) }

// storedJob is a job in the Keeper.
type storedJob struct {
	Seq                     uint64
	Kind, Condition         string
	Patch, Method           string `json:",omitempty"`
	Start                   time.Time
	Limit                   time.Duration
	Created, Started, Ended time.Time
	Status                  status
	Failure                 string `json:",omitempty"`
}

// storedRow is a row in the Keeper.
type storedRow struct {
	Device  string    `json:"d"`
	Status  rowStatus `json:"s"`
	Began   int64     `json:"b,omitempty"`
	Updated int64     `json:"u"`
	Outcome string    `json:"o,omitempty"`
	Code    int       `json:"c,omitempty"`
	Reason  string    `json:"r,omitempty"`
}

// save stores a job without its rows, as it is now.
func (s *Scheduler) save(j *job) error { return s.saveAs(j, func(*storedJob) {}) }

// saveAs stores a job without its rows, as it will be after change.
func (s *Scheduler) saveAs(j *job, change func(*storedJob)) error {
	if s.opts.Keeper == nil {
		return nil
	}
	s.storing.Lock()
	defer s.storing.Unlock()
	s.mu.Lock()
	stored := storedJob{
		j.seq, j.kind, j.condition, j.patch, j.method, j.start, j.limit,
		j.created, j.started, j.ended, j.status, j.failure,
	}
	s.mu.Unlock()
	change(&stored)
	text, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("store a job: %w", err)
	}
	return s.opts.Keeper.Put(jobPrefix+j.id, text)
}

// saveRows stores one chunk of a job's rows as they are now.
func (s *Scheduler) saveRows(j *job, chunk int) error {
	if s.opts.Keeper == nil {
		return nil
	}
	s.mu.Lock()
	rows := j.rows[chunk*chunkRows : min((chunk+1)*chunkRows, len(j.rows))]
	stored := make([]storedRow, len(rows))
	for i, r := range rows {
		stored[i] = storedRow{r.device, r.status, r.began, r.updated, r.outcome, r.code, r.reason}
	}
	s.mu.Unlock()
	text, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("store a job: %w", err)
	}
	return s.opts.Keeper.Put(rowKey(j.id, chunk), text)
}

// erase removes what is stored of a job.
func (s *Scheduler) erase(j *job) error {
	if s.opts.Keeper == nil {
		return nil
	}
	errs := []error{s.opts.Keeper.Delete(jobPrefix + j.id)}
	for i := range chunks(len(j.rows)) {
		errs = append(errs, s.opts.Keeper.Delete(rowKey(j.id, i)))
	}
	return errors.Join(errs...)
}

// errStored says no more, because a decoder's words could quote what is stored.
var errStored = errors.New("what is stored of the jobs does not make sense")

// load reads what the Keeper holds.
func (s *Scheduler) load() error {
	if s.opts.Keeper == nil {
		return nil
	}
	var orphans []string
	err := s.opts.Keeper.Each(func(key string, value []byte) error {
		if id, ok := strings.CutPrefix(key, jobPrefix); ok {
			return s.loadJob(id, value)
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(key, rowPrefix), "/")
		if j := s.jobs[id]; j != nil && strings.HasPrefix(key, rowPrefix) {
			return s.loadRows(j, value)
		}
		orphans = append(orphans, key) // of a job that was being removed
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range orphans {
		if err := s.opts.Keeper.Delete(key); err != nil {
			return err
		}
	}
	slices.SortFunc(s.order, func(a, b *job) int { return cmp.Compare(a.seq, b.seq) })
	for _, j := range s.order {
		if err := s.recover(j); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scheduler) loadJob(id string, value []byte) error {
	var v storedJob
	if json.Unmarshal(value, &v) != nil || v.Seq == 0 || s.jobs[id] != nil {
		return errStored
	}
	j := &job{
		request: request{id, v.Kind, v.Condition, v.Patch, v.Method, v.Start, v.Limit},
		seq:     v.Seq, ready: true, created: v.Created, started: v.Started, ended: v.Ended, status: v.Status, failure: v.Failure,
	}
	s.jobs[id] = j
	s.order = append(s.order, j)
	s.lastSeq = max(s.lastSeq, j.seq)
	return nil
}

func (s *Scheduler) loadRows(j *job, value []byte) error {
	var rows []storedRow
	if json.Unmarshal(value, &rows) != nil {
		return errStored
	}
	outcomes := 0
	for _, v := range rows {
		if v.Status >= rowStatuses {
			return errStored
		}
		j.rows = append(j.rows, row{v.Device, v.Status, v.Began, v.Updated, v.Outcome, v.Code, v.Reason})
		j.counts[v.Status]++
		outcomes += len(v.Outcome)
	}
	j.outcomes += outcomes
	s.rows += len(rows)
	s.outcomes += outcomes
	return nil
}

// recover brings a job that was running when the hub stopped to its end.
func (s *Scheduler) recover(j *job) error {
	if j.status != running {
		return nil
	}
	for i := range j.rows {
		if st := j.rows[i].status; st == rowPending || st == rowRunning {
			s.set(j, i, func(r *row) { r.fail(rowUnknown) })
		}
	}
	for i := range chunks(len(j.rows)) {
		if err := s.saveRows(j, i); err != nil {
			return err
		}
	}
	j.status, j.failure, j.ended = failed, "The hub stopped while the job was running.", s.opts.Now()
	return s.save(j)
}
