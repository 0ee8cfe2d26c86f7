// Package configurations is automatic device management: configurations that write their desired
// properties to all twins that meet a condition, deployments to edge devices among them, and
// count how far they got (Azure docs: iot-hub-automatic-device-management).
//
// Of all configurations that target a twin, the one with the highest priority writes to it, the
// newest among equals. It writes once: whoever changes the properties afterwards is not overruled
// until the configuration is updated or another takes over. A layered deployment writes on top of
// a deployment with a lower priority. What was written stays when a configuration goes.
package configurations

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
)

// configuration is one version of a configuration. It never changes.
type configuration struct {
	ID            string            `json:"id"`
	SchemaVersion string            `json:"schemaVersion"`
	Labels        map[string]string `json:"labels"` // nil: never set
	Content       json.RawMessage   `json:"content"`
	Target        string            `json:"targetCondition"`
	Priority      int64             `json:"priority"`
	Queries       map[string]string `json:"metricQueries"`
	Created       time.Time         `json:"created"`
	Updated       time.Time         `json:"updated"`
	Version       uint64            `json:"version"`

	content content
	target  *query.Query // nil: nobody
}

// body is the document of a PUT. Names match without regard to case, as in the service; members
// that only the hub writes are ignored.
type body struct {
	ID            string            `json:"id"`
	SchemaVersion string            `json:"schemaVersion"`
	Labels        map[string]string `json:"labels"`
	Content       json.RawMessage   `json:"content"`
	Target        string            `json:"targetCondition"`
	Priority      int64             `json:"priority"`
	Metrics       struct {
		Queries map[string]string `json:"queries"`
	} `json:"metrics"`
}

var validID = regexp.MustCompile(`^[a-z0-9\-+%_*!']{1,128}$`)

func invalid(number int, name, format string, args ...any) *registry.Error {
	return &registry.Error{Status: 400, Number: number, Name: name, Message: fmt.Sprintf(format, args...)}
}

func argumentInvalid(text string) *registry.Error {
	return invalid(400004, "ArgumentInvalid", "%s", text)
}

// parse reads the document of a PUT to id. It must be compiled before it is used.
func parse(id string, text []byte) (*configuration, error) {
	var b body
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, argumentInvalid("the body is not a configuration")
	}
	switch {
	case !validID.MatchString(id):
		return nil, argumentInvalid("a configuration id has 1 to 128 lower-case letters, digits or characters of -+%_*!'")
	case b.ID != "" && b.ID != id:
		return nil, argumentInvalid("the id in the body is not the id in the address")
	case b.Priority < 0:
		return nil, argumentInvalid("a priority is not negative")
	}
	if _, err := parseContent(b.Content); err != nil {
		return nil, err
	}
	return &configuration{
		ID: id, SchemaVersion: b.SchemaVersion, Labels: b.Labels, Content: b.Content,
		Target: b.Target, Priority: b.Priority, Queries: b.Metrics.Queries,
	}, nil
}

// compile makes out of the texts what is worked with.
func (c *configuration) compile() (err error) {
	if c.content, err = parseContent(c.Content); err != nil {
		return err
	}
	if c.target, err = parseTarget(c.Target, c.content.family); err != nil {
		return invalid(400401, "InvalidConfigurationTargetCondition", "%v", err)
	}
	for name, text := range c.Queries {
		if err := checkMetric(text); err != nil {
			return invalid(400404, "InvalidConfigurationCustomMetricsQuery", "metric %s: %v", name, err)
		}
	}
	return nil
}

// digest tells versions of configurations apart, in .NET ticks as the service writes it. Time
// alone could repeat itself.
func (c *configuration) digest() string {
	return strconv.FormatInt(c.Updated.UnixNano()/100+621_355_968_000_000_000, 10)
}

func (c *configuration) etag() string {
	return base64.StdEncoding.EncodeToString(strconv.AppendUint(nil, c.Version, 10))
}

// before says whether c comes before other where both target a twin.
func (c *configuration) before(other *configuration) bool {
	switch {
	case c.Priority != other.Priority:
		return c.Priority > other.Priority
	case !c.Created.Equal(other.Created):
		return c.Created.After(other.Created)
	}
	return c.ID < other.ID
}

// document writes the configuration as REST shows it.
func (c *configuration) document(results map[string]map[string]int) []byte {
	w := ordered.NewWriter(nil)
	w.String("id", c.ID)
	w.StringOrNull("schemaVersion", c.SchemaVersion)
	w.Raw("labels", encode(c.Labels))
	w.Raw("content", c.content.text)
	w.String("targetCondition", c.Target)
	w.String("createdTimeUtc", formatTime(c.Created))
	w.String("lastUpdatedTimeUtc", formatTime(c.Updated))
	w.Int("priority", c.Priority)
	metrics := func(name string, queries map[string]string) {
		w.Object(name, func(w *ordered.Writer) {
			w.Raw("results", object(results[name]))
			w.Raw("queries", object(queries))
		})
	}
	metrics(systemMetrics, c.systemQueries())
	metrics(customMetrics, c.Queries)
	w.String("etag", c.etag())
	return w.Close()
}

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.9999999Z") }

// encode writes maps of texts and numbers, which always encode; nil is null.
func encode(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// object is encode with {} for nil.
func object[V any](m map[string]V) string {
	if m == nil {
		return "{}"
	}
	return encode(m)
}
