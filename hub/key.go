package hub

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// Key is a symmetric key in base64. It prints as a mask with every verb of fmt and in
// JSON and slog, so that it cannot slip into a log or an error; [Key.Reveal] is the one
// way out. Keys are comparable. The zero Key is no key.
type Key struct {
	// A handle rather than a string: fmt reaches into unexported fields of the structs
	// around a Key without asking the Key, and finds an address there.
	secret unique.Handle[string]
}

const keyMask = "********"

// NewKey wraps a base64 key. An empty one is the zero Key.
func NewKey(base64 string) Key {
	if base64 == "" {
		return Key{}
	}
	return Key{unique.Make(base64)}
}

// Reveal returns the key itself. Whoever calls it is about to sign with it or was told by the user to show it.
func (k Key) Reveal() string {
	if k.IsZero() {
		return ""
	}
	return k.secret.Value()
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k == Key{} }

// String returns a mask, or "" for the zero Key.
func (k Key) String() string {
	if k.IsZero() {
		return ""
	}
	return keyMask
}

// GoString returns the mask.
func (k Key) GoString() string { return fmt.Sprintf("%q", k.String()) }

// Format prints the mask for every verb.
func (k Key) Format(f fmt.State, verb rune) {
	text := k.String()
	if verb == 'q' || f.Flag('#') {
		text = k.GoString()
	}
	_, _ = io.WriteString(f, text) // an fmt.State never fails
}

// MarshalText returns the mask, for JSON and every other encoding of text.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue returns the mask.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
