package fleet

import (
	"math/rand/v2"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/hub/patch"
)

func TestDriftIsDeterministicAndBounded(t *testing.T) {
	run := func(seed uint64) (values []string) {
		d, chance := newDrifts(), rand.New(rand.NewPCG(seed, 0))
		for range 1000 {
			values = append(values, d.beat(chance).JSON())
		}
		return values
	}
	one, same, other := run(1), run(1), run(2)
	if strings.Join(one, "") != strings.Join(same, "") {
		t.Error("one seed gives two fleets")
	}
	if strings.Join(one, "") == strings.Join(other, "") {
		t.Error("two seeds give one fleet")
	}
	w, chance := walk{215, 195, 235}, rand.New(rand.NewPCG(3, 0))
	for range 10_000 {
		if w.step(chance); w.at < w.low || w.at > w.high {
			t.Fatalf("it wandered to %d", w.at)
		}
	}
}

func TestOverlayKeepsRemovalsAndTheLatestValue(t *testing.T) {
	under, err := patch.Parse([]byte(`{"a":1,"b":2}`))
	if err != nil {
		t.Fatal(err)
	}
	over, err := patch.Parse([]byte(`{"b":null,"c":3}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := overlay(under, over).JSON(); got != `{"a":1,"b":null,"c":3}` {
		t.Errorf("got %s", got)
	}
	if got := overlay(patch.Null(), over).JSON(); got != `{"b":null,"c":3}` {
		t.Errorf("got %s", got)
	}
}

func TestThePlanIsComplete(t *testing.T) {
	known, characters := map[hub.ID]bool{}, 0
	for _, p := range plan() {
		if p.id.IsModule() && !known[p.id.Parent()] {
			t.Errorf("%s comes before its device", p.id)
		}
		if known[p.id] {
			t.Errorf("%s comes twice", p.id)
		}
		known[p.id] = true
		if _, _, err := p.twin(); err != nil {
			t.Errorf("%s: %v", p.id, err)
		}
		if p.character != nil {
			characters++
		}
	}
	if characters < 4 {
		t.Errorf("only %d members", characters)
	}
}
