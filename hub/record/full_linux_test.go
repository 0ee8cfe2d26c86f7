package record

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"twindeck/hub"
)

// TestADiskThatFillsUp fills a disk of its own, and makes room again.
func TestADiskThatFillsUp(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no disk to fill: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 900_000), 0o600); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(disk, "events.jsonl")
	r, err := Open(name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	states := make(chan hub.RecordState, 10)
	r.Bind(func(hub.ID) {}, func(s hub.RecordState) { states <- s })
	const events = 5000
	for i := range events {
		r.Record(patchEvent(i + 1))
	}
	if s := <-states; !errors.Is(s.Err, syscall.ENOSPC) {
		t.Errorf("told %v", s.Err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if s := <-states; s.Err != nil {
		t.Errorf("told %v", s.Err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for i, l := range readAll(t, file) {
		if l.Seq != uint64(i+1) {
			t.Fatalf("line %d is event %d", i, l.Seq)
		}
		if i == events-1 {
			return
		}
	}
	t.Error("events are missing")
}
