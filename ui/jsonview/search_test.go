package jsonview

import (
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	m := view(t, twin, 5)
	m.FoldAll()
	if !m.Search("ERR") {
		t.Fatal("errors was not found")
	}
	check(t, m, 40, 5, `
		    "tags": {},
		  ▾ "properties": {
		    ▸ "desired": {… 3 keys},
		    ▾ "reported": {
		>      ▸ "⟦err⟧ors": [… 3 items]
`)
	if m.Search("no such thing") || m.SearchNext() || m.SearchPrev() {
		t.Error("something was found that is not there")
	}
	var places []string
	m.Home()
	m.Search("e")
	for range 4 {
		place, _ := m.Selected()
		places = append(places, place)
		m.SearchNext()
	}
	m.SearchPrev()
	place, _ := m.Selected()
	places = append(places, place)
	if got, want := strings.Join(places, " "), "deviceId properties properties.desired properties.desired.telemetryInterval properties.desired.telemetryInterval"; got != want {
		t.Errorf("visited %s\nwant    %s", got, want)
	}
	m.Home()
	m.SearchPrev() // around the beginning
	if place, _ := m.Selected(); place != "properties.reported.errors[2].code" {
		t.Errorf("the last match is at %s", place)
	}
	for text, want := range map[string]string{"21.50": "properties.desired.setPoint", "TRUE": "properties.desired.on", "null": "properties.reported.errors[1]"} {
		m.Home()
		if !m.Search(text) {
			t.Errorf("%s was not found", text)
		} else if place, _ := m.Selected(); place != want {
			t.Errorf("%s was found at %s", text, place)
		}
	}
	if m.Search("") || strings.Contains(m.View(80, 20, marks), "⟦") {
		t.Error("an empty search found something")
	}
}

func TestEveryMatchOfALineIsMarked(t *testing.T) {
	m := view(t, `{"Abc":"xabcABC"}`, 3)
	m.Search("abc")
	check(t, m, 40, 3, "\t\t▾ {\n\t\t>    \"⟦Abc⟧\": \"x⟦abc⟧⟦ABC⟧\"\n\t\t  }")
}
