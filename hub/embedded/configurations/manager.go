package configurations

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"twindeck/hub/embedded/registry"
)

// Keeper is where configurations survive the end of the process.
type Keeper interface {
	// Put stores a value, durable when it returns.
	Put(key string, value []byte) error
	// Delete forgets a key, durable when it returns; a missing one is no error.
	Delete(key string) error
	// Each calls f with everything, in the order of the keys.
	Each(f func(key string, value []byte) error) error
}

// Options are what a Manager works with.
type Options struct {
	Registry *registry.Store
	Keeper   Keeper           // nil: memory only
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: discarded
	Limit    int              // how many configurations there can be; 0: 100, as in a paid hub
}

const defaultLimit = 100

// Manager holds the configurations of a hub and applies them in the background. It is made by
// New and ends with Close. Its methods may be called concurrently.
type Manager struct {
	opts Options

	writing sync.Mutex // held by a write from its check until it is durable
	mu      sync.Mutex
	all     map[string]*configuration
	last    time.Time // of the last write: versions differ in their times
	metrics metrics

	ranked atomic.Pointer[[]*configuration] // all, the one that comes first where they compete first
	work   work
	stop   context.CancelFunc
	ended  chan struct{}
}

// Document is a configuration as JSON with its etag, unquoted.
type Document struct {
	JSON []byte
	ETag string
}

// New returns the configurations that are kept, and starts to apply them.
func New(opts Options) (*Manager, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Limit == 0 {
		opts.Limit = defaultLimit
	}
	m := &Manager{opts: opts, all: map[string]*configuration{}, ended: make(chan struct{})}
	m.work.wake = make(chan struct{}, 1)
	if opts.Keeper != nil {
		if err := opts.Keeper.Each(m.load); err != nil {
			return nil, err
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	m.rank()
	opts.Registry.Watch(m.changed)
	go m.run(ctx)
	// What a crash interrupted goes on; a registry that is empty has nothing of that.
	if len(opts.Registry.List(registry.Devices, 0, 1)) > 0 {
		m.changedAll()
	}
	return m, nil
}

func (m *Manager) load(key string, value []byte) error {
	c := &configuration{}
	if err := json.Unmarshal(value, c); err != nil || c.ID != key {
		return fmt.Errorf("the configuration %q in the data file does not make sense", key)
	}
	if err := c.compile(); err != nil {
		return fmt.Errorf("the configuration %q in the data file: %w", key, err)
	}
	m.all[c.ID] = c
	if c.Updated.After(m.last) {
		m.last = c.Updated
	}
	return nil
}

// Close ends the work in the background and waits for its end.
func (m *Manager) Close() {
	m.opts.Registry.Watch(nil)
	m.stop()
	<-m.ended
}

// rank makes what the work in the background goes by. The caller holds mu, or is alone.
func (m *Manager) rank() {
	ranked := slices.Collect(maps.Values(m.all))
	slices.SortFunc(ranked, func(a, b *configuration) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	m.ranked.Store(&ranked)
}

var errPrecondition = &registry.Error{Status: 412, Number: 412001, Name: "PreconditionFailed", Message: "PreconditionFailed, ETag may be invalid."}

func notFound(id string) error {
	return &registry.Error{Status: 404, Number: 404301, Name: "ConfigurationNotFound", Message: fmt.Sprintf("Configuration %s not found", id)}
}

func exists(id string) error {
	return &registry.Error{Status: 409, Number: 409401, Name: "ConfigurationAlreadyExists", Message: fmt.Sprintf("Configuration with ID '%s' already exists.", id)}
}

// condition reads an If-Match header. Unlike identities, configurations take an etag inside
// quotes alone: any other header counts as none.
func condition(ifMatch string) registry.Precondition {
	ifMatch = strings.TrimSpace(ifMatch)
	quoted := len(ifMatch) >= 2 && strings.HasPrefix(ifMatch, `"`) && strings.HasSuffix(ifMatch, `"`)
	if quoted || ifMatch == "*" {
		return registry.ParsePrecondition(ifMatch)
	}
	return registry.Precondition{}
}

// Put creates a configuration, or under an If-Match header, empty for none, updates it. The
// content of an update must be there and is ignored: it never changes. Errors that are an
// *registry.Error are refusals.
func (m *Manager) Put(id string, body []byte, ifMatch string) (Document, error) {
	c, err := parse(id, body)
	if err != nil {
		return Document{}, err
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	old, others := m.find(id)
	cond := condition(ifMatch)
	switch {
	case old == nil && cond.Present():
		return Document{}, notFound(id)
	case old == nil && others >= m.opts.Limit:
		return Document{}, &registry.Error{
			Status: 413, Number: 413101, Name: "ConfigurationCountLimitExceeded",
			Message: fmt.Sprintf("The hub has %d configurations already", others),
		}
	case old == nil:
		c.Created, c.Version = m.time(), 1
		c.Updated = c.Created
	case !cond.Present():
		return Document{}, exists(id)
	case !cond.Holds(old.etag()):
		return Document{}, errPrecondition
	default:
		c.Content, c.Created, c.Updated, c.Version = old.Content, old.Created, m.time(), old.Version+1
	}
	if err := c.compile(); err != nil {
		return Document{}, err
	}
	if m.opts.Keeper != nil {
		text, err := json.Marshal(c)
		if err != nil {
			return Document{}, err
		}
		if err := m.opts.Keeper.Put(id, text); err != nil {
			return Document{}, err
		}
	}
	m.set(id, c)
	return Document{c.document(nil), c.etag()}, nil
}

// time returns the time of a write, which no other write has. The caller holds writing.
func (m *Manager) time() time.Time {
	const tick = 100 * time.Nanosecond // of the digest
	now := m.opts.Now().UTC().Truncate(tick)
	if !now.After(m.last) {
		now = m.last.Add(tick)
	}
	m.last = now
	return now
}

func (m *Manager) find(id string) (c *configuration, total int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[id], len(m.all)
}

// set makes c the configuration called id, nil for none, and has it applied.
func (m *Manager) set(id string, c *configuration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c == nil {
		delete(m.all, id)
	} else {
		m.all[id] = c
	}
	m.rank()
	m.changedAll()
}

// Delete removes a configuration, under an If-Match header when there is one. What it wrote
// stays.
func (m *Manager) Delete(id, ifMatch string) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	old, _ := m.find(id)
	switch {
	case old == nil:
		return notFound(id)
	case !condition(ifMatch).Holds(old.etag()):
		return errPrecondition
	}
	if m.opts.Keeper != nil {
		if err := m.opts.Keeper.Delete(id); err != nil {
			return err
		}
	}
	m.set(id, nil)
	return nil
}

// Get returns a configuration with its metrics. It blocks for a moment when they have to be
// counted again, and returns older ones when that takes longer.
func (m *Manager) Get(ctx context.Context, id string) (Document, error) {
	if c, _ := m.find(id); c == nil {
		return Document{}, notFound(id)
	}
	m.count(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.all[id]
	if c == nil {
		return Document{}, notFound(id)
	}
	return Document{c.document(m.metrics.results[id]), c.etag()}, nil
}

// List returns all configurations by their ids, as Get does.
func (m *Manager) List(ctx context.Context) []Document {
	m.count(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	docs := []Document{}
	for _, id := range slices.Sorted(maps.Keys(m.all)) {
		docs = append(docs, Document{m.all[id].document(m.metrics.results[id]), m.all[id].etag()})
	}
	return docs
}
