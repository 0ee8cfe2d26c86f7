package jobs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
)

// rowStatus is where a job stands with one device.
type rowStatus uint8

const (
	rowPending rowStatus = iota
	rowRunning
	rowCompleted
	rowFailed
	rowStatuses // how many there are
)

var rowNames = [rowStatuses]string{"pending", "running", "completed", "failed"}

// row is a job's part for one device. There can be a million.
type row struct {
	device  string
	status  rowStatus
	began   int64  // unix nanoseconds, 0: not yet
	updated int64  // unix nanoseconds
	outcome string // JSON of what the device answered to a method
	code    int    // of the failure
	reason  string
}

// set changes one row of a job and keeps the counts.
func (s *Scheduler) set(j *job, i int, change func(*row)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &j.rows[i]
	j.counts[r.status]--
	before := len(r.outcome)
	change(r)
	if s.outcomes+len(r.outcome)-before > 2*maxOutcomes {
		r.outcome = ""
	}
	j.outcomes += len(r.outcome) - before
	s.outcomes += len(r.outcome) - before
	j.counts[r.status]++
	r.updated = s.opts.Now().UnixNano()
}

// deviceJob is a row as queries over devices.jobs see it (Azure docs: query-jobs).
type deviceJob struct {
	job *job // its request and time of creation alone
	row row
}

// AppendJSON appends the row's document to dst.
func (d *deviceJob) AppendJSON(dst []byte) []byte {
	w := ordered.NewWriter(dst)
	w.String("deviceId", d.row.device)
	w.String("jobId", d.job.id)
	w.String("jobType", d.job.kind)
	w.String("status", rowNames[d.row.status])
	if d.row.began == 0 {
		w.String("startTimeUtc", formatTime(d.job.start))
	} else {
		w.String("startTimeUtc", formatTime(time.Unix(0, d.row.began)))
	}
	if d.row.status == rowCompleted || d.row.status == rowFailed {
		w.String("endTimeUtc", formatTime(time.Unix(0, d.row.updated)))
	}
	w.String("createdDateTimeUtc", formatTime(d.job.created))
	w.String("lastUpdatedDateTimeUtc", formatTime(time.Unix(0, d.row.updated)))
	w.Object("outcome", func(w *ordered.Writer) {
		if d.row.outcome == "" {
			w.Raw("deviceMethodResponse", "null")
		} else {
			w.Raw("deviceMethodResponse", d.row.outcome)
		}
	})
	if d.row.status == rowFailed {
		w.Object("error", func(w *ordered.Writer) {
			w.String("code", strconv.Itoa(d.row.code))
			w.String("description", d.row.reason)
		})
	}
	return w.Close()
}

// otherNames are attributes that the documentation writes in two ways.
var otherNames = map[string]string{"createdtimeutc": "createdDateTimeUtc", "lastupdatedtimeutc": "lastUpdatedDateTimeUtc", "type": "jobType"}

// Attribute implements query.Row.
func (d *deviceJob) Attribute(path []string) (v ordered.Value, ok bool) {
	// What conditions ask for most is answered without writing the document.
	switch root := path[0]; {
	case len(path) == 1 && root == "deviceId":
		return ordered.NewString(d.row.device), true
	case len(path) == 1 && strings.EqualFold(root, "jobId"):
		return ordered.NewString(d.job.id), true
	case len(path) == 1 && strings.EqualFold(root, "status"):
		return ordered.NewString(rowNames[d.row.status]), true
	}
	root := path[0]
	if other, known := otherNames[strings.ToLower(root)]; known {
		root = other
	}
	for _, m := range ordered.Stored(string(d.AppendJSON(nil))).Members() {
		if !strings.EqualFold(m.Key, root) {
			continue
		}
		v, ok = m.Value, true
		for _, step := range path[1:] {
			if v, ok = v.Get(step); !ok {
				break
			}
		}
		return v, ok
	}
	return ordered.Value{}, false
}

// placeBits is how many bits of a place in the listing of rows count the rows of a job.
const placeBits = 32

// List implements query.DeviceJobs: the rows of all jobs, in the order of jobs and devices.
func (s *Scheduler) List(after uint64, limit int) []query.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []query.Entry
	first, from := after>>placeBits, int(after&(1<<placeBits-1))
	i, _ := slices.BinarySearchFunc(s.order, first, func(j *job, seq uint64) int { return cmp.Compare(j.seq, seq) })
	for _, j := range s.order[i:] {
		if j.seq != first {
			from = 0
		}
		for k := from; k < len(j.rows); k++ {
			if len(entries) == limit {
				return entries
			}
			entries = append(entries, query.Entry{Row: &deviceJob{j, j.rows[k]}, Next: j.seq<<placeBits | uint64(k+1)})
		}
	}
	return entries
}

// newRows returns a pending row per twin.
func newRows(devices []string, now time.Time) []row {
	rows := make([]row, len(devices))
	for i, device := range devices {
		rows[i] = row{device: device, updated: now.UnixNano()}
	}
	return rows
}

// fail is what a row says of an error.
func (r *row) fail(err *registry.Error) {
	r.status, r.code, r.reason = rowFailed, err.Number, err.Message
}
