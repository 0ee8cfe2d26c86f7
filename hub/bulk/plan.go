package bulk

import (
	"errors"
	"strings"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Plan is what an operation would do to one row, as the row was read.
type Plan struct {
	Row     int
	ID      hub.ID
	ETag    string         // under which it is to be done: of the twin, or of the identity
	Changes []patch.Change // of status and statusReason, of tags or of desired properties; none for Delete
	Modules []string       // of a device that is to be deleted: they go with it, as far as the query index knows
	Skip    string         // why there is nothing to do, in words; empty when there is
	merge   patch.Value    // what is sent, when it is about the twin
	Err     error          // why it cannot be done or told: the row could not be read, or the hub would refuse it
}

// Why nothing is done to a row.
const (
	alreadySo     = "already so"
	alreadyGone   = "there is none any more"
	isProtected   = "a system module of IoT Edge, which is protected"
	noStatus      = "a module has no status; enable or disable its device"
	goesAlong     = "goes with its device"
	goneMeanwhile = "it was deleted in the meantime"
)

var errNoETag = errors.New("the hub named no etag for it, and without one nothing is written; try a direct read of it")

// unread returns why nothing is to be done to a row, which is known without reading it, or "".
func (o Operation) unread(id hub.ID) string {
	switch {
	case strings.HasPrefix(id.Module, "$"):
		return isProtected
	case id.IsModule() && (o.Kind == Enable || o.Kind == Disable):
		return noStatus
	}
	return ""
}

// plan returns what the operation would do to a twin as it was read.
func (o Operation) plan(t hub.Twin) Plan {
	p := Plan{ID: t.ID, ETag: t.DeviceETag}
	section, ofTwin := o.section()
	switch {
	case ofTwin:
		o.planSection(&p, section, t)
	case o.Kind != Delete:
		o.planStatus(&p, t)
	}
	if p.ETag == "" && p.Skip == "" && p.Err == nil {
		p.Err = errNoETag
	}
	return p
}

func (o Operation) planSection(p *Plan, s patch.Section, t hub.Twin) {
	before := t.Desired.Value
	if s == patch.Tags {
		before = t.Tags
	}
	p.merge = needed(o.merge(), before)
	after := patch.Apply(before, p.merge)
	p.ETag = t.ETag
	if patch.SameMeaning(before, after) {
		p.Skip = alreadySo
		return
	}
	p.Changes = patch.Changes(before, after)
	p.Err = checkSection(s, after)
}

func (o Operation) planStatus(p *Plan, t hub.Twin) {
	to := o.status()
	reason := t.StatusReason
	if t.Status == to.Status && (to.Status == hub.Enabled || reason == to.Reason) {
		p.Skip = alreadySo
		return
	}
	describe := func(status hub.Status, reason string) patch.Value {
		v := patch.Object(patch.Member{Key: "status", Value: patch.String(string(status))})
		if reason != "" {
			v = v.With(patch.Path{"statusReason"}, patch.String(reason))
		}
		return v
	}
	p.Changes = patch.Changes(describe(t.Status, reason), describe(to.Status, to.Reason))
}
