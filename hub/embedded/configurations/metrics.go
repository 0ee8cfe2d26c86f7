package configurations

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/query"
)

// The two kinds of metrics, as documents call them.
const (
	systemMetrics = "systemMetrics"
	customMetrics = "metrics"
)

// metrics are the numbers that were counted last. They are guarded by Manager.mu.
type metrics struct {
	results map[string]map[string]map[string]int // by configuration, kind and name
	counted time.Time
	took    time.Duration
	waiting chan struct{} // closed after the next counting; nil: nobody waits for it
}

const (
	// freshFor is how long numbers count as new; longer in a hub where counting takes long.
	freshFor = 100 * time.Millisecond
	// patience is how long a reader waits for new numbers.
	patience = 300 * time.Millisecond
)

// count has the metrics counted, unless they are new, and waits a moment for that.
func (m *Manager) count(ctx context.Context) {
	m.mu.Lock()
	if time.Since(m.metrics.counted) < max(freshFor, 10*m.metrics.took) {
		m.mu.Unlock()
		return
	}
	if m.metrics.waiting == nil {
		m.metrics.waiting = make(chan struct{})
	}
	done := m.metrics.waiting
	m.mu.Unlock()
	m.wake()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	case <-m.ended:
	}
}

// measure counts all metrics if somebody waits for them.
func (m *Manager) measure(ctx context.Context) {
	m.mu.Lock()
	done := m.metrics.waiting
	m.metrics.waiting = nil
	m.mu.Unlock()
	if done == nil {
		return
	}
	defer close(done)
	began := time.Now()
	results := map[string]map[string]map[string]int{}
	for _, c := range *m.ranked.Load() {
		results[c.ID] = map[string]map[string]int{
			systemMetrics: m.countEach(ctx, c.systemQueries()),
			customMetrics: m.countEach(ctx, c.Queries),
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.metrics.results, m.metrics.counted, m.metrics.took = results, time.Now(), time.Since(began)
}

// countEach returns the number of results of each query.
func (m *Manager) countEach(ctx context.Context, queries map[string]string) map[string]int {
	counts := map[string]int{}
	for name, text := range queries {
		n, err := m.results(ctx, text)
		if err != nil {
			m.opts.Log.Debug("configurations: a metric could not be counted", "metric", name, "reason", err)
			continue
		}
		counts[name] = n
	}
	return counts
}

func (m *Manager) results(ctx context.Context, text string) (n int, err error) {
	q, err := query.Parse(text)
	if err != nil {
		return 0, err
	}
	const page = 1000
	for continuation := ""; ; {
		p, err := q.Run(ctx, query.Sources{Twins: m.opts.Registry}, continuation, page)
		if err != nil {
			return 0, err
		}
		n += len(p.Items)
		if continuation = p.Continuation; continuation == "" {
			return n, nil
		}
	}
}

// systemQueries are the metrics that every configuration has.
func (c *configuration) systemQueries() map[string]string {
	target := strings.TrimSpace(c.Target)
	if target == "" {
		return nil
	}
	source, ids := "devices", "deviceId"
	if c.content.family == modules {
		source, ids = "devices.modules", "deviceId, moduleId"
	}
	targeted := fmt.Sprintf("SELECT %s FROM %s WHERE %s", ids, source, target)
	switch {
	case c.content.family == edge && target == "*":
		targeted = "SELECT deviceId FROM devices WHERE capabilities.iotEdge = true"
	case c.content.family == edge:
		targeted = fmt.Sprintf("SELECT deviceId FROM devices WHERE capabilities.iotEdge = true AND (%s)", target)
	case target == "*":
		targeted = fmt.Sprintf("SELECT %s FROM %s", ids, source)
	case len(target) > 4 && strings.EqualFold(target[:4], "FROM"):
		targeted = fmt.Sprintf("SELECT %s %s", ids, target)
	}
	applied := fmt.Sprintf("configurations.[[%s]].status = 'Applied'", c.ID)
	if c.content.family != edge {
		return map[string]string{
			"targetedCount": targeted,
			"appliedCount":  fmt.Sprintf("SELECT %s FROM %s WHERE %s", ids, source, applied),
		}
	}
	of := "SELECT deviceId FROM devices.modules WHERE moduleId = '$edgeAgent' AND " + applied
	current := of + " AND properties.desired.$version = properties.reported.lastDesiredVersion AND properties.reported.lastDesiredStatus.code "
	return map[string]string{
		"targetedCount":           targeted,
		"appliedCount":            of,
		"reportedSuccessfulCount": current + "= 200",
		"reportedFailedCount":     current + "!= 200",
	}
}

// checkMetric says whether a metric's query can be run.
func checkMetric(text string) error {
	q, err := query.Parse(text)
	if err == nil && q.Collection() == query.Jobs {
		err = query.ErrSyntax
	}
	return err
}

// TestQueries says what is wrong with a target condition and with queries of metrics, in the
// document that the service answers with. A star, which configurations take, it does not.
func TestQueries(body []byte) ([]byte, error) {
	var b struct {
		Target  *string           `json:"targetCondition"`
		Queries map[string]string `json:"customMetricQueries"`
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, argumentInvalid("the body is not a set of queries")
	}
	w := ordered.NewWriter(nil)
	if b.Target != nil && *b.Target != "" {
		if err := testTarget(strings.TrimSpace(*b.Target)); err != nil {
			w.String("targetConditionError", err.Error())
		}
	}
	wrong := map[string]string{}
	for name, text := range b.Queries {
		if err := checkMetric(text); err != nil {
			wrong[name] = err.Error()
		}
	}
	w.Raw("customMetricQueryErrors", object(wrong))
	return w.Close(), nil
}

func testTarget(text string) error {
	if text == "*" {
		return query.ErrSyntax
	}
	_, err := parseTarget(text, devices)
	if err != nil {
		if _, other := parseTarget(text, modules); other == nil {
			return nil
		}
	}
	return err
}
