package ui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// fakeCalls is what a fakeHub has beside identities and twins.
type fakeCalls struct {
	log      []hub.Call
	changed  chan struct{}
	messages map[string][]hub.Message // by device
	feedback []hub.Feedback
	answer   func(id hub.ID, m hub.MethodCall) (hub.MethodResult, error) // nil echoes the payload
}

// exchange puts a call into the log.
func (f *fakeHub) exchange(c hub.Call) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Seq = uint64(len(f.exchanged.log) + 1)
	if c.At.IsZero() {
		c.At = time.Now()
	}
	f.exchanged.log = append(f.exchanged.log, c)
	if f.exchanged.changed != nil {
		close(f.exchanged.changed)
		f.exchanged.changed = nil
	}
	return c.Seq
}

func (f *fakeHub) Calls(since uint64) hub.Calls {
	if err := f.enter(context.Background(), "Calls", hub.ID{}); err != nil {
		return hub.Calls{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	from := min(int(since), len(f.exchanged.log))
	to := min(from+256, len(f.exchanged.log))
	return hub.Calls{List: slices.Clone(f.exchanged.log[from:to])}
}

func (f *fakeHub) NextCalls(ctx context.Context, since uint64) (hub.Calls, error) {
	if err := f.enter(ctx, "NextCalls", hub.ID{}); err != nil {
		return hub.Calls{}, err
	}
	for {
		if calls := f.Calls(since); len(calls.List) > 0 {
			return calls, nil
		}
		f.mu.Lock()
		if f.exchanged.changed == nil {
			f.exchanged.changed = make(chan struct{})
		}
		changed := f.exchanged.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return hub.Calls{}, ctx.Err()
		}
	}
}

func (f *fakeHub) CallMethod(ctx context.Context, id hub.ID, m hub.MethodCall) (hub.MethodResult, error) {
	if err := f.enter(ctx, "CallMethod", id); err != nil {
		return hub.MethodResult{}, err
	}
	if f.exchanged.answer != nil {
		return f.exchanged.answer(id, m)
	}
	return hub.MethodResult{Status: 200, Payload: patch.Object(patch.Member{Key: "echo", Value: m.Payload}), Took: 14 * time.Millisecond}, nil
}

func (f *fakeHub) SendMessage(ctx context.Context, device string, m hub.Message) (hub.Sent, error) {
	if err := f.enter(ctx, "SendMessage", hub.ID{Device: device}); err != nil {
		return hub.Sent{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.exchanged.messages == nil {
		f.exchanged.messages = map[string][]hub.Message{}
	}
	f.exchanged.messages[device] = append(f.exchanged.messages[device], m)
	i := f.identities[hub.ID{Device: device}]
	i.CloudToDeviceMessageCount++
	f.identities[i.ID] = i
	if m.ID == "" {
		m.ID = fmt.Sprintf("made-up-%d", i.CloudToDeviceMessageCount)
	}
	return hub.Sent{ID: m.ID, At: time.Now().UTC(), Took: time.Millisecond}, nil
}

func (f *fakeHub) PurgeMessages(ctx context.Context, device string) (int, error) {
	if err := f.enter(ctx, "PurgeMessages", hub.ID{Device: device}); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.identities[hub.ID{Device: device}]
	n := i.CloudToDeviceMessageCount
	i.CloudToDeviceMessageCount = 0
	f.identities[i.ID] = i
	return n, nil
}

func (f *fakeHub) Feedback(ctx context.Context, ids []string) ([]hub.Feedback, error) {
	if err := f.enter(ctx, "Feedback", hub.ID{}); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var ours []hub.Feedback
	f.exchanged.feedback = slices.DeleteFunc(f.exchanged.feedback, func(r hub.Feedback) bool {
		if slices.Contains(ids, r.MessageID) {
			ours = append(ours, r)
			return true
		}
		return false
	})
	return ours, nil
}
