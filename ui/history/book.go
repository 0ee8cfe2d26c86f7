// Package history remembers the versions of twins that were seen in this run, whatever showed them:
// reads, our own writes, attached clients, observation. It does no I/O.
package history

import (
	"slices"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Book is every version that was seen, as many as its memory allows: the oldest are let go, and how
// many is counted. Versions share the memory of what they have in common. Make one with [New]; it is
// not safe for concurrent use.
type Book struct {
	limit int
	bytes int
	last  uint64 // number given
	pages map[hub.ID]*page
	order []ref // of the entries by when they were seen; those that are gone are skipped
}

// page is what is known of one twin.
type page struct {
	entries  []Entry // the oldest version first
	lives    int     // entries of twins of the same name that are no more
	ended    bool    // it is no more: what comes next begins anew
	latest   Entry   // the whole twin that was changed last, by the clock of the hub, without its values
	letGo    int
	revision uint64
}

type ref struct {
	id     hub.ID
	number uint64
}

// DefaultLimit is what versions may take: some hundred whole twins of full size, and many times as
// many of the usual one.
const DefaultLimit = 32 << 20

// New returns an empty book that holds limit bytes at most; 0 means [DefaultLimit].
func New(limit int) *Book {
	if limit <= 0 {
		limit = DefaultLimit
	}
	return &Book{limit: limit, pages: map[hub.ID]*page{}}
}

// Entries returns the versions of a twin, the oldest first. The caller must not change them; they
// are right until the book is told something new.
func (b *Book) Entries(id hub.ID) []Entry {
	if p := b.pages[id]; p != nil {
		return p.entries
	}
	return nil
}

// LetGo returns how many older versions of a twin there is no memory for any more.
func (b *Book) LetGo(id hub.ID) int {
	if p := b.pages[id]; p != nil {
		return p.letGo
	}
	return 0
}

// Revision changes whenever what is known of a twin does.
func (b *Book) Revision(id hub.ID) uint64 {
	if p := b.pages[id]; p != nil {
		return p.revision
	}
	return 0
}

// End says that an identity was deleted: its versions stay, and those of a new one of its name, which
// count from the start again, come behind them.
func (b *Book) End(id hub.ID) {
	for known, p := range b.pages {
		if known == id || known.Parent() == id {
			p.ended = true
		}
	}
}

// Twin takes a twin as a whole.
func (b *Book) Twin(t *hub.Twin, source Source, at time.Time) {
	p := b.page(t.ID)
	e := Entry{
		ID: t.ID, At: at, Sources: source, ETag: t.ETag, Version: t.Version,
		Desired:  Side{Version: t.Desired.Version, Value: t.Desired.Value, Known: true},
		Reported: Side{Version: t.Reported.Version, Value: t.Reported.Value, Known: true},
		Tags:     Side{Value: t.Tags, Known: true},
		changed:  lastChanged(t),
	}
	p.ended = p.ended || p.beginsAnew(&e)
	b.put(p, e)
	if e.changed.After(p.latest.changed) {
		p.latest = Entry{Desired: Side{Version: e.Desired.Version}, Reported: Side{Version: e.Reported.Version}, changed: e.changed}
	}
}

// Desired takes all desired properties at a version.
func (b *Book) Desired(id hub.ID, version int64, value patch.Value, source Source, at time.Time) {
	b.put(b.page(id), Entry{ID: id, At: at, Sources: source, Desired: Side{Version: version, Value: value, Known: true}})
}

// Patch takes a change of the desired properties that led to a version. It makes that version known
// where the one before it is.
func (b *Book) Patch(id hub.ID, version int64, p patch.Value, source Source, at time.Time) {
	page := b.page(id)
	b.put(page, Entry{ID: id, At: at, Sources: source, Desired: page.patched(patch.Desired, version, p)})
}

// Reported takes a change of the reported properties that led to a version, as Patch does.
func (b *Book) Reported(id hub.ID, version int64, p patch.Value, source Source, at time.Time) {
	page := b.page(id)
	b.put(page, Entry{ID: id, At: at, Sources: source, Reported: page.patched(patch.Reported, version, p)})
}

func (b *Book) page(id hub.ID) *page {
	p := b.pages[id]
	if p == nil {
		p = &page{}
		b.pages[id] = p
	}
	return p
}

// patched is a section after a patch.
func (p *page) patched(s patch.Section, version int64, merge patch.Value) Side {
	side := Side{Version: version}
	if p.ended {
		return side
	}
	for i := len(p.entries) - 1; i >= p.lives; i-- {
		if before := p.entries[i].Section(s); before.Known && before.Version == version-1 {
			side.Value, side.Known = patch.Apply(before.Value, merge), true
			break
		}
	}
	return side
}

// put takes a version: it completes one that is there, or finds its place among them.
func (b *Book) put(p *page, e Entry) {
	if p.ended {
		p.ended, p.lives, p.latest = false, len(p.entries), Entry{}
	}
	if i := p.find(&e); i >= 0 {
		b.complete(p, i, e)
		return
	}
	at := len(p.entries)
	for at > p.lives && p.entries[at-1].comesAfter(&e) {
		at--
	}
	b.last++
	e.Number = b.last
	if at > p.lives {
		e.carry(p.entries[at-1])
	}
	p.entries = slices.Insert(p.entries, at, e)
	p.revision++
	b.order = append(b.order, ref{e.ID, e.Number})
	b.weigh(p, at)
	b.weigh(p, at+1)
	b.shrink()
}

// find returns the entry that e is another sight of, the oldest one of several, or -1.
func (p *page) find(e *Entry) int {
	found := -1
	for i := len(p.entries) - 1; i >= p.lives; i-- {
		if sameVersion(&p.entries[i], e) {
			found = i
			if e.whole() {
				break
			}
		}
	}
	return found
}

// sameVersion reports whether e, which was seen just now, can be another sight of the version that is
// there. A sight of one section alone is that of any version that has it.
func sameVersion(there, e *Entry) bool {
	same := func(a, b Side) bool { return b.seen() && a.seen() && a.Version == b.Version }
	if !e.whole() {
		return same(there.Desired, e.Desired) || same(there.Reported, e.Reported)
	}
	agree := func(a, b Side) bool { return a.Version == 0 || a.Version == b.Version }
	return (there.ETag == e.ETag || !there.whole()) && agree(there.Desired, e.Desired) && agree(there.Reported, e.Reported)
}

// complete adds to an entry what another sight of it knows.
func (b *Book) complete(p *page, i int, e Entry) {
	there := &p.entries[i]
	fills := false
	fill := func(a *Side, by Side) {
		if by.Known && (!a.Known || a.Carried) {
			*a, fills = by, true
		}
	}
	fill(&there.Desired, e.Desired)
	fill(&there.Reported, e.Reported)
	fill(&there.Tags, e.Tags)
	if there.ETag == "" && e.ETag != "" {
		there.ETag, there.Version, there.changed, fills = e.ETag, e.Version, e.changed, true
	}
	if !fills && there.Sources&e.Sources == e.Sources {
		return
	}
	there.Sources |= e.Sources
	p.revision++
	if fills {
		b.settle(p, i)
		b.shrink()
	}
}

// settle moves an entry of which more is known now to where it belongs.
func (b *Book) settle(p *page, i int) {
	from, to := i, i
	for ; i > p.lives && p.entries[i-1].comesAfter(&p.entries[i]); i-- {
		p.entries[i-1], p.entries[i] = p.entries[i], p.entries[i-1]
		from = i - 1
	}
	for ; i+1 < len(p.entries) && p.entries[i].comesAfter(&p.entries[i+1]); i++ {
		p.entries[i], p.entries[i+1] = p.entries[i+1], p.entries[i]
		to = i + 1
	}
	for j := from; j <= to+1; j++ {
		b.weigh(p, j)
	}
}

// carry takes over from the version before what was not heard of.
func (e *Entry) carry(before Entry) {
	for _, s := range []struct {
		to   *Side
		from Side
	}{{&e.Desired, before.Desired}, {&e.Reported, before.Reported}, {&e.Tags, before.Tags}} {
		if s.to.Version == 0 && !s.to.Known {
			*s.to = s.from
			s.to.Carried = true
		}
	}
}

// comesAfter reports whether e is certainly newer than another version. A read may be late. What was
// carried over is the least that a version can have been.
func (e *Entry) comesAfter(other *Entry) bool {
	newer := func(a, b Side) bool { return b.seen() && a.Version > b.Version }
	return newer(e.Desired, other.Desired) || newer(e.Reported, other.Reported) || other.Version > 0 && e.Version > other.Version
}

// beginsAnew reports whether a twin is another one of the same name: no version is newer than what was
// known, and yet the hub says that it was changed later.
func (p *page) beginsAnew(e *Entry) bool {
	if p.latest.changed.IsZero() || !e.changed.After(p.latest.changed) {
		return false
	}
	return e.Desired.Version <= p.latest.Desired.Version && e.Reported.Version <= p.latest.Reported.Version
}

// lastChanged reads when properties were last changed, by the clock of the hub.
func lastChanged(t *hub.Twin) time.Time {
	var last time.Time
	for _, s := range []hub.Section{t.Desired, t.Reported} {
		text, _ := s.Metadata.Get("$lastUpdated")
		if at, err := time.Parse(time.RFC3339Nano, text.Text()); err == nil && at.After(last) {
			last = at
		}
	}
	return last
}
