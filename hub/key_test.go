package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="

func TestKeyIsMaskedHoweverItIsPrinted(t *testing.T) {
	key := NewKey(secret)
	holders := map[string]any{
		"key":               key,
		"pointer":           &key,
		"identity":          Identity{ID: ID{Device: "d"}, PrimaryKey: key, SecondaryKey: key},
		"new identity":      NewIdentity{Authentication: Authentication{PrimaryKey: key}},
		"connection string": ConnectionString{HostName: "localhost", Key: key},
		"slice":             []Key{key},
		"map":               map[string]Key{"k": key},
		"unexported field":  struct{ k Key }{key},
		"session options":   SessionOptions{Credentials: ConnectionString{Key: key}},
		"token":             Token{secret: key},
		"change":            SetAuthentication{Authentication{PrimaryKey: key}},
	}
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%T %v"}
	for name, holder := range holders {
		for _, verb := range verbs {
			args := []any{holder}
			if strings.Count(verb, "%") == 2 {
				args = append(args, holder)
			}
			if got := fmt.Sprintf(verb, args...); leaks(got) {
				t.Errorf("%s printed with %s shows the key: %s", name, verb, got)
			}
		}
		if name != "session options" { // it has functions, which no encoding takes
			if got, err := json.Marshal(holder); err != nil || leaks(string(got)) {
				t.Errorf("%s in JSON shows the key: %s, %v", name, got, err)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", holder)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", holder)
		if leaks(log.String()) {
			t.Errorf("%s in a log shows the key: %s", name, log.String())
		}
	}
	if got := fmt.Sprint(key); got != keyMask {
		t.Errorf("a key prints as %q", got)
	}
	if got := fmt.Sprintf("%v|%q", Key{}, Key{}); got != `|""` {
		t.Errorf("no key prints as %q", got)
	}
	if key.Reveal() != secret || (Key{}).Reveal() != "" {
		t.Error("Reveal does not return the key")
	}
	if key != NewKey(secret) || key == NewKey("b3RoZXI=") || NewKey("") != (Key{}) {
		t.Error("keys do not compare by their text")
	}
}

// leaks also looks for the key in the encodings of %x and %d.
func leaks(text string) bool {
	return strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) ||
		strings.Contains(text, "99 50 86") || strings.Contains(text, "c2Vjc")
}
