package registry

// Seed is a device of a synthetic fleet. Tags and Desired are compact JSON objects within the
// limits of twins, empty for none; equal ones should be the same string, then they are kept once.
type Seed struct {
	Device   string
	Tags     string
	Desired  string
	Disabled bool
	Modules  []SeedModule
}

// SeedModule is a module of a synthetic fleet's device.
type SeedModule struct {
	Name    string
	Desired string // as in Seed
}

// seedChunk is how many devices are added at once, so that others get their turn.
const seedChunk = 4096

// Seed adds n devices, of which each describes the one at an index, without telling the
// Listener. It is much faster than creating them one by one, and checks less: ids must be valid.
// Devices that exist are left as they are, so that a fleet of which a part was stored before a
// crash is completed. The error is that of a data file that cannot be written.
func (s *Store) Seed(n int, each func(i int) Seed) error {
	sections := map[string]*section{}
	for from := 0; from < n; from += seedChunk {
		err := s.write(func() error {
			s.seedRange(from, min(from+seedChunk, n), n, each, sections)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// seedRange is called under write.
func (s *Store) seedRange(from, to, total int, each func(i int) Seed, sections map[string]*section) {
	if len(s.devices) == 0 {
		s.devices = make(map[string]*record, total)
	}
	for i := from; i < to; i++ {
		seed := each(i)
		if s.devices[seed.Device] != nil {
			continue
		}
		d := s.insert(ID{Device: seed.Device}, nil)
		d.tags = seed.Tags
		s.seedDesired(d, seed.Desired, sections)
		if seed.Disabled {
			d.disabled = true
			s.counts.disabled++
		}
		if seed.Tags != "" {
			d.twinEtag++
		}
		for _, m := range seed.Modules {
			s.seedDesired(s.insert(ID{Device: seed.Device, Module: m.Name}, d), m.Desired, sections)
		}
	}
}

// seedDesired gives r keys and writes its first desired properties. Sections never change, so identities
// with equal ones share them.
func (s *Store) seedDesired(r *record, desired string, sections map[string]*section) {
	s.newKeys(r)
	if desired == "" {
		return
	}
	shared := sections[desired]
	if shared == nil {
		first := newDesired(stored(desired), 2, s.now().UnixNano())
		shared = &first
		sections[desired] = shared
	}
	r.desired = shared
	r.twinEtag++
}
