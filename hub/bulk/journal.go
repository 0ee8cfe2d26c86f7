package bulk

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"twindeck/hub"
)

// Journal is the record of a run on the disk, for whoever comes after a crash. It is a file of
// JSON lines that only the user can read:
//
//	{"bulk":1,"hub":"HOST","at":TIME,"operation":{"kind":…},"rows":N}   first
//	{"device":"ID","module":"ID"}                    N times: rows 0 to N-1
//	{"row":I,"state":"sending","etag":"…","at":TIME} before a write of the row leaves
//	{"row":I,"state":OUTCOME,"note":"…","code":"…","at":TIME}
//	{"end":"finished"|"stopped"|"dismissed","at":TIME}
//
// OUTCOME is one of done, skipped, failed, conflict, unknown and "not reached", and the last one of a row counts. A
// row that was being sent and has no outcome is unknown; one without either was not reached. A
// journal without an end is of a run that was interrupted, which has no end of its own. Each line is
// handed to the system before the next thing happens, so it survives the end of this process,
// though not a loss of power. The file is locked as long as the run lasts. Its values are those of
// the operation; there are no keys in it.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	now  func() time.Time
}

// line is any line of a journal. The members of each are those that its kind has.
type line struct {
	Bulk      int        `json:"bulk,omitempty"`
	Hub       string     `json:"hub,omitempty"`
	Operation *Operation `json:"operation,omitempty"`
	Rows      int        `json:"rows,omitempty"`

	Device string `json:"device,omitempty"`
	Module string `json:"module,omitempty"`

	Row   *int   `json:"row,omitempty"`
	State string `json:"state,omitempty"`
	ETag  string `json:"etag,omitempty"`
	Note  string `json:"note,omitempty"`
	Code  string `json:"code,omitempty"`

	End string `json:"end,omitempty"`

	At *time.Time `json:"at,omitempty"`
}

const (
	journalVersion = 1
	sending        = "sending"
	finished       = "finished"
	stopped        = "stopped"
	dismissed      = "dismissed"
	suffix         = ".bulk.jsonl"
	// kept is how many journals of runs that have ended stay in a folder.
	kept = 10
)

// NewJournal begins the journal of a run on a hub in a folder, which is made when there is none,
// and lets go of the oldest ones of runs that have ended. It blocks until all rows are on the disk.
func NewJournal(folder, host string, op Operation, ids []hub.ID, now func() time.Time) (j *Journal, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	prune(folder)
	name := now().UTC().Format("20060102T150405.000000000Z") + suffix
	file, err := os.OpenFile(filepath.Join(folder, name), os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err := lock(file); err != nil {
		return nil, err
	}
	j = &Journal{file: file, now: now}
	out := bufio.NewWriterSize(file, 1<<16)
	encode := json.NewEncoder(out)
	at := now()
	if err := encode.Encode(line{Bulk: journalVersion, Hub: host, Operation: &op, Rows: len(ids), At: &at}); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := encode.Encode(line{Device: id.Device, Module: id.Module}); err != nil {
			return nil, err
		}
	}
	if err := out.Flush(); err != nil {
		return nil, err
	}
	return j, file.Sync()
}

// Path returns where the journal is.
func (j *Journal) Path() string { return j.file.Name() }

func (j *Journal) append(l line) error {
	at := j.now()
	l.At = &at
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err = j.file.Write(append(text, '\n')) // at once, so that lines never mix and none is half there
	return err
}

func (j *Journal) begin(row int, etag string) error {
	return j.append(line{Row: &row, State: sending, ETag: etag})
}

func (j *Journal) result(r Result) error {
	return j.append(line{Row: &r.Row, State: r.Outcome.String(), Note: r.Note, Code: r.Code})
}

// end closes the journal of a run that has ended in order. Left by an interrupted one, it says nothing.
func (j *Journal) end(state string) error {
	var err error
	if state != "" {
		err = j.append(line{End: state})
	}
	if synced := j.file.Sync(); err == nil {
		err = synced
	}
	if closed := j.file.Close(); err == nil {
		err = closed
	}
	return err
}

// prune lets go of the oldest journals of runs that have ended.
func prune(folder string) {
	var ended []string
	for _, path := range journals(folder) {
		if _, over, err := lastLine(path); err == nil && over {
			ended = append(ended, path)
		}
	}
	for len(ended) >= kept {
		_ = os.Remove(ended[0])
		ended = ended[1:]
	}
}

// journals returns the journals in a folder, the oldest first.
func journals(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var paths []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	slices.Sort(paths)
	return paths
}

// Interrupted is a run that ended without a word: its program was killed, or quit in the middle.
type Interrupted struct {
	Path    string
	Started time.Time
	*Report
}

// String tells of the run in a sentence, which holds what a user has typed.
func (i Interrupted) String() string {
	return fmt.Sprintf("an interrupted run, %s %d rows: %s", i.Operation, i.Len(), i.Summary())
}
