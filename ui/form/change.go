package form

import (
	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Change asks for an identity to be changed under the etag that the form has seen. The form waits
// for its owner to take it away, or to say with SetError or SetIdentity what came of it.
type Change struct {
	ID     hub.ID
	Change hub.IdentityChange
	ETag   string
}

// Ask asks for a change that the user has to agree to first, once told what it does.
type Ask struct {
	Title, Text, Yes string // the title and the text may be untrusted
	Change           Change
}

// subject is the identity that a form changes, and how that goes.
type subject struct {
	id       hub.ID
	identity *hub.Identity // as it was read; nil until then
	busy     bool
	err      string
}

// SetBusy says whether the identity is being changed. Meanwhile the form takes no key.
func (s *subject) SetBusy(busy bool) { s.busy = busy }

// SetError shows why the identity could not be read or changed; everything typed stays. The text
// may be untrusted. It also ends being busy.
func (s *subject) SetError(text string) { s.err, s.busy = text, false }

// SetIdentity takes the identity as it was read now.
func (s *subject) SetIdentity(i hub.Identity) { s.identity = &i }

// SetConflict takes the identity as it is after somebody else has changed it, and says so.
func (s *subject) SetConflict(i hub.Identity) {
	s.SetIdentity(i)
	s.SetError("it was changed by somebody else in the meantime and has been read again: look at it and try again")
}

// ready reports whether the identity can be changed now.
func (s *subject) ready() bool { return s.identity != nil && !s.busy }

// change returns a change under the etag that was seen.
func (s *subject) change(c hub.IdentityChange) Change { return Change{s.id, c, s.identity.ETag} }

// message is what there is to say about how it goes; ok is false when that is nothing.
func (s *subject) message(th theme.Theme) (text string, style theme.Style, mark string, ok bool) {
	switch {
	case s.busy:
		return "changing" + cell.Ellipsis, th.Accent, theme.Mark, true
	case s.err != "":
		return s.err, th.Bad, theme.Rejected, true
	case s.identity == nil:
		return "reading" + cell.Ellipsis, th.Accent, theme.Mark, true
	}
	return "", theme.Style{}, "", false
}
