package configurations

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
)

// work is what the background has to do.
type work struct {
	wake chan struct{} // has one slot

	mu      sync.Mutex
	all     bool                // every device has to be looked at
	devices map[string]struct{} // otherwise these
}

// maxDirty is how many changed devices are remembered; more are as good as all.
const maxDirty = 4096

// scanRows is how many devices are read at once.
const scanRows = 256

// changed notes that a device, its modules or their twins have changed. The registry is locked.
func (m *Manager) changed(device string) {
	if len(*m.ranked.Load()) == 0 {
		return
	}
	m.work.mu.Lock()
	if !m.work.all {
		if m.work.devices == nil {
			m.work.devices = map[string]struct{}{}
		}
		m.work.devices[device] = struct{}{}
		if len(m.work.devices) > maxDirty {
			m.work.all, m.work.devices = true, nil
		}
	}
	m.work.mu.Unlock()
	m.wake()
}

// changedAll notes that every device has to be looked at.
func (m *Manager) changedAll() {
	m.work.mu.Lock()
	m.work.all, m.work.devices = true, nil
	m.work.mu.Unlock()
	m.wake()
}

func (m *Manager) wake() {
	select {
	case m.work.wake <- struct{}{}:
	default:
	}
}

func (w *work) take() (all bool, devices map[string]struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, devices = w.all, w.devices
	w.all, w.devices = false, nil
	return all, devices
}

// run works until ctx is done.
func (m *Manager) run(ctx context.Context) {
	defer close(m.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.work.wake:
		}
		all, devices := m.work.take()
		if all {
			m.evaluateAll(ctx)
		}
		for device := range devices {
			if ctx.Err() != nil {
				return
			}
			m.evaluate(device)
		}
		m.measure(ctx)
	}
}

func (m *Manager) evaluateAll(ctx context.Context) {
	for after := registry.Cursor(0); ctx.Err() == nil; {
		rows := m.opts.Registry.List(registry.Devices, after, scanRows)
		if len(rows) == 0 {
			return
		}
		for _, row := range rows {
			if ctx.Err() != nil {
				return
			}
			m.apply(row.Twin)
			after = row.Next
		}
	}
}

// evaluate applies the configurations to one device and its modules, if it still exists.
func (m *Manager) evaluate(device string) {
	if twin, err := m.opts.Registry.Twin(registry.ID{Device: device}); err == nil {
		m.apply(twin)
	}
}

// effect is what configurations are to do to one twin.
type effect struct {
	applied  map[string]bool     // by configuration, all that target the twin
	settings []registry.Settings // of those that are applied, the one that wins last
}

func (e *effect) add(c *configuration, applied bool, values []registry.Setting) {
	if e.applied == nil {
		e.applied = map[string]bool{}
	}
	e.applied[c.ID] = applied
	if applied && len(values) > 0 {
		e.settings = append(e.settings, registry.Settings{By: c.ID, Digest: c.digest(), Values: values})
	}
}

// statuses writes what the twin shows; refused says that the settings could not be written.
func (e *effect) statuses(refused bool) string {
	if len(e.applied) == 0 {
		return ""
	}
	w := ordered.NewWriter(nil)
	for _, id := range slices.Sorted(maps.Keys(e.applied)) {
		status := "Targeted"
		if e.applied[id] && !refused {
			status = "Applied"
		}
		w.Object(id, func(w *ordered.Writer) { w.String("status", status) })
	}
	return string(w.Close())
}

// apply brings a device and its modules to what the configurations want.
func (m *Manager) apply(device registry.Twin) {
	ranked := *m.ranked.Load()
	var own effect
	m.compete(&own, ranked, devices, &device)
	deployments := targeting(ranked, edge, &device)
	if !device.Edge() {
		deployments = nil
	}
	running := deployed(deployments)
	for _, c := range deployments {
		own.add(c, slices.Contains(running, c), nil)
	}
	m.write(device, own)
	for _, c := range running {
		m.create(device.ID.Device, c.content.brings)
	}
	for _, row := range m.opts.Registry.OfDevice(registry.Modules, device.ID.Device, 0) {
		var e effect
		for _, c := range deployments {
			if values, ok := c.content.settings[row.Twin.ID.Module]; ok && !slices.Contains(running, c) {
				e.add(c, false, values)
			}
		}
		for _, c := range running {
			if values, ok := c.content.settings[row.Twin.ID.Module]; ok {
				e.add(c, true, values)
			}
		}
		m.compete(&e, ranked, modules, &row.Twin)
		m.write(row.Twin, e)
	}
}

// targeting returns the configurations of a family that target a twin, in their order.
func targeting(ranked []*configuration, f family, twin *registry.Twin) []*configuration {
	var found []*configuration
	for _, c := range ranked {
		if c.content.family == f && c.target != nil && c.target.Matches(twin) {
			found = append(found, c)
		}
	}
	return found
}

// compete lets the first configuration of a family that targets the twin write to it.
func (m *Manager) compete(e *effect, ranked []*configuration, f family, twin *registry.Twin) {
	for i, c := range targeting(ranked, f, twin) {
		e.add(c, i == 0, c.content.settings[""])
	}
}

// deployed returns the deployments that are applied, each on top of those before it: the first
// that is not layered, and the layered ones that come before it.
func deployed(targeting []*configuration) []*configuration {
	base := slices.IndexFunc(targeting, func(c *configuration) bool { return !c.content.layered })
	if base < 0 {
		return nil
	}
	running := slices.Clone(targeting[:base+1])
	slices.Reverse(running)
	return running
}

// refusedMark stands before the writers that could not write, so that they do not try again.
const refusedMark = "refused "

// write brings a twin to an effect, if it is not there yet.
func (m *Manager) write(twin registry.Twin, e effect) {
	have := twin.Configured()
	want := registry.Configured{Statuses: e.statuses(false), Writers: registry.WritersOf(e.settings)}
	settings := e.settings
	switch have.Writers {
	case want.Writers:
		settings = nil
	case refusedMark + want.Writers:
		settings, want = nil, registry.Configured{Statuses: e.statuses(true), Writers: have.Writers}
	}
	if have == want {
		return
	}
	err := m.opts.Registry.ConfigureTwin(twin.ID, settings, want)
	if refusal := (*registry.Error)(nil); errors.As(err, &refusal) && refusal.Status == 400 {
		m.opts.Log.Warn("configurations: cannot be applied", "twin", twin.ID.String(), "reason", refusal.Message)
		err = m.opts.Registry.ConfigureTwin(twin.ID, nil, registry.Configured{Statuses: e.statuses(true), Writers: refusedMark + want.Writers})
	}
	if err != nil {
		m.opts.Log.Debug("configurations: a twin could not be written", "twin", twin.ID.String(), "reason", err)
	}
}

// create gives a device the modules that a deployment brings.
func (m *Manager) create(device string, names []string) {
	for _, name := range names {
		id := registry.ID{Device: device, Module: name}
		if m.opts.Registry.FindCallee(id) == nil {
			continue
		}
		if _, err := m.opts.Registry.PutIdentity(id, []byte(`{"managedBy":"iotEdge"}`), registry.Precondition{}); err != nil {
			m.opts.Log.Debug("configurations: a module could not be created", "module", id.String(), "reason", err)
		}
	}
}
