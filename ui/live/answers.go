package live

import (
	"slices"
	"strconv"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// write identifies a write to a twin: the module sees the same version arrive.
type write struct {
	id      hub.ID
	version int64
}

// answer is what an acknowledgement and the patch that it is of know of each other.
type answer struct {
	version int64         // of the desired properties that are acknowledged; 0: none are
	code    int           // 200 when it was plain
	after   time.Duration // from sending the PATCH when that was ours, from the arrival of the patch otherwise
}

// correlator recognises writes of ours as they arrive, and acknowledgements of what arrived. An
// answer to a PATCH and the patch itself travel on two connections and come in either order.
type correlator struct {
	receipts map[write]hub.Receipt
	order    []write             // receipts by age
	recent   map[hub.ID][]*entry // the last patches of each client, the newest last
}

// maxRecent is how many patches of a client an acknowledgement is looked for among.
const maxRecent = 16

func newCorrelator() correlator {
	return correlator{receipts: map[write]hub.Receipt{}, recent: map[hub.ID][]*entry{}}
}

// see takes an event in the order of arrival.
func (c *correlator) see(e *entry) {
	switch e.Kind {
	case hub.EventPatch, hub.EventObserved:
		if r, ok := c.receipts[write{e.ID, e.Version}]; ok {
			e.recognise(r)
		}
		if e.Kind == hub.EventPatch || len(e.Changes) > 0 {
			c.recent[e.ID] = append(c.recent[e.ID], e)
			if last := c.recent[e.ID]; len(last) > maxRecent {
				c.recent[e.ID] = slices.Delete(last, 0, 1)
			}
		}
		if len(e.Reported) > 0 {
			c.answered(e, observedAnswer(e.Reported))
		}
	case hub.EventAcknowledged:
		if e.Err == nil {
			c.answered(e, readAnswer(e.Value))
		}
	case hub.EventDetached:
		delete(c.recent, e.ID)
	default:
	}
}

// answered joins an acknowledgement and the patch that it is of: the one whose version it names,
// or the newest whose values it repeats.
func (c *correlator) answered(e *entry, a answer) {
	last := c.recent[e.ID]
	for i := len(last) - 1; i >= 0; i-- {
		p := last[i]
		switch {
		case a.version > 0 && p.Version != a.version:
			continue
		case a.version == 0 && (e.Kind != hub.EventAcknowledged || !repeats(e.Value, p.Changes)):
			continue
		case a.version == 0:
			a.code = 200
		}
		a.version = p.Version
		since := p.At
		if p.ours {
			since = p.At.Add(-p.latency)
		}
		a.after = max(e.At.Sub(since), 0)
		e.answer, e.ours = a, p.ours
		if p != e && p.answer.version == 0 {
			p.answer = a
		}
		return
	}
}

// readAnswer looks for acknowledgements in reported properties: the newest version that they name,
// and the worst they say of it.
func readAnswer(v patch.Value) (a answer) {
	if ack, ok := patch.ReadAck(v); ok {
		if !ack.HasVersion {
			return answer{}
		}
		return answer{version: ack.Version, code: ack.Code}
	}
	if v.Kind() != patch.KindObject {
		return answer{}
	}
	for _, m := range v.Members() {
		switch b := readAnswer(m.Value); {
		case b.version > a.version:
			a = b
		case b.version == a.version:
			a.code = max(a.code, b.code)
		}
	}
	return a
}

// observedAnswer is readAnswer for what changed in reported properties, leaf by leaf.
func observedAnswer(changes []patch.Change) (a answer) {
	code := 0
	for _, c := range changes {
		if len(c.Path) == 0 || c.Kind == patch.Removed {
			continue
		}
		key := c.Path[len(c.Path)-1]
		n, err := strconv.ParseInt(c.New.Text(), 10, 64)
		switch {
		case c.New.Kind() == patch.KindObject:
			if b := readAnswer(c.New); b.version > a.version {
				a = b
			}
		case err != nil || c.New.Kind() != patch.KindNumber:
		case key == "av":
			a.version = max(a.version, n)
		case key == "ac":
			code = max(code, int(n))
		}
	}
	a.code = max(a.code, code)
	return a
}

// repeats reports whether reported properties hold all that a patch changed.
func repeats(reported patch.Value, changes []patch.Change) bool {
	for _, c := range changes {
		v, ok := reported.At(c.Path)
		if c.Kind == patch.Removed {
			if ok && !v.IsNull() {
				return false
			}
			continue
		}
		if !ok || !patch.SameMeaning(v, c.New) {
			return false
		}
	}
	return len(changes) > 0
}

// remember takes the receipt of a write, for the event that is still to come or for the
// one that was faster than the answer.
func (c *correlator) remember(r hub.Receipt) {
	w := write{r.ID, r.DesiredVersion}
	if _, known := c.receipts[w]; !known {
		c.order = append(c.order, w)
	}
	c.receipts[w] = r
	if len(c.order) > maxReceipts {
		delete(c.receipts, c.order[0])
		c.order = c.order[1:]
	}
	for _, e := range c.recent[r.ID] {
		if e.Version == r.DesiredVersion {
			e.recognise(r)
		}
	}
}

func (e *entry) recognise(r hub.Receipt) {
	e.ours = true
	e.latency = max(e.At.Sub(r.SentAt), 0)
}
