package mqtt

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// The clients of a benchmark live in another process, this test's binary run
// again, so that what is measured is the server's.
const (
	crowdAddress  = "MQTT_CROWD_ADDRESS"
	crowdRoot     = "MQTT_CROWD_ROOT"     // a certificate in DER, hexadecimal
	crowdClients  = "MQTT_CROWD_CLIENTS"  // how many connect, as 0, 1, 2 and so on
	crowdMessages = "MQTT_CROWD_MESSAGES" // how many each of them waits for
)

// crowd is a process full of clients, each subscribed to t/#.
type crowd struct {
	b      *testing.B
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
}

func (s *site) crowd(b *testing.B, clients, messages int) *crowd {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := &crowd{b: b, cmd: exec.Command(exe)}
	c.cmd.Env = append(os.Environ(),
		crowdAddress+"="+s.address, crowdRoot+"="+hex.EncodeToString(s.root),
		crowdClients+"="+strconv.Itoa(clients), crowdMessages+"="+strconv.Itoa(messages))
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	c.stdin, c.stdout = in, bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.stdin.Close()
		_ = c.cmd.Wait()
	})
	return c
}

// wait blocks until the crowd says the word.
func (c *crowd) wait(word string) {
	c.b.Helper()
	if line, err := c.stdout.ReadString('\n'); err != nil || line != word+"\n" {
		c.b.Fatalf("the clients say %q, %v", line, err)
	}
}

// runCrowd is the other process. It says connected, received when all messages
// have come, and ends with its input.
func runCrowd() error {
	clients, err := strconv.Atoi(os.Getenv(crowdClients))
	if err != nil {
		return err
	}
	messages, err := strconv.Atoi(os.Getenv(crowdMessages))
	if err != nil {
		return err
	}
	der, err := hex.DecodeString(os.Getenv(crowdRoot))
	if err != nil {
		return err
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	config := &tls.Config{ServerName: "127.0.0.1", RootCAs: pool}

	var missing atomic.Int64
	missing.Store(int64(clients * messages))
	var dialling sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range clients {
		slots <- struct{}{}
		dialling.Go(func() {
			defer func() { <-slots }()
			conn, err := tls.Dial("tcp", os.Getenv(crowdAddress), config)
			if err == nil {
				err = join(conn, strconv.Itoa(i))
			}
			if err != nil {
				fmt.Println("client", i, err)
				os.Exit(1)
			}
			go func() {
				in := bufio.NewReader(conn)
				for {
					if _, err := packets.ReadPacket(in); err != nil {
						return
					}
					if missing.Add(-1) == 0 {
						fmt.Println("received")
					}
				}
			}()
		})
	}
	dialling.Wait()
	fmt.Println("connected")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// join takes a client as far as its SUBACK.
func join(conn net.Conn, id string) error {
	if err := connectPacket(id).Write(conn); err != nil {
		return err
	}
	if _, err := packets.ReadPacket(conn); err != nil {
		return err
	}
	m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	m.MessageID, m.Topics, m.Qoss = 1, []string{"t/#"}, []byte{0}
	if err := m.Write(conn); err != nil {
		return err
	}
	_, err := packets.ReadPacket(conn)
	return err
}

// BenchmarkConnection connects a client and reports what a connected and silent
// one costs. Use -benchtime=10000x for ten thousand of them.
func BenchmarkConnection(b *testing.B) {
	s := serve(b, newRecorder(b), Options{})
	before := footprint()
	b.ResetTimer()
	s.crowd(b, b.N, 0).wait("connected")
	b.StopTimer()
	after := footprint()
	b.ReportMetric(float64(after-before)/float64(b.N), "B/client")
	b.ReportMetric(float64(runtime.NumGoroutine())/float64(b.N), "goroutines/client")
}

// footprint is the memory in use by heap and stacks, garbage excluded.
func footprint() int64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// fanOuts are how many clients a notification goes to.
var fanOuts = []int{1, 100, 10_000}

// The message of BenchmarkFanOut.
const (
	fanOutTopic   = "t/twin/PATCH/properties/desired/?$version=2"
	fanOutPayload = `{"telemetryInterval":122,"$version":2}`
)

// BenchmarkFanOut publishes a notification to each of many clients, one by one,
// and waits until all have arrived. Use -benchtime=20x or so.
func BenchmarkFanOut(b *testing.B) {
	for _, clients := range fanOuts {
		b.Run(strconv.Itoa(clients), func(b *testing.B) {
			s := serve(b, newRecorder(b), Options{QueueBytes: 1 << 30})
			c := s.crowd(b, clients, b.N)
			c.wait("connected")
			all := make([]*Client, clients)
			for i := range all {
				all[i] = s.Client(strconv.Itoa(i))
			}
			b.ResetTimer()
			for range b.N {
				for _, client := range all {
					if !client.Publish(fanOutTopic, []byte(fanOutPayload)) {
						b.Fatal("a message was not accepted")
					}
				}
			}
			c.wait("received")
			b.ReportMetric(float64(b.N*clients)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
