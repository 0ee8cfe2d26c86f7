package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"twindeck/hub/embedded/storage"
)

// sound returns the bytes of a data file with a tree of three levels and a large value.
func sound(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound")
	db, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var changes []storage.Change
	for i := range 3000 {
		changes = append(changes, storage.Change{Key: fmt.Sprintf("%0200d", i), Value: []byte("value")})
	}
	changes = append(changes, storage.Change{Key: "large", Value: make([]byte, 50_000)})
	err = errors.Join(db.Keeper("k").Write(changes...)(), db.Keeper("small").Put("a", []byte("b")), db.Close())
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// use opens a file with the given content, reads all of it and writes to it, as a hub does. It
// returns the first error, and whether the file is as it was when Open refused it.
func use(t testing.TB, content []byte) (err error, untouched bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hub.data")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(path)
	if err != nil {
		after, readErr := os.ReadFile(path)
		entries, _ := os.ReadDir(filepath.Dir(path))
		return err, readErr == nil && bytes.Equal(after, content) && len(entries) == 1
	}
	for _, bucket := range []string{"k", "small"} {
		err = errors.Join(err, db.Keeper(bucket).Each(func(string, []byte) error { return nil }))
	}
	if err == nil {
		err = errors.Join(db.Keeper("k").Put("new", []byte("value")), db.Keeper("small").Delete("a"))
	}
	return errors.Join(err, db.Close()), true
}

func TestDamagedAndForeignFilesAreRefused(t *testing.T) {
	good := sound(t)
	if err, _ := use(t, good); err != nil {
		t.Fatalf("the sound file: %v", err)
	}
	foreignTree := filepath.Join(t.TempDir(), "bolt")
	other, err := bolt.Open(foreignTree, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("somebody else's"))
		return err
	}), other.Close()); err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(foreignTree)
	if err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 100_000)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(random)
	page := os.Getpagesize()
	with := func(from, to int, b byte) []byte {
		c := bytes.Clone(good)
		for i := from; i < to; i++ {
			c[i] = b
		}
		return c
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"empty":                {nil, storage.ErrForeign},
		"one byte":             {[]byte("x"), storage.ErrForeign},
		"text":                 {[]byte("HostName=localhost;SharedAccessKey=x\n"), storage.ErrForeign},
		"sqlite":               {append([]byte("SQLite format 3\x00"), make([]byte, 8176)...), storage.ErrForeign},
		"zeros":                {make([]byte, len(good)), storage.ErrForeign},
		"random":               {random, storage.ErrForeign},
		"another bbolt file":   {foreign, storage.ErrForeign},
		"half of it":           {good[:len(good)/2], storage.ErrDamaged},
		"one page":             {good[:page], storage.ErrDamaged},
		"half a page":          {good[:page/2], storage.ErrDamaged},
		"both metas":           {with(0, 2*page, 0), storage.ErrForeign},
		"both metas' checksum": {func() []byte { c := bytes.Clone(good); c[page+72]++; c[72]++; return c }(), storage.ErrDamaged},
		"zeroed data":          {with(2*page, len(good), 0), storage.ErrDamaged},
		"data of ones":         {with(2*page, len(good), 0xff), storage.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			err, untouched := use(t, c.content)
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "hub.data")) {
				t.Errorf("not a sentence: %v", err)
			}
			if !untouched {
				t.Error("the file was changed")
			}
		})
	}
	if _, err := storage.Open(t.TempDir()); !errors.Is(err, storage.ErrForeign) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := storage.Open(filepath.Join(t.TempDir(), "no", "such")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
}

// TestNewerFormat is a file from a version to come.
func TestNewerFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.data")
	if err := os.WriteFile(path, sound(t), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("twindeck embedded hub")).Put([]byte("format"), []byte("2"))
	}), file.Close()); err != nil {
		t.Fatal(err)
	}
	newer, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err, untouched := use(t, newer); !errors.Is(err, storage.ErrNewer) || !untouched {
		t.Errorf("error %v, untouched %v", err, untouched)
	}
}

// TestTornMetaPage is a crash in the middle of a commit's last step: the commit before counts.
func TestTornMetaPage(t *testing.T) {
	good := sound(t)
	for meta := range 2 {
		torn := bytes.Clone(good)
		clear(torn[meta*os.Getpagesize() : (meta+1)*os.Getpagesize()])
		if err, _ := use(t, torn); err != nil {
			t.Errorf("meta page %d: %v", meta, err)
		}
	}
}

// TestRandomDamage overwrites bytes, pages and ends: whatever happens, it is an error or none,
// never a panic, and who is refused is left alone.
func TestRandomDamage(t *testing.T) {
	good := sound(t)
	page := os.Getpagesize()
	random := rand.New(rand.NewPCG(1, 2))
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	refused := 0
	for range rounds {
		c := bytes.Clone(good)
		for range 1 + random.IntN(3) {
			at := random.IntN(len(c) / page)
			switch b := c[at*page : (at+1)*page]; random.IntN(5) {
			case 0:
				clear(b)
			case 1:
				copy(b, c[random.IntN(len(c)/page)*page:]) // another page
			case 2:
				b[random.IntN(64)] ^= byte(1 + random.IntN(255)) // its head
			case 3:
				b[random.IntN(page)] ^= byte(1 << random.IntN(8))
			case 4:
				_, _ = io.ReadFull(rand.NewChaCha8([32]byte{byte(random.Uint32())}), b)
			}
		}
		err, untouched := use(t, c)
		if err != nil {
			refused++
		}
		if !untouched {
			t.Fatalf("a refused file was changed: %v", err)
		}
	}
	if refused < rounds/10 {
		t.Errorf("only %d of %d damaged files were noticed", refused, rounds)
	}
}
