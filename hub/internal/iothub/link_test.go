package iothub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/goleak"
)

// hub is the least that Dial needs at the other end: one connection after the other,
// each answered packet by packet.
type hub struct {
	listener net.Listener
	roots    *x509.CertPool
	answer   func(packets.ControlPacket) packets.ControlPacket // nil closes the connection
	serving  sync.WaitGroup
}

func startHub(t *testing.T, answer func(packets.ControlPacket) packets.ControlPacket) *hub {
	t.Helper()
	https := httptest.NewTLSServer(http.NotFoundHandler())
	config, roots := https.TLS.Clone(), x509.NewCertPool()
	roots.AddCert(https.Certificate())
	https.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{listener: listener, roots: roots, answer: answer}
	h.serving.Go(h.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		h.serving.Wait()
	})
	return h
}

func (h *hub) serve() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			return
		}
		h.serving.Go(func() {
			defer func() { _ = conn.Close() }()
			for {
				packet, err := packets.ReadPacket(conn)
				if err != nil {
					return
				}
				answer := h.answer(packet)
				if answer == nil || answer.Write(conn) != nil {
					return
				}
			}
		})
	}
}

// accept answers CONNECT and SUBSCRIBE as a hub does; grant is the code for a filter.
func accept(grant func(filter string) byte) func(packets.ControlPacket) packets.ControlPacket {
	return func(packet packets.ControlPacket) packets.ControlPacket {
		switch p := packet.(type) {
		case *packets.ConnectPacket:
			return packets.NewControlPacket(packets.Connack)
		case *packets.SubscribePacket:
			ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
			ack.MessageID = p.MessageID
			for _, filter := range p.Topics {
				ack.ReturnCodes = append(ack.ReturnCodes, grant(filter))
			}
			return ack
		case *packets.PublishPacket:
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID = p.MessageID
			return ack
		}
		return nil
	}
}

func granted(string) byte { return 1 }

func (h *hub) config() Config {
	return Config{
		HostName: "127.0.0.1", Address: h.listener.Addr().String(), Device: "d", Module: "m", Key: "c2VjcmV0",
		TLS: &tls.Config{RootCAs: h.roots}, Log: slog.New(slog.DiscardHandler),
		OnDesired: func([]byte) {}, OnMethod: func(Method) {},
	}
}

func TestNothingOfALinkIsLeftWhenItsSocketIsTakenAway(t *testing.T) {
	h := startHub(t, accept(granted))
	before := goleak.IgnoreCurrent()
	link, err := Dial(t.Context(), h.config())
	if err != nil {
		t.Fatal(err)
	}
	link.end(ErrClosed) // as Close does, but without paho's help
	<-link.Done()
	if !errors.Is(link.Err(), ErrClosed) {
		t.Errorf("it ended because %v", link.Err())
	}
	goleak.VerifyNone(t, before)
}

func TestARequestIsAnsweredWhenTheLinkEnds(t *testing.T) {
	h := startHub(t, accept(granted)) // which never answers a twin request
	link, err := Dial(t.Context(), h.config())
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan Response, 2)
	link.ReadTwin(func(r Response) { answers <- r })
	link.Close()
	link.ReadTwin(func(r Response) { answers <- r })
	for range 2 {
		if r := <-answers; !errors.Is(r.Err, ErrClosed) {
			t.Errorf("answered %+v", r)
		}
	}
	if _, err := link.Report(t.Context(), []byte("{}"), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("a report after the end: %v", err)
	}
	link.Close()
}

func TestAReportThatIsNotAnsweredIsForgotten(t *testing.T) {
	h := startHub(t, accept(granted))
	link, err := Dial(t.Context(), h.config())
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := link.Report(ctx, []byte("{}"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	link.mu.Lock()
	defer link.mu.Unlock()
	if len(link.pending) != 0 {
		t.Errorf("%d requests still wait", len(link.pending))
	}
}

func TestARefusedSubscriptionIsNoConnection(t *testing.T) {
	h := startHub(t, accept(func(filter string) byte {
		if strings.HasPrefix(filter, "$iothub/methods") {
			return 0x80
		}
		return 1
	}))
	if _, err := Dial(t.Context(), h.config()); err == nil || !strings.Contains(err.Error(), "refuses the subscription") {
		t.Errorf("got %v", err)
	}
}

func TestRefusalsOfCredentialsAreTold(t *testing.T) {
	for code, refused := range map[byte]bool{
		packets.ErrRefusedNotAuthorised: true, packets.ErrRefusedBadUsernameOrPassword: true,
		packets.ErrRefusedIDRejected: true, packets.ErrRefusedServerUnavailable: false,
	} {
		h := startHub(t, func(packets.ControlPacket) packets.ControlPacket {
			ack := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
			ack.ReturnCode = code
			return ack
		})
		if _, err := Dial(t.Context(), h.config()); err == nil || Refused(err) != refused {
			t.Errorf("code %d: %v, refused=%v", code, err, Refused(err))
		}
	}
}

func TestAHubThatSaysNothingIsGivenUp(t *testing.T) {
	silent := make(chan struct{})
	h := startHub(t, func(packets.ControlPacket) packets.ControlPacket {
		<-silent
		return nil
	})
	defer close(silent)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, h.config()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
