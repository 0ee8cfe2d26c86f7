//go:build unix

package bulk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// errLocked means that another process is at a run.
var errLocked = errors.New("another twindeck is at this run")

// lock takes a journal for this process until the file is closed or the process ends.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return err
}
