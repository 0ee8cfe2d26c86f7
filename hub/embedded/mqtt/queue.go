package mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	// writeSize is what is written to a socket at once: a full TLS record.
	writeSize = 16 << 10
	// keptQueue is the largest buffer a busy writer keeps for its next round.
	keptQueue = 64 << 10
)

// accept queues the CONNACK, ahead of everything else, and restores the
// subscriptions of a stored session. The writer waits for uncork.
func (c *Client) accept(stored []subscription, present bool) error {
	ack := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
	ack.SessionPresent = present
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subscriptions = stored
	if !c.send(ack) {
		return c.reason
	}
	return nil
}

// uncork lets the writer go.
func (c *Client) uncork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	c.startWriter()
}

// reply queues a packet that needs no subscription.
func (c *Client) reply(p packets.ControlPacket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(p)
}

// send encodes a packet into the queue and sees to it that it is written. It
// reports false when the client is closed, also by this packet, because the
// queue has reached its bound. It needs mu.
func (c *Client) send(p packets.ControlPacket) bool {
	if c.reason != nil {
		return false
	}
	if c.torn {
		return false
	}
	fate := c.fate(p)
	if fate == Lost {
		return true
	}
	waiting := c.out.Len()
	if err := p.Write(&c.out); err != nil {
		_ = c.closeLocked(fmt.Errorf("cannot encode a packet: %w", err))
		return false
	}
	if fate == Torn {
		c.torn = true
		c.out.Truncate(waiting + (c.out.Len()-waiting+1)/2)
	}
	if waiting > 0 && c.out.Len() > c.server.opts.QueueBytes {
		_ = c.closeLocked(ErrSlowReader)
		return false
	}
	c.startWriter()
	return true
}

// startWriter starts the one writer, which lives only while there is something
// to write: a silent client costs one goroutine, not two. It needs mu.
func (c *Client) startWriter() {
	if c.writing || c.corked || c.reason != nil || c.out.Len() == 0 {
		return
	}
	c.writing = true
	// The reader of an open client is still counted, so the count is not zero.
	c.server.running.Add(1)
	go c.write()
}

// write writes what is queued, a batch at a time, until nothing is left or the
// client is closed.
func (c *Client) write() {
	defer c.server.running.Done()
	var batch bytes.Buffer
	for {
		c.mu.Lock()
		if c.reason != nil || c.out.Len() == 0 {
			c.writing = false
			if c.torn && c.reason == nil {
				_ = c.closeLocked(errTorn)
			}
			c.out = bytes.Buffer{} // whatever its capacity: silence costs nothing
			c.mu.Unlock()
			return
		}
		batch.Reset()
		if batch.Cap() > keptQueue {
			batch = bytes.Buffer{}
		}
		batch, c.out = c.out, batch
		c.mu.Unlock()

		for piece := range slices.Chunk(batch.Bytes(), writeSize) {
			_ = c.conn.SetWriteDeadline(time.Now().Add(c.server.opts.WriteTimeout))
			if _, err := c.conn.Write(piece); err != nil {
				c.close(writeFailure(err))
				break
			}
		}
	}
}

func writeFailure(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSlowReader
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}
