package registry

import (
	"encoding/binary"

	"twindeck/hub/embedded/ordered"
)

// How records look in the data file: a version, flags, numbers as varints and texts with their
// length. Metadata of properties that were written all at once is worked out again instead.

const recordVersion = 1

// Flags of a record.
const (
	flagDisabled = 1 << iota
	flagEdge
	flagModule
	flagDesired
	flagReported
	flagExtra
)

// texts are the members of extra in the order of the data file: new ones go to the end.
func (e *extra) texts() []*string {
	return []*string{
		&e.statusReason, &e.managedBy, &e.modelID, &e.primary, &e.secondary,
		&e.primaryThumbprint, &e.secondaryThumbprint,
		&e.scope, &e.parents, &e.configurations, &e.configured,
	}
}

func encodeRecord(r *record) []byte {
	b := append(make([]byte, 0, 256), recordVersion, flagsOf(r), byte(r.auth))
	b = binary.AppendUvarint(b, r.keySeed)
	b = binary.AppendVarint(b, r.generation)
	b = binary.AppendUvarint(b, r.etag)
	b = binary.AppendUvarint(b, r.twinEtag)
	b = binary.AppendVarint(b, r.statusUpdated)
	b = appendText(b, r.id.Device)
	if r.id.Module != "" {
		b = appendText(b, r.id.Module)
	}
	b = appendText(b, r.tags)
	for _, s := range []*section{r.desired, r.reported} {
		if s != nil {
			b = appendSection(b, s)
		}
	}
	if r.extra != nil {
		texts := r.extra.texts()
		b = binary.AppendUvarint(b, uint64(len(texts)))
		for _, text := range texts {
			b = appendText(b, *text)
		}
	}
	return b
}

func flagsOf(r *record) (flags byte) {
	set := func(flag byte, is bool) {
		if is {
			flags |= flag
		}
	}
	set(flagDisabled, r.disabled)
	set(flagEdge, r.edge)
	set(flagModule, r.id.Module != "")
	set(flagDesired, r.desired != nil)
	set(flagReported, r.reported != nil)
	set(flagExtra, r.extra != nil)
	return flags
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendSection writes a section with its length in front, so that equal ones are found without
// reading them.
func appendSection(b []byte, s *section) []byte {
	content := binary.AppendVarint(nil, s.version)
	content = binary.AppendVarint(content, s.written)
	content = appendText(content, s.properties)
	if s.written == 0 {
		content = appendText(content, s.metadata)
	}
	return append(binary.AppendUvarint(b, uint64(len(content))), content...)
}

// decoder reads what the functions above wrote; after a mistake it returns nothing but zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) fail() { d.rest, d.failed = nil, true }

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.fail()
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) text() []byte {
	size := d.uvarint()
	if size > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	text := d.rest[:size]
	d.rest = d.rest[size:]
	return text
}

// decodeRecord reads a record without its sequence number. value is not kept.
func (l *loader) decodeRecord(value []byte) (*record, error) {
	d := &decoder{rest: value}
	if d.byte() != recordVersion {
		return nil, errStored
	}
	flags := d.byte()
	r := &record{
		disabled: flags&flagDisabled != 0, edge: flags&flagEdge != 0, auth: AuthType(d.byte()),
		keySeed: d.uvarint(), generation: d.varint(), etag: d.uvarint(), twinEtag: d.uvarint(), statusUpdated: d.varint(),
	}
	device := d.text()
	if flags&flagModule == 0 {
		r.id.Device = string(device)
	} else {
		r.id = ID{Device: string(device), Module: l.text(d.text())}
	}
	r.tags = l.text(d.text())
	if flags&flagDesired != 0 {
		r.desired = l.section(d.text())
	}
	if flags&flagReported != 0 {
		r.reported = l.section(d.text())
	}
	if flags&flagExtra != 0 {
		r.extra = &extra{}
		texts := r.extra.texts()
		n := d.uvarint()
		if n > uint64(len(texts)) {
			return nil, errStored
		}
		for _, text := range texts[:n] {
			*text = string(d.text())
		}
	}
	bad := d.failed || len(d.rest) > 0 || int(r.auth) >= len(authTypes) || r.id.Device == "" ||
		flags&flagModule != 0 && r.id.Module == "" ||
		flags&flagDesired != 0 && r.desired == nil || flags&flagReported != 0 && r.reported == nil
	if bad {
		return nil, errStored
	}
	return r, nil
}

// maxShared is how many different texts and sections are remembered to be shared.
const maxShared = 1 << 14

// text returns a text, the same one for equal texts as far as they are remembered.
func (l *loader) text(b []byte) string {
	if s, ok := l.texts[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(l.texts) < maxShared {
		l.texts[s] = s
	}
	return s
}

// section decodes a section, or returns nil.
func (l *loader) section(content []byte) *section {
	if s, ok := l.sections[string(content)]; ok {
		return s
	}
	d := &decoder{rest: content}
	s := section{version: d.varint(), written: d.varint(), properties: string(d.text())}
	if s.written == 0 {
		s.metadata = string(d.text())
	}
	if d.failed || len(d.rest) > 0 {
		return nil
	}
	if s.written != 0 {
		properties, err := ordered.Parse([]byte(s.properties))
		if err != nil {
			return nil
		}
		s = newDesired(properties, s.version, s.written)
	}
	if len(l.sections) < maxShared {
		l.sections[string(content)] = &s
	}
	return &s
}

func (s *Store) encodeCounters() []byte {
	b := binary.AppendUvarint(nil, s.lastSeq)
	b = binary.AppendVarint(b, s.lastTicks)
	b = binary.AppendUvarint(b, s.lastKeys)
	return binary.AppendUvarint(b, uint64(len(s.devices)))
}

// maxRoom is the number of devices that a hub can have.
const maxRoom = 1_000_000

func (s *Store) decodeCounters(value []byte) error {
	d := &decoder{rest: value}
	s.lastSeq, s.lastTicks, s.lastKeys = d.uvarint(), d.varint(), d.uvarint()
	devices := d.uvarint()
	if d.failed || len(d.rest) > 0 || devices > s.lastSeq {
		return errStored
	}
	// Whoever can write the file cannot make the hub ask for all memory there is.
	room := min(devices, maxRoom)
	s.devices = make(map[string]*record, room)
	s.deviceSeq.entries = make([]entry, 0, room)
	return nil
}
