package profile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// ConfigFile returns where profiles are read from: $XDG_CONFIG_HOME/twindeck/profiles.toml, or
// the same under ~/.config. It is empty when there is no home either.
func ConfigFile(getenv func(string) string) string {
	dir := folder(getenv("XDG_CONFIG_HOME"), ".config")
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "profiles.toml")
}

// maxConfig is more than any list of hubs takes, in bytes.
const maxConfig = 1 << 20

// Load reads the profiles of a file, ordered by name; none when there is no such file. What is
// wrong with the file is one sentence that names the line and shows no part of a secret. Paths in
// it are relative to its folder. It blocks on the file system.
func Load(file string) ([]Profile, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the profiles cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("the profiles cannot be read: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the profiles cannot be read: %w", err)
	case len(text) > maxConfig:
		return nil, fmt.Errorf("%s is far too large for a list of profiles; name the right file", file)
	}
	profiles, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", file, err)
	}
	open := info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" // which has no such bits
	for i := range profiles {
		p := &profiles[i]
		if open && p.ConnectionString != (Secret{}) {
			return nil, fmt.Errorf("%s holds a connection string and others may read it; run: chmod 600 %s", file, shellQuoted(file))
		}
		p.ConnectionStringFile = located(p.ConnectionStringFile, filepath.Dir(file))
		p.CAFile = located(p.CAFile, filepath.Dir(file))
	}
	return profiles, nil
}

// located makes a path absolute: one under the user's home that begins with ~/, any other under dir.
func located(path, dir string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return filepath.Join(dir, path)
}

// shellQuoted writes a path the way a shell takes it as one word.
func shellQuoted(path string) string {
	if strings.IndexFunc(path, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-", r)
	}) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// settings names what a profile may hold, for who misspelt it.
const settings = "connection-string-file, connection-string-env, connection-string, ca-file, mqtt-address, color, read-only, production and tier"

// parse reads the text of a file of profiles. An error begins with the line, or the profile, that
// it is about, and shows no value.
func parse(text []byte) ([]Profile, error) {
	var file struct {
		Hub map[string]Profile `toml:"hub"`
	}
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, explained(err)
	}
	// Again, for the texts that are not any text: only what reads a value knows its line.
	var words struct {
		Hub map[string]struct {
			Color colorWord `toml:"color"`
			Tier  tierWord  `toml:"tier"`
		} `toml:"hub"`
	}
	if err := toml.Unmarshal(text, &words); err != nil {
		return nil, explained(err)
	}
	profiles := make([]Profile, 0, len(file.Hub))
	for name, p := range file.Hub {
		p.Name, p.Color, p.Tier = name, words.Hub[name].Color.is, words.Hub[name].Tier.is
		profiles = append(profiles, p)
	}
	slices.SortFunc(profiles, func(a, b Profile) int { return cmp.Compare(a.Name, b.Name) })
	for i := range profiles {
		if err := profiles[i].check(); err != nil {
			return nil, err
		}
	}
	return profiles, nil
}

type (
	colorWord struct{ is Color }
	tierWord  struct{ is Tier }
)

func (w *colorWord) UnmarshalText(text []byte) (err error) {
	w.is, err = ParseColor(string(text))
	return err
}

func (w *tierWord) UnmarshalText(text []byte) (err error) {
	w.is, err = ParseTier(string(text))
	return err
}

// word is what may be repeated of a key: too short for a secret, and without digits.
var word = regexp.MustCompile(`^[A-Za-z_-]{1,32}$`)

// explained says what is wrong, and in which line, without the words of the library: those show
// what stands there.
func explained(err error) error {
	var (
		unknown *toml.StrictMissingError
		decode  *toml.DecodeError
	)
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := &unknown.Errors[0]
		line, _ := first.Position()
		key := first.Key()
		name := ""
		if n := len(key); n > 0 && word.MatchString(key[n-1]) {
			name = fmt.Sprintf(" %q", key[n-1])
		}
		if len(key) > 0 && key[0] != "hub" {
			return fmt.Errorf("line %d: there is no section%s; a hub is a section [hub.NAME]", line, name)
		}
		return fmt.Errorf("line %d: there is no setting%s; there are %s", line, name, settings)
	}
	if !errors.As(err, &decode) {
		return errors.New("line 1: this is not the list of profiles; it has sections [hub.NAME] with " + settings)
	}
	line, _ := decode.Position()
	setting := ""
	if key := decode.Key(); len(key) == 3 && key[0] == "hub" {
		setting = key[2]
	}
	switch setting {
	case "read-only", "production":
		return fmt.Errorf("line %d: %s is true or false, without quotes", line, setting)
	case "color":
		return fmt.Errorf("line %d: color is one of %s, in quotes", line, strings.Join(Colors(), ", "))
	case "tier":
		return fmt.Errorf("line %d: tier is one of %s, in quotes", line, strings.Join(Tiers(), ", "))
	case "connection-string-file", "connection-string-env", "connection-string", "ca-file", "mqtt-address":
		return fmt.Errorf("line %d: %s is a text in quotes, and given once", line, setting)
	}
	return fmt.Errorf(`line %d: this is not TOML, or out of place; a hub is a section [hub.NAME] with lines such as color = "red"`, line)
}

// maxName is how many characters a name may have.
const maxName = 64

// check says what is wrong with a profile that could be read.
func (p *Profile) check() error {
	switch {
	case holdsKey(p.Name):
		return errors.New("a [hub.NAME]: a name is not a connection string; put that into a file and name it with connection-string-file")
	case strings.TrimSpace(p.Name) == "" || utf8.RuneCountInString(p.Name) > maxName ||
		strings.ContainsFunc(p.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("a [hub.NAME]: a name has 1 to %d characters that can be printed", maxName)
	case holdsKey(p.ConnectionStringFile), holdsKey(p.CAFile):
		return fmt.Errorf("[hub.%s]: a connection string stands where the name of a file is wanted", p.Name)
	case holdsKey(p.ConnectionStringEnv):
		return fmt.Errorf("[hub.%s]: connection-string-env wants the name of a variable, not what is in it", p.Name)
	}
	sources := 0
	for _, given := range []bool{p.ConnectionStringFile != "", p.ConnectionStringEnv != "", p.ConnectionString != (Secret{})} {
		if given {
			sources++
		}
	}
	switch sources {
	case 0:
		return fmt.Errorf("[hub.%s]: say where its connection string is, with connection-string-file, connection-string-env or connection-string", p.Name)
	case 1:
		return nil
	}
	return fmt.Errorf("[hub.%s]: give one of connection-string-file, connection-string-env and connection-string, not several", p.Name)
}

// holdsKey reports whether a text that will be shown is a connection string or token.
func holdsKey(text string) bool { return strings.Contains(strings.ToLower(text), "sharedaccess") }

// Find returns the profile of a name, and false when there is none.
func Find(profiles []Profile, name string) (Profile, bool) {
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return profiles[i], true
}
