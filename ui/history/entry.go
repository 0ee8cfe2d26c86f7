package history

import (
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Source is a set of ways in which a version was seen.
type Source uint8

// The ways in which a version can be seen.
const (
	Read     Source = 1 << iota // a read of the twin
	Saved                       // the answer to a write of ours
	Attached                    // what a client that is attached received or reported
	Observed                    // a look at the twin that was taken in the background
)

// String names the ways, separated by commas.
func (s Source) String() string {
	var names []string
	for i, name := range [...]string{"read", "saved", "attached", "observed"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Side is one half of the properties as far as it is known.
type Side struct {
	Version int64       // $version; 0 when it is not known
	Value   patch.Value // the properties; null unless Known
	Known   bool        // Value is what the section was at Version
	Carried bool        // nothing was heard of it this time: it is what it was last known to be
}

// seen reports whether the side itself was heard of, value or not.
func (s Side) seen() bool { return s.Version > 0 && !s.Carried }

// Entry is one version of a twin.
type Entry struct {
	Number   uint64 // unique in a [Book]; not the order
	ID       hub.ID
	At       time.Time // when it was first seen
	Sources  Source
	Desired  Side
	Reported Side
	Tags     Side   // has no version of its own: it stays 0
	ETag     string // empty when no whole twin of this version was seen
	Version  int64  // of the twin, which moves with every write of either side; 0 when not known

	changed time.Time // when the hub says that properties last changed; zero when not known
	bytes   int       // what it holds in memory and the entry before it does not
}

// whole reports whether a whole twin of this version was seen.
func (e *Entry) whole() bool { return e.Tags.Known && !e.Tags.Carried }

// Section returns one of the sections.
func (e *Entry) Section(s patch.Section) Side {
	switch s {
	case patch.Tags:
		return e.Tags
	case patch.Desired:
		return e.Desired
	case patch.Reported:
	}
	return e.Reported
}

// Document returns what is known of the version as the hub would have written it.
func (e *Entry) Document() patch.Value {
	var twin, properties []patch.Member
	put := func(to *[]patch.Member, key string, v patch.Value) {
		*to = append(*to, patch.Member{Key: key, Value: v})
	}
	put(&twin, "deviceId", patch.String(e.ID.Device))
	if e.ID.IsModule() {
		put(&twin, "moduleId", patch.String(e.ID.Module))
	}
	if e.ETag != "" {
		put(&twin, "etag", patch.String(e.ETag))
	}
	if e.Version > 0 {
		put(&twin, "version", patch.Int(e.Version))
	}
	if e.Tags.Known {
		put(&twin, "tags", e.Tags.Value)
	}
	for _, s := range []patch.Section{patch.Desired, patch.Reported} {
		if side := e.Section(s); side.Known {
			members := append([]patch.Member{}, side.Value.Members()...)
			if side.Version > 0 {
				members = append(members, patch.Member{Key: "$version", Value: patch.Int(side.Version)})
			}
			put(&properties, s.String(), patch.Object(members...))
		}
	}
	put(&twin, "properties", patch.Object(properties...))
	return patch.Object(twin...)
}

// Difference is what differs in one section between two versions.
type Difference struct {
	Section patch.Section
	Old     Side
	New     Side
	Changes []patch.Change // none when one of the sides is not known
}

// Unknown reports whether it cannot be told what differs.
func (d Difference) Unknown() bool { return !d.Old.Known || !d.New.Known }

// Compare returns the sections that differ between two versions: desired, reported, tags. One of
// which a side is not known is there when the versions differ, without changes.
func Compare(older, newer *Entry) []Difference {
	var all []Difference
	for _, s := range []patch.Section{patch.Desired, patch.Reported, patch.Tags} {
		d := Difference{Section: s, Old: older.Section(s), New: newer.Section(s)}
		switch {
		case !d.Unknown():
			if d.Changes = patch.Changes(d.Old.Value, d.New.Value); len(d.Changes) > 0 {
				all = append(all, d)
			}
		case d.Old.Version != d.New.Version:
			all = append(all, d)
		}
	}
	return all
}
