package draft

import (
	"fmt"
	"sync"
)

// Memory is a [Store] that lasts as long as the program, for when there is no folder. Nobody else
// works in it, so that what it lists was left by the program itself. The zero value is ready.
type Memory struct {
	mu    sync.Mutex
	count int
	kept  map[string]Draft
}

// List implements [Store].
func (m *Memory) List(hub string) ([]Draft, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var drafts []Draft
	for _, d := range m.kept {
		if d.Hub == hub {
			drafts = append(drafts, d)
		}
	}
	return drafts, nil
}

// Name implements [Store].
func (m *Memory) Name() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count++
	return fmt.Sprint(m.count)
}

// Save implements [Store].
func (m *Memory) Save(d Draft) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]Draft{}
	}
	m.kept[d.Name] = d
	return nil
}

// Remove implements [Store].
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, name)
	return nil
}
