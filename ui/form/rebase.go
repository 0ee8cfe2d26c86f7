package form

import (
	"fmt"

	"twindeck/hub/patch"
)

// SetBase takes in that the twin has changed since: value is the section and etag the twin's
// as they are now. The draft is kept on top of it. What only one side changed stands; what
// both changed differently is marked for the user to decide, and nothing can be saved
// before that. It also ends being busy, and whatever is to be saved is to be reviewed again.
func (f *Properties) SetBase(value patch.Value, etag string) {
	if value.Kind() != patch.KindObject {
		value = patch.Object()
	}
	f.busy, f.err = false, ""
	old := f.target.Value
	f.target.Value, f.target.ETag = value, etag
	if patch.Equal(old, value) {
		f.notice = f.theyHave() + " changed since, but not here; review once more and save again"
		if f.review != nil {
			f.openReview()
		}
		return
	}
	f.rebasePast(old)
	undecided, untouched := f.conflicts, f.changes == 0
	f.draft, f.conflicts = patch.Merge3(old, value, f.draft)
	for _, c := range undecided {
		f.keepUndecided(c)
	}
	f.settleDiffering()
	f.review, f.leaving = nil, false
	f.refresh()
	f.notice = f.theyHave() + " changed since; review again before saving"
	switch {
	case untouched:
		f.notice = f.theyHave() + " changed since; this is what is there now"
	case f.changes == 0: // so it is after a save that went through although its answer was lost
		f.notice = "the twin is now as you wanted it: nothing is left to save"
	}
	if n := len(f.conflicts); n > 0 {
		f.notice = f.theyHave() + " changed since; " + undecidedText(n)
		if f.typing == nil {
			f.reveal(f.conflicts[0].Path)
		}
	}
}

// Follow takes in that the twin was seen to change while the form is open; value and etag are as for
// [Properties.SetBase]. When the section is still what it was, only the etag is another one. While
// a save is under way it does nothing: the answer tells more.
func (f *Properties) Follow(value patch.Value, etag string) {
	switch {
	case f.busy || etag == f.target.ETag:
	case patch.Equal(f.target.Value, value):
		f.target.ETag = etag
		if f.review != nil {
			f.openReview()
		}
	default:
		f.SetBase(value, etag)
	}
}

// keepUndecided carries a conflict that was open before the twin changed once more: until
// the user decides, the draft goes on holding theirs, as it is now.
func (f *Properties) keepUndecided(c patch.Conflict) {
	for i := range f.conflicts {
		newer := &f.conflicts[i]
		if !under(c.Path, newer.Path) {
			continue
		}
		// The object around it is to be decided as a whole: mine means the value from before too.
		if rest := c.Path[len(newer.Path):]; c.HasMine {
			newer.Mine = newer.Mine.With(rest, c.Mine)
		} else {
			newer.Mine = newer.Mine.Without(rest)
		}
		return
	}
	c.Theirs, c.HasTheirs = f.target.Value.At(c.Path)
	if c.HasTheirs == c.HasMine && patch.Equal(c.Theirs, c.Mine) {
		return
	}
	f.conflicts = append(f.conflicts, c)
}

// decide settles a conflict.
func (f *Properties) decide(c patch.Conflict, mine bool) {
	switch {
	case !mine:
		f.reset(c.Path)
	case c.HasMine:
		f.set(c.Path, c.Mine)
	default:
		f.change(c.Path, f.draft.Without(c.Path))
	}
	f.notice = "decided"
	if n := len(f.conflicts); n > 0 {
		f.notice = undecidedText(n)
		f.reveal(f.conflicts[0].Path)
	}
}

// undecidedText says how much is left to decide.
func undecidedText(n int) string {
	if n == 1 {
		return "1 property was changed on both sides: decide whose value stays"
	}
	return fmt.Sprintf("%d properties were changed on both sides: decide whose values stay", n)
}
