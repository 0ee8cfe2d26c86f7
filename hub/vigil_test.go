package hub

import (
	"testing"
	"time"
)

func TestAVigilNoticesSleepAndMoves(t *testing.T) {
	wall, awake, at := time.Now().Round(0), time.Duration(0), "10.0.0.1/24"
	v := &vigil{clocks: func() (time.Time, time.Duration) { return wall, awake }, addresses: func() string { return at }, wall: wall, at: at}
	pass := func(onTheWall, atWork time.Duration) bool {
		wall, awake = wall.Add(onTheWall), awake+atWork
		return v.stirred()
	}
	calm := func() bool { return !pass(vigilEvery, vigilEvery) }
	if !calm() || pass(vigilEvery+time.Second, vigilEvery+time.Second) {
		t.Error("stirred by nothing")
	}
	if !pass(time.Hour, vigilEvery) || !calm() {
		t.Error("a machine that slept is not noticed, or not once")
	}
	if !pass(time.Minute, time.Minute) || !calm() {
		t.Error("a process that stood still is not noticed, or not once")
	}
	at = "192.168.1.7/24"
	if calm() || !calm() {
		t.Error("another network is not noticed, or not once")
	}
	if at := localAddresses(); at != localAddresses() {
		t.Errorf("the addresses change by themselves: %s", at)
	}
}

func TestALookFindsAConnectionThatIsDead(t *testing.T) {
	b := startBroker(t)
	s, w := b.connect()
	w.wait(EventSynced, 1)
	s.look()
	w.wait(EventSynced, 2) // alive
	b.proxy.freeze(true)
	began := time.Now()
	s.look()
	lost := w.wait(EventLost, 1)
	if took := time.Since(began); took > lookLimit+5*time.Second || lost.Err == nil {
		t.Errorf("it took %v to find out that %v", took, lost.Err)
	}
	b.proxy.cut()
	b.proxy.freeze(false)
	w.wait(EventSynced, 3)
}

func TestAWaitEndsWhenTheMachineIsStirred(t *testing.T) {
	b := startBroker(t)
	s, w := b.connect(func(o *SessionOptions) { o.MQTTAddress = "127.0.0.1:1" })
	w.wait(EventLost, 5) // the pause is some seconds now
	before := len(w.all())
	s.look()
	began := time.Now()
	w.waitFor("another attempt", func(events []Event) bool { return len(events) > before+1 })
	if took := time.Since(began); took > time.Second {
		t.Errorf("it came after %v", took)
	}
}
