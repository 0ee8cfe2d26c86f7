package hub

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"twindeck/hub/patch"
)

// Entry returns what a listing would show of a twin.
func (t Twin) Entry() Entry {
	e := Entry{
		ID: t.ID, Status: t.Status, Connected: t.Connected, Auth: t.Auth, LastActivityTime: t.LastActivityTime,
		Edge: t.Edge, DeviceScope: text(t.Document, "deviceScope"), Tags: t.Tags,
	}
	scopes, _ := t.Document.Get("parentScopes")
	for _, s := range scopes.Elems() {
		if s.Kind() == patch.KindString {
			e.ParentScopes = append(e.ParentScopes, s.Text())
		}
	}
	if e.Tags.Kind() != patch.KindObject {
		e.Tags = patch.Object()
	}
	return e
}

// entryReader reads pages of entries, which come by the thousand: what many rows say alike, such
// as their tags, is kept once. The zero value is ready; it may be used concurrently.
type entryReader struct {
	projection atomic.Int32 // one of the constants of that name

	mu   sync.Mutex
	rows int                    // of the last page: the next has as many
	tags map[string]patch.Value // by their text
	size int                    // of those texts
}

// How much of the tags is remembered: as much as a fleet has whose devices are alike in them, and too
// little to matter when they are not.
const (
	maxKnownTags    = 8192
	maxKnownTagSize = 4 << 20
)

// maxPageGuess bounds how many rows room is made for before they are seen.
const maxPageGuess = 1000

var errNoRows = errors.New("it is no list")

// read reads a page. Members it does not know are passed over, so that whole twins will do too.
func (r *entryReader) read(body []byte) ([]Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := patch.NewScanner(body)
	if s.Kind() != patch.KindArray {
		return nil, errNoRows
	}
	rows := make([]Entry, 0, r.rows)
	ids := make([]byte, 0, 4096) // of all rows, to become one string
	var ends []int               // of each row's device
	err := s.Array(func() error {
		if s.Kind() != patch.KindObject {
			return errNoTwin
		}
		rows = append(rows, Entry{Tags: patch.Object()})
		from := len(ids)
		err := r.entry(s, &rows[len(rows)-1], &ids)
		if err == nil && len(ids) == from {
			err = errNoTwin
		}
		ends = append(ends, len(ids))
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err != nil {
		return nil, err
	}
	r.rows = min(len(rows), maxPageGuess)
	all, from := string(ids), 0
	for i, to := range ends {
		rows[i].Device = all[from:to]
		from = to
	}
	return rows, nil
}

// entry reads one row. Its device goes to ids.
func (r *entryReader) entry(s *patch.Scanner, e *Entry, ids *[]byte) error {
	start := len(*ids)
	return s.Object(func(key []byte) error {
		var (
			text []byte
			err  error
		)
		switch string(key) {
		case "deviceId":
			text, err = s.Text()
			*ids = append((*ids)[:start], text...)
		case "moduleId":
			text, err = s.Text()
			e.Module = string(text)
		case "status":
			text, err = s.Text()
			e.Status = statusOf(text)
		case "connectionState":
			text, err = s.Text()
			e.Connected = string(text) == "Connected"
		case "authenticationType":
			text, err = s.Text()
			e.Auth = authOf(text)
		case "lastActivityTime":
			text, err = s.Text()
			e.LastActivityTime = timeOf(text)
		case "capabilities":
			e.Edge, err = edgeOf(s)
		case "deviceScope":
			text, err = s.Text()
			e.DeviceScope = string(text)
		case "parentScopes":
			e.ParentScopes, err = textsOf(s)
		case "tags":
			e.Tags, err = r.tagsOf(s)
		default:
			_, err = s.Raw()
		}
		return err
	})
}

// tagsOf returns the tags that are next, the same value for the same text.
func (r *entryReader) tagsOf(s *patch.Scanner) (patch.Value, error) {
	raw, err := s.Raw()
	if err != nil {
		return patch.Value{}, err
	}
	if known, ok := r.tags[string(raw)]; ok {
		return known, nil
	}
	tags, err := patch.Parse(raw)
	if err != nil {
		return patch.Value{}, err
	}
	if tags.Kind() != patch.KindObject {
		tags = patch.Object()
	}
	if r.tags == nil || len(r.tags) == maxKnownTags || r.size > maxKnownTagSize {
		r.tags, r.size = map[string]patch.Value{}, 0
	}
	r.tags[string(raw)] = tags
	r.size += len(raw)
	return tags, nil
}

func edgeOf(s *patch.Scanner) (edge bool, err error) {
	if s.Kind() != patch.KindObject {
		_, err = s.Raw()
		return false, err
	}
	err = s.Object(func(key []byte) error {
		raw, err := s.Raw()
		if string(key) == "iotEdge" {
			edge = string(raw) == "true"
		}
		return err
	})
	return edge, err
}

func textsOf(s *patch.Scanner) (texts []string, err error) {
	if s.Kind() != patch.KindArray {
		_, err = s.Raw()
		return nil, err
	}
	err = s.Array(func() error {
		text, err := s.Text()
		if text != nil {
			texts = append(texts, string(text))
		}
		return err
	})
	return texts, err
}

// statusOf and authOf make no copy of the words that every row has one of.
func statusOf(text []byte) Status {
	for _, s := range []Status{Enabled, Disabled} {
		if string(text) == string(s) {
			return s
		}
	}
	return Status(text)
}

func authOf(text []byte) AuthType {
	for _, a := range []AuthType{AuthSAS, AuthSelfSigned, AuthCA, AuthNone} {
		if string(text) == string(a) {
			return a
		}
	}
	return AuthType(text)
}

// timeOf is twinTime without garbage for how the hub writes them usually.
func timeOf(text []byte) time.Time {
	var t time.Time
	if string(text) == "0001-01-01T00:00:00Z" || t.UnmarshalText(text) == nil {
		return t.UTC()
	}
	return twinTime(string(text))
}
