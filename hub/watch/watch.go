// Package watch prints what clients of devices and modules receive, as it comes, for scripts: it
// attaches them and writes their events as the JSON lines of package record. What becomes of the
// connections is said beside, for whoever looks on.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"twindeck/hub"
	"twindeck/hub/record"
)

// Options say what is watched, for how long, and where to.
type Options struct {
	// Clients are what to attach and how, MaxAttached at most.
	Clients []Client
	Most    int             // so many events are written, then it ends; 0: any number
	For     time.Duration   // so long, then it ends; 0: until the context ends
	Kinds   []hub.EventKind // which are written and counted; empty: all
	// TakeOver attaches also as an identity that somebody is connected as, who is thrown off.
	TakeOver bool

	Out    io.Writer // gets the lines
	Status io.Writer // gets a line for each change of a connection; its errors do not matter
}

// Client is one client to attach.
type Client struct {
	ID hub.ID
	hub.AttachOptions
}

// Run attaches the clients to a monitor, writes what they receive, and closes the monitor. service,
// which may be nil, is asked whether the identities are connected already, and when they are it
// attaches none unless it may take over or the hub is an embedded one. Run blocks until it has
// written enough, its time is up, ctx ends, or nobody reads Out any more, all of which are good
// ends; an identity that cannot be attached or is refused ends it with an error.
func Run(ctx context.Context, service *hub.Client, monitor *hub.Monitor, opts Options) error {
	if opts.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.For)
		defer cancel()
	}
	rec := record.New(opts.Out, record.Options{Most: opts.Most, Only: opts.wanted()})
	monitor.Record(rec)
	err := opts.run(ctx, service, monitor, rec)
	_ = monitor.Close() // never fails
	// What nobody reads is not worth an error; what a full disk has not taken is.
	if closed := rec.Close(); err == nil && !errors.Is(closed, syscall.EPIPE) {
		err = closed
	}
	if n := rec.State().LetGo; n > 0 {
		opts.say("%d events were let go, because the output took them too slowly", n)
	}
	return err
}

func (o Options) wanted() func(hub.Event) bool {
	if len(o.Kinds) == 0 {
		return nil
	}
	return func(e hub.Event) bool { return slices.Contains(o.Kinds, e.Kind) }
}

func (o Options) say(format string, args ...any) {
	_, _ = fmt.Fprintf(o.Status, "twindeck watch: "+format+"\n", args...)
}

func (o Options) run(ctx context.Context, service *hub.Client, monitor *hub.Monitor, rec *record.Recorder) error {
	for _, c := range o.Clients {
		err := o.free(ctx, service, c.ID)
		if err == nil {
			err = monitor.Attach(ctx, c.ID, c.AttachOptions)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // ends with run
		select {
		case <-rec.Done():
			cancel()
		case <-stop:
		}
	}()
	for {
		batch, err := monitor.Next(ctx)
		if err != nil {
			return nil //nolint:nilerr // the end of ctx is a good end
		}
		for _, e := range batch.Events {
			o.tell(e)
			if e.Kind == hub.EventRefused {
				return e.Err
			}
		}
		switch state := batch.Recording; {
		case state == nil:
		case errors.Is(state.Err, syscall.EPIPE):
			return nil
		case state.Err != nil:
			o.say("%v", state.Err)
		default:
			o.say("the output takes lines again")
		}
	}
}

// free says whether nobody has to leave for a client.
func (o Options) free(ctx context.Context, service *hub.Client, id hub.ID) error {
	if service == nil || o.TakeOver {
		return nil
	}
	identity, err := service.Identity(ctx, id)
	if err == nil && identity.Connected && !service.Embedded() {
		return fmt.Errorf("%s is connected, and the hub would disconnect it; give --take-over if that is meant", hub.Describe(id))
	}
	return nil // a policy that may not look leaves it to whoever named the credentials
}

// tell says what becomes of a connection.
func (o Options) tell(e hub.Event) {
	name := hub.Describe(e.ID)
	switch e.Kind {
	case hub.EventConnecting:
		if e.Wait > 0 {
			o.say("%s is tried again in %v", name, e.Wait.Round(100*time.Millisecond))
		} else if e.Err != nil {
			o.say("%s is tried over %s", name, e.Via)
		}
	case hub.EventConnected:
		o.say("%s is connected over %s", name, e.Via)
	case hub.EventGap:
		o.say("%s missed something, its twin is read", name)
	case hub.EventLost, hub.EventTakenOver:
		o.say("%v", e.Err)
	}
}

// ParseKinds reads names of kinds, separated by commas, as they are in the lines. No text is no kinds.
func ParseKinds(text string) ([]hub.EventKind, error) {
	var kinds []hub.EventKind
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		kind, known := hub.ParseEventKind(name)
		if !known {
			return nil, fmt.Errorf("there is no kind of event %q; the kinds are %s", name, strings.Join(hub.EventKinds(), ", "))
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}
