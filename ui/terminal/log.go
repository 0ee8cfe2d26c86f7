package terminal

import (
	"log/slog"
	"os"
	"path/filepath"
)

// logLimit is the size in bytes at which the log is set aside for a new one.
const logLimit = 8 << 20

// OpenLog opens the log in dir, readable by its owner only, and makes the directory when it is
// not there. Without a place to write, the program runs unlogged: the file is nil and the
// logger discards. It blocks on the file system only.
func OpenLog(dir string) (*os.File, *slog.Logger) {
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return nil, slog.New(slog.DiscardHandler)
	}
	name := filepath.Join(dir, "twindeck.log")
	if info, err := os.Stat(name); err == nil && info.Size() > logLimit {
		_ = os.Rename(name, name+".1")
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, slog.New(slog.DiscardHandler)
	}
	// The file may be older than this rule.
	_ = file.Chmod(0o600)
	return file, slog.New(slog.NewTextHandler(file, nil)).With("pid", os.Getpid())
}
