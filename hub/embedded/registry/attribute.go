package registry

import (
	"strconv"
	"strings"

	"twindeck/hub/embedded/ordered"
)

// rootAttributes are the members that a twin's document can have.
var rootAttributes = []string{
	"deviceId", "moduleId", "etag", "deviceEtag", "status", "statusReason", "statusUpdateTime",
	"connectionState", "lastActivityTime", "cloudToDeviceMessageCount", "authenticationType",
	"x509Thumbprint", "modelId", "version", "tags", "properties", "capabilities", "deviceScope",
	"parentScopes", "configurations",
}

// canonical finds them by their spelling and by that in lower case.
var canonical = func() map[string]string {
	names := map[string]string{}
	for _, name := range rootAttributes {
		names[name] = name
		names[strings.ToLower(name)] = name
	}
	return names
}()

// AttributeName returns a twin's root attribute in the spelling of documents; queries may write
// it in any case. Other names are returned as they are.
func AttributeName(name string) string {
	if known, ok := canonical[name]; ok {
		return known
	}
	if known, ok := canonical[strings.ToLower(name)]; ok {
		return known
	}
	return name
}

// Attribute returns the value at a path into the twin's document; ok is false when there is
// none. The first step is found without regard to case, as in the service's queries. What
// conditions ask for most is answered without writing the document.
func (t Twin) Attribute(path []string) (v ordered.Value, ok bool) {
	if len(path) == 0 {
		return ordered.Value{}, false
	}
	root := AttributeName(path[0])
	if v, ok = t.scalar(root); ok {
		return v, len(path) == 1
	}
	switch root {
	case "tags":
		if len(t.tags) <= len("{}") {
			return ordered.Value{}, false
		}
		return found(ordered.Find(t.tags, path[1:]...))
	case "properties":
		if len(path) > 2 && path[1] == "desired" {
			return t.desired.attribute(path[2:])
		}
		if len(path) > 2 && path[1] == "reported" {
			return t.reported.attribute(path[2:])
		}
	case "capabilities":
		if !t.hasCapabilities() {
			return ordered.Value{}, false
		}
		return found(ordered.Find(`{"iotEdge":`+strconv.FormatBool(t.edge)+`}`, path[1:]...))
	case "parentScopes":
		return found(ordered.Find(t.more.parents, path[1:]...))
	case "configurations":
		return found(ordered.Find(t.more.configurations, path[1:]...))
	case "moduleId", "statusReason", "deviceScope":
		return ordered.Value{}, false // scalar has them when the twin does
	default:
		if canonical[root] == "" {
			return ordered.Value{}, false
		}
	}
	path = append([]string{root}, path[1:]...)
	return found(ordered.Find(string(t.AppendJSON(nil)), path...))
}

// scalar returns a root attribute that is not an object.
func (t Twin) scalar(root string) (v ordered.Value, ok bool) {
	switch root {
	case "deviceId":
		return ordered.NewString(t.ID.Device), true
	case "moduleId":
		return ordered.NewString(t.ID.Module), t.ID.Module != ""
	case "etag":
		return ordered.NewString(t.ETag), true
	case "status":
		return ordered.NewString(statusName(t.disabled)), true
	case "statusReason":
		return ordered.NewString(t.more.statusReason), t.more.statusReason != ""
	case "deviceScope":
		return ordered.NewString(t.more.scope), t.more.scope != ""
	case "connectionState":
		return ordered.NewString(connectionState(t.connected)), true
	case "lastActivityTime":
		return ordered.NewString(formatTime(t.lastActivity)), true
	case "authenticationType":
		return ordered.NewString(t.auth.String()), true
	case "modelId":
		return ordered.NewString(t.more.modelID), true
	case "version":
		return ordered.NewNumber(itoa(t.version)), true
	}
	return ordered.Value{}, false
}

// attribute returns the value at a path into the section, of which the hub's own members are
// $metadata and $version.
func (s section) attribute(path []string) (v ordered.Value, ok bool) {
	switch path[0] {
	case "$metadata":
		return found(ordered.Find(s.stamps(), path[1:]...))
	case "$version":
		return ordered.NewNumber(itoa(s.version)), len(path) == 1
	}
	return found(ordered.Find(s.properties, path...))
}

func found(text string, ok bool) (ordered.Value, bool) {
	if !ok {
		return ordered.Value{}, false
	}
	return ordered.Stored(text), true
}
