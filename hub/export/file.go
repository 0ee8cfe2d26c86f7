package export

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrExists means that there is a file of that name already, and nobody has agreed to lose it.
var ErrExists = errors.New("there is a file of that name already")

// File is a file that is being written beside its place, and takes it when it is whole: a crash
// leaves no half of one under its name. It is not safe for concurrent use.
type File struct {
	*bufio.Writer
	file    *os.File
	name    string
	replace bool
}

// Create begins a file. With private only the user can read it. With replace it takes the place of
// one that is there; without, one that is there stays and ErrExists is returned, now or by Commit.
func Create(name string, private, replace bool) (*File, error) {
	if _, err := os.Lstat(name); err == nil && !replace {
		return nil, fmt.Errorf("%s: %w", name, ErrExists)
	}
	mode := fs.FileMode(0o666) // as the user's mask has it
	if private {
		mode = 0o600
	}
	part := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d.part", filepath.Base(name), os.Getpid()))
	_ = os.Remove(part) // of a process that had our number and crashed
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	return &File{Writer: bufio.NewWriter(file), file: file, name: name, replace: replace}, nil
}

// Commit completes the file. After an error there is none, or the one of before.
func (f *File) Commit() error {
	err := f.Flush()
	if err == nil {
		err = f.file.Sync()
	}
	if closed := f.file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = f.place()
	}
	if err != nil {
		_ = os.Remove(f.file.Name())
	}
	return err
}

// place gives the file its name. A link, unlike a rename, spares a file that came there meanwhile;
// not every file system has them.
func (f *File) place() error {
	if f.replace {
		return os.Rename(f.file.Name(), f.name)
	}
	err := os.Link(f.file.Name(), f.name)
	if err == nil {
		return os.Remove(f.file.Name())
	}
	if _, there := os.Lstat(f.name); there == nil {
		return fmt.Errorf("%s: %w", f.name, ErrExists)
	}
	return os.Rename(f.file.Name(), f.name)
}

// Abort gives the file up: there is none, or the one of before.
func (f *File) Abort() error {
	err := f.file.Close()
	if removed := os.Remove(f.file.Name()); err == nil {
		err = removed
	}
	return err
}

// ExpandHome returns a path as a user types it with a ~ in front replaced by their home.
func ExpandHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, rest), nil
}
