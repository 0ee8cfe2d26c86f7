package profile

import (
	"errors"
	"slices"
	"strings"
)

// Profile is a hub under a name of the user's, and how they want to be treated on it.
type Profile struct {
	Name string `toml:"-"` // any text without control characters

	// Where its connection string is: exactly one of these is set.
	ConnectionStringFile string `toml:"connection-string-file"` // an absolute path
	ConnectionStringEnv  string `toml:"connection-string-env"`  // the name of a variable
	ConnectionString     Secret `toml:"connection-string"`

	CAFile      string `toml:"ca-file"`      // an absolute path; empty: the system's roots
	MQTTAddress string `toml:"mqtt-address"` // HOST:PORT; empty: that of the connection string and 8883

	Color      Color `toml:"color"`
	ReadOnly   bool  `toml:"read-only"`  // nothing is written to it
	Production bool  `toml:"production"` // what cannot be undone wants to be confirmed twice
	Tier       Tier  `toml:"tier"`
}

// Color is the name of a colour that a hub is told apart by, one of [Colors]; empty: none.
type Color string

// Colors returns the names of the colours there are.
func Colors() []string {
	return []string{"red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"}
}

// ParseColor returns the colour of a name in any case.
func ParseColor(name string) (Color, error) {
	if name = strings.ToLower(name); !slices.Contains(Colors(), name) {
		return "", errors.New("color is one of " + strings.Join(Colors(), ", "))
	}
	return Color(name), nil
}

// Tier is the tier of a hub, one of [Tiers], whose quotas calls are held to; empty: what the hub
// says, or else S1.
type Tier string

// Tiers returns the names of the tiers; "none" is a hub without quotas.
func Tiers() []string { return []string{"F1", "S1", "S2", "S3", "none"} }

// ParseTier returns the tier of a name in any case.
func ParseTier(name string) (Tier, error) {
	for _, t := range Tiers() {
		if strings.EqualFold(t, name) {
			return Tier(t), nil
		}
	}
	return "", errors.New("tier is one of " + strings.Join(Tiers(), ", "))
}

// Secret is a text that does not print. The zero Secret is empty.
type Secret struct{ text *string } // fmt prints the address of it, also within other structs

// NewSecret wraps text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns a mask, "" for the empty Secret.
func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return "********"
}

// GoString returns the mask.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// MarshalText returns the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
