package ui

import (
	"context"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

func (f *fakeHub) Attach(ctx context.Context, id hub.ID, opts hub.AttachOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.mu.Lock()
	f.callOff[id] = cancel
	f.mu.Unlock()
	if err := f.enter(ctx, "Attach", id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attached[id] = true
	f.options = opts
	v := f.twins[id].Desired.Version
	f.emit(hub.Event{ID: id, Kind: hub.EventConnecting})
	f.emit(hub.Event{ID: id, Kind: hub.EventConnected})
	f.emit(hub.Event{ID: id, Kind: hub.EventSynced, Version: v})
	return nil
}

func (f *fakeHub) Detach(ctx context.Context, id hub.ID) error {
	f.mu.Lock()
	if cancel := f.callOff[id]; cancel != nil {
		cancel()
	}
	f.mu.Unlock()
	if err := f.enter(ctx, "Detach", id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.attached, id)
	f.emit(hub.Event{ID: id, Kind: hub.EventDetached})
	return nil
}

func (f *fakeHub) Observe(id hub.ID, every time.Duration) error {
	if err := f.enter(context.Background(), "Observe", id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.observed[id] = hub.Observation{ID: id, Every: every, Read: now, Next: now.Add(every)}
	t := f.twins[id]
	f.emit(hub.Event{ID: id, Kind: hub.EventObserved, Observing: true, Version: t.Desired.Version, ReportedVersion: t.Reported.Version, Value: t.Desired.Value})
	return nil
}

func (f *fakeHub) Unobserve(id hub.ID) {
	if f.enter(context.Background(), "Unobserve", id) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, there := f.observed[id]; there {
		delete(f.observed, id)
		f.emit(hub.Event{ID: id, Kind: hub.EventDetached, Observing: true})
	}
}

func (f *fakeHub) Observations() []hub.Observation {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []hub.Observation
	for _, o := range f.observed {
		list = append(list, o)
	}
	return list
}

func (f *fakeHub) Acknowledge(id hub.ID, mode hub.AckMode) {
	if f.enter(context.Background(), "Acknowledge", id) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.acks[id] = mode
}

func (f *fakeHub) Report(ctx context.Context, id hub.ID, reported patch.Value) (int64, error) {
	if err := f.enter(ctx, "Report", id); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.twins[id]
	t.Reported.Value = patch.Apply(t.Reported.Value, reported)
	t.Reported.Version++
	f.twins[id] = f.document(t)
	f.emit(hub.Event{ID: id, Kind: hub.EventAcknowledged, Version: t.Reported.Version, Value: reported})
	return t.Reported.Version, nil
}

func (f *fakeHub) Answer(id hub.ID, answer hub.MethodAnswer) {
	if f.enter(context.Background(), "Answer", id) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replies[id] = answer
}

func (f *fakeHub) Next(ctx context.Context) (hub.Batch, error) {
	if err := f.enter(ctx, "Next", hub.ID{}); err != nil {
		return hub.Batch{}, err
	}
	var b hub.Batch
	select {
	case ev := <-f.events:
		b.Events = append(b.Events, ev)
	case <-ctx.Done():
		return b, ctx.Err()
	}
	for {
		select {
		case ev := <-f.events:
			b.Events = append(b.Events, ev)
		default:
			return b, nil
		}
	}
}
