package registry

import (
	"fmt"
	"strings"

	"twindeck/hub/embedded/ordered"
)

// sectionWrite is one section of a twin write.
type sectionWrite struct {
	present bool
	clear   bool // the whole section was null
	value   ordered.Value
}

// PatchTwin applies a merge patch of tags and desired properties under a condition, and returns
// the twin after it. Members that only the hub writes are ignored; with neither tags nor desired
// properties nothing changes, unless the Assumptions differ. Equal values still count as written.
func (s *Store) PatchTwin(id ID, body []byte, cond Precondition) (Twin, error) {
	return s.writeTwin(id, body, cond, false)
}

// ReplaceTwin replaces tags and desired properties under a condition; a section that body does
// not have becomes empty, unless the Assumptions differ. It returns the twin after it.
func (s *Store) ReplaceTwin(id ID, body []byte, cond Precondition) (Twin, error) {
	return s.writeTwin(id, body, cond, true)
}

func (s *Store) writeTwin(id ID, body []byte, cond Precondition, replace bool) (Twin, error) {
	tags, desired, err := parseTwinBody(body)
	if err != nil {
		return Twin{}, err
	}
	for _, w := range []*sectionWrite{&tags, &desired} {
		if err := s.assume.settle(w, replace); err != nil {
			return Twin{}, err
		}
	}
	var t Twin
	err = s.write(func() (err error) {
		t, err = s.commitTwin(id, tags, desired, cond, replace)
		return err
	})
	if err != nil {
		return Twin{}, err
	}
	return t, nil
}

// settle decides what a write means for a section that its body does not have, or has as null.
func (a Assumptions) settle(w *sectionWrite, replace bool) error {
	switch {
	case replace && (w.clear || !w.present && !a.PutKeepsMissing):
		*w = sectionWrite{present: true, value: ordered.NewObject()}
	case w.clear && a.NullSection == NullRefused:
		return invalidSection("the top level of a section is an object")
	case w.clear && a.NullSection == NullIgnored:
		*w = sectionWrite{}
	}
	return nil
}

// commitTwin is called under write.
func (s *Store) commitTwin(id ID, tags, desired sectionWrite, cond Precondition, replace bool) (Twin, error) {
	r, err := s.findTwin(id)
	if err != nil {
		return Twin{}, err
	}
	if !cond.Holds(twinEtagOf(r.twinEtag)) {
		return Twin{}, preconditionFailed("PreconditionFailed, ETag may be invalid.")
	}
	// Both sections are computed before either is stored: a write happens as a whole.
	nextTags, err := r.tagsAfter(tags, replace, s.assume.SizeRule)
	if err != nil {
		return Twin{}, err
	}
	nextDesired, notify, err := s.desiredAfter(r, desired, replace, s.now().UnixNano())
	if err != nil {
		return Twin{}, err
	}
	if tags.present || desired.present || s.assume.EmptyPatchWrites && !replace {
		s.remember(r)
		r.twinEtag++
		s.journal.changed(r)
	}
	r.tags, r.desired = nextTags, nextDesired
	if len(notify.Members()) > 0 {
		s.notify(notice{id: r.id, patch: withVersion(notify, nextDesired.version), version: nextDesired.version})
	}
	return s.twin(r), nil
}

func (r *record) tagsAfter(w sectionWrite, replace bool, sizes SizeRule) (string, error) {
	if !w.present {
		return r.tags, nil
	}
	before := ordered.NewObject()
	if r.tags != "" && !replace && !w.clear {
		before = stored(r.tags)
	}
	after := ordered.Merge(before, w.value)
	if w.clear {
		after = before
	}
	if err := sizes.check(after, maxTagsSize); err != nil {
		return "", err
	}
	if len(after.Members()) == 0 {
		return "", nil
	}
	return after.String(), nil
}

// desiredAfter returns the desired section after a write, and the patch that the twin's owner
// must be told, which is empty when there is nothing to tell. The caller holds mu.
func (s *Store) desiredAfter(r *record, w sectionWrite, replace bool, now int64) (*section, ordered.Value, error) {
	if !w.present {
		return r.desired, ordered.Value{}, nil
	}
	before := s.section(r, desiredKind)
	if !replace && !w.clear {
		next, err := before.patched(desiredKind, w.value, now, s.assume.SizeRule)
		return &next, w.value, err
	}
	value := w.value
	if w.clear {
		value = ordered.NewObject()
	}
	next, err := before.replaced(value, now, s.assume.SizeRule)
	if err != nil {
		return nil, ordered.Value{}, err
	}
	return &next, replacement(stored(before.properties), stored(next.properties)), nil
}

// withVersion writes a patch for a device.
func withVersion(patch ordered.Value, version int64) []byte {
	return ordered.Edit(patch, ordered.Member{Key: "$version", Value: ordered.NewNumber(itoa(version))}).Append(nil)
}

// PatchReported applies the merge patch that a device or module reports, and returns the new
// version of its reported properties. ifVersion, when not nil, must be the version before. The
// error is an *Error with status 400, 404 or 412.
func (s *Store) PatchReported(id ID, patch []byte, ifVersion *int64) (version int64, err error) {
	value, err := ordered.Parse(patch)
	if err != nil {
		return 0, invalidSection("%v", err)
	}
	value = value.Without(isSystemKey)
	if err := checkSection(value); err != nil {
		return 0, err
	}
	err = s.write(func() (err error) {
		version, err = s.commitReported(id, value, ifVersion)
		return err
	})
	if err != nil {
		return 0, err
	}
	return version, nil
}

// commitReported is called under write.
func (s *Store) commitReported(id ID, patch ordered.Value, ifVersion *int64) (version int64, err error) {
	r, err := s.findTwin(id)
	if err != nil {
		return 0, err
	}
	before := s.section(r, reportedKind)
	if ifVersion != nil && *ifVersion != before.version {
		return 0, preconditionFailed(fmt.Sprintf("reported properties have version %d", before.version))
	}
	now := s.now().UnixNano()
	next, err := before.patched(reportedKind, patch, now, s.assume.SizeRule)
	if err != nil {
		return 0, err
	}
	s.remember(r)
	r.reported = &next
	r.lastActivity = now
	s.journal.changed(r)
	return next.version, nil
}

// parseTwinBody finds tags and desired properties in the body of a twin write. Names match
// without regard to case, as in the service.
func parseTwinBody(body []byte) (tags, desired sectionWrite, err error) {
	v, err := ordered.Parse(body)
	if err != nil {
		return tags, desired, argumentInvalid("the body is %v", err)
	}
	if v.Kind() != ordered.Object {
		return tags, desired, argumentInvalid("the body is not a twin document")
	}
	for _, m := range v.Members() {
		switch {
		case strings.EqualFold(m.Key, "tags"):
			if tags, err = parseSection(m.Value); err != nil {
				return tags, desired, err
			}
		case strings.EqualFold(m.Key, "properties"):
			for _, p := range m.Value.Members() {
				if !strings.EqualFold(p.Key, "desired") {
					continue
				}
				if desired, err = parseSection(p.Value.Without(isSystemKey)); err != nil {
					return tags, desired, err
				}
			}
		}
	}
	return tags, desired, nil
}

func parseSection(v ordered.Value) (sectionWrite, error) {
	if v.Kind() == ordered.Null {
		return sectionWrite{present: true, clear: true}, nil
	}
	if err := checkSection(v); err != nil {
		return sectionWrite{}, err
	}
	return sectionWrite{present: true, value: v}, nil
}
