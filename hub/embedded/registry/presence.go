package registry

// SetConnected records that an identity connected or disconnected, now. An identity that does
// not exist is ignored. A module's connection does not change its device's.
func (s *Store) SetConnected(id ID, connected bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(id)
	if r == nil {
		return
	}
	now := s.now().UnixNano()
	if r.connected != connected {
		s.remember(r)
		r.connected = connected
		r.connectionUpdated = now
		if id.Module == "" {
			if connected {
				s.counts.connected++
			} else {
				s.counts.connected--
			}
		}
	}
	if connected {
		r.lastActivity = now
	}
}

// Touch records that an identity sent or received something, now. An identity that does not
// exist is ignored.
func (s *Store) Touch(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.find(id); r != nil {
		r.lastActivity = s.now().UnixNano()
	}
}

// SetModelID records the model that a device announced when it connected (Azure docs:
// iot-mqtt-connect-to-iot-hub, model-id), durable when it returns. An identity that does not
// exist is ignored.
func (s *Store) SetModelID(id ID, model string) {
	// A data file that cannot be written is found out by those who can be told.
	_ = s.write(func() error {
		if r := s.find(id); r != nil && r.rest().modelID != model {
			s.remember(r)
			r.more().modelID = model
			s.journal.changed(r)
		}
		return nil
	})
}
