package terminal

import (
	"slices"
	"strings"
)

// environment returns env as Bubble Tea takes it: it understands only some values of NO_COLOR,
// and it thinks that every terminal has colours.
func environment(env []string) []string {
	if lookup(env, "NO_COLOR") == "" && !monochrome(env) {
		return env
	}
	return append(slices.Clip(env), "NO_COLOR=1")
}

// monochrome reports whether the terminal is of a kind that has no colours and does not say
// otherwise. On one of those a row that is marked by a colour would not be marked at all.
func monochrome(env []string) bool {
	name := lookup(env, "TERM")
	video := strings.HasPrefix(name, "vt") && len(name) > 2 && '1' <= name[2] && name[2] <= '5' && name != "vt525"
	return (video || strings.HasSuffix(name, "-mono") || strings.HasSuffix(name, "-m")) && lookup(env, "COLORTERM") == ""
}

// lookup returns the value of a variable, "" when it is not set. The last one counts.
func lookup(env []string, name string) string {
	for _, v := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
