package query

import (
	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/query/language"
)

// standing is what is known of a row since it came from the index, which lags behind the twins.
type standing uint8

const (
	plain     standing = iota // it is about no twin
	indexed                   // it may lag
	confirmed                 // a direct read has said the same
	outdated                  // a direct read has said something else
	gone                      // a direct read has found nobody
)

// direct is what a direct read said: the values of the attributes that rows have.
type direct struct {
	gone   bool
	values []attribute
}

// attribute is what a twin has of what rows show.
type attribute struct {
	key      []string // in the row
	value    patch.Value
	has      bool
	optional bool // rows may be without it
}

// fleeting are attributes that move all the time: a row that has another value is not outdated by it.
var fleeting = map[string]bool{"lastActivityTime": true, "cloudToDeviceMessageCount": true}

// facts are the attributes of a whole twin that tell whether it is the same.
func facts(t hub.Twin) []attribute {
	connection := "Disconnected"
	if t.Connected {
		connection = "Connected"
	}
	fact := func(name string, v patch.Value) attribute {
		return attribute{key: []string{name}, value: v, has: true, optional: true}
	}
	return []attribute{
		fact("version", patch.Int(t.Version)),
		fact("etag", patch.String(t.ETag)),
		fact("status", patch.String(string(t.Status))),
		fact("connectionState", patch.String(connection)),
	}
}

// Confirm takes a twin that was read directly: rows about it are confirmed, or outdated.
func (r *Results) Confirm(t hub.Twin) {
	if !r.aboutTwins() {
		return
	}
	r.revision++
	d := direct{}
	if r.shape.whole {
		d.values = facts(t)
	}
	for _, item := range r.shape.outline.Items {
		if item.Aggregate == "" && !fleeting[item.Path[0]] {
			v, ok := t.Document.At(item.Path)
			d.values = append(d.values, attribute{key: item.Key(), value: v, has: ok})
		}
	}
	r.seen[t.ID] = d
}

// Gone says that there is no such device or module any more. Its rows stay, and say so.
func (r *Results) Gone(id hub.ID) {
	if r.aboutTwins() {
		r.revision++
		r.seen[id] = direct{gone: true}
	}
}

// aboutTwins reports whether a row of the result is one twin's, which a read of it can confirm.
func (r *Results) aboutTwins() bool {
	o := r.shape.outline
	if r.shape.whole {
		return true
	}
	module := false
	for _, item := range o.Items {
		if item.Aggregate != "" {
			return false
		}
		module = module || len(item.Path) == 1 && item.Path[0] == "moduleId"
	}
	return o.Source == language.Devices || o.Source == language.Modules && module
}

// standing returns what is known of a row.
func (r *Results) standing(number int) standing {
	id := r.rows[number].id
	if id.Device == "" || !r.aboutTwins() {
		return plain
	}
	d, read := r.seen[id]
	switch {
	case !read:
		return indexed
	case d.gone:
		return gone
	}
	row := r.value(number)
	for _, a := range d.values {
		v, has := row.At(a.key)
		if !has && a.optional {
			continue
		}
		if has != a.has || has && !patch.Equal(v, a.value) {
			return outdated
		}
	}
	return confirmed
}
