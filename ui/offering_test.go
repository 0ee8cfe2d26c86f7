package ui

import (
	"testing"
	"time"

	"twindeck/hub"
)

// What is added is what the device reports or its neighbours have, with their values.
func TestAddingAPropertyOffersWhatOthersHave(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		inBubble(t, Options{}, size[0], size[1], demo, func(p *pump) {
			p.hub.add(hub.ID{Device: "thermostat-01", Module: "sensors"}, `{}`, `{"sampling":{"rate":10.0}}`, `{}`)
			p.Press("r")
			p.toController()
			p.Press("j")
			p.wait(time.Second) // the neighbour has been seen
			p.Press("k")
			p.wait(time.Second)
			p.Press("e", "a")
			p.sees("bootCount", "17  reported", "sampling.rate", "10.0  sensors")
			p.seesNot("setPoint number   19")
			p.Type("boot")
			p.Press("right", "enter", "s")
			p.sees(`"bootCount":17`)
		})
	}
}

func TestAddingATagOffersThoseOfOthers(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("t", "a")
		p.sees("site", "floor", "other devices")
	})
}
