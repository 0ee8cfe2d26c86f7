package ui

import (
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// loaded returns a dashboard that has n devices on its list.
func loaded(n int) *Model {
	m := New(newFakeHub(), Options{Host: "contoso.azure-devices.net", Policy: "iothubowner"})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	var page []hub.Entry
	for i := range n {
		page = append(page, hub.Entry{
			ID:   hub.ID{Device: fmt.Sprintf("device-%07d", i)},
			Tags: patch.Object(patch.Member{Key: "site", Value: patch.String("ist")}),
		})
	}
	m.Init()
	m.Update(pagesMsg{gen: m.listing.gen, entries: page})
	return m
}

// What a key press costs from Update to the finished frame; read it as a ratio.
func BenchmarkKeyAndView(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := loaded(n)
			defer m.Close()
			down := tea.KeyPressMsg{Code: tea.KeyDown}
			for b.Loop() {
				m.Update(down)
				m.View()
			}
		})
	}
}

// What a message costs that changes nothing on the screen.
func BenchmarkViewOfNothingNew(b *testing.B) {
	m := loaded(1_000)
	defer m.Close()
	m.View()
	for b.Loop() {
		m.Update(clearStatusMsg{})
		m.View()
	}
}
