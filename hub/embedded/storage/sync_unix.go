//go:build !windows

package storage

import "os"

// syncDirectory makes the name of a new file as durable as its content.
func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
