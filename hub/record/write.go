package record

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"twindeck/hub"
)

// run writes what comes until Close.
func (r *Recorder) run() {
	defer close(r.ended)
	p := &pen{r: r}
	if r.opts.Hub != "" {
		p.text = appendBegin(p.text, time.Now(), r.opts.Hub)
	}
	retry, force := time.NewTimer(0), time.NewTimer(0)
	retry.Stop()
	force.Stop()
	p.write()
	for {
		switch {
		case p.stuck:
			retry.Reset(retryEvery)
		case p.dirty && !p.forcing:
			p.forcing = true
			force.Reset(syncEvery)
		}
		ready := r.ready
		if p.stuck {
			ready = nil // what comes waits, or is let go
		}
		select {
		case <-ready:
			p.take()
		case <-retry.C:
			p.write()
			if !p.stuck {
				p.take()
			}
		case <-force.C:
			p.forcing = false
			p.force()
		case <-r.closing:
			retry.Stop()
			force.Stop()
			p.close()
			return
		}
	}
}

// pen is what the recorder's goroutine has to itself.
type pen struct {
	r       *Recorder
	text    []byte      // lines, or the rest of one, that are not written yet
	within  int         // events that are in text, or partly
	events  int         // that have left, for Options.Most
	spare   []hub.Event // room for those that come next
	dirty   bool        // something is not forced onto the disk
	forcing bool        // the timer for that runs
	stuck   bool        // the last write failed
}

// maxSpare is for how many events room is kept between two bursts.
const maxSpare = 1 << 12

// take writes all that waits, and then says what was let go and has it read again.
func (p *pen) take() {
	for !p.stuck {
		r := p.r
		r.mu.Lock()
		events, lost := r.events, r.gone
		r.events, r.bytes, r.gone = p.spare, 0, gone{}
		p.spare = nil
		again := r.again
		r.mu.Unlock()
		if len(events) == 0 && lost.count == 0 {
			p.spare = events
			return
		}
		for i := range events {
			p.text = Append(p.text, events[i])
			p.within++
			events[i] = hub.Event{} // what it refers to may be much
			if len(p.text) >= chunk {
				p.write()
			}
		}
		if p.spare = events[:0]; cap(events) > maxSpare {
			p.spare = nil
		}
		if lost.count > 0 {
			p.text = appendLetGo(p.text, lost)
		}
		p.write()
		for id := range lost.concerned {
			again(id)
		}
	}
}

// left counts the events that have left, and closes Done when they are as many as were asked for.
func (p *pen) left() {
	before := p.events
	p.events += p.within
	p.within = 0
	if most := p.r.opts.Most; most > 0 && before < most && p.events >= most {
		close(p.r.full)
	}
}

// write writes what it can and keeps the rest.
func (p *pen) write() {
	if len(p.text) == 0 {
		return
	}
	n, err := p.r.w.Write(p.text)
	if n > 0 {
		p.dirty = true
	}
	switch {
	case n >= len(p.text):
		p.text = p.text[:0]
		p.left()
		if cap(p.text) > 4*chunk {
			p.text = nil
		}
		err = nil
	case n > 0:
		p.text = p.text[:copy(p.text, p.text[n:])]
	}
	if err == nil && len(p.text) > 0 {
		err = io.ErrShortWrite
	}
	p.tell(err)
}

// force makes what was written outlast the loss of power.
func (p *pen) force() {
	if !p.dirty {
		return
	}
	p.dirty = false
	if p.r.file == nil {
		return
	}
	// A pipe or a terminal has no disk.
	if err := p.r.file.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		p.dirty = true
		p.tell(err)
	}
}

// tell notes whether writing works, and tells when that has changed.
func (p *pen) tell(err error) {
	r := p.r
	r.mu.Lock()
	was, changed := r.err != nil, r.changed
	p.stuck = err != nil && len(p.text) > 0
	r.err = nil
	if err != nil {
		r.err = &troubleError{r.name, err}
	}
	state := hub.RecordState{Err: r.err, LetGo: r.letGo}
	r.mu.Unlock()
	if was != (err != nil) {
		changed(state)
	}
}

// troubleError is why nothing can be written, in a sentence.
type troubleError struct {
	name string
	err  error
}

func (e *troubleError) Error() string {
	next := "it is tried again each second"
	if errors.Is(e.err, syscall.ENOSPC) || errors.Is(e.err, syscall.EDQUOT) {
		next = "make room, and it goes on"
	}
	return fmt.Sprintf("%s cannot be written (%v); %s", e.name, reason(e.err), next)
}

func (e *troubleError) Unwrap() error { return e.err }

// close makes a last attempt at what waits.
func (p *pen) close() {
	p.write()
	p.take()
	p.force()
	r := p.r
	r.mu.Lock()
	if left := len(r.events); r.err != nil && (left > 0 || len(p.text) > 0) {
		r.err = fmt.Errorf("%w; the last events are not in the record", r.err)
	}
	r.mu.Unlock()
	if r.file != nil {
		if err := r.file.Close(); err != nil {
			p.tell(err)
		}
	}
}
