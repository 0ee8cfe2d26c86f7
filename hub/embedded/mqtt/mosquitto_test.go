package mqtt

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// BenchmarkFanOutMosquitto is BenchmarkFanOut with the broker mosquitto in the server's place:
// the same clients, messages and kind of TLS, on the same machine. The broker gets every message
// once over a connection of its own and sends it to all. It is skipped where there is no
// mosquitto.
func BenchmarkFanOutMosquitto(b *testing.B) {
	for _, clients := range fanOuts {
		b.Run(strconv.Itoa(clients), func(b *testing.B) {
			s := mosquitto(b)
			c := s.crowd(b, clients, b.N)
			c.wait("connected")
			publisher, err := tls.Dial("tcp", s.address, s.client)
			if err != nil {
				b.Fatal(err)
			}
			defer publisher.Close()
			if err := connectPacket("publisher").Write(publisher); err != nil {
				b.Fatal(err)
			}
			if _, err := packets.ReadPacket(publisher); err != nil {
				b.Fatal(err)
			}
			m := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
			m.TopicName, m.Payload = fanOutTopic, []byte(fanOutPayload)
			out := bufio.NewWriter(publisher)
			b.ResetTimer()
			for range b.N {
				if err := m.Write(out); err != nil {
					b.Fatal(err)
				}
			}
			if err := out.Flush(); err != nil {
				b.Fatal(err)
			}
			c.wait("received")
			b.ReportMetric(float64(b.N*clients)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// mosquitto starts the broker on a free port, over TLS and without limits.
func mosquitto(b *testing.B) *site {
	b.Helper()
	broker, err := exec.LookPath("mosquitto")
	if err != nil {
		b.Skip("there is no mosquitto here")
	}
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	certificate, root := web.TLS.Certificates[0], web.Certificate()
	web.Close()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		b.Fatal(err)
	}
	// A port that was free a moment ago: the broker cannot choose one itself.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	dir := b.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		return path
	}
	conf := fmt.Sprintf("user root\npersistence false\nlog_type error\nallow_anonymous true\nmax_queued_messages 0\n"+
		"listener %d 127.0.0.1\ncertfile %s\nkeyfile %s\n", port,
		file("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})),
		file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	// As many files as this process may have: a client is one.
	cmd := exec.Command("sh", "-c", `ulimit -n $(ulimit -Hn); exec "$0" -c "$1"`, broker, file("conf", []byte(conf)))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	roots := x509.NewCertPool()
	roots.AddCert(root)
	s := &site{t: b, address: fmt.Sprintf("127.0.0.1:%d", port), root: root.Raw, client: &tls.Config{ServerName: "127.0.0.1", RootCAs: roots}}
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := tls.Dial("tcp", s.address, s.client)
		if err == nil {
			_ = conn.Close()
			return s
		}
		if time.Now().After(deadline) {
			b.Fatalf("mosquitto does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
