package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// StateDir returns the folder of what the program itself keeps: $XDG_STATE_HOME/twindeck, or the
// same under ~/.local/state. It is empty when there is no home either.
func StateDir(getenv func(string) string) string {
	return folder(getenv("XDG_STATE_HOME"), filepath.Join(".local", "state"))
}

// folder returns the program's folder under dir, or under a folder of the user's home when dir is
// not absolute.
func folder(dir, underHome string) string {
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, underHome)
	}
	return filepath.Join(dir, "twindeck")
}

// Kind says by what a hub is known, so that a profile and a host of one name are two hubs.
type Kind string

// The kinds of hubs that something is kept for.
const (
	Named    Kind = "profile"  // by the name of a profile
	ByHost   Kind = "host"     // by its host name
	Embedded Kind = "embedded" // the one in this process
)

// In returns the [File] under a directory that keeps what was chosen for a hub. Any name is fine;
// different names have different files, also where the file system takes A for a.
func In(dir string, kind Kind, name string) File {
	return File{filepath.Join(dir, "hubs", string(kind)+"-"+fileName(name)+".json")}
}

// longestName is how much of a name is kept in that of its file.
const longestName = 64

// fileName makes a name one that every file system takes. What had to be changed is told apart by
// the beginning of a hash.
func fileName(name string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, name)
	kept = kept[:min(len(kept), longestName)]
	if kept == name && kept != "" {
		return kept
	}
	sum := sha256.Sum256([]byte(name))
	return kept + "~" + hex.EncodeToString(sum[:6])
}
