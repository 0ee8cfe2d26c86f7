package gateway

import (
	"strconv"
	"strings"

	"twindeck/hub/embedded/registry"
)

// Filters a device subscribes to, and the topics below them.
const (
	twinAnswers = "$iothub/twin/res/"
	twinDesired = "$iothub/twin/PATCH/properties/desired/"
	methodCalls = "$iothub/methods/POST/"
)

// Topics a device publishes to.
const (
	twinGet       = "$iothub/twin/GET/"
	twinReported  = "$iothub/twin/PATCH/properties/reported/"
	methodAnswers = "$iothub/methods/res/"
)

// unusedTopics begin what the service has and this hub takes without effect.
var unusedTopics = []string{"$iothub/POST/", "$iothub/credentials/", "$iothub/digitaltwin/"}

// ownTopic begins the topics that carry an identity's name, where ids stand
// unescaped.
func ownTopic(id registry.ID) string {
	if id.Module == "" {
		return "devices/" + id.Device
	}
	return "devices/" + id.Device + "/modules/" + id.Module
}

// allowedFilter says whether id may subscribe to a filter.
func allowedFilter(id registry.ID, filter string) bool {
	prefix, ok := strings.CutSuffix(filter, "#")
	if !ok {
		return false
	}
	switch prefix {
	case twinAnswers, twinDesired, methodCalls:
		return true
	}
	rest, ok := strings.CutPrefix(prefix, ownTopic(id))
	if !ok {
		// One SDK leaves its own name out (azure-sdk-for-c, AZ_IOT_HUB_CLIENT_C2D_SUBSCRIBE_TOPIC), and
		// gets no more than its own by it.
		if rest, ok = strings.CutPrefix(prefix, "devices/+"); !ok || id.Module != "" {
			return false
		}
	}
	switch rest {
	case "/messages/devicebound/":
		return true
	case "/", "/inputs/":
		return id.Module != ""
	}
	return false
}

// kind is what a message from a device is for.
type kind uint8

const (
	unknown  kind = iota
	unused        // known, without effect
	getTwin       // request
	reported      // request, version
	answer        // request, status
	event         // telemetry
)

// inbound is the meaning of a topic that a device published to.
type inbound struct {
	kind    kind
	request string // $rid, byte for byte; empty when there is none
	version string // $version, empty when there is none
	status  int
}

// parseTopic reads the topic of a message from id. What belongs to another
// identity is unknown.
func parseTopic(id registry.ID, topic string) inbound {
	var in inbound
	if rest, ok := strings.CutPrefix(topic, ownTopic(id)+"/messages/events"); ok {
		if rest == "" || rest[0] == '/' {
			in.kind = event
		}
		return in
	}
	for _, prefix := range unusedTopics {
		if strings.HasPrefix(topic, prefix) {
			in.kind = unused
			return in
		}
	}
	path, query, _ := strings.Cut(topic, "?")
	switch status, isAnswer := strings.CutPrefix(path, methodAnswers); {
	case path == twinGet:
		in.kind = getTwin
	case path == twinReported:
		in.kind = reported
	case isAnswer:
		n, err := strconv.ParseInt(strings.TrimSuffix(status, "/"), 10, 32)
		if err != nil {
			return in
		}
		in.kind, in.status = answer, int(n)
	default:
		return in
	}
	for parameter := range strings.SplitSeq(query, "&") {
		switch name, value, _ := strings.Cut(parameter, "="); name {
		case "$rid":
			in.request = value
		case "$version":
			in.version = value
		}
	}
	return in
}
