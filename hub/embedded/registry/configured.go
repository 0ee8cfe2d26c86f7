package registry

import (
	"strings"

	"twindeck/hub/embedded/ordered"
)

// Setting is a value at a path into desired properties. It replaces what is there as a whole.
// An empty path stands for all of them; then the value is an object.
type Setting struct {
	Path  []string
	Value ordered.Value
}

// Settings is what one configuration writes to one twin.
type Settings struct {
	By     string // the configuration, for $metadata; empty for nobody
	Digest string // tells versions of the configuration apart
	Values []Setting
}

// Configured is what a twin has of configurations.
type Configured struct {
	Statuses string // what it shows of them, a compact JSON object; empty for none
	Writers  string // which have written to it, see WritersOf; empty for none
}

// WritersOf returns what Configured says once all of settings have been written.
func WritersOf(all []Settings) string {
	var b strings.Builder
	for _, s := range all {
		b.WriteString(s.By + " " + s.Digest + "\n")
	}
	return b.String()
}

// Configured returns what the twin has of configurations.
func (t Twin) Configured() Configured { return Configured{t.more.configurations, t.more.configured} }

// Edge says whether the twin is that of an edge device.
func (t Twin) Edge() bool { return t.edge }

// CheckDesired says whether value could be the desired properties at a path, apart from their
// size. The error is an *Error.
func CheckDesired(path []string, value ordered.Value) error { return checkSection(nest(path, value)) }

// ConfigureTwin writes settings, of which later ones win, to the desired properties of a twin as
// one write, and notes what the twin shows of configurations. Without settings nothing but that
// note changes: it is no write of the twin. The errors are DeviceNotFound and ArgumentInvalid.
func (s *Store) ConfigureTwin(id ID, all []Settings, show Configured) error {
	return s.write(func() error { return s.configureTwin(id, all, show) })
}

// configureTwin is called under write.
func (s *Store) configureTwin(id ID, all []Settings, show Configured) error {
	r, err := s.findTwin(id)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		before := s.section(r, desiredKind)
		next, notify, err := before.configured(all, s.now().UnixNano(), s.assume.SizeRule)
		if err != nil {
			return err
		}
		s.remember(r)
		r.desired = &next
		r.twinEtag++
		if len(notify.Members()) > 0 {
			s.notify(notice{id: r.id, patch: withVersion(notify, next.version), version: next.version})
		}
	}
	if show != (Configured{r.rest().configurations, r.rest().configured}) {
		s.remember(r)
		r.more().configurations, r.more().configured = show.Statuses, show.Writers
	}
	s.journal.changed(r)
	return nil
}

// configured returns the section after all settings, and what the owner of the twin is told.
func (s section) configured(all []Settings, now int64, sizes SizeRule) (next section, notify ordered.Value, err error) {
	before := stored(s.properties)
	after, metadata, touched := before, stored(s.stamps()), ordered.NewObject()
	for _, settings := range all {
		st := desiredKind.stampFor(now, s.version+1)
		st.by, st.digest = settings.By, settings.Digest
		for _, v := range settings.Values {
			patch := v.patch(after)
			after = ordered.Merge(after, patch)
			metadata = stampPatch(metadata, patch, after, st)
			touched = compose(touched, patch)
		}
	}
	if err := sizes.check(after, maxPropertiesSize); err != nil {
		return section{}, ordered.Value{}, err
	}
	next = section{properties: after.String(), metadata: metadata.String(), version: s.version + 1}
	return next, only(replacement(before, after), touched), nil
}

// patch returns the merge patch that makes properties have the setting.
func (v Setting) patch(properties ordered.Value) ordered.Value {
	old := properties
	for _, step := range v.Path {
		old, _ = old.Get(step)
	}
	value := v.Value
	if old.Kind() == ordered.Object && value.Kind() == ordered.Object {
		value = replacement(old, value)
	}
	return nest(v.Path, value)
}

// nest returns an object that has value at path.
func nest(path []string, value ordered.Value) ordered.Value {
	for i := len(path) - 1; i >= 0; i-- {
		value = ordered.NewObject(ordered.Member{Key: path[i], Value: value})
	}
	return value
}

// compose returns a patch that names what either of two names.
func compose(first, second ordered.Value) ordered.Value {
	if first.Kind() != ordered.Object || second.Kind() != ordered.Object {
		return second
	}
	members := append([]ordered.Member(nil), first.Members()...)
	at := map[string]int{}
	for i, m := range members {
		at[m.Key] = i
	}
	for _, m := range second.Members() {
		if i, ok := at[m.Key]; ok {
			members[i].Value = compose(members[i].Value, m.Value)
		} else {
			members = append(members, m)
		}
	}
	return ordered.NewObject(members...)
}

// only returns what a patch does to keys that touched names, and all that it removes.
func only(patch, touched ordered.Value) ordered.Value {
	var members []ordered.Member
	find := touched.Index()
	for _, m := range patch.Members() {
		named, ok := find(m.Key)
		switch {
		case m.Value.Kind() == ordered.Null:
		case !ok:
			continue
		case m.Value.Kind() == ordered.Object && named.Kind() == ordered.Object:
			m.Value = only(m.Value, named)
		}
		members = append(members, m)
	}
	return ordered.NewObject(members...)
}

// Watch has f called whenever an identity or its twin has changed or gone, with the id of its
// device; presence does not count. f is called while the store is locked: it must not block and
// not use the store. nil ends that. There is one watcher at a time.
func (s *Store) Watch(f func(device string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.watch = f
}
