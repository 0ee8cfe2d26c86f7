package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a [Store] in one file of JSON that only the user can read. Its folder is created when
// something is saved.
type File struct{ Path string }

// Load implements [Store]. A file that cannot be understood is an error and stays as it is.
func (f File) Load() (State, error) {
	text, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		return State{}, fmt.Errorf("%s cannot be understood (%w); correct it or remove it", f.Path, err)
	}
	return s, nil
}

// Save implements [Store]. The file is replaced at once, so that it is never half written. One that
// cannot be understood is an error and stays as it is.
func (f File) Save(s State) (err error) {
	if _, err := f.Load(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(f.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(dir, ".state-*") // readable by the user alone
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	if _, err = temporary.Write(append(text, '\n')); err == nil {
		err = temporary.Sync()
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), f.Path)
}

// Memory is a [Store] that lasts as long as the program. The zero value is ready.
type Memory struct{ state State }

// Load implements [Store].
func (m *Memory) Load() (State, error) { return m.state, nil }

// Save implements [Store].
func (m *Memory) Save(s State) error {
	m.state = s
	return nil
}
