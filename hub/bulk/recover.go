package bulk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"twindeck/hub"
)

// maxLine bounds a line of a journal: an operation holds a section of a twin at most.
const maxLine = 1 << 20

var errNoJournal = errors.New("it is not the journal of a bulk run")

// FindInterrupted returns the run on a hub that was interrupted last, nil when there is none. A run that
// another process is at is not meant. It blocks.
func FindInterrupted(folder, host string) (*Interrupted, error) {
	paths := journals(folder)
	for i := len(paths) - 1; i >= 0; i-- {
		first, over, err := lastLine(paths[i])
		if err != nil || over || first.Hub != host {
			continue
		}
		run, err := read(paths[i])
		if errors.Is(err, errLocked) || err == nil && run.Count(NotReached)+run.Count(Unknown) == 0 {
			continue // it is going on, or the program ended between its last row and its end
		}
		return run, err
	}
	return nil, nil
}

// Dismiss ends the journal of an interrupted run: it is not found again.
func Dismiss(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if err := lock(file); err != nil {
		_ = file.Close()
		return err
	}
	j := &Journal{file: file, now: time.Now}
	// A line that was torn must not swallow the one that follows.
	if _, err := file.WriteString("\n"); err != nil {
		_ = file.Close()
		return err
	}
	return j.end(dismissed)
}

// lastLine reads the first line of a journal and whether the last one ends it.
func lastLine(path string) (head line, over bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return line{}, false, err
	}
	defer func() { _ = file.Close() }()
	text, err := bufio.NewReaderSize(file, 4096).ReadBytes('\n')
	if err != nil {
		return line{}, false, err
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Bulk != journalVersion {
		return line{}, false, errNoJournal
	}
	info, err := file.Stat()
	if err != nil {
		return line{}, false, err
	}
	tail := make([]byte, min(info.Size(), 4096))
	if _, err := file.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return line{}, false, err
	}
	lines := bytes.Split(bytes.TrimSuffix(tail, []byte("\n")), []byte("\n"))
	var last line
	_ = json.Unmarshal(lines[len(lines)-1], &last) // a torn line ends nothing
	return head, last.End != "", nil
}

// read reads the journal of a run that nobody is at.
func read(path string) (*Interrupted, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if err := lock(file); err != nil {
		return nil, err
	}
	run, err := parseJournal(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	run.Path = path
	return run, nil
}

// parseJournal reads a journal. The last line may be torn; it says nothing then.
func parseJournal(in io.Reader) (*Interrupted, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	lines.Split(whole)
	var head line
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil || head.Bulk != journalVersion || head.Operation == nil || head.Rows < 0 || head.Rows > maxRows {
		return nil, errNoJournal
	}
	var ids []hub.ID
	for len(ids) < head.Rows {
		var l line
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &l) != nil || l.Device == "" {
			return nil, errors.New("the journal breaks off before all rows are named; nothing was sent then")
		}
		ids = append(ids, hub.ID{Device: l.Device, Module: l.Module})
	}
	run := &Interrupted{Report: NewReport(*head.Operation, ids)}
	if head.At != nil {
		run.Started = *head.At
	}
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			continue // torn by a crash, and another line came behind it
		}
		if l.Row == nil || *l.Row < 0 || *l.Row >= len(ids) {
			continue
		}
		res := Result{Row: *l.Row, Note: l.Note, Code: l.Code}
		if l.State == sending {
			res.Outcome, res.Note = Unknown, "it was being sent when the run was interrupted"
		} else if outcome, ok := outcomeOf(l.State); ok {
			res.Outcome = outcome
		} else {
			continue
		}
		run.Add(res)
	}
	return run, lines.Err()
}

// maxRows is how many devices and modules a hub holds (Azure docs: iot-hub-devguide-quotas-throttling).
const maxRows = 1_000_000

// whole splits lines and leaves out a last one without its end.
func whole(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}
