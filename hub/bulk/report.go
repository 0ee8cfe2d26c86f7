package bulk

import (
	"fmt"
	"io"
	"strings"

	"twindeck/hub"
	"twindeck/hub/export"
	"twindeck/hub/patch"
)

// Outcome is what came of a row.
type Outcome uint8

// The outcomes.
const (
	NotReached Outcome = iota // nothing was sent for it
	Done                      // the hub has carried it out
	Skipped                   // there was nothing to do, or it must not be done
	Failed                    // it was not carried out
	Conflict                  // it was not carried out: somebody else changed the row since it was read
	Unknown                   // it was sent, no answer came, and reading the row again did not settle it
	outcomes
)

// String returns the outcome in words.
func (o Outcome) String() string {
	return [...]string{"not reached", "done", "skipped", "failed", "conflict", "unknown"}[min(o, Unknown)]
}

// outcomeOf reads what String writes.
func outcomeOf(text string) (Outcome, bool) {
	for o := range outcomes {
		if o.String() == text {
			return o, true
		}
	}
	return 0, false
}

// Result is what came of one row.
type Result struct {
	Row     int
	Outcome Outcome
	Note    string // a sentence: why it is not simply done; empty when it is
	Code    string // of the hub's refusal: "412 PreconditionFailed"
	// Twin is the row's as the write left it, or as it was read after that; nil where nothing was
	// written, and where it was no write of a twin. A [Report] does not keep it.
	Twin *hub.Twin
}

// Report is what came of every row of a run. The zero Report is about nothing. It is not safe for
// concurrent use while results are added.
type Report struct {
	Operation Operation
	Rows      []hub.ID

	outcomes []Outcome
	notes    map[int]note // of the rows that have one
	counts   [outcomes]int
}

type note struct{ text, code string }

// NewReport returns the report of a run that has reached no row yet.
func NewReport(op Operation, ids []hub.ID) *Report {
	r := &Report{Operation: op, Rows: ids, outcomes: make([]Outcome, len(ids)), notes: map[int]note{}}
	r.counts[NotReached] = len(ids)
	return r
}

// Add takes results in. The last one of a row counts.
func (r *Report) Add(results ...Result) {
	for _, res := range results {
		r.counts[r.outcomes[res.Row]]--
		r.counts[res.Outcome]++
		r.outcomes[res.Row] = res.Outcome
		delete(r.notes, res.Row)
		if res.Note != "" || res.Code != "" {
			r.notes[res.Row] = note{res.Note, res.Code}
		}
	}
}

// Len returns how many rows there are.
func (r *Report) Len() int { return len(r.Rows) }

// Count returns how many rows came to an outcome.
func (r *Report) Count(o Outcome) int { return r.counts[o] }

// Reached returns how many rows came to any outcome but [NotReached].
func (r *Report) Reached() int { return len(r.Rows) - r.counts[NotReached] }

// Of returns what came of a row.
func (r *Report) Of(row int) Result {
	n := r.notes[row]
	return Result{Row: row, Outcome: r.outcomes[row], Note: n.text, Code: n.code}
}

// Select returns the rows with one of the outcomes, in their order; all of them when none is named.
func (r *Report) Select(which ...Outcome) []int {
	n, wanted := 0, [outcomes]bool{}
	for _, o := range which {
		wanted[o] = true
		n += r.counts[o]
	}
	if len(which) == 0 {
		n = len(r.Rows)
	}
	found := make([]int, 0, n)
	for row, o := range r.outcomes {
		if len(which) == 0 || wanted[o] {
			found = append(found, row)
		}
	}
	return found
}

// Rest returns the rows that it makes sense to try again: all that are neither done nor skipped.
func (r *Report) Rest() []hub.ID {
	rows := r.Select(Failed, Conflict, Unknown, NotReached)
	ids := make([]hub.ID, len(rows))
	for i, row := range rows {
		ids[i] = r.Rows[row]
	}
	return ids
}

// Summary says how many rows came to what: "312 done, 3 failed, 685 not reached".
func (r *Report) Summary() string {
	var parts []string
	for _, o := range []Outcome{Done, Skipped, Failed, Conflict, Unknown, NotReached} {
		if n := r.counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	if parts == nil {
		return "no rows"
	}
	return strings.Join(parts, ", ")
}

// Write writes the report row by row: device, module, outcome, note and code.
func (r *Report) Write(out io.Writer, format export.Format) error {
	w, err := export.NewWriter(out, format, []string{"device", "module", "outcome", "note", "code"})
	if err != nil {
		return err
	}
	text := func(s string) patch.Value {
		if s == "" {
			return patch.Null()
		}
		return patch.String(s)
	}
	for row, id := range r.Rows {
		res := r.Of(row)
		if err := w.Write([]patch.Value{patch.String(id.Device), text(id.Module), patch.String(res.Outcome.String()), text(res.Note), text(res.Code)}); err != nil {
			return err
		}
	}
	return nil
}
