package registry

import (
	"strconv"

	"twindeck/hub/embedded/ordered"
)

// Twin is a device or module twin at one moment. It is a value: later writes do not show in it.
type Twin struct {
	ID   ID
	ETag string // unquoted

	version      int64
	identityEtag uint64
	tags         string
	desired      section
	reported     section

	disabled      bool
	connected     bool
	edge          bool
	auth          AuthType
	statusUpdated int64
	lastActivity  int64
	created       int64
	messages      int
	more          extra
	assume        *Assumptions // of its store, which never change
}

// Twin returns the twin of id, or DeviceNotFound, for a missing module too.
func (s *Store) Twin(id ID) (Twin, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.findTwin(id)
	if err != nil {
		return Twin{}, err
	}
	return s.twin(r), nil
}

// DeviceSideTwin returns the twin as its owner reads it over MQTT: both sections with $version,
// no metadata, no tags. It blocks until that is durable. The error is DeviceNotFound.
func (s *Store) DeviceSideTwin(id ID) ([]byte, error) {
	t, err := s.Twin(id)
	if err != nil {
		return nil, err
	}
	s.Settle()
	w := ordered.NewWriter(nil)
	t.desired.writeDeviceSide(w, "desired")
	t.reported.writeDeviceSide(w, "reported")
	return w.Close(), nil
}

// twin copies r. The caller holds mu.
func (s *Store) twin(r *record) Twin {
	t := Twin{
		ID:           r.id,
		ETag:         twinEtagOf(r.twinEtag),
		identityEtag: r.etag,
		tags:         r.tags,
		desired:      s.section(r, desiredKind),
		reported:     s.section(r, reportedKind),
		disabled:     r.disabled, connected: r.connected, edge: r.edge, auth: r.auth,
		statusUpdated: r.statusUpdated, lastActivity: r.lastActivity, created: r.created(), messages: s.messages[r.id],
		more: r.rest(), assume: &s.assume,
	}
	if r.id.Module != "" {
		// A module has no status of its own.
		device := s.devices[r.id.Device]
		t.disabled, t.statusUpdated = device.disabled, device.statusUpdated
	}
	// Both kinds of write count in the twin's version, and a new twin has version 2.
	t.version = int64(r.twinEtag) + t.reported.version
	return t
}

// section returns a section of r, empty before its first write.
func (s *Store) section(r *record, kind kindOf) section {
	written := r.desired
	if kind == reportedKind {
		written = r.reported
	}
	if written != nil {
		return *written
	}
	// New device twins show when they were created, new module twins show never.
	if r.id.Module != "" && !s.assume.ModuleTwinCreated {
		return emptySection(0)
	}
	return emptySection(r.created())
}

// AppendJSON appends the twin's document, as REST and queries show it, to dst.
func (t Twin) AppendJSON(dst []byte) []byte {
	w := ordered.NewWriter(dst)
	w.String("deviceId", t.ID.Device)
	if t.ID.Module != "" {
		w.String("moduleId", t.ID.Module)
	}
	w.String("etag", t.ETag)
	w.String("deviceEtag", etagOf(t.identityEtag))
	w.String("status", statusName(t.disabled))
	if t.more.statusReason != "" {
		w.String("statusReason", t.more.statusReason)
	}
	w.String("statusUpdateTime", formatTime(t.statusUpdated))
	w.String("connectionState", connectionState(t.connected))
	w.String("lastActivityTime", formatTime(t.lastActivity))
	w.Int("cloudToDeviceMessageCount", int64(t.messages))
	w.String("authenticationType", t.auth.String())
	w.Object("x509Thumbprint", func(w *ordered.Writer) {
		primary, secondary := "primaryThumbprint", "secondaryThumbprint"
		if t.assume.ThumbprintCapitals && t.more.primaryThumbprint+t.more.secondaryThumbprint != "" {
			primary, secondary = "PrimaryThumbprint", "SecondaryThumbprint"
		}
		w.StringOrNull(primary, t.more.primaryThumbprint)
		w.StringOrNull(secondary, t.more.secondaryThumbprint)
	})
	w.String("modelId", t.more.modelID)
	w.Int("version", t.version)
	if len(t.tags) > len("{}") {
		w.Raw("tags", t.tags)
	}
	w.Object("properties", func(w *ordered.Writer) {
		t.desired.document(w, "desired")
		t.reported.document(w, "reported")
	})
	if t.hasCapabilities() {
		w.Object("capabilities", func(w *ordered.Writer) { w.Raw("iotEdge", strconv.FormatBool(t.edge)) })
	}
	if t.ID.Module == "" {
		t.more.writeScopes(w)
	}
	if t.more.configurations != "" {
		w.Raw("configurations", t.more.configurations)
	}
	return w.Close()
}

func (t Twin) hasCapabilities() bool { return t.ID.Module == "" || t.assume.ModuleCapabilities }

// Tags returns the tags, an object.
func (t Twin) Tags() ordered.Value {
	if t.tags == "" {
		return ordered.NewObject()
	}
	return stored(t.tags)
}

// Document returns the whole document as a tree.
func (t Twin) Document() ordered.Value { return stored(string(t.AppendJSON(nil))) }

// stored reads JSON text that this package wrote itself.
func stored(text string) ordered.Value {
	v, err := ordered.Parse([]byte(text))
	if err != nil {
		panic("registry: stored text is not JSON: " + err.Error())
	}
	return v
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
