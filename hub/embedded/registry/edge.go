package registry

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"twindeck/hub/embedded/ordered"
)

// scopePrefix begins the scope that the hub assigns to an edge device.
const scopePrefix = "ms-azure-iot-edge://"

// systemModules are what an edge device has from its first moment to its last.
var systemModules = [...]string{"$edgeAgent", "$edgeHub"}

// managedByEdge is who manages the modules of an edge device.
const managedByEdge = "iotEdge"

func deviceScopeImmutable() *Error {
	return &Error{400, 400028, "InvalidDeviceScope", "Device scope is immutable", Classic}
}

func invalidScope() *Error {
	return &Error{400, 400028, "InvalidDeviceScope", "a parent scope is the deviceScope of an existing edge device", Classic}
}

func systemModule(id ID) *Error {
	return &Error{
		401, 401100, "SystemModuleModifyUnauthorizedAccess",
		"Module " + id.Module + " belongs to the hub: make device " + id.Device + " one without IoT Edge to remove it", Classic,
	}
}

// ownScope is the scope of an edge device, which tells incarnations of its id apart.
func (r *record) ownScope() string {
	return scopePrefix + r.id.Device + "-" + strconv.FormatInt(r.generation, 10)
}

// firstScope returns the scope, except for an edge device's own, and the parents of a device
// that is to be created. An edge device gets a scope of its own, whatever the user says, and may
// have parents; any other device is in the scope of its parent, which its parents repeat. The
// caller holds mu.
func (s *Store) firstScope(id ID, w identityWrite) (scope, parents string, err error) {
	switch {
	case id.Module != "":
		return "", "", nil
	case w.edge:
		parents, err = s.parentsOf(w.parents)
		return "", parents, err
	case w.scope == "":
		return "", "", nil
	}
	parents, err = s.parentsOf([]string{w.scope})
	return w.scope, parents, err
}

// scopeAfter returns the scope and the parents of r after a write of w. The caller holds mu.
func (s *Store) scopeAfter(r *record, w identityWrite) (scope, parents string, err error) {
	before := r.rest().scope
	switch {
	case r.edge && w.edge && w.scope != before:
		return "", "", deviceScopeImmutable()
	case r.edge && !w.edge:
		// A device that stops being an edge device has no parent until the next write.
		return "", "", nil
	}
	scope, parents, err = s.firstScope(r.id, w)
	if w.edge && r.id.Module == "" {
		scope = r.ownScope()
	}
	return scope, parents, err
}

// parentsOf checks the scopes of parents and writes them as a JSON array, empty for none. The
// caller holds mu.
func (s *Store) parentsOf(scopes []string) (string, error) {
	scopes = slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == "" })
	for _, scope := range scopes {
		if !s.isScope(scope) {
			return "", invalidScope()
		}
	}
	if len(scopes) == 0 {
		return "", nil
	}
	text, _ := json.Marshal(scopes) // strings always encode
	return string(text), nil
}

// isScope says whether an edge device has this scope. The caller holds mu.
func (s *Store) isScope(scope string) bool {
	name, ok := strings.CutPrefix(scope, scopePrefix)
	dash := strings.LastIndexByte(name, '-')
	if !ok || dash < 0 {
		return false
	}
	d := s.devices[name[:dash]]
	return d != nil && d.edge && d.ownScope() == scope
}

// writeScopes adds what a device has of them; the service leaves the others out.
func (e extra) writeScopes(w *ordered.Writer) {
	if e.scope != "" {
		w.String("deviceScope", e.scope)
	}
	if e.parents != "" {
		w.Raw("parentScopes", e.parents)
	}
}

// setEdge gives a device its system modules, or takes them away. The caller holds mu.
func (s *Store) setEdge(r *record, edge bool) {
	r.edge = edge
	for _, name := range systemModules {
		m := r.module(name)
		switch {
		case edge && m == nil:
			m = s.insert(ID{Device: r.id.Device, Module: name}, r)
			m.auth = None
			m.more().managedBy = managedByEdge
			s.newKeys(m)
			s.journal.changed(m)
		case !edge && m != nil:
			s.notify(notice{id: m.id})
			s.bury(m)
			s.journal.removed(m)
			r.modules = slices.DeleteFunc(r.modules, func(other *record) bool { return other == m })
			s.moduleSeq.remove(m)
		}
	}
}

// userModules is the number of modules that count against the limit.
func (r *record) userModules() int {
	n := len(r.modules)
	for _, name := range systemModules {
		if r.module(name) != nil {
			n--
		}
	}
	return n
}

// IsEdge says whether id is an edge device; the error is DeviceNotFound.
func (s *Store) IsEdge(device string) (bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := s.devices[device]
	if d == nil {
		return false, deviceNotFound(device)
	}
	return d.edge, nil
}
