package hub_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/query"
)

func TestASearchFindsByIDAndTag(t *testing.T) {
	c := startFleet(t, 0, embedded.Options{}, hub.Options{})
	for device, tags := range map[string]string{
		"pump-01":  `{"site":"istanbul","floor":3,"spare":true}`,
		"pump-02":  `{"site":"ankara","floor":30,"building":{"name":"north wing"}}`,
		"valve-01": `{"site":"it's","group":"ist","owner":"pump"}`,
		"a=b":      `{}`,
	} {
		create(t, c, hub.ID{Device: device})
		v := parse(t, tags)
		write(t, c, hub.ID{Device: device}, hub.TwinPatch{Tags: &v})
	}
	paths := []string{"site", "floor", "spare", "building.name", "group", "owner", "never]]"}
	for terms, want := range map[string]string{
		"pump":             "pump-01 pump-02 valve-01",
		"pump-0":           "pump-01 pump-02",
		"ist":              "pump-01 valve-01",
		"IST":              "",
		"it's":             "valve-01",
		"3":                "pump-01",
		"30":               "pump-02",
		"true":             "pump-01",
		"north":            "pump-02",
		"site=ist":         "pump-01",
		"tags.site=ist":    "pump-01",
		"group=ist":        "valve-01",
		"floor=3":          "pump-01",
		"building.name=no": "pump-02",
		"pump site=ank":    "pump-02",
		"a=b":              "a=b",
		"stanbul":          "",
	} {
		where, ok := hub.Search{Terms: strings.Fields(terms), Paths: paths}.Where()
		if !ok {
			t.Fatalf("%s is not looked for", terms)
		}
		page, err := c.List(t.Context(), hub.Listing{Where: where}, "", 0)
		if err != nil {
			t.Fatalf("%s: %s: %v", terms, where, err)
		}
		var found []string
		for _, row := range page.Rows {
			found = append(found, row.Device)
		}
		slices.Sort(found)
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s finds %q, want %q, by %s", terms, got, want, where)
		}
	}
	whole, _ := hub.Search{Terms: []string{"ist"}, Paths: []string{"group"}, Whole: true}.Where()
	if whole != "(deviceId = 'ist' OR tags.[[group]] = 'ist')" {
		t.Error(whole)
	}
	if where, ok := (hub.Search{Paths: paths}).Where(); ok {
		t.Errorf("nothing is looked for by %s", where)
	}
}

// Whatever is looked for, and whatever the tags are called, the hub understands the search.
func TestEverySearchIsAQuery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hub.Search{
			Terms: rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "terms"),
			Paths: rapid.SliceOfN(rapid.String(), 0, 100).Draw(t, "paths"),
			Whole: rapid.Bool().Draw(t, "whole"),
		}
		where, ok := s.Where()
		if !ok {
			return
		}
		if _, err := query.Parse("SELECT * FROM devices WHERE " + where); err != nil {
			t.Fatalf("%v: %s", err, where)
		}
	})
	long := hub.Search{Terms: []string{"x", "y"}, Paths: slices.Repeat([]string{strings.Repeat("long", 30)}, 100)}
	if where, ok := long.Where(); !ok || len(where) > 4096 || strings.Count(where, "long") == 0 {
		t.Errorf("%d characters, %v", len(where), ok)
	}
}
