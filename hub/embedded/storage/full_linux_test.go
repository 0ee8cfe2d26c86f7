package storage_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk fills a disk of its own: what was stored stays, and after the first write that
// failed none is stored, so that nothing is there without what came before it.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no disk to fill: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	path := filepath.Join(disk, "hub.data")
	db := open(t, path)
	k := db.Keeper("k")
	stored := 0
	for ; stored < 100; stored++ {
		if err := k.Put(fmt.Sprintf("%03d", stored), make([]byte, 100_000)); err != nil {
			if !errors.Is(err, unix.ENOSPC) {
				t.Errorf("a full disk: %v", err)
			}
			break
		}
	}
	if stored == 0 || stored == 100 {
		t.Fatalf("%d values of 100 kB on 4 MB", stored)
	}
	if err := k.Put("small", nil); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("after a failure: %v", err)
	}
	if got := len(all(t, k)); got != stored {
		t.Errorf("%d values, want %d", got, stored)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(all(t, open(t, path).Keeper("k"))); got != stored {
		t.Errorf("%d values after it was opened again, want %d", got, stored)
	}
}
