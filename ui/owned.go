package ui

import (
	"reflect"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// hubMsg is what a command of one hub's dashboard brought back. It is for that dashboard alone: the
// counters that tell stale results from fresh ones begin anew with every hub.
type hubMsg struct {
	gen uint64 // of the dashboard
	msg tea.Msg
}

// owned makes the results of a command those of one dashboard.
func owned(gen uint64, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg { return own(gen, cmd()) }
}

var commandList = reflect.TypeFor[[]tea.Cmd]()

// own marks a message, each of a batch or a sequence by itself. What Bubble Tea takes for itself,
// such as to quit or to copy, stays as it is.
func own(gen uint64, msg tea.Msg) tea.Msg {
	if msg == nil {
		return nil
	}
	kind := reflect.TypeOf(msg)
	if cmds, ok := asCommands(msg); ok {
		marked := make([]tea.Cmd, len(cmds))
		for i, cmd := range cmds {
			marked[i] = owned(gen, cmd)
		}
		return reflect.ValueOf(marked).Convert(kind).Interface()
	}
	if strings.HasPrefix(kind.PkgPath(), "charm.land/bubbletea") {
		return msg
	}
	return hubMsg{gen, msg}
}

// asCommands returns the commands that a batch or a sequence is made of. A sequence has a type that
// Bubble Tea does not export.
func asCommands(msg tea.Msg) ([]tea.Cmd, bool) {
	v := reflect.ValueOf(msg)
	if v.Kind() != reflect.Slice || !v.Type().ConvertibleTo(commandList) {
		return nil, false
	}
	return v.Convert(commandList).Interface().([]tea.Cmd), true
}
