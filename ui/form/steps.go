package form

import "twindeck/hub/patch"

// maxSteps bounds how many steps can be taken back in a form.
const maxSteps = 200

// step is the form before something was changed in it.
type step struct {
	draft     patch.Value
	conflicts []patch.Conflict
	at        patch.Path // of the cursor
}

// remember keeps the form as it is, to come back to.
func (f *Properties) remember() {
	s := step{draft: f.draft, conflicts: f.conflicts}
	if f.cursor < len(f.rows) {
		s.at = f.rows[f.cursor].path
	}
	if f.past = append(f.past, s); len(f.past) > maxSteps {
		f.past = f.past[1:]
	}
}

// stepBack takes the last change back.
func (f *Properties) stepBack() {
	if len(f.past) == 0 {
		f.notice = "nothing was changed in this form that could be taken back"
		return
	}
	s := f.past[len(f.past)-1]
	f.past = f.past[:len(f.past)-1]
	f.draft, f.conflicts, f.err = s.draft, s.conflicts, ""
	f.refresh()
	f.reveal(s.at)
	f.notice = "taken back"
	if n := len(f.past); n > 0 {
		f.notice += "; " + count(n, "step") + " before it"
	}
}

// rebasePast lays what can be come back to over the section as it is now, which was old. What does not
// go together with it is forgotten, and all that was before it.
func (f *Properties) rebasePast(old patch.Value) {
	for i := len(f.past) - 1; i >= 0; i-- {
		s := &f.past[i]
		merged, conflicts := patch.Merge3(old, f.target.Value, s.draft)
		if len(conflicts) > 0 || len(s.conflicts) > 0 {
			f.past = f.past[i+1:]
			return
		}
		s.draft = merged
	}
}
