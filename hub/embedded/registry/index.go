package registry

import (
	"cmp"
	"slices"
	"time"
)

// Index is what queries find twins in. With Options.IndexLag it shows the registry as it was that
// long ago, as the service's does: new identities are missing at first, deleted ones and earlier
// values are still there. Its methods may be called concurrently.
type Index struct{ store *Store }

// Index returns the store's index.
func (s *Store) Index() Index { return Index{s} }

// Bounds of what is remembered for an index that lags. What is beyond them is forgotten early,
// and the index shows the present instead.
const (
	maxPastTwins = 100_000
	maxPastBytes = 256 << 20
)

// past is what an index that lags still shows. It is guarded by Store.mu.
type past struct {
	lag      time.Duration // 0: nothing is remembered
	versions map[uint64][]version
	order    []uint64 // the sequence number that each version belongs to, the oldest version first
	ghosts   []ghost  // by sequence number
	bytes    int
}

// version is what a twin was until it changed.
type version struct {
	until int64 // unix nanoseconds
	twin  Twin
}

// ghost is a twin that was deleted but can still be seen.
type ghost struct {
	seq uint64
	id  ID
}

// remember keeps the twin of r as it is for as long as the index shows it. Whoever is about to
// change r calls it first, with mu held.
func (s *Store) remember(r *record) {
	p := &s.past
	if p.lag == 0 {
		return
	}
	now := s.now().UnixNano()
	p.forget(now - p.lag.Nanoseconds())
	v := version{now, s.twin(r)}
	if p.versions == nil {
		p.versions = map[uint64][]version{}
	}
	p.versions[r.seq] = append(p.versions[r.seq], v)
	p.order = append(p.order, r.seq)
	p.bytes += v.size()
}

// bury remembers r, which is about to be deleted, and its modules. The caller holds mu.
func (s *Store) bury(r *record) {
	if s.past.lag == 0 {
		return
	}
	for _, dead := range append([]*record{r}, r.modules...) {
		s.remember(dead)
		i, _ := s.past.ghost(dead.seq)
		s.past.ghosts = slices.Insert(s.past.ghosts, i, ghost{dead.seq, dead.id})
	}
}

// ghost returns the place of a sequence number among the ghosts.
func (p *past) ghost(seq uint64) (i int, found bool) {
	return slices.BinarySearchFunc(p.ghosts, seq, func(g ghost, seq uint64) int { return cmp.Compare(g.seq, seq) })
}

// size is roughly the memory that a version takes.
func (v version) size() int {
	t := &v.twin
	return 512 + len(t.tags) + len(t.desired.properties) + len(t.desired.metadata) + len(t.reported.properties) + len(t.reported.metadata)
}

// forget drops the versions that nobody can see at horizon or later, and the oldest when there
// are too many.
func (p *past) forget(horizon int64) {
	n := 0
	for ; n < len(p.order); n++ {
		seq := p.order[n]
		oldest := p.versions[seq][0]
		if oldest.until > horizon && len(p.order)-n < maxPastTwins && p.bytes < maxPastBytes {
			break
		}
		p.bytes -= oldest.size()
		if p.versions[seq] = p.versions[seq][1:]; len(p.versions[seq]) > 0 {
			continue
		}
		delete(p.versions, seq)
		if i, found := p.ghost(seq); found {
			p.ghosts = slices.Delete(p.ghosts, i, i+1)
		}
	}
	p.order = p.order[n:]
}

// at returns what a twin was at a time, when it was something else than it is now.
func (p *past) at(seq uint64, horizon int64) (Twin, bool) {
	for _, v := range p.versions[seq] {
		if v.until > horizon {
			return v.twin, true
		}
	}
	return Twin{}, false
}

// AppendRows is Store.AppendRows as far as the index has got.
func (x Index) AppendRows(rows []Row, source Source, after Cursor, limit int) []Row {
	s := x.store
	if s.past.lag == 0 {
		return s.AppendRows(rows, source, after, limit)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	horizon := s.now().Add(-s.past.lag).UnixNano()
	list := &s.deviceSeq
	if source == Modules {
		list = &s.moduleSeq
	}
	ghosts := s.past.ghosts
	first, _ := s.past.ghost(uint64(after) + 1)
	ghosts = ghosts[first:]
	end := len(rows) + limit
	for _, e := range list.entries[list.after(uint64(after)):] {
		for len(ghosts) > 0 && ghosts[0].seq <= e.seq && len(rows) < end {
			rows = s.appendGhost(rows, ghosts[0], source, horizon)
			ghosts = ghosts[1:]
		}
		if len(rows) == end {
			return rows
		}
		if e.record != nil {
			rows = s.appendPast(rows, e.record, horizon)
		}
	}
	for ; len(ghosts) > 0 && len(rows) < end; ghosts = ghosts[1:] {
		rows = s.appendGhost(rows, ghosts[0], source, horizon)
	}
	return rows
}

// OfDevice is Store.OfDevice as far as the index has got.
func (x Index) OfDevice(source Source, device string, after Cursor) []Row {
	s := x.store
	if s.past.lag == 0 {
		return s.OfDevice(source, device, after)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	horizon := s.now().Add(-s.past.lag).UnixNano()
	var rows []Row
	for _, g := range s.past.ghosts {
		if g.id.Device == device && g.seq > uint64(after) {
			rows = s.appendGhost(rows, g, source, horizon)
		}
	}
	for _, r := range s.ofDevice(source, device) {
		if r.seq > uint64(after) {
			rows = s.appendPast(rows, r, horizon)
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Next, b.Next) })
	return rows
}

// instant is how far apart the times of creation may be of identities that were created at once: as
// generations they are a tick of 100 ns after each other, however slow the clock is.
const instant = int64(100 * time.Microsecond)

// existed says whether what was created at a time was there at horizon. What one write created, such
// as an edge device and its system modules, was there all at once.
func existed(created, horizon int64) bool { return created-instant < horizon }

// appendPast appends what a twin that exists was at horizon, if it was there. The caller holds mu.
func (s *Store) appendPast(rows []Row, r *record, horizon int64) []Row {
	if !existed(r.created(), horizon) {
		return rows
	}
	twin, changed := s.past.at(r.seq, horizon)
	if !changed {
		twin = s.twin(r)
	}
	return append(rows, Row{twin, Cursor(r.seq)})
}

// appendGhost appends a twin that does not exist any more, if it was there at horizon. The caller
// holds mu.
func (s *Store) appendGhost(rows []Row, g ghost, source Source, horizon int64) []Row {
	twin, visible := s.past.at(g.seq, horizon)
	if !visible || (g.id.Module != "") != (source == Modules) || !existed(twin.created, horizon) {
		return rows
	}
	return append(rows, Row{twin, Cursor(g.seq)})
}
