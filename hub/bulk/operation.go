// Package bulk does one thing to many devices and modules: it previews what would happen to each,
// does it row by row, each under the etag that was seen, and reports what came of every row,
// whatever was lost on the way. A journal on the disk tells the same after a crash.
package bulk

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Kind is what an [Operation] does, as the journal spells it.
type Kind string

// The kinds of operations.
const (
	Enable       Kind = "enable"
	Disable      Kind = "disable"
	Delete       Kind = "delete"
	SetTag       Kind = "set-tag"
	RemoveTag    Kind = "remove-tag"
	PatchDesired Kind = "patch-desired"
	PatchTags    Kind = "patch-tags"
)

// Operation is one thing to do to each of many rows.
type Operation struct {
	Kind   Kind        `json:"kind"`
	Reason string      `json:"reason,omitempty"` // of Disable; may be empty
	Path   patch.Path  `json:"path,omitempty"`   // of the tag to set or remove
	Value  patch.Value `json:"value,omitzero"`   // of the tag, or the merge patch for the desired properties or the tags
}

// maxReason is how long a status reason may be (Azure docs: iot-hub-devguide-identity-registry,
// "Device identity properties").
const maxReason = 128

var (
	errNoKind  = errors.New("nothing to do was chosen")
	errNoPath  = errors.New("type the path of the tag, such as site or building.floor")
	errNoPatch = errors.New("the patch is empty; add a property, or null to remove one")
)

// Check returns why the operation can be done to no row, in a sentence, or nil.
func (o Operation) Check() error {
	switch o.Kind {
	case Enable, Delete:
		return nil
	case Disable:
		if n := utf8.RuneCountInString(o.Reason); n > maxReason {
			return fmt.Errorf("the reason has %d characters; %d are allowed", n, maxReason)
		}
		return nil
	case SetTag, RemoveTag:
		if len(o.Path) == 0 {
			return errNoPath
		}
		return checkSection(patch.Tags, o.merge())
	case PatchDesired, PatchTags:
		if o.Value.Kind() == patch.KindObject && o.Value.Len() == 0 {
			return errNoPatch
		}
		section, _ := o.section()
		return checkSection(section, o.Value)
	}
	return errNoKind
}

func checkSection(s patch.Section, v patch.Value) error {
	if found := patch.CheckSection(s, v); len(found) > 0 {
		return errors.New(found[0].String())
	}
	return nil
}

// merge returns the merge patch for the section that the operation changes.
func (o Operation) merge() patch.Value {
	switch o.Kind {
	case SetTag:
		return patch.Object().With(o.Path, o.Value)
	case RemoveTag:
		return patch.Object().With(o.Path, patch.Null())
	}
	return o.Value
}

// section returns what part of a twin the operation changes, and false when it is about the
// identity.
func (o Operation) section() (patch.Section, bool) {
	switch o.Kind {
	case SetTag, RemoveTag, PatchTags:
		return patch.Tags, true
	case PatchDesired:
		return patch.Desired, true
	}
	return 0, false
}

// Patch returns the merge patch that the operation is for a section of a twin, and false when it is about
// the identity.
func (o Operation) Patch() (s patch.Section, p patch.Value, ok bool) {
	if s, ok = o.section(); ok {
		p = o.merge()
	}
	return s, p, ok
}

// status returns what the operation makes of the status of a device.
func (o Operation) status() hub.SetStatus {
	if o.Kind == Disable {
		return hub.SetStatus{Status: hub.Disabled, Reason: o.Reason}
	}
	return hub.SetStatus{Status: hub.Enabled}
}

// String names the operation, to be followed by what it is done to: "disable", "set the tag site
// to "ist" of". It holds what a user has typed.
func (o Operation) String() string {
	switch o.Kind {
	case SetTag:
		return "set the tag " + o.Path.String() + " to " + o.Value.JSON() + " of"
	case RemoveTag:
		return "remove the tag " + o.Path.String() + " of"
	case PatchDesired:
		return "patch the desired properties of"
	case PatchTags:
		return "patch the tags of"
	}
	return string(o.Kind)
}

// Apply returns a row of a listing as it is once the operation has been done to it.
func (o Operation) Apply(e hub.Entry) hub.Entry {
	switch section, ofTwin := o.section(); {
	case ofTwin && section == patch.Tags:
		e.Tags = patch.Apply(e.Tags, o.merge())
	case !ofTwin && o.Kind != Delete:
		e.Status = o.status().Status
	}
	return e
}
