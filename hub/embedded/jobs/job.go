package jobs

import (
	"time"

	"twindeck/hub/embedded/ordered"
)

// status is where a job stands, in the service's words.
type status string

const (
	queued    status = "queued"
	scheduled status = "scheduled"
	running   status = "running"
	completed status = "completed"
	failed    status = "failed"
	cancelled status = "cancelled"
)

func (s status) ended() bool { return s == completed || s == failed || s == cancelled }

// job is one job with what became of it. All but the request is guarded by Scheduler.mu.
type job struct {
	request

	seq     uint64 // place in listings
	ready   bool   // it is stored and may start
	created time.Time
	started time.Time // zero: not yet
	ended   time.Time // zero: not yet
	status  status
	failure string

	rows     []row // what became of the devices; nil before the job runs
	counts   [rowStatuses]int
	outcomes int // bytes
}

// document writes the job as the service shows it.
func (j *job) document() []byte {
	w := ordered.NewWriter(make([]byte, 0, 512))
	w.String("jobId", j.id)
	w.String("createdTime", formatTime(j.created))
	w.String("startTime", formatTime(j.start))
	if !j.ended.IsZero() {
		w.String("endTime", formatTime(j.ended))
	}
	w.Int("maxExecutionTimeInSeconds", int64(j.limit/time.Second))
	w.String("type", j.kind)
	w.String("queryCondition", j.condition)
	if j.kind == updateTwin {
		w.Raw("updateTwin", j.patch)
	} else {
		w.Raw("cloudToDeviceMethod", j.method)
	}
	w.String("status", string(j.status))
	if j.failure != "" {
		w.String("failureReason", j.failure)
		w.String("statusMessage", j.failure)
	}
	w.Object("deviceJobStatistics", func(w *ordered.Writer) {
		w.Int("deviceCount", int64(len(j.rows)))
		w.Int("failedCount", int64(j.counts[rowFailed]))
		w.Int("succeededCount", int64(j.counts[rowCompleted]))
		w.Int("runningCount", int64(j.counts[rowRunning]))
		w.Int("pendingCount", int64(j.counts[rowPending]))
	})
	return w.Close()
}

// formatTime writes a time as documents have it, with up to seven digits of fraction.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.9999999Z") }
