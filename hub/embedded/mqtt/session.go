package mqtt

import (
	"encoding/json"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
)

// Keeper stores what must survive the process. Put and Delete have stored durably when they
// return; deleting a missing key is no error. Each goes over all keys in order.
type Keeper interface {
	Put(key string, value []byte) error
	Delete(key string) error
	Each(func(key string, value []byte) error) error
}

// subscription is a granted filter. The slices of them are never modified, only
// replaced: a stored session and its client share one.
type subscription struct {
	filter string
	qos    byte
}

// keptSession is a session as it is stored. One without subscriptions is not:
// there is nothing in it to miss.
type keptSession struct {
	Filters []string `json:"filters"`
	QoS     []byte   `json:"qos"`
}

// saving keeps writes of one session in order. Writes of different sessions
// wait for a disk together, so there is no one lock for all.
type saving struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func (s *saving) of(id string) *sync.Mutex {
	return &s.locks[maphash.String(s.seed, id)%uint64(len(s.locks))]
}

var errStored = errors.New("what the data file says of MQTT sessions is not understood")

// Load reads the sessions that the Keeper has, and removes from it those that
// keep does not want. It is to be called once and before anything else.
func (s *Server) Load(keep func(id string) bool) error {
	if s.opts.Sessions == nil {
		return nil
	}
	var gone []string
	err := s.opts.Sessions.Each(func(id string, value []byte) error {
		var stored keptSession
		if json.Unmarshal(value, &stored) != nil || len(stored.Filters) != len(stored.QoS) {
			return errStored
		}
		if !keep(id) {
			gone = append(gone, id)
			return nil
		}
		session := make([]subscription, len(stored.Filters))
		for i, filter := range stored.Filters {
			session[i] = subscription{filter, min(stored.QoS[i], 1)}
		}
		s.mu.Lock()
		s.sessions[id] = session
		s.mu.Unlock()
		return nil
	})
	for _, id := range gone {
		err = errors.Join(err, s.opts.Sessions.Delete(id))
	}
	return err
}

// save stores the session of an id as it is to be. The caller holds saving.
func (s *Server) save(id string, session []subscription) error {
	if s.opts.Sessions == nil {
		return nil
	}
	if len(session) == 0 {
		return s.opts.Sessions.Delete(id)
	}
	var k keptSession
	for _, sub := range session {
		k.Filters, k.QoS = append(k.Filters, sub.filter), append(k.QoS, sub.qos)
	}
	value, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return s.opts.Sessions.Put(id, value)
}

// Forget removes the stored session of a client id. A client that is connected
// keeps its subscriptions for as long as it is. It blocks until that is durable.
func (s *Server) Forget(id string) error {
	lock := s.saving.of(id)
	lock.Lock()
	defer lock.Unlock()
	s.mu.Lock()
	stored, exists := s.sessions[id]
	delete(s.sessions, id)
	if c := s.clients[id]; c != nil {
		c.persistent = false
	}
	s.mu.Unlock()
	if !exists || len(stored) == 0 {
		return nil
	}
	return s.save(id, nil)
}

// rewrite stores the session of an id as it is.
func (s *Server) rewrite(id string) error {
	lock := s.saving.of(id)
	lock.Lock()
	defer lock.Unlock()
	s.mu.RLock()
	truth := s.sessions[id]
	s.mu.RUnlock()
	return s.save(id, truth)
}

// owns says whether the session of the client's id is the client's to change: a
// client that has been taken over must not change its successor's.
func (s *Server) owns(c *Client) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return c.persistent && s.clients[c.id] == c
}

// alter stores a change of the client's subscriptions, then puts it into effect
// and queues its acknowledgement in one step: whoever has seen the
// acknowledgement is subscribed, also after a restart, and what is published
// afterwards comes after it.
func (s *Server) alter(c *Client, next []subscription, acknowledge func()) error {
	lock := s.saving.of(c.id)
	lock.Lock()
	defer lock.Unlock()
	stored := s.owns(c) && !slices.Equal(next, c.current())
	if stored {
		if err := s.save(c.id, next); err != nil {
			return err
		}
	}
	s.mu.Lock()
	owner := c.persistent && s.clients[c.id] == c
	if owner {
		s.sessions[c.id] = next
	}
	truth := s.sessions[c.id]
	c.mu.Lock()
	c.subscriptions = next
	acknowledge()
	c.mu.Unlock()
	s.mu.Unlock()
	if stored && !owner {
		// The client lost its session while the disk was busy.
		return s.save(c.id, truth)
	}
	return nil
}
