package embedded_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"twindeck/hub/embedded"
)

// childCrowd makes this test binary a crowd of modules, so that a benchmark measures the hub and
// not its clients. It reads what it is from its standard input.
const childCrowd = "TWINDECK_TEST_CROWD"

// crowd is a process full of connected modules that listen for desired properties.
type crowd struct {
	b      testing.TB
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
}

// crowdOf says who connects where. Each is subscribed to its desired properties.
type crowdOf struct {
	Address string
	CA      string
	Modules []member
	Notices int // how many all of them receive before they say so; 0: forever silent
}

type member struct{ ID, Username, Password string }

// connectCrowd connects modules in another process and returns when all have subscribed.
func connectCrowd(b testing.TB, hub *embedded.Server, ids []embedded.ID, notices int) *crowd {
	b.Helper()
	c := &crowd{b: b, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childCrowd+"=1")
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
	who := crowdOf{Address: hub.MQTTSAddress(), CA: string(hub.CACertificate()), Notices: notices}
	for _, id := range ids {
		cs, err := hub.IdentityConnectionString(id)
		if err != nil {
			b.Fatal(err)
		}
		who.Modules = append(who.Modules, member{
			id.String(), "localhost/" + id.String() + "/?api-version=2021-04-12",
			sign("localhost/devices/"+id.Device+"/modules/"+id.Module, value(cs, "SharedAccessKey"), ""),
		})
	}
	if err := json.NewEncoder(in).Encode(who); err != nil {
		b.Fatal(err)
	}
	c.wait("connected")
	return c
}

// wait blocks until the crowd says the word.
func (c *crowd) wait(word string) {
	c.b.Helper()
	if line, err := c.stdout.ReadString('\n'); err != nil || line != word+"\n" {
		c.b.Fatalf("the modules say %q, %v", line, err)
	}
}

// runCrowd is the other process. It ends with its input.
func runCrowd() error {
	var who crowdOf
	in := json.NewDecoder(os.Stdin)
	if err := in.Decode(&who); err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(who.CA))
	config := &tls.Config{ServerName: "localhost", RootCAs: pool}
	var missing atomic.Int64
	missing.Store(int64(who.Notices))
	var dialling sync.WaitGroup
	slots := make(chan struct{}, 8)
	failed := make(chan error, 1)
	for _, m := range who.Modules {
		slots <- struct{}{}
		dialling.Go(func() {
			defer func() { <-slots }()
			conn, err := tls.Dial("tcp", who.Address, config)
			if err == nil {
				err = m.join(conn)
			}
			if err != nil {
				select {
				case failed <- fmt.Errorf("%s: %w", m.ID, err):
				default:
				}
				return
			}
			go func() {
				buffered := bufio.NewReader(conn)
				for {
					if _, err := packets.ReadPacket(buffered); err != nil {
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
	select {
	case err := <-failed:
		return err
	default:
	}
	fmt.Println("connected")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// join takes a module as far as its SUBACK.
func (m member) join(conn io.ReadWriter) error {
	connect := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion = "MQTT", 4
	connect.ClientIdentifier, connect.CleanSession = m.ID, true
	connect.UsernameFlag, connect.Username = true, m.Username
	connect.PasswordFlag, connect.Password = true, []byte(m.Password)
	if err := connect.Write(conn); err != nil {
		return err
	}
	answer, err := packets.ReadPacket(conn)
	if err != nil {
		return err
	}
	if ack, ok := answer.(*packets.ConnackPacket); !ok || ack.ReturnCode != packets.Accepted {
		return fmt.Errorf("refused: %v", answer)
	}
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.MessageID, subscribe.Topics, subscribe.Qoss = 1, []string{desiredTopic}, []byte{0}
	if err := subscribe.Write(conn); err != nil {
		return err
	}
	_, err = packets.ReadPacket(conn)
	return err
}
