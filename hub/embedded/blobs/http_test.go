package blobs

import (
	"crypto/md5"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestBlobInOneGo(t *testing.T) {
	both(t, Limits{}, func(t *testing.T, c *container) {
		const name = "d#1/a folder/naïve %41+.txt"
		c.refuses(404, "BlobNotFound", c.send("GET", name, "", ""))
		for _, text := range []string{large, "hello", ""} {
			_, h := c.must(201, "PUT", name, "", text, append(blockBlob, "Content-Type", "text/plain", "x-ms-blob-cache-control", "no-store", "x-ms-meta-Room", "12", "x-ms-version", "2020-10-02", "x-ms-client-request-id", "me")...)
			sum := md5.Sum([]byte(text))
			md5Text := base64.StdEncoding.EncodeToString(sum[:])
			if h.Get("ETag") == "" || h.Get("Last-Modified") == "" || h.Get("Content-MD5") != md5Text || h.Get("x-ms-version") != "2020-10-02" || h.Get("x-ms-client-request-id") != "me" || len(h.Get("x-ms-request-id")) != 36 {
				t.Errorf("answered %v", h)
			}
			etag := h.Get("ETag")
			c.holds(name, text)
			none, h := c.must(200, "HEAD", name, "", "")
			for header, want := range map[string]string{
				"Content-Type": "text/plain", "Cache-Control": "no-store", "X-Ms-Meta-Room": "12", "ETag": etag, "Content-MD5": md5Text,
			} {
				if h.Get(header) != want {
					t.Errorf("%s is %q, want %q", header, h.Get(header), want)
				}
			}
			if none != "" || h.Get("x-ms-blob-type") != "BlockBlob" {
				t.Errorf("HEAD answers %q, %v", none, h)
			}
			if size, modified, ok := c.Stat(name); size != int64(len(text)) || !modified.Equal(c.now) || !ok {
				t.Errorf("it has %d bytes of %v, %v", size, modified, ok)
			}
		}
		c.refuses(400, "InvalidUri", c.send("DELETE", "", "", "")) // the container stays
	})
}

func TestBlobInBlocks(t *testing.T) {
	both(t, Limits{}, func(t *testing.T, c *container) {
		const name = "d/f"
		c.must(201, "PUT", name, block1(2), "two ")
		c.must(201, "PUT", name, block1(1), large)
		c.must(201, "PUT", name, block1(3), "never")
		c.must(201, "PUT", name, block1(2), "zwei ")
		c.refuses(404, "BlobNotFound", c.send("GET", name, "", ""))
		if text, _ := c.must(200, "GET", name, "&comp=blocklist&blocklisttype=all", ""); strings.Count(text, "<Block>") != 3 || !strings.Contains(text, "<UncommittedBlocks><Block><Name>"+blockID(1)+"</Name><Size>1048580</Size>") {
			t.Errorf("the blocks are %s", text)
		}
		c.refuses(400, "InvalidBlockList", c.send("PUT", name, "&comp=blocklist", blockList("Latest", 1, 4)))
		c.refuses(400, "InvalidBlockList", c.send("PUT", name, "&comp=blocklist", blockList("Committed", 1)))
		_, h := c.must(201, "PUT", name, "&comp=blocklist", blockList("Latest", 2, 1, 2), "x-ms-blob-content-type", "video/mp4")
		if h.Get("ETag") == "" {
			t.Errorf("answered %v", h)
		}
		c.holds(name, "zwei "+large+"zwei ")
		if text, h := c.must(200, "GET", name, "&comp=blocklist&blocklisttype=all", ""); strings.Count(text, "<Block>") != 3 || !strings.Contains(text, "<UncommittedBlocks></UncommittedBlocks>") || h.Get("x-ms-blob-content-length") != "1048590" {
			t.Errorf("the blocks are %s, %v", text, h)
		}
		if _, h := c.must(200, "HEAD", name, "", ""); h.Get("Content-Type") != "video/mp4" {
			t.Errorf("it is a %s", h.Get("Content-Type"))
		}
		// What was not chosen is gone, what was may be chosen again.
		c.refuses(400, "InvalidBlockList", c.send("PUT", name, "&comp=blocklist", blockList("Latest", 3)))
		c.must(201, "PUT", name, block1(3), "drei")
		c.refuses(400, "InvalidBlockList", c.send("PUT", name, "&comp=blocklist", blockList("Uncommitted", 2)))
		c.must(201, "PUT", name, "&comp=blocklist", blockList("Latest", 3, 2))
		c.holds(name, "dreizwei ")
		c.must(201, "PUT", name, "&comp=blocklist", blockList("Latest"))
		c.holds(name, "")
		if c.used != blobOverhead {
			t.Errorf("an empty blob takes %d", c.used)
		}
	})
}

func TestRanges(t *testing.T) {
	both(t, Limits{}, func(t *testing.T, c *container) {
		c.must(201, "PUT", "d/f", "", large, blockBlob...)
		for _, r := range []struct {
			name, value  string
			from, behind int
		}{
			{"Range", "bytes=0-3", 0, 4},
			{"x-ms-range", "bytes=1048570-1048577", 1048570, 1048578},
			{"Range", "bytes=-4", len(large) - 4, len(large)},
			{"x-ms-range", "bytes=1048577-", 1048577, len(large)},
		} {
			if got, _ := c.must(206, "GET", "d/f", "", "", r.name, r.value); got != large[r.from:r.behind] {
				t.Errorf("%s: %d bytes", r.value, len(got))
			}
		}
		c.refuses(416, "InvalidRange", c.send("GET", "d/f", "", "", "x-ms-range", "bytes=9999999-"))
		if got, _ := c.must(200, "GET", "d/f", "", "", "Range", "bytes=0-1,4-5"); got != large {
			t.Errorf("two ranges are %d bytes", len(got))
		}
	})
}

func TestConditions(t *testing.T) {
	c := newContainer(t, nil, Limits{})
	put := func(headers ...string) *http.Response {
		return c.send("PUT", "d/f", "", "x", append(headers, blockBlob...)...)
	}
	c.refuses(412, "ConditionNotMet", put("If-Match", "*"))
	_, h := c.expect(201, put("If-None-Match", "*"))
	etag := h.Get("ETag")
	c.refuses(409, "BlobAlreadyExists", put("If-None-Match", "*"))
	c.refuses(412, "ConditionNotMet", put("If-None-Match", etag))
	c.refuses(412, "ConditionNotMet", put("If-Match", `"0x1"`))
	c.refuses(412, "ConditionNotMet", put("If-Modified-Since", c.now.Add(time.Second).Format(http.TimeFormat)))
	c.refuses(412, "ConditionNotMet", put("If-Unmodified-Since", c.now.Add(-time.Second).Format(http.TimeFormat)))
	if c.used != blobOverhead+blockOverhead+1 {
		t.Errorf("what was refused takes room: %d", c.used)
	}
	c.must(304, "GET", "d/f", "", "", "If-None-Match", etag)
	_, h = c.expect(201, put("If-Match", `"0x1", `+etag))
	if h.Get("ETag") == etag {
		t.Error("the etag has not changed")
	}
	target := "https://localhost/uploads/d/f"
	c.refuses(412, "ConditionNotMet", c.do("DELETE", target, "", "Authorization", serviceToken, "If-Match", etag))
	c.expect(202, c.do("DELETE", target, "", "Authorization", serviceToken, "If-Match", h.Get("ETag")))
	c.refuses(404, "BlobNotFound", c.do("DELETE", target, "", "Authorization", serviceToken))
	if c.used != 0 {
		t.Errorf("an empty container takes %d", c.used)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	c := newContainer(t, nil, Limits{})
	c.must(201, "PUT", "d/f", "", "x", blockBlob...)
	at := func(name, query string) string { return "https://localhost/uploads/" + name + query }
	token := c.Token("d/f", c.now.Add(time.Hour))
	c.expect(200, c.do("GET", at("d/f", token), ""))
	c.expect(200, c.do("GET", at("d%2Ff", token), ""))
	for name, target := range map[string]string{
		"another blob": at("d/g", token), "another device": at("e/f", token), "a longer name": at("d/f/", token), "a detour": at("e/../d/f", token),
		"a later end":      at("d/f", strings.Replace(token, "se=2026", "se=2027", 1)),
		"more permissions": at("d/f", strings.Replace(token, "sp=rw", "sp=rwd", 1)),
		"another version":  at("d/f", strings.Replace(token, "sv=2018-03-28", "sv=2020-02-10", 1)),
		"no signature":     at("d/f", "?sv=2018-03-28&sr=b&sig=&se=2026-01-02T04%3A04%3A05Z&sp=rw"),
		"expired":          at("d/f", c.Token("d/f", c.now)),
	} {
		t.Run(name, func(*testing.T) { c.refuses(403, "AuthenticationFailed", c.do("GET", target, "")) })
	}
	c.refuses(403, "AuthorizationPermissionMismatch", c.do("DELETE", at("d/f", token), ""))
	c.refuses(403, "AuthorizationPermissionMismatch", c.do("GET", "https://localhost/uploads"+token+"&restype=container&comp=list", ""))
	c.refuses(401, "NoAuthenticationInformation", c.do("GET", at("d/f", ""), ""))
	c.refuses(403, "AuthenticationFailed", c.do("GET", at("d/f", ""), "", "Authorization", "somebody"))
	c.refuses(403, "AuthorizationPermissionMismatch", c.do("PUT", at("d/f", ""), "x", append(blockBlob, "Authorization", serviceToken)...))
	c.expect(200, c.do("GET", at("d/f", ""), "", "Authorization", serviceToken))
	if _, h := c.expect(403, c.do("HEAD", at("d/g", token), "")); h.Get("x-ms-error-code") != "AuthenticationFailed" {
		t.Errorf("HEAD is refused with %v", h)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	c := newContainer(t, nil, Limits{Blob: 100})
	put := func(query, body string, headers ...string) *http.Response {
		return c.send("PUT", "d/f", query, body, headers...)
	}
	c.refuses(400, "MissingRequiredHeader", put("", "x"))
	c.refuses(400, "InvalidHeaderValue", put("", "x", "x-ms-blob-type", "PageBlob"))
	c.refuses(400, "InvalidHeaderValue", put("", "x", append(blockBlob, "x-ms-copy-source", "https://elsewhere/")...))
	c.refuses(400, "InvalidHeaderValue", put("", "x", append(blockBlob, "x-ms-meta-a", strings.Repeat("x", maxDescription))...))
	c.refuses(400, "InvalidHeaderValue", put("", "x", append(blockBlob, "Content-MD5", "x")...))
	c.refuses(400, "Md5Mismatch", put("", "x", append(blockBlob, "Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")...))
	c.refuses(413, "RequestBodyTooLarge", put("", strings.Repeat("x", 101), blockBlob...))
	c.refuses(400, "InvalidQueryParameterValue", put("&comp=block&blockid=%21", "x"))
	c.refuses(400, "InvalidQueryParameterValue", put("&comp=block", "x"))
	c.refuses(400, "InvalidQueryParameterValue", put("&comp=block&blockid="+strings.Repeat("AAAA", 22), "x"))
	c.must(201, "PUT", "d/f", block1(1), strings.Repeat("x", 60))
	c.refuses(400, "InvalidBlobOrBlock", put("&comp=block&blockid=AAAA", "x"))
	c.refuses(413, "RequestBodyTooLarge", put("&comp=blocklist", blockList("Latest", 1, 1)))
	for _, text := range []string{"", "<", "<Blocks/>", "<BlockList>", "<BlockList><Newest>x</Newest></BlockList>", "<BlockList><Latest></BlockList>"} {
		c.refuses(400, "InvalidXmlDocument", put("&comp=blocklist", text))
	}
	c.refuses(409, "BlockCountExceedsLimit", put("&comp=blocklist", "<BlockList>"+strings.Repeat("<Latest/>", maxListed+1)+"</BlockList>"))
	c.refuses(413, "RequestBodyTooLarge", put("&comp=blocklist", strings.Repeat(" ", maxList+1)))
	c.refuses(400, "UnsupportedQueryParameter", put("&comp=page", ""))
	c.refuses(400, "UnsupportedQueryParameter", put("&comp=list", ""))
	c.refuses(405, "UnsupportedHttpVerb", c.send("POST", "d/f", "", ""))
	c.refuses(405, "UnsupportedHttpVerb", c.send("OPTIONS", "d/f", "", ""))
	c.refuses(400, "InvalidUri", c.send("GET", "", "", ""))
	c.refuses(400, "InvalidUri", c.send("GET", "d/f", "&comp=list", ""))
	c.refuses(400, "InvalidQueryParameterValue", c.send("GET", "", "&comp=list&maxresults=0", ""))
	c.refuses(400, "InvalidQueryParameterValue", c.send("GET", "", "&comp=list&marker=%21", ""))
	c.refuses(400, "InvalidQueryParameterValue", c.send("GET", "d/f", "&comp=blocklist&blocklisttype=some", ""))

	r := httptest.NewRequest("PUT", "https://localhost/uploads/d/f"+c.Token("d/f", c.now.Add(time.Hour)), strings.NewReader("x"))
	r.Header.Set("x-ms-blob-type", "BlockBlob")
	r.ContentLength = -1
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	c.refuses(411, "MissingContentLengthHeader", w.Result())
	r.ContentLength = 2 // one more than there is
	r.Body = http.NoBody
	w = httptest.NewRecorder()
	c.ServeHTTP(w, r)
	c.refuses(400, "RequestBodyIncomplete", w.Result())
	if want := int64(60 + blockOverhead); c.used != want {
		t.Errorf("%d are used, want %d", c.used, want)
	}
}

func TestList(t *testing.T) {
	c := newContainer(t, nil, Limits{})
	for _, name := range []string{"d/2", "e/1", "d/1", "d/ü&<"} {
		c.must(201, "PUT", name, "", "four", blockBlob...)
	}
	text, _ := c.must(200, "GET", "", "&restype=container&comp=list&prefix=d/&maxresults=2", "")
	for _, want := range []string{`ContainerName="uploads"`, "<Name>d/1</Name>", "<Content-Length>4</Content-Length>", "<BlobType>BlockBlob</BlobType>", "<MaxResults>2</MaxResults>"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	_, rest, _ := strings.Cut(text, "<NextMarker>")
	marker, _, _ := strings.Cut(rest, "</NextMarker>")
	text, _ = c.must(200, "GET", "", "&restype=container&comp=list&prefix=d/&marker="+url.QueryEscape(marker), "")
	if strings.Count(text, "<Blob>") != 1 || !strings.Contains(text, "<Name>d/ü&amp;&lt;</Name>") || !strings.Contains(text, "<NextMarker></NextMarker>") {
		t.Errorf("the second page is %s", text)
	}
}

func FuzzBlockList(f *testing.F) {
	f.Add([]byte(blockList("Latest", 1, 2)))
	f.Add([]byte("<!DOCTYPE x><BlockList><Committed> a </Committed><!-- --></BlockList>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, p := parseBlockList(body)
		if p != nil && list != nil {
			t.Fatalf("%q is refused and read", body)
		}
		for _, c := range list {
			if !c.committed && !c.staged || strings.TrimSpace(c.id) != c.id {
				t.Fatalf("%q has the choice %+v", body, c)
			}
		}
	})
}

// FuzzToken checks that no query opens a blob unless the container signed it for that blob.
func FuzzToken(f *testing.F) {
	until := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	s := New(Options{Container: "uploads", Account: "test", Key: []byte("secret")})
	good := s.Token("d/f", until)
	f.Add("d/g", good)
	f.Add("d/f", strings.Replace(good, "rw", "rwd", 1))
	f.Fuzz(func(t *testing.T, name, query string) {
		q, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
		if err != nil || name == "d/f" && q.Get("sig") != "" && strings.Contains(query, q.Get("sig")) {
			return
		}
		own, _ := url.ParseQuery(good[1:])
		if s.permitted(q, name, "rw") == nil && (name != "d/f" || q.Get("sig") != own.Get("sig")) {
			t.Fatalf("%q opens %q", query, name)
		}
	})
}
