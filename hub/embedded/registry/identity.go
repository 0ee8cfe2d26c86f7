package registry

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// maxModules is the number of modules that a device can have.
const maxModules = 50

// AuthType says how an identity authenticates.
type AuthType uint8

// The authentication types, as the service calls them.
const (
	SAS AuthType = iota
	SelfSigned
	CertificateAuthority
	None
)

var authTypes = [...]string{SAS: "sas", SelfSigned: "selfSigned", CertificateAuthority: "certificateAuthority", None: "none"}

// String returns the name as in documents.
func (a AuthType) String() string { return authTypes[a] }

func parseAuthType(s string) (AuthType, bool) {
	for i, name := range authTypes {
		if strings.EqualFold(name, s) {
			return AuthType(i), true
		}
	}
	return 0, false
}

// Identity returns the identity document of a device or module.
func (s *Store) Identity(id ID) (Document, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.findIdentity(id)
	if err != nil {
		return Document{}, err
	}
	return s.document(r), nil
}

// Modules returns the identity documents of a device's modules, in the order of creation.
func (s *Store) Modules(device string) ([]Document, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := s.devices[device]
	if d == nil || d.disabled {
		return nil, moduleUnauthorized()
	}
	docs := make([]Document, 0, len(d.modules))
	for _, m := range d.modules {
		docs = append(docs, s.document(m))
	}
	return docs, nil
}

// PutIdentity creates or replaces an identity: without a condition it only creates, with one it
// only replaces. What body leaves out is cleared, and keys that it leaves out are made up anew.
func (s *Store) PutIdentity(id ID, body []byte, cond Precondition) (Document, error) {
	w, err := parseIdentity(id, body)
	if err != nil {
		return Document{}, err
	}
	var doc Document
	err = s.write(func() (err error) {
		doc, err = s.putIdentity(id, w, cond)
		return err
	})
	if err != nil {
		return Document{}, err
	}
	return doc, nil
}

// putIdentity is called under write.
func (s *Store) putIdentity(id ID, w identityWrite, cond Precondition) (Document, error) {
	r, err := s.findIdentity(id)
	switch {
	case err != nil && (id.Module != "" && !s.takesModules(id.Device) || cond.Present()):
		return Document{}, err
	case err != nil:
		return s.createIdentity(id, w)
	case !cond.Present() && id.Module == "":
		return Document{}, deviceExists(id.Device)
	case !cond.Present():
		return Document{}, moduleExists(id, s.hubName)
	case !cond.Holds(etagOf(r.etag)):
		return Document{}, preconditionFailed("PreconditionFailed, ETag may be invalid.")
	}
	if w.scope, w.parentScopes, err = s.scopeAfter(r, w); err != nil {
		return Document{}, err
	}
	s.remember(r)
	for _, m := range r.modules {
		s.remember(m) // whose status is the device's
	}
	r.etag++
	s.apply(r, w)
	return s.document(r), nil
}

func (s *Store) createIdentity(id ID, w identityWrite) (Document, error) {
	if err := s.checkNew(id); err != nil {
		return Document{}, err
	}
	scope, parents, err := s.firstScope(id, w)
	if err != nil {
		return Document{}, err
	}
	r := s.insert(id, s.parent(id))
	if w.scope, w.parentScopes = scope, parents; w.edge {
		w.scope = r.ownScope()
	}
	s.apply(r, w)
	return s.document(r), nil
}

// takesModules says whether module identities of a device can be worked on.
func (s *Store) takesModules(device string) bool {
	d := s.devices[device]
	return d != nil && !d.disabled
}

// checkNew says whether a user may create an identity that does not exist yet. The caller holds mu.
func (s *Store) checkNew(id ID) error {
	if err := s.assume.checkNewID(id); err != nil {
		return err
	}
	if device := s.parent(id); device != nil && device.userModules() >= maxModules {
		return tooManyModules(id.Device)
	}
	return nil
}

// parent returns the device of a module, nil for a device. The caller holds mu.
func (s *Store) parent(id ID) *record {
	if id.Module == "" {
		return nil
	}
	return s.devices[id.Device]
}

// insert adds a record for id, to device when it is a module. The caller holds mu and has made
// sure that id is free.
func (s *Store) insert(id ID, device *record) *record {
	s.lastSeq++
	// Generations tell incarnations of an id apart, so no two may be the same.
	s.lastTicks = max(s.lastTicks+1, ticksOf(s.now()))
	r := &record{
		id: id, seq: s.lastSeq, generation: s.lastTicks,
		// The service starts identity etags at a random number of nine digits.
		etag:     100_000_000 + rand.Uint64N(800_000_000),
		twinEtag: 1,
	}
	if device == nil {
		s.devices[id.Device] = r
		s.deviceSeq.add(r)
	} else {
		r.id.Device = device.id.Device // one copy of the text
		device.modules = append(device.modules, r)
		s.moduleSeq.add(r)
	}
	s.journal.changed(r)
	return r
}

// apply replaces what a user can say about an identity. The caller holds mu.
func (s *Store) apply(r *record, w identityWrite) {
	if s.closeOnNewKeys {
		before := s.credentials(r)
		defer func() {
			if s.credentials(r) != before {
				s.notify(notice{id: r.id})
			}
		}()
	}
	if w.disabled != r.disabled {
		r.disabled = w.disabled
		r.statusUpdated = s.now().UnixNano()
		if w.disabled {
			s.counts.disabled++
			s.closeConnections(r)
		} else {
			s.counts.disabled--
		}
	}
	r.auth = w.auth
	if r.id.Module == "" {
		s.setEdge(r, w.edge)
	}
	next := r.rest()
	next.statusReason, next.managedBy = w.statusReason, w.managedBy
	next.primary, next.secondary = w.primary, w.secondary
	next.primaryThumbprint, next.secondaryThumbprint = w.primaryThumbprint, w.secondaryThumbprint
	next.scope, next.parents = w.scope, w.parentScopes
	s.newKeys(r)
	r.extra = nil
	if next != (extra{}) {
		r.extra = &next
	}
	s.journal.changed(r)
}

// DeleteIdentity removes an identity with its twin, and a device with its modules. The service
// insists on a condition.
func (s *Store) DeleteIdentity(id ID, cond Precondition) error {
	return s.write(func() error { return s.deleteIdentity(id, cond) })
}

// deleteIdentity is called under write.
func (s *Store) deleteIdentity(id ID, cond Precondition) error {
	if !cond.Present() {
		return preconditionFailed("Etag missing, the request needs an If-Match header.")
	}
	r, err := s.findIdentity(id)
	if err != nil {
		return err
	}
	if !cond.Holds(etagOf(r.etag)) {
		return preconditionFailed("PreconditionFailed, ETag may be invalid.")
	}
	if slices.Contains(systemModules[:], id.Module) {
		return systemModule(id)
	}
	s.closeConnections(r)
	s.bury(r)
	s.journal.removed(r)
	if id.Module != "" {
		device := s.devices[id.Device]
		device.modules = slices.DeleteFunc(device.modules, func(m *record) bool { return m == r })
		s.moduleSeq.remove(r)
		return nil
	}
	for _, m := range r.modules {
		s.moduleSeq.remove(m)
	}
	s.deviceSeq.remove(r)
	delete(s.devices, id.Device)
	if r.disabled {
		s.counts.disabled--
	}
	if r.connected {
		s.counts.connected--
	}
	return nil
}

// ticksAtUnixEpoch is 1970 in .NET ticks of 100 ns since the year 1.
const ticksAtUnixEpoch = 621_355_968_000_000_000

func ticksOf(t time.Time) int64 { return t.UnixNano()/100 + ticksAtUnixEpoch }

// created returns the time of creation in unix nanoseconds.
func (r *record) created() int64 { return (r.generation - ticksAtUnixEpoch) * 100 }
