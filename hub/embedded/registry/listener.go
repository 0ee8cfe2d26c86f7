package registry

// Listener is told what connected devices must learn.
type Listener interface {
	// DesiredChanged brings the patch for the owner of a twin, once per write and in version
	// order per identity, after the write is committed. patch is a JSON object with null for
	// every removed key and with "$version" last. It must not block.
	DesiredChanged(id ID, patch []byte, version int64)
	// IdentityClosed says that an identity was deleted or disabled, or has new keys where that
	// counts, and its connections must go.
	// For a device it is called for each of its modules too. It must not block.
	IdentityClosed(id ID)
}

// Listen sets the one listener; what happened before is not reported. nil sets none.
func (s *Store) Listen(l Listener) {
	s.delivery.Lock()
	defer s.delivery.Unlock()
	s.listener = l
}

// notice is one call of the listener that is due.
type notice struct {
	id      ID
	patch   []byte // nil: the identity is closed
	version int64
	write   uint64 // the number of the write that caused it
}

// deliver hands over what the writes up to a number have queued. Every writer calls it when its
// write is durable, and with it all before: its own notices have been delivered when it returns.
func (s *Store) deliver(write uint64) {
	s.delivery.Lock()
	defer s.delivery.Unlock()
	s.mu.Lock()
	n := 0
	for n < len(s.notices) && s.notices[n].write <= write {
		n++
	}
	due := s.notices[:n:n]
	if s.notices = s.notices[n:]; len(s.notices) == 0 {
		s.notices = nil
	}
	s.mu.Unlock()
	if s.listener == nil {
		return
	}
	for _, n := range due {
		if n.patch == nil {
			s.listener.IdentityClosed(n.id)
		} else {
			s.listener.DesiredChanged(n.id, n.patch, n.version)
		}
	}
}

// notify queues a notice of the write that is under way. The caller holds mu.
func (s *Store) notify(n notice) {
	n.write = s.journal.writes
	s.notices = append(s.notices, n)
}

// closeConnections queues the closing of a device or module. The caller holds mu.
func (s *Store) closeConnections(r *record) {
	s.notify(notice{id: r.id})
	for _, m := range r.modules {
		s.notify(notice{id: m.id})
	}
}
