package ui

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
)

// outcomes runs a command with all it consists of and returns what came back.
func outcomes(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	batch, ok := msg.(tea.BatchMsg)
	if !ok {
		return []tea.Msg{msg}
	}
	var all []tea.Msg
	for _, c := range batch {
		all = append(all, outcomes(c)...)
	}
	return all
}

// pressAll presses keys without running what they lead to, and returns that.
func pressAll(m *Model, keys ...string) []tea.Cmd {
	var cmds []tea.Cmd
	for _, name := range keys {
		key := tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
		if name == "enter" {
			key = tea.KeyPressMsg{Code: tea.KeyEnter}
		}
		_, cmd := m.Update(key)
		cmds = append(cmds, cmd)
	}
	return cmds
}

// Keys that are about all that match mean what the filter says, however soon after its last letter
// they come: they wait for it, without holding up the screen, and keys behind them stay behind them.
func TestKeysAboutAllThatMatchWaitForTheFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := loaded(6000)
		defer m.Close()
		cmds := pressAll(m, "/", "5", "9", "9", "9", "enter", "*", "b")
		if !m.devices.Looking() || m.devices.MarkedCount() > 0 || m.front() != nil {
			t.Fatalf("looking %t, %d marked", m.devices.Looking(), m.devices.MarkedCount())
		}
		if _, cmd := m.Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}); cmd == nil {
			t.Error("ctrl+c waited as well")
		}
		for _, cmd := range cmds {
			for _, msg := range outcomes(cmd) {
				if done, ok := msg.(workDoneMsg); ok {
					m.Update(done)
				}
			}
		}
		if got := m.devices.Marked(); len(got) != 1 || got[0].Device != "device-0005999" {
			t.Errorf("marked %v", got)
		}
		if m.front() == nil || m.bulk.shown == nil {
			t.Error("the key behind was lost")
		}
	})
}

// An export that has just begun when the program ends leaves nothing behind.
func TestLeavingAnExportLeavesNoFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv("HOME", dir)
		m := loaded(10)
		m.openExport(m.rows())
		begin := pressAll(m, "enter")
		if msgs := outcomes(begin[0]); len(msgs) != 1 || fmt.Sprintf("%T", msgs[0]) != "ui.exportReadyMsg" {
			t.Fatalf("%v", msgs)
		}
		files := func() []os.DirEntry {
			t.Helper()
			names, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			return names
		}
		if len(files()) != 1 {
			t.Fatalf("files: %v", files())
		}
		m.Close()
		if len(files()) != 0 {
			t.Errorf("left behind: %v", files())
		}
	})
}
