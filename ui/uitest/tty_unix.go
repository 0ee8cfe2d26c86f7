//go:build unix

package uitest

import (
	"os"
	"os/exec"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// startOnTTY starts a command on a new pseudo-terminal and returns our end of it, on
// which Close interrupts Read.
func startOnTTY(cmd *exec.Cmd, width, height int) (*os.File, error) {
	blocking, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}) // the sizes of tests
	if err != nil {
		return nil, err
	}
	defer func() { _ = blocking.Close() }()
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), blocking.Name()), nil
}

// resizeTTY tells the terminal's other end another size.
func resizeTTY(tty *os.File, width, height int) {
	conn, err := tty.SyscallConn() // not Fd, which would make it block again
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(width), Row: uint16(height)}) // the sizes of tests
	})
}
