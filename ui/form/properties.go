package form

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Target is what a [Properties] form edits: one section of a twin as the user saw it.
type Target struct {
	ID      hub.ID
	Section patch.Section // Tags or Desired
	Value   patch.Value   // the section's properties, an object; null counts as {}
	ETag    string        // of the twin that Value was read from
}

// Save asks for a patch to be sent. The form stays as it is until its owner takes it away,
// or says how it went with [Properties.SetError] or [Properties.SetBase].
type Save struct {
	ID      hub.ID
	Section patch.Section
	Before  patch.Value // the section as it is
	Patch   patch.Value // the smallest merge patch for the section; a null removes
	Edited  patch.Value // the section as it will be
	ETag    string      // of the twin that was reviewed: the patch must be sent under it
	Undo    bool        // it takes an earlier save back
}

// TwinPatch returns the patch as the hub's client takes it.
func (s Save) TwinPatch() hub.TwinPatch {
	if s.Section == patch.Tags {
		return hub.TwinPatch{Tags: &s.Patch}
	}
	return hub.TwinPatch{Desired: &s.Patch}
}

// Properties is the form over the properties of one section, with the review of what was
// changed. The draft in it survives failed saves and twins that change meanwhile.
type Properties struct {
	target Target // its Value and ETag are what the draft is compared with
	draft  patch.Value
	undo   bool // the draft takes an earlier save back
	// restores is the version that the draft goes back to; empty for any other edit.
	restores string
	// conflicts are the places where the draft and a newer twin disagree and the user has
	// not decided yet. Until then the draft holds theirs, so that nothing is overwritten.
	conflicts []patch.Conflict

	keys  keymap.Map
	theme theme.Theme

	known  []Known    // properties that are offered when one is added
	handed *handedOut // what is in the user's editor; nil when nothing is
	shared *shared    // what is known of several rows; nil for a form over one twin
	past   []step     // what z goes back to, the last one last

	// Derived from the above by refresh.
	rows       []row
	names      int // cells of the widest name
	changes    int
	size       int // as the hub counts it, with what is being typed
	violations []patch.Violation

	folded  map[string]bool // groups, by path
	cursor  int             // index into rows; len(rows) is the button below them
	top     int             // first line shown
	page    int             // lines shown last time
	tall    int             // lines asked for so far
	typing  *typing         // not nil while a field is typed into
	review  *review         // not nil while the changes are reviewed
	leaving bool            // asking whether to discard the changes
	busy    bool
	err     string // what the hub said
	notice  string // what to do about the last key; gone with the next one
}

// NewProperties returns the form over a target.
func NewProperties(t Target, keys keymap.Map, th theme.Theme) *Properties {
	if t.Value.Kind() != patch.KindObject {
		t.Value = patch.Object()
	}
	f := &Properties{target: t, draft: t.Value, keys: keys, theme: th, folded: map[string]bool{}}
	f.refresh()
	return f
}

// Title names the form.
func (f *Properties) Title() string {
	what := "Desired properties"
	if f.target.Section == patch.Tags {
		what = "Tags"
	}
	if f.shared != nil {
		return what + " of " + f.sharedTitle()
	}
	if f.undo {
		what = "Undo in " + strings.ToLower(what)
	}
	if f.restores != "" {
		what = "Back to " + f.restores + " in " + strings.ToLower(what)
	}
	return what + " of " + cell.Safe(f.target.ID.String())
}

// SetTheme changes how the form looks.
func (f *Properties) SetTheme(th theme.Theme) { f.theme = th }

// SetBusy says whether a save is under way. Meanwhile the form takes no key.
func (f *Properties) SetBusy(busy bool) { f.busy = busy }

// SetError shows why a save failed, in a text that may be untrusted; the draft stays. It
// also ends being busy.
func (f *Properties) SetError(text string) { f.err, f.busy = text, false }

// Dirty reports whether there is anything that closing the form would lose.
func (f *Properties) Dirty() bool {
	return f.changes > 0 || len(f.conflicts) > 0 || (f.typing != nil && f.typing.touched())
}

// empty reports whether there is nothing to list and nothing to review.
func (f *Properties) empty() bool { return len(f.rows) == 0 && f.changes == 0 }

// Update takes a key press or a paste; its actions are [Save] or [SaveAll], [Stop],
// [OpenEditor] and [Cancel].
func (f *Properties) Update(msg tea.Msg) Action {
	if f.busy {
		return waiting(msg, f.keys.Field.Back)
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if !f.leaving && f.review == nil {
			f.notice = ""
			f.takePaste(msg.Content)
		}
	case tea.KeyPressMsg:
		f.notice = ""
		switch {
		case f.leaving:
			return f.pressLeaving(msg)
		case f.review != nil:
			return f.pressReview(msg)
		case f.typing != nil:
			return f.pressTyping(msg)
		default:
			return f.pressList(msg)
		}
	}
	return nil
}

// pressLeaving answers the question whether to discard the changes: No unless it is yes.
func (f *Properties) pressLeaving(key tea.KeyPressMsg) Action {
	k := f.keys.Dialog
	switch {
	case k.Yes.Matches(key):
		return Cancel{}
	case k.No.Matches(key), k.Accept.Matches(key):
		f.leaving = false
	}
	return nil
}

// pressList answers a key while the cursor is in the list.
func (f *Properties) pressList(key tea.KeyPressMsg) Action {
	k := f.keys.Form
	switch {
	case k.Cancel.Matches(key):
		if !f.Dirty() {
			return Cancel{}
		}
		f.leaving = true
		return nil
	case k.Review.Matches(key):
		f.startReview()
		return nil
	case k.Add.Matches(key):
		f.startAdding()
		return nil
	case k.Undo.Matches(key):
		f.stepBack()
		return nil
	case k.Editor.Matches(key):
		return f.editHere()
	case f.move(key):
		return nil
	}
	if f.cursor == len(f.rows) {
		switch {
		case k.JSON.Matches(key):
			f.typeJSON(patch.Path{}, f.draft)
		case !k.Edit.Matches(key):
		case f.empty():
			f.startAdding()
		default:
			f.startReview()
		}
		return nil
	}
	f.pressRow(key, f.rows[f.cursor])
	return nil
}

// pressRow answers a key that acts on the row of the cursor.
func (f *Properties) pressRow(key tea.KeyPressMsg, r row) {
	k := f.keys.Form
	switch {
	case k.Edit.Matches(key):
		f.enter(r)
	case k.Expand.Matches(key):
		if r.group {
			f.fold(r, false)
		}
	case k.Collapse.Matches(key):
		if r.group && !f.folded[r.path.String()] {
			f.fold(r, true)
		} else {
			f.goTo(r.path[:len(r.path)-1])
		}
	case r.conflict != nil && k.TakeMine.Matches(key):
		f.decide(*r.conflict, true)
	case r.conflict != nil && k.TakeTheirs.Matches(key):
		f.decide(*r.conflict, false)
	case r.conflict == nil && k.Toggle.Matches(key) && r.has && r.now.Kind() == patch.KindBool:
		f.set(r.path, patch.Bool(!r.now.AsBool()))
	case r.conflict == nil && k.Remove.Matches(key):
		f.remove(r)
	case k.Reset.Matches(key):
		f.reset(r.path)
	case !r.group && k.Type.Matches(key):
		f.startTyping(r)
		f.typing.nextKind()
		f.judge()
	case r.has && r.conflict == nil && k.Rename.Matches(key):
		f.startRenaming(r)
	case r.has && r.conflict == nil && k.JSON.Matches(key):
		f.typeJSON(r.path, r.now)
	}
}

// enter does what the enter key promises on a row.
func (f *Properties) enter(r row) {
	switch {
	case r.conflict == nil && r.removed():
		f.notice = fmt.Sprintf("marked for removal; %s takes that back", f.keys.Form.Remove.Label)
	case r.group:
		f.fold(r, !f.folded[r.path.String()])
	case r.conflict == nil && r.now.Kind() == patch.KindBool:
		f.set(r.path, patch.Bool(!r.now.AsBool()))
	default:
		f.startTyping(r)
	}
}

// move answers the keys that move the cursor and reports whether it was one.
func (f *Properties) move(key tea.KeyPressMsg) bool {
	k := f.keys.Move
	switch {
	case k.Up.Matches(key):
		f.cursor--
	case k.Down.Matches(key):
		f.cursor++
	case k.PageUp.Matches(key):
		f.cursor -= max(f.page-1, 1)
	case k.PageDown.Matches(key):
		f.cursor += max(f.page-1, 1)
	case k.Top.Matches(key):
		f.cursor = 0
	case k.Bottom.Matches(key):
		f.cursor = len(f.rows)
	default:
		return false
	}
	f.cursor = min(max(f.cursor, 0), len(f.rows))
	return true
}

func (f *Properties) fold(r row, on bool) {
	f.folded[r.path.String()] = on
	f.refresh()
}

// set puts a value into the draft; whatever was to be decided there is decided.
func (f *Properties) set(p patch.Path, v patch.Value) { f.change(p, f.draft.With(p, v)) }

// remove marks a property for removal, takes that back, or drops one that was added.
func (f *Properties) remove(r row) {
	if r.removed() {
		f.reset(r.path)
		return
	}
	f.change(r.path, f.draft.Without(r.path))
}

// reset puts a property back as the hub has it.
func (f *Properties) reset(p patch.Path) {
	if v, ok := f.target.Value.At(p); ok {
		f.change(p, f.draft.With(p, v))
		return
	}
	f.change(p, f.draft.Without(p))
}

// change takes a new draft that differs from the last at p alone.
func (f *Properties) change(p patch.Path, draft patch.Value) {
	f.remember()
	kept := f.conflicts[:0:0]
	for _, c := range f.conflicts {
		if !under(c.Path, p) {
			kept = append(kept, c)
		}
	}
	f.draft, f.conflicts, f.err = draft, kept, ""
	f.refresh()
	f.goTo(p)
}

// under reports whether p is at or below root.
func under(p, root patch.Path) bool { return len(p) >= len(root) && p[:len(root)].Equal(root) }

// goTo puts the cursor on a path, or on the group nearest to it that has a row.
func (f *Properties) goTo(p patch.Path) {
	for ; len(p) > 0; p = p[:len(p)-1] {
		for i := range f.rows {
			if f.rows[i].path.Equal(p) {
				f.cursor = i
				return
			}
		}
	}
	f.cursor = min(max(f.cursor, 0), len(f.rows))
}

// reveal unfolds every group around a path and puts the cursor on it.
func (f *Properties) reveal(p patch.Path) {
	for n := range p {
		delete(f.folded, p[:n].String())
	}
	f.refresh()
	f.goTo(p)
}
