package iothub

import (
	"context"
	"errors"
	"strconv"
	"strings"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// The topics of twin requests (Azure docs: iot-mqtt-connect-to-iot-hub, "Retrieving a
// device twin's properties" and "Update device twin's reported properties").
const (
	twinAnswers  = "$iothub/twin/res/#"
	twinAnswer   = "$iothub/twin/res/"
	twinGet      = "$iothub/twin/GET/?$rid="
	desiredPatch = "$iothub/twin/PATCH/properties/desired/" // with the version behind it, which the library keeps to itself
	twinReported = "$iothub/twin/PATCH/properties/reported/?$rid="
)

// Response is the hub's answer to a twin request.
type Response struct {
	Status  int    // as HTTP's
	Version int64  // reported.$version after a patch; 0 when the hub named none
	Body    []byte // the twin of a read
	Err     error  // why there is no answer; the other fields are zero then
}

// ReadTwin asks for the twin. then is called exactly once, with the answer in its place
// among the patches that arrive, or with the reason why none will come; it runs in the
// connection's read loop and must return at once.
func (l *Link) ReadTwin(then func(Response)) { _ = l.request(twinGet, nil, then) }

// Report sends a patch of the reported properties and waits for the answer. noted, when
// not nil, is called as ReadTwin's then, before Report returns.
func (l *Link) Report(ctx context.Context, patch []byte, noted func(Response)) (Response, error) {
	answer := make(chan Response, 1)
	rid := l.request(twinReported, patch, func(r Response) {
		if noted != nil {
			noted(r)
		}
		answer <- r
	})
	select {
	case r := <-answer:
		return r, r.Err
	case <-ctx.Done():
		if then := l.take(rid); then != nil {
			then(Response{Err: context.Cause(ctx)})
		}
		return Response{}, context.Cause(ctx)
	}
}

// request returns the id under which then waits for its answer.
func (l *Link) request(topic string, body []byte, then func(Response)) (rid string) {
	l.mu.Lock()
	if l.pending == nil {
		l.mu.Unlock()
		<-l.done
		then(Response{Err: l.err})
		return ""
	}
	l.rid++
	rid = strconv.FormatUint(l.rid, 16)
	l.pending[rid] = l.answered(topic+rid, body, then)
	l.mu.Unlock()
	if err := l.publish(topic+rid, body); err != nil {
		if then := l.take(rid); then != nil {
			then(Response{Err: err})
		}
	}
	return rid
}

// take removes a pending request; whoever gets it must answer it.
func (l *Link) take(rid string) func(Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	then := l.pending[rid]
	delete(l.pending, rid)
	return then
}

func (l *Link) onDesired(payload []byte) {
	l.notified(payload)
	l.cfg.OnDesired(payload)
}

func (l *Link) onTwinAnswer(_ paho.Client, m paho.Message) {
	status, rid, version, err := parseTwinAnswer(m.Topic())
	if err != nil {
		l.cfg.Log.Warn("twin answer ignored", "err", err)
		return
	}
	if then := l.take(rid); then != nil {
		then(Response{Status: status, Version: version, Body: m.Payload()})
	}
}

// parseTwinAnswer reads "$iothub/twin/res/{status}/?$rid={rid}[&$version={n}]". Ids are
// compared as they were sent, so nothing is unescaped.
func parseTwinAnswer(topic string) (status int, rid string, version int64, err error) {
	rest, ok := strings.CutPrefix(topic, twinAnswer)
	if !ok {
		return 0, "", 0, errors.New("not a twin answer")
	}
	code, query, ok := strings.Cut(rest, "/?")
	if !ok {
		return 0, "", 0, errors.New("a twin answer without properties")
	}
	if status, err = strconv.Atoi(code); err != nil || status < 100 || status > 999 {
		return 0, "", 0, errors.New("a twin answer without a status")
	}
	properties := topicProperties(query)
	if rid = properties["$rid"]; rid == "" {
		return 0, "", 0, errors.New("a twin answer without a request id")
	}
	if v := properties["$version"]; v != "" {
		if version, err = strconv.ParseInt(v, 10, 64); err != nil {
			return 0, "", 0, errors.New("a twin answer with a malformed version")
		}
	}
	return status, rid, version, nil
}

// topicProperties splits "a=b&c=d"; the first of a repeated name counts.
func topicProperties(query string) map[string]string {
	properties := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if _, seen := properties[name]; !seen {
			properties[name] = value
		}
	}
	return properties
}
