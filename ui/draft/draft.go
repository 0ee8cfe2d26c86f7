// Package draft keeps edits that have not been saved, so that nothing typed is lost with the
// program: not when it is closed, not when its terminal goes away, not when it is killed.
package draft

import (
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Draft is an unsaved edit of one section of a twin, or of the twins of several rows, with all that is
// needed to go on with it.
type Draft struct {
	Name    string        `json:"-"`      // of its place in a [Store]; given by it
	Hub     string        `json:"hub"`    // host name
	Device  string        `json:"device"` // empty with Rows
	Module  string        `json:"module,omitempty"`
	Section patch.Section `json:"section"` // patch.Tags or patch.Desired
	At      time.Time     `json:"at"`      // when it was last changed

	// Rows are those that are edited together; nil for one twin. They stay the same for every Save under
	// a name, which need not write them again.
	Rows []hub.ID `json:"-"`

	ETag string `json:"etag"` // of the twin it was last compared with; empty with Rows
	// Base is the section in that twin. With Rows it is what they have in common, with null where they
	// differ; and so is what Edited has there, as long as nothing else is to be.
	Base   patch.Value `json:"base"`
	Edited patch.Value `json:"edited"` // the section as it is to be
	// Undecided are the places where Base and the user disagree and the user has not decided yet.
	// Edited holds what Base has there.
	Undecided []Undecided `json:"undecided,omitempty"`
	Typing    *Typing     `json:"typing,omitempty"` // the field that was typed into; nil for none
}

// ID returns the device or module whose twin is edited; the zero one with Rows.
func (d Draft) ID() hub.ID { return hub.ID{Device: d.Device, Module: d.Module} }

// Undecided is one conflict. A value whose Has is false is a property that is not there.
type Undecided struct {
	Path    patch.Path  `json:"path"`
	Old     patch.Value `json:"old"` // before both changed it
	HasOld  bool        `json:"hasOld"`
	Mine    patch.Value `json:"mine"`
	HasMine bool        `json:"hasMine"`
}

// Typing is a field that was typed into and not accepted yet.
type Typing struct {
	Path    patch.Path   `json:"path,omitempty"`  // the property; nil when one is added
	Group   patch.Path   `json:"group,omitempty"` // of an added one: the object it goes into
	OnName  bool         `json:"onName,omitempty"`
	Name    string       `json:"name,omitempty"`
	Value   string       `json:"value"`
	Kind    patch.Kind   `json:"kind"`
	Chosen  bool         `json:"chosen,omitempty"`  // Kind is the user's choice
	Lines   bool         `json:"lines,omitempty"`   // Value is typed on several lines
	Rename  bool         `json:"rename,omitempty"`  // Name is what Path is to be called
	Merge   bool         `json:"merge,omitempty"`   // Value was pasted to be laid over the group at Path
	Old     *patch.Value `json:"old,omitempty"`     // what Path was when it was begun to be typed; nil for none
	Section bool         `json:"section,omitempty"` // Value is the whole section as JSON
}

// Store keeps drafts. Its methods may block and may be called concurrently, but for one name one at
// a time.
type Store interface {
	// List returns the drafts of a hub that nobody is working on: those of programs that have
	// ended. The newest come first.
	List(hub string) ([]Draft, error)
	// Name returns a name for a new draft. It does not block.
	Name() string
	// Save keeps a draft under its name, in the place of what was there. When it returns, the draft
	// survives the end of the program, however it comes.
	Save(d Draft) error
	// Remove forgets the draft of a name; none of that name is no error.
	Remove(name string) error
}
