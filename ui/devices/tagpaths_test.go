package devices

import (
	"slices"
	"testing"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
)

func TestTagPathsAreThoseThatOccurMost(t *testing.T) {
	p := New(keymap.Default())
	floor := patch.Member{Key: "building", Value: patch.Object(patch.Member{Key: "floor", Value: patch.Int(3)})}
	site := patch.Member{Key: "site", Value: patch.String("ist = x")}
	p.Begin()
	drain(p, p.Add([]hub.Entry{
		{ID: hub.ID{Device: "a"}, Tags: patch.Object(floor, site)},
		{ID: hub.ID{Device: "b"}, Tags: patch.Object(site)},
		{ID: hub.ID{Device: "c"}, Tags: patch.Object()},
	}, true))
	if got := p.TagPaths(10); !slices.Equal(got, []string{"site", "building.floor"}) {
		t.Errorf("%q", got)
	}
	if got := p.TagPaths(1); !slices.Equal(got, []string{"site"}) {
		t.Errorf("%q", got)
	}
}
