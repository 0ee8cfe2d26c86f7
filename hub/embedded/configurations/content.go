package configurations

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
)

// family is the kind of twins that a configuration is for. Only configurations of one family
// compete with each other.
type family string

const (
	devices family = "deviceContent"  // the twins of devices
	modules family = "moduleContent"  // the twins of modules
	edge    family = "modulesContent" // a deployment: the twins of an edge device's modules
)

// content is what a configuration writes.
type content struct {
	family   family
	text     string                        // as it was given, compact
	settings map[string][]registry.Setting // by module in a deployment; otherwise under the empty name
	layered  bool                          // a deployment that only adds to another
	brings   []string                      // modules that a deployment brings with it
}

const (
	agent = "$edgeAgent"
	root  = "properties.desired"
)

func invalidContent(format string, args ...any) *registry.Error {
	return invalid(400402, "InvalidConfigurationContent", format, args...)
}

// parseContent reads the content of a configuration, of which there is exactly one kind.
func parseContent(text json.RawMessage) (content, error) {
	v, err := ordered.Parse(text)
	if err != nil || v.Kind() != ordered.Object {
		return content{}, invalidContent("a configuration needs content")
	}
	c := content{settings: map[string][]registry.Setting{}, text: v.String()}
	var part ordered.Value
	for _, m := range v.Members() {
		if m.Value.Kind() == ordered.Null {
			continue
		}
		i := slices.IndexFunc([]family{devices, modules, edge}, func(f family) bool { return strings.EqualFold(string(f), m.Key) })
		switch {
		case i < 0:
			return content{}, invalidContent("content has deviceContent, moduleContent or modulesContent")
		case c.family != "":
			return content{}, invalidContent("content has only one of deviceContent, moduleContent and modulesContent")
		}
		c.family, part = []family{devices, modules, edge}[i], m.Value
	}
	switch {
	case c.family == "":
		return content{}, invalidContent("a configuration needs content")
	case part.Kind() != ordered.Object:
		return content{}, invalidContent("%s is an object", c.family)
	case c.family == edge:
		return c, c.readDeployment(part)
	}
	c.settings[""], err = parseSettings(part)
	return c, err
}

// readDeployment reads modulesContent: settings by module.
func (c *content) readDeployment(part ordered.Value) error {
	c.layered = true
	for _, m := range part.Members() {
		settings, err := parseSettings(m.Value)
		if err != nil {
			return err
		}
		c.settings[m.Key] = settings
		if m.Key == agent && slices.ContainsFunc(settings, func(s registry.Setting) bool { return len(s.Path) == 0 }) {
			c.layered = false
		}
		if !strings.HasPrefix(m.Key, "$") {
			c.brings = append(c.brings, m.Key)
		}
	}
	if _, ok := c.settings[agent]; !ok {
		return invalidContent("modulesContent needs %s", agent)
	}
	for _, s := range c.settings[agent] {
		c.brings = append(c.brings, modulesOf(s)...)
	}
	slices.Sort(c.brings)
	c.brings = slices.Compact(c.brings)
	return nil
}

// modulesOf returns the modules that a setting tells the agent of an edge device to run.
func modulesOf(s registry.Setting) []string {
	switch {
	case len(s.Path) >= 2 && s.Path[0] == "modules":
		return []string{s.Path[1]}
	case len(s.Path) >= 2 || len(s.Path) == 1 && s.Path[0] != "modules":
		return nil
	}
	found := s.Value
	if len(s.Path) == 0 {
		found, _ = found.Get("modules")
	}
	var names []string
	for _, m := range found.Members() {
		names = append(names, m.Key)
	}
	return names
}

// parseSettings reads an object whose keys are paths into desired properties.
func parseSettings(part ordered.Value) ([]registry.Setting, error) {
	if part.Kind() != ordered.Object {
		return nil, invalidContent("what is to be written is an object")
	}
	settings := []registry.Setting{}
	for _, m := range part.Members() {
		var path []string
		if m.Key != root {
			below, ok := strings.CutPrefix(m.Key, root+".")
			if !ok {
				return nil, invalidContent("a key is %s, or %s and a path", root, root)
			}
			path = strings.Split(below, ".")
		}
		var refusal *registry.Error
		if err := registry.CheckDesired(path, m.Value); errors.As(err, &refusal) {
			return nil, invalidContent("%s", refusal.Message)
		}
		settings = append(settings, registry.Setting{Path: path, Value: m.Value})
	}
	return settings, nil
}

var errAttributes = errors.New("a target condition is about deviceId, moduleId, tags and properties.reported alone")

// parseTarget reads a target condition: what stands behind WHERE, for twins of modules with what
// stands behind SELECT *. A star is everybody, and nothing is nobody.
func parseTarget(text string, f family) (*query.Query, error) {
	text = strings.TrimSpace(text)
	var q *query.Query
	var err error
	switch {
	case text == "":
		return nil, nil
	case len(text) > 4 && strings.EqualFold(text[:4], "FROM"):
		q, err = query.Parse("SELECT * " + text)
	case text == "*" && f == modules:
		q, err = query.Parse("SELECT * FROM devices.modules")
	default:
		q, err = query.ParseCondition(text)
	}
	if err != nil {
		return nil, err
	}
	if wanted := map[bool]query.Collection{true: query.Modules, false: query.Devices}[f == modules]; q.Collection() != wanted {
		return nil, fmt.Errorf("a target condition of %s does not select the right kind of twins", f)
	}
	for _, path := range q.Attributes() {
		switch path[0] {
		case "deviceId", "moduleId", "tags":
		case "properties":
			if len(path) < 2 || path[1] != "reported" {
				return nil, errAttributes
			}
		default:
			return nil, errAttributes
		}
	}
	return q, nil
}
