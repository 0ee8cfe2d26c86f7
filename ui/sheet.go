package ui

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"twindeck/hub/export"
	"twindeck/hub/patch"
	overlay "twindeck/ui/bulk"
	"twindeck/ui/cell"
)

// maxClipboard is how much text a clipboard takes over a terminal: xterm reads sequences of a
// hundred thousand characters at most, and base64 makes four of three.
const maxClipboard = 74_000

// sheet is where the rows of an export go: a file, or a text for the clipboard. Commands write it,
// one at a time; it may be given up meanwhile.
type sheet struct {
	mu     sync.Mutex
	writer *export.Writer
	file   *export.File // nil for the clipboard
	path   string
	text   strings.Builder
	over   bool
}

// newSheet begins what a user wishes for, with these columns.
func newSheet(wish overlay.Wish, columns []string) (s *sheet, err error) {
	s = &sheet{}
	if wish.ToClipboard {
		s.writer, err = export.NewWriter(&s.text, wish.Format, columns)
		return s, err
	}
	if s.path, err = export.ExpandHome(wish.Path); err != nil {
		return nil, err
	}
	if s.file, err = export.Create(s.path, wish.Keys, wish.Replace); err != nil {
		return nil, err
	}
	if s.writer, err = export.NewWriter(s.file, wish.Format, columns); err != nil {
		s.abort()
		return nil, err
	}
	return s, nil
}

func (s *sheet) write(row []patch.Value) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return context.Canceled
	}
	if err := s.writer.Write(row); err != nil {
		return err
	}
	if s.text.Len() > maxClipboard {
		return fmt.Errorf("it is more than the %s KB that a terminal's clipboard takes; write it to a file", cell.Count(maxClipboard/1000))
	}
	return nil
}

// end completes the file.
func (s *sheet) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return context.Canceled
	}
	s.over = true
	if s.file == nil {
		return nil
	}
	return s.file.Commit()
}

// abort gives up what is not complete.
func (s *sheet) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && s.file != nil {
		_ = s.file.Abort()
	}
	s.over = true
}
