package embedded

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Announcement is what a client needs to know of a running hub. It holds keys: it is for
// the one who started the hub.
type Announcement struct {
	ConnectionString string            `json:"connectionString"` // of the policy iothubowner
	Policies         map[string]string `json:"policies"`         // connection strings by policy
	HTTPS            string            `json:"https"`            // HOST:PORT of the REST API
	MQTTS            string            `json:"mqtts"`            // HOST:PORT of MQTT over TLS
	CAFile           string            `json:"caFile"`           // where the CA certificate was written; may be empty

	order []string // the policies as a hub lists them
}

// Announce returns what a client needs to know of the hub, with the file its CA certificate
// was written to.
func (s *Server) Announce(caFile string) Announcement {
	a := Announcement{
		ConnectionString: s.ConnectionString("iothubowner"),
		Policies:         map[string]string{},
		HTTPS:            s.HTTPSAddress(),
		MQTTS:            s.MQTTSAddress(),
		CAFile:           caFile,
		order:            s.Policies(),
	}
	for _, p := range a.order {
		a.Policies[p] = s.ConnectionString(p)
	}
	return a
}

// WriteJSON writes the announcement as one line for a script. It blocks as w does.
func (a Announcement) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(a) }

// WriteText writes the announcement for a reader. It blocks as w does.
func (a Announcement) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString("The embedded IoT Hub is ready, for this machine only. ctrl+c ends it.\n\n")
	fmt.Fprintf(&b, "  HTTPS           %s\n  MQTT over TLS   %s\n  CA certificate  %s\n\n", a.HTTPS, a.MQTTS, a.CAFile)
	for _, p := range a.order {
		fmt.Fprintf(&b, "%s\n  %s\n", p, a.Policies[p])
	}
	_, err := io.WriteString(w, b.String())
	return err
}
