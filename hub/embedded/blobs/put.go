package blobs

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
)

// content stores the body of a request.
func (s *Store) content(c *call) (received, error) {
	size := c.http.ContentLength
	switch {
	case size < 0:
		return received{}, problemOf("MissingContentLengthHeader")
	case size > s.opts.Limits.Blob:
		return received{}, errTooLarge
	}
	want := c.http.Header.Get("Content-MD5")
	if sum, err := base64.StdEncoding.DecodeString(want); err != nil || len(sum) != 0 && len(sum) != md5.Size {
		return received{}, problemOf("InvalidHeaderValue")
	}
	if err := s.reserve(size); err != nil {
		return received{}, err
	}
	r, err := s.receive(c.http.Body, size)
	if err != nil {
		return received{}, err
	}
	if sum := encode(r.md5); want != "" && want != sum {
		s.release(size)
		s.discard(r.extents)
		return received{}, problemOf("Md5Mismatch")
	}
	return r, nil
}

func encode(sum [md5.Size]byte) string { return base64.StdEncoding.EncodeToString(sum[:]) }

// putBlob is Put Blob (REST reference: storageservices/put-blob).
func (s *Store) putBlob(c *call) error {
	switch kind := c.http.Header.Get("x-ms-blob-type"); {
	case kind == "":
		return problemOf("MissingRequiredHeader")
	case !strings.EqualFold(kind, "BlockBlob"), c.http.Header.Get("x-ms-copy-source") != "":
		return problemOf("InvalidHeaderValue")
	}
	next, err := c.described()
	if err != nil {
		return err
	}
	r, err := s.content(c)
	if err != nil {
		return err
	}
	if next.Headers["Content-MD5"] == "" {
		next.Headers["Content-MD5"] = encode(r.md5)
	}
	b, err := s.put(c.name, r.extents, next, c.allows())
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-MD5", encode(r.md5))
	c.created(b)
	return nil
}

// putBlock is Put Block (REST reference: storageservices/put-block).
func (s *Store) putBlock(c *call) error {
	id := c.query.Get("blockid")
	if raw, err := base64.StdEncoding.DecodeString(id); err != nil || len(raw) == 0 || len(raw) > 64 {
		return problemOf("InvalidQueryParameterValue")
	}
	if c.http.Header.Get("x-ms-copy-source") != "" {
		return problemOf("InvalidHeaderValue")
	}
	r, err := s.content(c)
	if err != nil {
		return err
	}
	if err := s.stage(c.name, id, r.extents); err != nil {
		return err
	}
	c.w.Header().Set("Content-MD5", encode(r.md5))
	c.created(nil)
	return nil
}

// putBlockList is Put Block List (REST reference: storageservices/put-block-list).
func (s *Store) putBlockList(c *call) error {
	next, err := c.described()
	if err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.http.Body, maxList))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return errTooLarge
	} else if err != nil {
		return errors.Join(errBody, err)
	}
	list, p := parseBlockList(body)
	if p != nil {
		return p
	}
	b, err := s.commitList(c.name, list, next, c.allows())
	if err != nil {
		return err
	}
	c.created(b)
	return nil
}

// created answers that something is there now; b may be nil.
func (c *call) created(b *blob) {
	h := c.w.Header()
	if b != nil {
		b.describe(h)
	}
	h.Set("x-ms-request-server-encrypted", "false")
	h.Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusCreated)
}

// maxList is more than the names of maxListed blocks take.
const maxList = 8 << 20

// parseBlockList reads the body of Put Block List.
func parseBlockList(body []byte) (list []choice, p *problem) {
	d := xml.NewDecoder(bytes.NewReader(body))
	inside := false
	for {
		token, err := d.Token()
		if err != nil {
			return nil, problemOf("InvalidXmlDocument")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !inside {
				if t.Name.Local != "BlockList" {
					return nil, problemOf("InvalidXmlDocument")
				}
				inside = true
				continue
			}
			c, ok := choices[t.Name.Local]
			if !ok || d.DecodeElement(&c.id, &t) != nil {
				return nil, problemOf("InvalidXmlDocument")
			}
			if len(list) == maxListed {
				return nil, problemOf("BlockCountExceedsLimit")
			}
			c.id = strings.TrimSpace(c.id)
			list = append(list, c)
		case xml.EndElement:
			return list, nil
		}
	}
}

// choices are the ways to choose a block.
var choices = map[string]choice{
	"Latest":      {committed: true, staged: true},
	"Uncommitted": {staged: true},
	"Committed":   {committed: true},
}

// contentHeaders are what readers of a blob get, and how writers set them.
var contentHeaders = map[string]string{
	"Content-Type":        "x-ms-blob-content-type",
	"Content-Encoding":    "x-ms-blob-content-encoding",
	"Content-Language":    "x-ms-blob-content-language",
	"Content-Disposition": "x-ms-blob-content-disposition",
	"Content-MD5":         "x-ms-blob-content-md5",
	"Cache-Control":       "x-ms-blob-cache-control",
}

const (
	metadataPrefix = "X-Ms-Meta-"
	// maxDescription bounds headers and metadata (Azure docs: storageservices/
	// setting-and-retrieving-properties-and-metadata-for-blob-resources).
	maxDescription = 8 << 10
)

// described returns a blob with what the head of a request says of it.
func (c *call) described() (blob, error) {
	b := blob{Headers: map[string]string{}, Metadata: map[string]string{}}
	size := 0
	for to, from := range contentHeaders {
		value := c.http.Header.Get(from)
		// In Put Blob the headers of HTTP itself are about the blob too.
		if value == "" && c.query.Get("comp") == "" && to != "Content-MD5" {
			value = c.http.Header.Get(to)
		}
		if value != "" {
			b.Headers[to] = value
			size += len(value)
		}
	}
	for name, values := range c.http.Header {
		if strings.HasPrefix(name, metadataPrefix) && len(name) > len(metadataPrefix) {
			b.Metadata[name] = strings.Join(values, ",")
			size += len(name) + len(b.Metadata[name])
		}
	}
	if size > maxDescription {
		return blob{}, problemOf("InvalidHeaderValue")
	}
	return b, nil
}
