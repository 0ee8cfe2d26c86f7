package blobs

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub/embedded/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// container is a Store with a clock and a client.
type container struct {
	*Store
	t   *testing.T
	now time.Time
}

const serviceToken = "the service"

func newContainer(t *testing.T, db *storage.DB, limits Limits) *container {
	t.Helper()
	c := &container{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)}
	opts := Options{
		Container: "uploads", Account: "test", Key: []byte("secret"), Limits: limits, Now: func() time.Time { return c.now },
		Service: func(token string) error {
			if token != serviceToken {
				return errors.New("no")
			}
			return nil
		},
	}
	if db != nil {
		opts.Index, opts.Content = db.Keeper("index"), db.Keeper("content")
	}
	c.Store = New(opts)
	if err := c.Load(); err != nil {
		t.Fatal(err)
	}
	return c
}

func openFile(t *testing.T, path string) *storage.DB {
	t.Helper()
	db, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// both runs a test in memory and on a data file.
func both(t *testing.T, limits Limits, test func(t *testing.T, c *container)) {
	t.Run("memory", func(t *testing.T) { test(t, newContainer(t, nil, limits)) })
	t.Run("file", func(t *testing.T) {
		db := openFile(t, filepath.Join(t.TempDir(), "data"))
		defer func() { _ = db.Close() }()
		test(t, newContainer(t, db, limits))
	})
}

// send sends a request for a blob with its token; query begins with an ampersand, and headers are
// pairs. A blob called "" is the container, for the service.
func (c *container) send(method, name, query, body string, headers ...string) *http.Response {
	c.t.Helper()
	target := "https://localhost/uploads/" + (&url.URL{Path: name}).EscapedPath()
	if name == "" {
		target = "https://localhost/uploads?" + strings.TrimPrefix(query, "&")
		headers = append(headers, "Authorization", serviceToken)
	} else {
		target += c.Token(name, c.now.Add(time.Hour)) + query
	}
	return c.do(method, target, body, headers...)
}

func (c *container) do(method, target, body string, headers ...string) *http.Response {
	c.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result()
}

// must sends a request that is to be answered with a status, and returns the body.
func (c *container) must(status int, method, name, query, body string, headers ...string) (string, http.Header) {
	c.t.Helper()
	return c.expect(status, c.send(method, name, query, body, headers...))
}

func (c *container) expect(status int, res *http.Response) (string, http.Header) {
	c.t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		c.t.Fatalf("answered %d %s, %v; want %d", res.StatusCode, text, err, status)
	}
	return string(text), res.Header
}

// refuses sends a request that is to be refused.
func (c *container) refuses(status int, code string, res *http.Response) {
	c.t.Helper()
	text, h := c.expect(status, res)
	var parsed fault
	if got := h.Get("x-ms-error-code"); got != code {
		c.t.Errorf("refused with %s, want %s", got, code)
	}
	if err := xml.Unmarshal([]byte(text), &parsed); err != nil || parsed.Code != code || parsed.Message == "" {
		c.t.Errorf("refused with %s, %v", text, err)
	}
}

// holds checks a blob.
func (c *container) holds(name, want string) {
	c.t.Helper()
	if got, _ := c.must(200, "GET", name, "", ""); got != want {
		c.t.Errorf("%s holds %d bytes, %.40q; want %d", name, len(got), got, len(want))
	}
}

var blockBlob = []string{"x-ms-blob-type", "BlockBlob"}

func blockID(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "block-%04d", n))
}

func block1(n int) string { return "&comp=block&blockid=" + url.QueryEscape(blockID(n)) }

func blockList(kind string, numbers ...int) string {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><BlockList>`)
	for _, n := range numbers {
		fmt.Fprintf(&b, "<%s>%s</%[1]s>", kind, blockID(n))
	}
	return b.String() + "</BlockList>"
}

// large is text that takes several extents and no whole number of them.
var large = strings.Repeat("0123456789abcdef", extentSize/16) + "tail"
