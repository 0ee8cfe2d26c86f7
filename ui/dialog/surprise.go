package dialog

import "time"

// quiet is how long no key must have come before a dialog that opened by itself takes one.
const quiet = 400 * time.Millisecond

// surprise keeps from a dialog that opened by itself the keys that were meant for what was
// there before: whoever is typing goes on for as long as it takes to look up.
type surprise struct {
	now  func() time.Time // nil for a dialog that the user asked for, which takes every key
	last time.Time        // when it opened, or the last key since
}

func surpriseSince(now func() time.Time) surprise {
	s := surprise{now: now}
	if now != nil {
		s.last = now()
	}
	return s
}

// passes reports whether a key that comes now is meant for something else.
func (s *surprise) passes() bool {
	if s.now == nil {
		return false
	}
	before := s.last
	s.last = s.now()
	if s.last.Sub(before) < quiet {
		return true
	}
	s.now = nil // it has been seen
	return false
}
