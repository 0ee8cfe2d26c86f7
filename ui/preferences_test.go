package ui

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"twindeck/ui/profile"
)

// breakable is a store whose file may be one that cannot be read.
type breakable struct {
	profile.Memory
	broken error
	saved  int
}

func (s *breakable) Load() (profile.State, error) {
	if s.broken != nil {
		return profile.State{}, s.broken
	}
	return s.Memory.Load()
}

func (s *breakable) Save(state profile.State) error {
	if s.broken != nil {
		return s.broken
	}
	s.saved++
	return s.Memory.Save(state)
}

func keptBefore(t *testing.T) *breakable {
	t.Helper()
	s := &breakable{}
	if err := s.Memory.Save(profile.State{
		Columns: []string{"id", "auth", "tags.site"}, Sort: "tags.site", Refresh: time.Minute,
		Queries: []profile.Query{{Name: "all", Text: "SELECT * FROM devices"}}, History: []string{"SELECT COUNT() FROM devices"},
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// What is chosen before the choices of earlier runs have been read is added to them, on the screen
// and in the file, whenever it is written.
func TestChoicesMadeBeforeTheFileIsRead(t *testing.T) {
	for name, again := range map[string]func(p *pump, late preferencesMsg){
		"read after they were written":  func(p *pump, _ preferencesMsg) { p.m.Update(p.m.loadPreferences()()) },
		"read before they were written": func(p *pump, late preferencesMsg) { p.m.Update(late) },
		"never":                         func(*pump, preferencesMsg) {}, // the hub is left at once
	} {
		t.Run(name, func(t *testing.T) {
			store := keptBefore(t)
			inBubble(t, Options{Store: store}, 120, 36, demo, func(p *pump) {
				late := p.m.loadPreferences()().(preferencesMsg)
				p.m.prefs = preferences{keeper: &keeper{store: store}} // as if it had not come yet
				p.Press(":", "ctrl+u")
				p.Type("SELECT deviceId FROM devices")
				p.Press("enter", "esc", "esc")
				again(p, late)
				if err := p.m.prefs.keeper.flush(); err != nil {
					t.Error(err)
				}
				states := map[string]profile.State{"file": stateOf(t, store)}
				if name != "never" {
					states["screen"] = p.m.prefs.State
				}
				for where, s := range states {
					if len(s.Columns) != 3 || s.Sort != "tags.site" || s.Refresh != time.Minute || len(s.Queries) != 1 {
						t.Errorf("%s: what was chosen earlier is gone: %+v", where, s)
					}
					if !slices.Equal(s.History, []string{"SELECT COUNT() FROM devices", "SELECT deviceId FROM devices"}) {
						t.Errorf("%s: history %q", where, s.History)
					}
				}
			})
		})
	}
}

func stateOf(t *testing.T, s *breakable) profile.State {
	t.Helper()
	state, err := s.Memory.Load()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// A file that cannot be read is never written over: not by what was chosen before that showed, not by
// what is chosen later, and not when the hub is left. It is said once; when it is mended, what was
// chosen goes on top.
func TestAFileOfChoicesThatCannotBeReadIsLeftAlone(t *testing.T) {
	store := keptBefore(t)
	store.broken = errors.New("state.json cannot be understood; correct it or remove it")
	before := stateOf(t, store)
	inBubble(t, Options{Store: store}, 120, 36, demo, func(p *pump) {
		p.Press(":", "ctrl+u")
		p.Type("SELECT deviceId FROM devices")
		p.Press("enter", "esc")
		p.wait(3 * time.Second)
		p.sees("correct it or remove it")
		p.wait(20 * time.Second)
		p.seesNot("correct it or remove it")
		p.Press("s", "j", "enter")
		p.wait(3 * time.Second)
		p.seesNot("correct it or remove it")
		if err := p.m.prefs.keeper.flush(); err == nil || !strings.Contains(err.Error(), "correct it") {
			t.Errorf("leaving says %v", err)
		}
		if store.saved != 0 || stateOf(t, store).Sort != before.Sort {
			t.Errorf("written over: %+v", stateOf(t, store))
		}
		sort := p.m.prefs.Sort
		store.broken = nil
		if err := p.m.prefs.keeper.flush(); err != nil {
			t.Fatal(err)
		}
		if s := stateOf(t, store); len(s.Queries) != 1 || len(s.History) != 2 || s.Sort != sort {
			t.Errorf("mended: %+v", s)
		}
	})
}

// The same with a real file.
func TestAnUnreadableFileOnDisk(t *testing.T) {
	file := profile.File{Path: filepath.Join(t.TempDir(), "hub.json")}
	if err := os.WriteFile(file.Path, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	k := &keeper{store: file}
	k.set(profile.State{Sort: "id"}, true)
	if err := k.flush(); err == nil {
		t.Error("written over")
	}
	if text, err := os.ReadFile(file.Path); err != nil || string(text) != "{half" {
		t.Errorf("%q %v", text, err)
	}
}
