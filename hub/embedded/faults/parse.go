package faults

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// Grammar describes the rules that Set reads, for the help of a command.
const Grammar = `A fault is words with colons between them: what fails, how, and how often.

What fails (everything when it is left out):
  https                     requests; and of those only
  devices twins query methods jobs configurations messages files statistics
                            what is about these, or
  /twins/d1                 paths that begin like this;
                            GET PUT PATCH POST DELETE behind it chooses the method
  mqtt                      what devices do; and of that only, with mqtt: before it,
  connect get-twin patch-reported notify-desired invoke-method send-telemetry
  connack puback suback publish
                            single packets to devices
  connections               every new connection, of both kinds

How:
  412 429 500 503           answered with this status (https, get-twin, patch-reported)
  latency=200ms             late; may stand beside another
  drop                      not answered: the connection is closed
  lose                      carried out, but the answer breaks off (https);
                            not delivered, or never acknowledged (mqtt)
  tear                      the connection ends in the middle of the packet (packets)
  repeat  overtaken         delivered twice, or behind the next one (notify-desired)
  refuse  refuse=5          turned away, with this code of MQTT (connect, connections)

How often (always when it is left out):
  times=2                   the first two times
  every=10                  every tenth time
  device=d1  device=d1/m1   only this device or module (mqtt); a colon in it is %3A

  restart=30s               the hub restarts so often

Examples: twins:PATCH:429:every=10   mqtt:connect:refuse=3:times=2   latency=200ms`

// areas are the groups of requests that have a name.
var areas = map[string]func(path string) bool{
	"https":          func(string) bool { return true },
	"devices":        func(p string) bool { return under(p, "/devices") && !under(p, "/devices/query") },
	"twins":          func(p string) bool { return under(p, "/twins") && !isMethod(p) },
	"query":          func(p string) bool { return under(p, "/devices/query") },
	"methods":        isMethod,
	"jobs":           func(p string) bool { return under(p, "/jobs") },
	"configurations": func(p string) bool { return under(p, "/configurations") },
	"messages":       func(p string) bool { return strings.Contains(p, "/messages/") },
	"files":          isFile,
	"statistics":     func(p string) bool { return under(p, "/statistics") },
}

func under(path, prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }

func isMethod(path string) bool {
	return under(path, "/twins") && strings.HasSuffix(strings.TrimSuffix(path, "/"), "/methods")
}

// isFile is about the uploads of a device, and the container that they go to.
func isFile(path string) bool {
	parts := strings.Split(path, "/")
	return under(path, "/uploads") || under(path, "/devices") && len(parts) > 3 && parts[3] == "files"
}

var httpMethods = []string{"GET", "PUT", "PATCH", "POST", "DELETE"}

// operations are what devices do, and packets single packets to them.
var (
	operations = map[string]gateway.Operation{
		"connect": gateway.Connect, "get-twin": gateway.GetTwin, "patch-reported": gateway.PatchReported,
		"notify-desired": gateway.NotifyDesired, "invoke-method": gateway.InvokeMethod, "send-telemetry": gateway.SendTelemetry,
	}
	packets = map[string]gateway.Operation{
		"connack": gateway.SendConnack, "puback": gateway.SendPuback, "suback": gateway.SendSuback, "publish": gateway.SendPublish,
	}
)

// spec is a fault as it was read.
type spec struct {
	https, mqtt, connections bool // what fails: none of them is all of the first two
	request                  requestMatch
	operation                gateway.Operation // of mqtt; empty: all
	packet                   bool              // the operation is a single packet

	status           int
	delay, restart   time.Duration
	drop, lose, tear bool
	repeat, overtake bool
	refuse           bool
	code             mqtt.ReturnCode
	how              frequency
	id               registry.ID
	effects          int
}

// Set adds the rule that text describes, see Grammar. The error is one sentence. After it
// nothing has changed.
func (f *Faults) Set(text string) error {
	s, err := parse(text)
	if err != nil {
		return fmt.Errorf("the fault %q is not understood: %w", text, err)
	}
	switch {
	case s.restart > 0:
		f.mu.Lock()
		f.restart = s.restart
		f.mu.Unlock()
		return nil
	case s.connections:
		add(f, &f.sockets, struct{}{}, s.how, true)
		return nil
	}
	if !s.mqtt {
		add(f, &f.requests, s.request, s.how, rest.Fault{Delay: s.delay, Drop: s.drop, Status: s.status, LoseAnswer: s.lose})
	}
	if !s.https {
		fault := gateway.Fault{Delay: s.delay, Drop: s.drop, Lose: s.lose, Tear: s.tear, Repeat: s.repeat, Overtaken: s.overtake, Code: s.code, Status: s.status}
		chosen := []gateway.Operation{s.operation}
		if s.operation == "" {
			chosen = chosen[:0]
			for _, op := range operations {
				chosen = append(chosen, op)
			}
		}
		for _, op := range chosen {
			add(f, &f.devices, deviceMatch{op, s.id}, s.how, fault)
		}
	}
	return nil
}

// parse reads one rule.
func parse(text string) (spec, error) {
	s := spec{how: frequency{left: Always}}
	words := strings.Split(text, ":")
	words = words[s.target(words):]
	for _, word := range words {
		name, value, valued := strings.Cut(word, "=")
		read, ok := readers[name]
		if status, err := strconv.Atoi(word); err == nil {
			read, value, valued, ok = (*spec).readStatus, strconv.Itoa(status), true, true
		}
		if !ok {
			return spec{}, fmt.Errorf("%q is neither a fault nor how often it happens", word)
		}
		if err := read(&s, value, valued); err != nil {
			return spec{}, err
		}
	}
	return s, s.check()
}

// target reads what fails and returns how many words that took.
func (s *spec) target(words []string) (n int) {
	first := words[0]
	switch area, ok := areas[first]; {
	case ok || strings.HasPrefix(first, "/"):
		s.https, s.request.area = true, area
		if !ok {
			s.request.prefix = first
		}
		if len(words) > 1 && slices.Contains(httpMethods, words[1]) {
			s.request.method = words[1]
			return 2
		}
		return 1
	case first == "connections":
		s.connections = true
		return 1
	case first != "mqtt":
		return 0
	}
	s.mqtt = true
	if len(words) > 1 {
		if s.operation = operations[words[1]]; s.operation != "" {
			return 2
		}
		if s.operation = packets[words[1]]; s.operation != "" {
			s.packet = true
			return 2
		}
	}
	return 1
}

// readers read the words behind the target by their names.
var readers = map[string]func(s *spec, value string, valued bool) error{
	"latency": func(s *spec, value string, _ bool) (err error) {
		s.delay, err = duration("latency", value)
		return err
	},
	"restart": func(s *spec, value string, _ bool) (err error) {
		s.restart, err = duration("restart", value)
		return err
	},
	"drop":      func(s *spec, _ string, valued bool) error { return s.effect(&s.drop, valued) },
	"lose":      func(s *spec, _ string, valued bool) error { return s.effect(&s.lose, valued) },
	"tear":      func(s *spec, _ string, valued bool) error { return s.effect(&s.tear, valued) },
	"repeat":    func(s *spec, _ string, valued bool) error { return s.effect(&s.repeat, valued) },
	"overtaken": func(s *spec, _ string, valued bool) error { return s.effect(&s.overtake, valued) },
	"refuse": func(s *spec, value string, valued bool) error {
		s.code = mqtt.ServerUnavailable
		if valued {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > 5 {
				return errors.New("a code to refuse with is from 1 to 5")
			}
			s.code = mqtt.ReturnCode(n)
		}
		return s.effect(&s.refuse, false)
	},
	"times": func(s *spec, value string, _ bool) (err error) {
		s.how.left, err = positive("times", value)
		return err
	},
	"every": func(s *spec, value string, _ bool) (err error) {
		s.how.every, err = positive("every", value)
		return err
	},
	"device": (*spec).readDevice,
}

func (s *spec) effect(set *bool, valued bool) error {
	if valued {
		return errors.New("drop, lose, tear, repeat and overtaken have no value")
	}
	*set = true
	s.effects++
	return nil
}

func (s *spec) readStatus(value string, _ bool) error {
	status, err := strconv.Atoi(value)
	if err != nil || status < 400 || status > 599 {
		return errors.New("a status to fail with is from 400 to 599")
	}
	s.status = status
	s.effects++
	return nil
}

func (s *spec) readDevice(value string, _ bool) error {
	text, err := url.PathUnescape(value)
	device, module, _ := strings.Cut(text, "/")
	if err != nil || device == "" {
		return errors.New("device= needs the id of a device, perhaps with a slash and that of a module")
	}
	s.id = registry.ID{Device: device, Module: module}
	return nil
}

// maxDuration bounds what a hub that was asked to wait waits.
const maxDuration = time.Hour

func duration(name, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > maxDuration {
		return 0, fmt.Errorf("%s= needs a time of up to an hour, for example 200ms or 2s", name)
	}
	return d, nil
}

func positive(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s= needs a whole number from 1", name)
	}
	return n, nil
}

// check refuses what makes no sense together.
func (s *spec) check() error {
	anywhere := !s.https && !s.mqtt && !s.connections
	connect := s.mqtt && s.operation == gateway.Connect
	twin := s.mqtt && (s.operation == gateway.GetTwin || s.operation == gateway.PatchReported)
	alone := s.effects == 0 && s.delay == 0 && s.id == registry.ID{} && s.how == frequency{left: Always}
	switch {
	case s.restart > 0 && (!anywhere || !alone):
		return errors.New("restart= stands alone")
	case s.restart > 0:
		return nil
	case s.effects == 0 && s.delay == 0:
		return errors.New("it does not say how to fail, for example with 503, drop or latency=200ms")
	case s.effects > 1:
		return errors.New("it has more than one way to fail: use two faults")
	case s.connections && (!s.refuse || s.delay > 0):
		return errors.New("connections can only be refused")
	case s.refuse && !connect && !s.connections:
		return errors.New("only connections and mqtt:connect can be refused")
	case s.status != 0 && !s.https && !twin:
		return errors.New("only https, mqtt:get-twin and mqtt:patch-reported have a status")
	case (s.repeat || s.overtake) && (!s.mqtt || s.operation != gateway.NotifyDesired):
		return errors.New("only mqtt:notify-desired can be repeated or overtaken")
	case s.tear && !s.packet:
		return errors.New("only a packet can be torn, for example mqtt:puback")
	case s.packet && !s.tear && !s.lose, s.packet && s.delay > 0:
		return errors.New("a packet can only be lost or torn")
	case s.lose && connect:
		return errors.New("a connect cannot be lost: lose mqtt:connack")
	case !s.mqtt && s.id != registry.ID{}:
		return errors.New("only mqtt can be about one device: give https a path")
	}
	return nil
}
