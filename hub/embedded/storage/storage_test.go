package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"twindeck/hub/embedded/storage"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("TWINDECK_TEST_OPEN"); path != "" {
		// The second process of TestSecondProcess.
		db, err := storage.Open(path)
		if err == nil {
			err = db.Close()
		}
		fmt.Print(err)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, path string) *storage.DB {
	t.Helper()
	db, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func all(t testing.TB, k *storage.Keeper) (got []string) {
	t.Helper()
	if err := k.Each(func(key string, value []byte) error {
		got = append(got, key+"="+string(value))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWhatIsStoredIsThereAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.data")
	db := open(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	a, b := db.Keeper("a"), db.Keeper("b")
	for _, err := range []error{
		a.Put("2", []byte("two")), a.Put("10", []byte("ten")), a.Put("2", []byte("deux")), a.Put("empty", nil),
		a.Put("gone", []byte("x")), a.Delete("gone"), a.Delete("never"), b.Put("2", []byte("other")),
		b.Write(storage.Change{Key: "x", Value: []byte("1")}, storage.Change{Key: "2", Delete: true}, storage.Change{Key: "y", Value: []byte("2")})(),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := a.Put("", nil); err == nil {
		t.Error("an empty key was accepted")
	}
	if err := a.Put(strings.Repeat("k", 40000), nil); err == nil {
		t.Error("a long key was accepted")
	}
	large := bytes.Repeat([]byte("large"), 200_000)
	if err := a.Put("large", large); err != nil {
		t.Error(err)
	}
	for round := range 2 {
		if got, want := all(t, a), []string{"10=ten", "2=deux", "empty=", "large=" + string(large)}; !slices.Equal(got, want) {
			t.Errorf("round %d: %.80q", round, got)
		}
		if got := all(t, b); !slices.Equal(got, []string{"x=1", "y=2"}) {
			t.Errorf("round %d: %q", round, got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, path)
		a, b = db.Keeper("a"), db.Keeper("b")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestEachSeesEveryKeyOfALargePart also writes while it reads.
func TestEachSeesEveryKeyOfALargePart(t *testing.T) {
	k := open(t, filepath.Join(t.TempDir(), "hub.data")).Keeper("k")
	var changes []storage.Change
	const n = 20_000
	for i := range n {
		changes = append(changes, storage.Change{Key: fmt.Sprintf("%06d", i), Value: bytes.Repeat([]byte{byte(i)}, 50)})
	}
	if err := k.Write(changes...)(); err != nil {
		t.Fatal(err)
	}
	next := 0
	err := k.Each(func(key string, value []byte) error {
		if key != fmt.Sprintf("%06d", next) || len(value) != 50 || value[0] != byte(next) {
			t.Fatalf("entry %d is %s", next, key)
		}
		next++
		if next%1000 == 0 {
			return k.Put("0", value)
		}
		return nil
	})
	if err != nil || next != n {
		t.Errorf("%d entries, %v", next, err)
	}
	stop := errors.New("stop")
	if err := k.Each(func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("each: %v", err)
	}
}

func TestOneKeyAtATime(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hub.data"))
	k := db.Keeper("part")
	if keys, err := k.Keys(); err != nil || len(keys) != 0 {
		t.Errorf("a part that is not there has the keys %v, %v", keys, err)
	}
	if value, err := k.Get("a"); err != nil || value != nil {
		t.Errorf("and the value %q, %v", value, err)
	}
	for _, key := range []string{"b", "a", "c"} {
		if err := k.Put(key, []byte("value of "+key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Delete("c"); err != nil {
		t.Fatal(err)
	}
	if keys, err := k.Keys(); err != nil || !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("the keys are %v, %v", keys, err)
	}
	for key, want := range map[string]string{"a": "value of a", "b": "value of b", "c": ""} {
		if value, err := k.Get(key); err != nil || string(value) != want {
			t.Errorf("%s is %q, %v", key, value, err)
		}
	}
}

func TestConcurrentWritersKeepTheirOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.data")
	db := open(t, path)
	k := db.Keeper("k")
	const writers, writes = 50, 20
	var order sync.Mutex
	last := ""
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range writes {
				mine := fmt.Sprintf("%d/%d", w, i)
				order.Lock()
				last = mine
				wait := k.Write(storage.Change{Key: "last", Value: []byte(mine)}, storage.Change{Key: mine, Value: []byte(mine)})
				order.Unlock()
				if err := wait(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := k.Put("x", nil); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("a closed file: %v", err)
	}
	got := all(t, open(t, path).Keeper("k"))
	if len(got) != writers*writes+1 || !slices.Contains(got, "last="+last) {
		t.Errorf("%d entries, last is not %s", len(got), last)
	}
}

func TestCloseStoresWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.data")
	db := open(t, path)
	wait := db.Keeper("k").Write(storage.Change{Key: "a", Value: []byte("b")})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
	if got := all(t, open(t, path).Keeper("k")); !slices.Equal(got, []string{"a=b"}) {
		t.Errorf("stored %q", got)
	}
}

func TestSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.data")
	db := open(t, path)
	second := func() string {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "TWINDECK_TEST_OPEN="+path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if got := second(); got != "cannot use the data file "+path+": "+storage.ErrInUse.Error() {
		t.Errorf("a second process: %s", got)
	}
	if _, err := storage.Open(path); !errors.Is(err, storage.ErrInUse) {
		t.Errorf("a second time in this process: %v", err)
	}
	if err := db.Keeper("k").Put("a", nil); err != nil {
		t.Errorf("the first one: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := second(); got != "<nil>" {
		t.Errorf("after it was closed: %s", got)
	}
}

// BenchmarkPut is one durable write at a time, and BenchmarkPutParallel many writers at once.
func BenchmarkPut(b *testing.B) {
	k := open(b, filepath.Join(b.TempDir(), "hub.data")).Keeper("k")
	for i := 0; b.Loop(); i++ {
		if err := k.Put(fmt.Sprint(i%1000), []byte("a value of some bytes")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPutParallel(b *testing.B) {
	k := open(b, filepath.Join(b.TempDir(), "hub.data")).Keeper("k")
	b.SetParallelism(100)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if err := k.Put(fmt.Sprint(i%1000), []byte("a value of some bytes")); err != nil {
				b.Error(err)
			}
		}
	})
}
