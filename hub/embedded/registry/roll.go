package registry

import "slices"

// roll lists records in the order of their creation. Adding and removing cost the same whatever
// the size, and a listing that stopped at a sequence number goes on behind it, no matter what
// was created or deleted meanwhile.
type roll struct {
	entries []entry
	gone    int
}

type entry struct {
	seq    uint64
	record *record // nil once removed
}

// add appends r, whose sequence number is the highest so far.
func (l *roll) add(r *record) { l.entries = append(l.entries, entry{r.seq, r}) }

func (l *roll) remove(r *record) {
	i := l.after(r.seq - 1)
	if i == len(l.entries) || l.entries[i].record != r {
		return
	}
	l.entries[i].record = nil
	l.gone++
	if l.gone > 64 && l.gone > len(l.entries)/2 {
		l.entries = slices.Clip(slices.DeleteFunc(l.entries, func(e entry) bool { return e.record == nil }))
		l.gone = 0
	}
}

// after returns the index of the first entry behind seq.
func (l *roll) after(seq uint64) int {
	i, found := slices.BinarySearchFunc(l.entries, seq, func(e entry, seq uint64) int {
		switch {
		case e.seq < seq:
			return -1
		case e.seq > seq:
			return 1
		}
		return 0
	})
	if found {
		i++
	}
	return i
}

// Source is what a listing runs over.
type Source uint8

const (
	// Devices lists device twins.
	Devices Source = iota
	// Modules lists the twins of all modules of all devices.
	Modules
)

// Cursor is a place in a listing; the zero Cursor is its beginning.
type Cursor uint64

// Row is one twin of a listing with the place behind it.
type Row struct {
	Twin Twin
	Next Cursor
}

// List returns up to limit twins behind after, in the order of creation, fewer only at the end.
// It looks at no more than limit rows at once, so a long listing never holds up writers.
func (s *Store) List(source Source, after Cursor, limit int) []Row {
	return s.AppendRows(nil, source, after, limit)
}

// AppendRows is List into a slice that the caller has, so that a search through many twins needs
// no more memory than one through few.
func (s *Store) AppendRows(rows []Row, source Source, after Cursor, limit int) []Row {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := &s.deviceSeq
	if source == Modules {
		list = &s.moduleSeq
	}
	for _, e := range list.entries[list.after(uint64(after)):] {
		if limit == 0 {
			break
		}
		if e.record != nil {
			rows = append(rows, Row{s.twin(e.record), Cursor(e.seq)})
			limit--
		}
	}
	return rows
}

// ListDevices returns the identity documents of up to limit devices in the order of creation.
func (s *Store) ListDevices(limit int) []Document {
	s.mu.RLock()
	defer s.mu.RUnlock()
	docs := []Document{}
	for _, e := range s.deviceSeq.entries {
		if len(docs) >= limit {
			break
		}
		if e.record != nil {
			docs = append(docs, s.document(e.record))
		}
	}
	return docs
}

// OfDevice returns the twins behind after that belong to one device: its own, or those of its
// modules. It is List without a limit, for one device, at the cost of one device.
func (s *Store) OfDevice(source Source, device string, after Cursor) []Row {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var rows []Row
	for _, r := range s.ofDevice(source, device) {
		if r.seq > uint64(after) {
			rows = append(rows, Row{s.twin(r), Cursor(r.seq)})
		}
	}
	return rows
}

// ofDevice returns the records of OfDevice. The caller holds mu.
func (s *Store) ofDevice(source Source, device string) []*record {
	d := s.devices[device]
	switch {
	case d == nil:
		return nil
	case source == Modules:
		return d.modules
	}
	return []*record{d}
}
