package hub

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"twindeck/hub/patch"
)

// AckMode says how an attached client reports desired properties back.
type AckMode uint8

// The modes. AckConvention is the acknowledgement of the IoT Plug and Play conventions for
// writable properties, see [patch.Ack]: always of success, since nothing is really applied.
const (
	AckOff        AckMode = iota
	AckPlain              // the value itself
	AckConvention         // an object with value, ac, av and ad
)

// String names the mode in one lower-case word.
func (m AckMode) String() string {
	switch m {
	case AckPlain:
		return "plain"
	case AckConvention:
		return "convention"
	default:
		return "off"
	}
}

// acks is what a client has yet to report back. Properties that change while a report is under
// way wait for its answer and go together, so that a burst of patches ends in few reports.
type acks struct {
	mu       sync.Mutex
	mode     AckMode
	desired  Section // as the session knows it
	reported patch.Value
	known    bool            // desired and reported come from a read
	seen     int64           // version of the last patch that was noted
	waiting  map[string]bool // top-level keys to report
	working  bool            // a goroutine is at them
}

// acknowledge sets the mode. What is not reported as the mode wants is reported at once.
func (s *Session) acknowledge(mode AckMode) {
	s.acks.mu.Lock()
	s.acks.mode = mode
	if mode == AckOff {
		s.acks.waiting = nil
	} else if s.acks.known {
		s.acks.compare()
	}
	s.acks.mu.Unlock()
	s.workOnAcks()
}

// read notes a reading of the twin. unseen is what had changed of the desired properties.
func (a *acks) read(desired Section, reported patch.Value, unseen []patch.Change) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.desired, a.reported, a.known, a.seen = desired, reported, true, desired.Version
	if a.mode == AckOff {
		return
	}
	a.compare()
	for _, c := range unseen {
		if len(c.Path) > 0 {
			a.want(c.Path[0])
		}
	}
}

// moved notes a patch with its version. now is what the desired properties are, which may be
// further on.
func (a *acks) moved(p patch.Value, version int64, now Section) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.desired = now
	if version <= a.seen || !a.known {
		return
	}
	a.seen = version
	if a.mode == AckOff {
		return
	}
	for _, m := range p.Members() {
		a.want(m.Key)
	}
}

// said notes a report that the hub has taken, whoever made it.
func (a *acks) said(p patch.Value) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reported = patch.Apply(a.reported, p)
}

func (a *acks) want(key string) {
	if a.waiting == nil {
		a.waiting = map[string]bool{}
	}
	a.waiting[key] = true
}

// compare finds the properties that are not reported in the way of the mode.
func (a *acks) compare() {
	for _, m := range a.desired.Value.Members() {
		there, has := a.reported.Get(m.Key)
		if !has || !acknowledged(a.mode, m.Value, there) {
			a.want(m.Key)
		}
	}
}

func acknowledged(mode AckMode, desired, reported patch.Value) bool {
	if mode == AckPlain {
		return patch.Equal(desired, reported)
	}
	if isComponent(desired) {
		for _, m := range desired.Members() {
			if there, has := reported.Get(m.Key); !has || m.Key != componentMark && !acknowledged(mode, m.Value, there) {
				return false
			}
		}
		return true
	}
	ack, is := patch.ReadAck(reported)
	return is && ack.HasVersion && ack.Code == 200 && patch.Equal(ack.Value, desired)
}

// report takes what waits as one patch of the reported properties; false when nothing does.
func (a *acks) report() (report patch.Value, keys []string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mode == AckOff || !a.known || len(a.waiting) == 0 {
		a.working = false
		return patch.Value{}, nil, false
	}
	var members []patch.Member
	keys = slices.Sorted(maps.Keys(a.waiting))
	for _, key := range keys {
		wanted := patch.Null()
		if v, has := a.desired.Value.Get(key); has {
			wanted = wording(a.mode, v, a.desired.Version)
		}
		there, _ := a.reported.Get(key)
		members = append(members, patch.Member{Key: key, Value: replacing(there, wanted)})
	}
	a.waiting = nil
	return patch.Object(members...), keys, true
}

// componentMark marks an object as a component, whose members are the properties (Azure docs:
// iot-develop/concepts-convention, "Sample multiple components writable property").
const componentMark = "__t"

func isComponent(v patch.Value) bool {
	mark, _ := v.Get(componentMark)
	return mark.Kind() == patch.KindString && mark.Text() == "c"
}

// wording says a desired value the way of a mode.
func wording(mode AckMode, v patch.Value, version int64) patch.Value {
	switch {
	case mode == AckPlain:
		return v
	case isComponent(v):
		var members []patch.Member
		for _, m := range v.Members() {
			if m.Key != componentMark {
				m.Value = wording(mode, m.Value, version)
			}
			members = append(members, m)
		}
		return patch.Object(members...)
	}
	return patch.Object(
		patch.Member{Key: "value", Value: v},
		patch.Member{Key: "ac", Value: patch.Int(200)},
		patch.Member{Key: "av", Value: patch.Int(version)},
		patch.Member{Key: "ad", Value: patch.String("acknowledged")},
	)
}

// replacing returns the merge patch that makes wanted out of there and says all of it, also
// what is there already.
func replacing(there, wanted patch.Value) patch.Value {
	if there.Kind() != patch.KindObject || wanted.Kind() != patch.KindObject {
		return wanted
	}
	var members []patch.Member
	for _, m := range wanted.Members() {
		old, _ := there.Get(m.Key)
		members = append(members, patch.Member{Key: m.Key, Value: replacing(old, m.Value)})
	}
	for _, m := range there.Members() {
		if _, stays := wanted.Get(m.Key); !stays {
			members = append(members, patch.Member{Key: m.Key, Value: patch.Null()})
		}
	}
	return patch.Object(members...)
}

// workOnAcks starts the goroutine that reports what waits, unless it is at it.
func (s *Session) workOnAcks() {
	s.acks.mu.Lock()
	idle := !s.acks.working && s.acks.mode != AckOff && s.acks.known && len(s.acks.waiting) > 0
	s.acks.working = s.acks.working || idle
	s.acks.mu.Unlock()
	if idle {
		s.serve(s.reportAcks)
	}
}

func (s *Session) reportAcks() {
	for {
		report, keys, ok := s.acks.report()
		if !ok {
			return
		}
		again := s.acknowledgeOnce(report)
		if again == 0 {
			continue
		}
		s.acks.mu.Lock()
		for _, key := range keys {
			s.acks.want(key)
		}
		s.acks.mu.Unlock()
		if !sleep(s.ctx, again) {
			return
		}
	}
}

// acknowledgeOnce reports and tells when that fails. It returns how long to wait before it is
// tried again; 0 when that is of no use, or left to the read after the next connection.
func (s *Session) acknowledgeOnce(report patch.Value) (again time.Duration) {
	ctx, cancel := context.WithTimeout(s.ctx, reportLimit)
	defer cancel()
	s.mu.Lock()
	current := s.current
	s.mu.Unlock()
	if current == nil {
		return 0
	}
	_, err := s.report(ctx, current, report)
	switch {
	case err == nil || s.ctx.Err() != nil:
		return 0
	case Throttled(err):
		again = RetryAfter(err)
	}
	current.inbox.add(item{reported: &report, refused: err})
	return again
}
