package registry

import "strconv"

// Generation returns the generation id of an identity, which no other incarnation of the same id
// has; ok is false when it does not exist.
func (s *Store) Generation(id ID) (generation string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.find(id)
	if r == nil {
		return "", false
	}
	return strconv.FormatInt(r.generation, 10), true
}

// SetMessageCount records how many cloud-to-device messages wait for an identity. Few have any.
func (s *Store) SetMessageCount(id ID, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case waiting <= 0:
		delete(s.messages, id)
	case s.find(id) != nil:
		if s.messages == nil {
			s.messages = map[ID]int{}
		}
		s.messages[id] = waiting
	}
}
