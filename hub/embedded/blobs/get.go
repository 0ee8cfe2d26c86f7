package blobs

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// getBlob is Get Blob and, for HEAD, Get Blob Properties (REST reference: storageservices/get-blob).
func (s *Store) getBlob(c *call) error {
	b := s.find(c.name)
	if b == nil {
		return problemOf("BlobNotFound")
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	for name, value := range b.Headers {
		h.Set(name, value)
	}
	for name, value := range b.Metadata {
		h.Set(name, value)
	}
	b.describe(h)
	h.Set("x-ms-blob-type", "BlockBlob")
	h.Set("x-ms-creation-time", b.Created.Format(http.TimeFormat))
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-server-encrypted", "false")
	if value := c.http.Header.Get("x-ms-range"); value != "" {
		c.http.Header.Set("Range", value)
	}
	if value := c.http.Header.Get("Range"); strings.Contains(value, ",") {
		c.http.Header.Del("Range") // more than one is none
	} else if value != "" {
		if beyond(value, b.size()) {
			h.Set("Content-Range", fmt.Sprintf("bytes */%d", b.size()))
			return problemOf("InvalidRange")
		}
		if sum := h.Get("Content-MD5"); sum != "" {
			h.Set("x-ms-blob-content-md5", sum) // of the whole
			h.Del("Content-MD5")
		}
	}
	http.ServeContent(c.w, c.http, "", b.Modified, s.reader(b))
	return nil
}

// beyond says whether a range begins where a blob has ended.
func beyond(value string, size int64) bool {
	from, _, ok := strings.Cut(strings.TrimPrefix(value, "bytes="), "-")
	n, err := strconv.ParseInt(from, 10, 64)
	return ok && err == nil && n >= size
}

// listedBlock is a block as Get Block List shows it.
type listedBlock struct {
	Name string
	Size int64
}

// getBlockList is Get Block List (REST reference: storageservices/get-block-list).
func (s *Store) getBlockList(c *call) error {
	kind := strings.ToLower(cmp.Or(c.query.Get("blocklisttype"), "committed"))
	if !slices.Contains([]string{"committed", "uncommitted", "all"}, kind) {
		return problemOf("InvalidQueryParameterValue")
	}
	var answer struct {
		XMLName     xml.Name      `xml:"BlockList"`
		Committed   []listedBlock `xml:"CommittedBlocks>Block"`
		Uncommitted []listedBlock `xml:"UncommittedBlocks>Block"`
	}
	s.mu.Lock()
	b, staged := s.blobs[c.name], s.staged[c.name]
	if b != nil && kind != "uncommitted" {
		for _, each := range b.Blocks {
			if each.ID != "" {
				answer.Committed = append(answer.Committed, listedBlock{each.ID, each.size()})
			}
		}
	}
	if staged != nil && kind != "committed" {
		for _, id := range slices.Sorted(maps.Keys(staged.blocks)) {
			answer.Uncommitted = append(answer.Uncommitted, listedBlock{id, staged.blocks[id].size()})
		}
	}
	s.mu.Unlock()
	if b == nil && staged == nil {
		return problemOf("BlobNotFound")
	}
	if b != nil {
		b.describe(c.w.Header())
		c.w.Header().Set("x-ms-blob-content-length", strconv.FormatInt(b.size(), 10))
	}
	return c.write(answer)
}

// listedBlob is a blob as List Blobs shows it.
type listedBlob struct {
	Name       string
	Properties struct {
		CreationTime  string `xml:"Creation-Time"`
		LastModified  string `xml:"Last-Modified"`
		Etag          string
		ContentLength int64  `xml:"Content-Length"`
		ContentType   string `xml:"Content-Type"`
		ContentMD5    string `xml:"Content-MD5"`
		BlobType      string
	}
}

// maxPage is the most blobs that one answer lists, and how many it does by default.
const maxPage = 5000

// listBlobs is List Blobs (REST reference: storageservices/list-blobs), in the order of names.
func (s *Store) listBlobs(c *call) error {
	limit := maxPage
	if text := c.query.Get("maxresults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return problemOf("InvalidQueryParameterValue")
		}
		limit = min(n, maxPage)
	}
	marker, err := base64.URLEncoding.DecodeString(c.query.Get("marker"))
	if err != nil {
		return problemOf("InvalidQueryParameterValue")
	}
	page := listing{Container: s.opts.Container, Prefix: c.query.Get("prefix"), Marker: c.query.Get("marker")}
	if c.query.Has("maxresults") {
		page.MaxResults = limit
	}
	s.list(&page, string(marker), limit)
	return c.write(page)
}

// listing is a page of blobs.
type listing struct {
	XMLName    xml.Name     `xml:"EnumerationResults"`
	Container  string       `xml:"ContainerName,attr"`
	Prefix     string       `xml:",omitempty"`
	Marker     string       `xml:",omitempty"`
	MaxResults int          `xml:",omitempty"`
	Blobs      []listedBlob `xml:"Blobs>Blob"`
	NextMarker string
}

// list fills a page with the blobs from a name on.
func (s *Store) list(page *listing, from string, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.blobs {
		if strings.HasPrefix(name, page.Prefix) && name >= from {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		if i == limit {
			page.NextMarker = base64.URLEncoding.EncodeToString([]byte(name))
			break
		}
		page.Blobs = append(page.Blobs, s.blobs[name].listed(name))
	}
}

func (b *blob) listed(name string) listedBlob {
	l := listedBlob{Name: name}
	l.Properties.CreationTime, l.Properties.LastModified = b.Created.Format(http.TimeFormat), b.Modified.Format(http.TimeFormat)
	l.Properties.Etag, l.Properties.BlobType = strings.Trim(b.tag(), `"`), "BlockBlob"
	l.Properties.ContentLength, l.Properties.ContentMD5 = b.size(), b.Headers["Content-MD5"]
	l.Properties.ContentType = cmp.Or(b.Headers["Content-Type"], "application/octet-stream")
	return l
}

// write answers with XML.
func (c *call) write(answer any) error {
	body, err := xml.Marshal(answer)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(xml.Header)+len(body)))
	_, _ = c.w.Write(append([]byte(xml.Header), body...)) // a client that has gone cannot be told
	return nil
}
