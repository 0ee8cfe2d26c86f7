package blobs

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request on its way.
type call struct {
	w     http.ResponseWriter
	http  *http.Request
	query url.Values
	name  string // of the blob; empty for the container
}

// operation is what a request asks for.
type operation struct {
	needs   string // the permissions of a token of which one is enough; empty: no token is
	service bool   // the service may
	serve   func(*Store, *call) error
}

// operations are what a blob and its container can be asked for, by the method and comp.
var operations = map[string]operation{
	"PUT":           {"cw", false, (*Store).putBlob},
	"PUT block":     {"cw", false, (*Store).putBlock},
	"PUT blocklist": {"cw", false, (*Store).putBlockList},
	"GET":           {"r", true, (*Store).getBlob},
	"HEAD":          {"r", true, (*Store).getBlob},
	"GET blocklist": {"r", true, (*Store).getBlockList},
	"DELETE":        {"d", true, (*Store).deleteBlob},
	"GET list":      {"", true, (*Store).listBlobs}, // of the container
}

// Path returns the path under which the container is served, with a slash at its end.
func (s *Store) Path() string { return "/" + s.opts.Container + "/" }

// Serves says whether a request is for the container or for a blob in it.
func (s *Store) Serves(r *http.Request) bool {
	path := r.URL.EscapedPath()
	return strings.HasPrefix(path, s.Path()) || path+"/" == s.Path()
}

// ServeHTTP answers a request for the container or a blob in it.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
	h.Set("x-ms-request-id", requestID())
	h.Set("x-ms-version", sasVersion)
	if version := r.Header.Get("x-ms-version"); version != "" {
		h.Set("x-ms-version", version)
	}
	// SDKs check that an answer is to their question.
	if id := r.Header.Get("x-ms-client-request-id"); id != "" && len(id) <= 1024 {
		h.Set("x-ms-client-request-id", id)
	}
	if err := s.answer(w, r); err != nil {
		hear(r)
		Refuse(w, r, err)
	}
}

// maxHeard is how much of a body that is refused is read all the same.
const maxHeard = 64 << 20

// hear reads the body of a request that is refused, because many clients look for an answer only
// when they have sent everything, and would try again if the connection broke before. One that
// waits to be told to go on needs not send it.
func hear(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, maxHeard) // a client that has gone cannot be told
	}
}

func (s *Store) answer(w http.ResponseWriter, r *http.Request) error {
	c := &call{w: w, http: r, query: r.URL.Query()}
	// The name is one piece, and its slashes come escaped or not.
	name, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), s.Path()))
	if err != nil {
		return problemOf("InvalidUri")
	}
	if c.name = name; name == "/"+s.opts.Container {
		c.name = ""
	}
	comp := c.query.Get("comp")
	op, ok := operations[strings.TrimSpace(r.Method+" "+comp)]
	switch _, known := operations[r.Method]; {
	case !known:
		return problemOf("UnsupportedHttpVerb")
	case !ok:
		return problemOf("UnsupportedQueryParameter")
	case (c.name == "") != (comp == "list"):
		return problemOf("InvalidUri")
	}
	if err := s.authorize(c, op); err != nil {
		return err
	}
	return op.serve(s, c)
}

func (s *Store) authorize(c *call, op operation) error {
	if c.query.Has("sig") {
		if c.name == "" {
			return problemOf("AuthorizationPermissionMismatch") // a token is for one blob
		}
		if p := s.permitted(c.query, c.name, op.needs); p != nil {
			return p
		}
		return nil
	}
	token := c.http.Header.Get("Authorization")
	switch {
	case token == "":
		return problemOf("NoAuthenticationInformation")
	case s.opts.Service == nil || s.opts.Service(token) != nil:
		return problemOf("AuthenticationFailed")
	case !op.service:
		return problemOf("AuthorizationPermissionMismatch")
	}
	return nil
}

// fault is the body of a refusal.
type fault struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

// Refuse answers with an error as the service writes one. It may be any: what it says is only told
// when it is meant for the client.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemFor(err)
	h := w.Header()
	text := fmt.Sprintf("%s\nRequestId:%s\nTime:%s", p.text, h.Get("x-ms-request-id"), time.Now().UTC().Format(time.RFC3339Nano))
	body, _ := xml.Marshal(fault{Code: p.code, Message: text}) // of two strings it never fails
	h.Set("x-ms-error-code", p.code)
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(xml.Header)+len(body)))
	if p.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "SharedAccessSignature")
	}
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append([]byte(xml.Header), body...)) // a client that has gone cannot be told
	}
}

// Fault is an error for Refuse that answers with status, 500 unless it is 503.
func Fault(status int) error {
	if status == http.StatusServiceUnavailable {
		return problemOf("ServerBusy")
	}
	return problemOf("InternalError")
}

// describe writes what a blob is into the head of an answer.
func (b *blob) describe(h http.Header) {
	h.Set("ETag", b.tag())
	h.Set("Last-Modified", b.Modified.Format(http.TimeFormat))
}

func (b *blob) tag() string { return fmt.Sprintf(`"0x%X"`, b.ETag) }

// allows returns the conditions of a request as they are for a write or a removal (REST
// reference: storageservices/specifying-conditional-headers-for-blob-service-operations).
func (c *call) allows() condition {
	h := c.http.Header
	return func(b *blob) *problem {
		unmet := problemOf("ConditionNotMet")
		if want := h.Get("If-Match"); want != "" && (b == nil || !names(want, b)) {
			return unmet
		}
		if not := h.Get("If-None-Match"); not != "" && b != nil && names(not, b) {
			if not == "*" && c.http.Method == http.MethodPut {
				return problemOf("BlobAlreadyExists")
			}
			return unmet
		}
		if since, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil && b != nil && !b.Modified.Truncate(time.Second).After(since) {
			return unmet
		}
		if since, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && (b == nil || b.Modified.Truncate(time.Second).After(since)) {
			return unmet
		}
		return nil
	}
}

// names says whether a list of etags, quoted or not, has that of b.
func names(list string, b *blob) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.Trim(strings.TrimSpace(tag), `"`)
		if tag == "*" || tag == strings.Trim(b.tag(), `"`) {
			return true
		}
	}
	return false
}

func (s *Store) deleteBlob(c *call) error {
	ok, err := s.remove(c.name, c.allows())
	switch {
	case err != nil:
		return err
	case !ok:
		return problemOf("BlobNotFound")
	}
	c.w.Header().Set("x-ms-delete-type-permanent", "true")
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

func requestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
