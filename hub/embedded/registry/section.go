package registry

import (
	"strings"

	"twindeck/hub/embedded/ordered"
)

// section is the desired or reported properties of one twin, with their metadata. It is replaced
// as a whole by a write and never changed, so that a reader may keep it.
type section struct {
	properties string // compact JSON object
	metadata   string // the same, of $metadata; empty before the first write: see stamps
	version    int64
	written    int64 // when all of desired properties were written at once; 0: not, or not known
	created    int64 // of a section that was never written: what its $metadata says
}

// emptySection is what a section is before its first write.
func emptySection(created int64) section {
	return section{properties: "{}", version: 1, created: created}
}

// stamps returns $metadata. That of a section which was never written is only made when somebody
// wants it, because a search looks at many twins for little.
func (s section) stamps() string {
	if s.metadata != "" {
		return s.metadata
	}
	return ordered.NewObject(stamp{updated: s.created}.members()...).String()
}

// stamp is what a write leaves at each node of $metadata that it touched.
type stamp struct {
	updated int64
	version int64  // 0 for reported properties, whose nodes carry none
	by      string // the configuration that wrote a value; empty for everybody else
	digest  string
}

func (s stamp) members() []ordered.Member {
	members := []ordered.Member{{Key: "$lastUpdated", Value: ordered.NewString(formatTime(s.updated))}}
	if s.version != 0 {
		members = append(members, ordered.Member{Key: "$lastUpdatedVersion", Value: ordered.NewNumber(itoa(s.version))})
	}
	return members
}

// leaf are the members at a value, of which the one that wrote it is known.
func (s stamp) leaf() []ordered.Member {
	members := s.members()
	if s.by != "" {
		members = append(members,
			ordered.Member{Key: "$lastUpdatedBy", Value: ordered.NewString(s.by)},
			ordered.Member{Key: "$lastUpdatedByDigest", Value: ordered.NewString(s.digest)})
	}
	return members
}

// stampAll returns the metadata of properties of which every node carries st.
func stampAll(properties ordered.Value, st stamp) ordered.Value {
	if properties.Kind() != ordered.Object {
		return ordered.NewObject(st.leaf()...)
	}
	members := st.members()
	for _, m := range properties.Members() {
		members = append(members, ordered.Member{Key: m.Key, Value: stampAll(m.Value, st)})
	}
	return ordered.NewObject(members...)
}

// stampPatch returns the metadata after a patch: every key that the patch names gets the stamp,
// changed or not, and so do its ancestors; the others keep theirs, and removed ones go.
// Arrays are leaves.
func stampPatch(metadata, patch, after ordered.Value, st stamp) ordered.Value {
	// What has members has no writer of its own, even when it was a value before.
	changes := append(st.members(), ordered.Member{Key: "$lastUpdatedBy"}, ordered.Member{Key: "$lastUpdatedByDigest"})
	find, childOf := after.Index(), metadata.Index()
	for _, m := range patch.Members() {
		child, exists := find(m.Key)
		switch {
		case !exists:
			changes = append(changes, ordered.Member{Key: m.Key}) // removed: no value
		case m.Value.Kind() == ordered.Object:
			old, _ := childOf(m.Key)
			changes = append(changes, ordered.Member{Key: m.Key, Value: stampPatch(old, m.Value, child, st)})
		default:
			changes = append(changes, ordered.Member{Key: m.Key, Value: ordered.NewObject(st.leaf()...)})
		}
	}
	return ordered.Edit(metadata, changes...)
}

// isSystemKey says whether a key of a section belongs to the hub. Clients send such keys back.
func isSystemKey(key string) bool {
	return strings.HasPrefix(key, "$") && (key == "$metadata" || key == "$version")
}

// kindOf is which of the sections a rule is applied to.
type kindOf uint8

const (
	desiredKind kindOf = iota
	reportedKind
)

// stampFor returns the stamp of a write that makes version.
func (k kindOf) stampFor(updated, version int64) stamp {
	if k == reportedKind {
		return stamp{updated: updated}
	}
	return stamp{updated: updated, version: version}
}

// newDesired returns a section of desired properties that were written all at once.
func newDesired(properties ordered.Value, version, now int64) section {
	metadata := stampAll(properties, desiredKind.stampFor(now, version))
	return section{properties: properties.String(), metadata: metadata.String(), version: version, written: now}
}

// patched returns the section after a merge patch.
func (s section) patched(kind kindOf, patch ordered.Value, now int64, sizes SizeRule) (section, error) {
	after := ordered.Merge(stored(s.properties), patch)
	if err := sizes.check(after, maxPropertiesSize); err != nil {
		return section{}, err
	}
	next := section{properties: after.String(), version: s.version + 1}
	next.metadata = stampPatch(stored(s.stamps()), patch, after, kind.stampFor(now, next.version)).String()
	return next, nil
}

// replaced returns the section after its desired properties were replaced as a whole, which
// stamps everything anew.
func (s section) replaced(properties ordered.Value, now int64, sizes SizeRule) (section, error) {
	// As a patch of nothing it loses its nulls.
	after := ordered.Merge(ordered.NewObject(), properties)
	if err := sizes.check(after, maxPropertiesSize); err != nil {
		return section{}, err
	}
	return newDesired(after, s.version+1, now), nil
}

// document writes the section as REST shows it, with $metadata and $version last.
func (s section) document(w *ordered.Writer, name string) {
	w.Object(name, func(w *ordered.Writer) {
		w.RawMembers(s.properties)
		w.Raw("$metadata", s.stamps())
		w.Int("$version", s.version)
	})
}

// writeDeviceSide writes the section as its owner sees it, without metadata.
func (s section) writeDeviceSide(w *ordered.Writer, name string) {
	w.Object(name, func(w *ordered.Writer) {
		w.RawMembers(s.properties)
		w.Int("$version", s.version)
	})
}

// replacement returns the patch that tells the owner of a twin what a replacement did: the new
// properties, and null for every key that is gone. Only existence counts, not values
// (azure-iot-sdk-csharp issue 954).
func replacement(before, after ordered.Value) ordered.Value {
	var members []ordered.Member
	old, kept := before.Index(), after.Index()
	for _, m := range after.Members() {
		v := m.Value
		if was, ok := old(m.Key); ok && was.Kind() == ordered.Object && v.Kind() == ordered.Object {
			v = replacement(was, v)
		}
		members = append(members, ordered.Member{Key: m.Key, Value: v})
	}
	for _, m := range before.Members() {
		if _, ok := kept(m.Key); !ok {
			members = append(members, ordered.Member{Key: m.Key})
		}
	}
	return ordered.NewObject(members...)
}
