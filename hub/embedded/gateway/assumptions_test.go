package gateway

import (
	"testing"
	"time"

	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
)

// TestKeptConnections: a connection outlives its identity when the options say
// so, and is worth what the identity is then worth.
func TestKeptConnections(t *testing.T) {
	s := serve(t, Options{KeepConnections: true})
	d, m := s.connect(pump), s.connect(valve)
	m.subscribe(twinDesired + "#")
	s.put(pump, map[string]string{"deviceId": "pump", "status": "disabled"}, "*")
	s.desire(valve, `{"a":1}`)
	m.expect(twinDesired+"?$version=2", `{"a":1,"$version":2}`)
	d.quiet()
	if token := connectToken(s.options(pump).SetClientID("pump").SetPassword(s.token(pump, resource(pump), time.Hour))); token.ReturnCode() != 5 {
		t.Errorf("a disabled device connects with code %d", token.ReturnCode())
	}
	s.delete(pump)
	d.publish(twinGet+"?$rid=1", "")
	if got := d.receive(); got.Topic() != twinAnswers+"404/?$rid=1" {
		t.Errorf("the twin of a deleted device: %s %s", got.Topic(), got.Payload())
	}
}

// TestUnknownIdentityCode: who cannot connect at all may get another code than
// who has no right to.
func TestUnknownIdentityCode(t *testing.T) {
	for chosen, want := range map[mqtt.ReturnCode]byte{
		0: 5, mqtt.IdentifierRejected: 2, mqtt.BadCredentials: 4, mqtt.NotAuthorized: 5,
	} {
		s := serve(t, Options{UnknownIdentityCode: chosen})
		off := registry.ID{Device: "off"}
		s.create(off)
		token := s.token(off, resource(off), time.Hour)
		s.put(off, map[string]string{"deviceId": "off", "status": "disabled"}, "*")
		for _, c := range []struct {
			id, password string
			want         byte
		}{
			{"off", token, want},
			{"nobody", s.token(pump, resource(registry.ID{Device: "nobody"}), time.Hour), want},
			{"pump", "hunter2", 5},
		} {
			connack := connectToken(s.options(pump).SetClientID(c.id).SetUsername("localhost/" + c.id + "/?api-version=2021-04-12").SetPassword(c.password))
			if connack.ReturnCode() != c.want {
				t.Errorf("chosen %d: %s is refused with %d, want %d", chosen, c.id, connack.ReturnCode(), c.want)
			}
		}
	}
}

// TestNotificationQoS: notifications have QoS 0, or that of the subscription,
// and then packet identifiers that no message has.
func TestNotificationQoS(t *testing.T) {
	for _, acknowledged := range []bool{false, true} {
		s := serve(t, Options{AcknowledgedNotifications: acknowledged})
		atLeastOnce, atMostOnce := s.connect(pump), s.connect(valve)
		atLeastOnce.subscribe(twinDesired + "#")
		atMostOnce.wait(atMostOnce.client.Subscribe(twinDesired+"#", 0, nil))
		want := byte(0)
		if acknowledged {
			want = 1
		}
		seen := map[uint16]bool{}
		for range 20 {
			s.desire(pump, `{"a":1}`)
			m := atLeastOnce.receive()
			if m.Qos() != want || m.Duplicate() {
				t.Fatalf("acknowledged %v: QoS %d, duplicate %v", acknowledged, m.Qos(), m.Duplicate())
			}
			if acknowledged && (m.MessageID() < firstNotice || seen[m.MessageID()]) {
				t.Errorf("packet %d is a message's, or was there before", m.MessageID())
			}
			seen[m.MessageID()] = true
		}
		s.desire(valve, `{"a":1}`)
		if m := atMostOnce.receive(); m.Qos() != 0 {
			t.Errorf("acknowledged %v: a subscription with QoS 0 gets %d", acknowledged, m.Qos())
		}
		other := s.connect(valve)
		s.desire(valve, `{"a":2}`)
		other.quiet() // who has not subscribed gets nothing
	}
}

// TestPacketIdentifiers: those of messages and notifications never meet, are
// never zero, and begin again at the end.
func TestPacketIdentifiers(t *testing.T) {
	for sequence := range uint64(70_000) {
		if p := packetOf(sequence + 1); p == 0 || p >= firstNotice {
			t.Fatalf("message %d travels as packet %d", sequence+1, p)
		}
	}
	if packetOf(1) != packetOf(firstNotice) || packetOf(1) == packetOf(2) {
		t.Error("the identifiers do not go round")
	}
}
