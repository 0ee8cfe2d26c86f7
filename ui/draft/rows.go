package draft

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"twindeck/hub"
)

// The rows of a draft have a file of their own beside it, one JSON object a line: they do not change
// as long as the draft lasts, and there may be very many of them.
const rowsSuffix = ".rows"

type rowLine struct {
	Device string `json:"device"`
	Module string `json:"module,omitempty"`
}

func (f *Folder) rowsPath(name string) string { return filepath.Join(f.dir, name+rowsSuffix) }

// saveRows writes the rows of a draft, the first time that it is saved.
func (f *Folder) saveRows(d Draft) error {
	f.mu.Lock()
	written := f.rows[d.Name]
	f.mu.Unlock()
	if written || len(d.Rows) == 0 {
		return nil
	}
	var text strings.Builder
	encode := json.NewEncoder(&text)
	for _, id := range d.Rows {
		if err := encode.Encode(rowLine{id.Device, id.Module}); err != nil {
			return err
		}
	}
	if err := f.replace(f.rowsPath(d.Name), d.Name+rowsSuffix, []byte(text.String())); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[d.Name] = true
	return nil
}

// readRows reads the rows of a draft, of which there are n.
func (f *Folder) readRows(name string, n int) ([]hub.ID, error) {
	file, err := os.Open(f.rowsPath(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var ids []hub.ID
	for decode := json.NewDecoder(bufio.NewReader(file)); ; {
		var l rowLine
		switch err := decode.Decode(&l); {
		case errors.Is(err, io.EOF) && len(ids) == n:
			return ids, nil
		case err != nil:
			return nil, fmt.Errorf("row %d of %d: %w", len(ids)+1, n, err)
		}
		ids = append(ids, hub.ID{Device: l.Device, Module: l.Module})
	}
}

// sweepRows takes away what a program has left that ended between the rows of a draft and the draft.
func (f *Folder) sweepRows(name string) {
	if _, err := os.Stat(f.path(name)); errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(f.rowsPath(name))
	}
}

// removeRows forgets the rows of a draft that is gone.
func (f *Folder) removeRows(name string) error {
	f.mu.Lock()
	delete(f.rows, name)
	f.mu.Unlock()
	return ignoreMissing(os.Remove(f.rowsPath(name)))
}
