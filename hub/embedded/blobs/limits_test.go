package blobs

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestContainerIsBounded(t *testing.T) {
	const each = 10_000
	both(t, Limits{Total: 3 * (each + blobOverhead + blockOverhead)}, func(t *testing.T, c *container) {
		text := strings.Repeat("x", each)
		for i := range 3 {
			c.must(201, "PUT", fmt.Sprintf("d/%d", i), "", text, blockBlob...)
		}
		c.refuses(413, "RequestBodyTooLarge", c.send("PUT", "d/3", "", text, blockBlob...))
		c.refuses(413, "RequestBodyTooLarge", c.send("PUT", "d/3", "", "x", blockBlob...))
		c.refuses(413, "RequestBodyTooLarge", c.send("PUT", "d/3", block1(1), "x"))
		c.expect(202, c.do("DELETE", "https://localhost/uploads/d/1", "", "Authorization", serviceToken))
		c.must(201, "PUT", "d/3", "", text, blockBlob...)
		c.holds("d/3", text)
		c.holds("d/0", text)
	})
}

func TestBlocksThatNobodyCommitsMakeRoom(t *testing.T) {
	both(t, Limits{Total: 20_000}, func(t *testing.T, c *container) {
		c.must(201, "PUT", "d/old", block1(1), strings.Repeat("x", 15_000))
		c.refuses(413, "RequestBodyTooLarge", c.send("PUT", "d/new", "", strings.Repeat("x", 10_000), blockBlob...))
		c.now = c.now.Add(staleAfter + time.Second)
		c.must(201, "PUT", "d/new", "", strings.Repeat("x", 10_000), blockBlob...)
		c.refuses(400, "InvalidBlockList", c.send("PUT", "d/old", "&comp=blocklist", blockList("Latest", 1)))

		c.must(201, "PUT", "d/new", block1(1), "x")
		if err := c.Abandon("d/new"); err != nil {
			t.Fatal(err)
		}
		c.refuses(400, "InvalidBlockList", c.send("PUT", "d/new", "&comp=blocklist", blockList("Latest", 1)))
		if want := int64(10_000 + blobOverhead + blockOverhead); c.used != want {
			t.Errorf("%d are used, want %d", c.used, want)
		}
	})
}

// TestDataFile: what was answered is there again, and nothing else.
func TestDataFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	db := openFile(t, path)
	c := newContainer(t, db, Limits{})
	c.must(201, "PUT", "d/whole", "", large, append(blockBlob, "x-ms-meta-k", "v", "Content-Type", "text/plain")...)
	c.must(201, "PUT", "d/gone", "", large, blockBlob...)
	c.must(201, "PUT", "d/replaced", "", large, blockBlob...)
	c.must(201, "PUT", "d/replaced", "", "new", blockBlob...)
	c.must(201, "PUT", "d/blocks", block1(1), "one ")
	c.must(201, "PUT", "d/blocks", block1(2), large)
	c.must(201, "PUT", "d/blocks", "&comp=blocklist", blockList("Latest", 2, 1))
	c.must(201, "PUT", "d/waiting", block1(1), "waited for")
	c.expect(202, c.do("DELETE", "https://localhost/uploads/d/gone", "", "Authorization", serviceToken))
	_, before := c.must(200, "HEAD", "d/whole", "", "")
	used := c.used
	// A crash between content and index leaves this behind.
	if err := db.Keeper("content").Put(contentKey(9999), []byte("left over")); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = openFile(t, path)
	defer func() { _ = db.Close() }()
	c = newContainer(t, db, Limits{})
	c.holds("d/whole", large)
	c.holds("d/replaced", "new")
	c.holds("d/blocks", large+"one ")
	c.refuses(404, "BlobNotFound", c.send("GET", "d/gone", "", ""))
	_, after := c.must(200, "HEAD", "d/whole", "", "")
	for _, name := range []string{"ETag", "Last-Modified", "Content-Type", "X-Ms-Meta-K"} {
		if before.Get(name) != after.Get(name) {
			t.Errorf("%s was %q and is %q", name, before.Get(name), after.Get(name))
		}
	}
	if c.used != used {
		t.Errorf("%d are used, and were %d", c.used, used)
	}
	c.must(201, "PUT", "d/waiting", "&comp=blocklist", blockList("Latest", 1))
	c.holds("d/waiting", "waited for")
	keys, err := db.Keeper("content").Keys()
	if want := 2 + 1 + 3 + 1; err != nil || len(keys) != want {
		t.Errorf("there are %d pieces of content, %v, want %d", len(keys), err, want)
	}
	_, h := c.must(201, "PUT", "d/whole", "", "x", blockBlob...)
	if h.Get("ETag") == after.Get("ETag") {
		t.Error("an etag comes again")
	}
}

// TestConcurrentWriters: of many commits each is whole, and nothing is lost of the room.
func TestConcurrentWriters(t *testing.T) {
	both(t, Limits{}, func(t *testing.T, c *container) {
		var writers sync.WaitGroup
		for i := range 8 {
			writers.Go(func() {
				text := strings.Repeat(fmt.Sprint(i), 20_000)
				for range 5 {
					c.send("PUT", "d/f", "", text, blockBlob...)
					c.send("PUT", "d/f", block1(i), text)
					c.send("PUT", "d/f", "&comp=blocklist", blockList("Latest", i))
					c.send("GET", "d/f", "", "")
				}
			})
		}
		writers.Wait()
		got, _ := c.must(200, "GET", "d/f", "", "")
		if len(got) != 20_000 || strings.Trim(got, got[:1]) != "" {
			t.Errorf("the blob holds %d bytes, %.20q", len(got), got)
		}
		if err := c.Abandon("d/f"); err != nil {
			t.Fatal(err)
		}
		if want := int64(20_000 + blobOverhead + blockOverhead); c.used != want {
			t.Errorf("%d are used, want %d", c.used, want)
		}
		if c.opts.Content != nil {
			if keys, err := c.opts.Content.Keys(); err != nil || len(keys) != 1 {
				t.Errorf("%d pieces of content are left, %v", len(keys), err)
			}
		}
	})
}
