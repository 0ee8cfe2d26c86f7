package calls

import (
	"slices"
	"strings"

	"twindeck/hub"
)

// Where is how a shell reaches the hub that a call went to.
type Where struct {
	Host     string // with the port when it has one
	CAFile   string // of a hub that the system does not trust; may be empty
	Insecure bool   // it has a certificate that no file knows: that of the hub in this process
}

// token is how a command takes its token. A shell in which the variable is not set says what to do
// and does not run the command.
func (w Where) token() string {
	name, _, _ := strings.Cut(w.Host, ".")
	return `"Authorization: ${SAS:?set SAS to a token of the hub, as T in twindeck signs it, or: az iot hub generate-sas-token --hub-name ` + shellName(name) + ` --query sas -o tsv}"`
}

// shellName keeps of a name what a shell takes literally inside double quotes.
func shellName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, s)
}

// unsent are the headers that curl sets itself.
var unsent = []string{"Authorization", "Content-Length", "Host", "Accept-Encoding", "User-Agent", "Connection"}

// Curl returns a call of REST as a command for a POSIX shell, and a sentence about what keeps it from
// being the very same call, or "". The command holds no token. ok is false for a call that curl
// cannot make.
func Curl(c hub.Call, w Where) (command, caveat string, ok bool) {
	if c.Protocol != hub.REST {
		return "", "", false
	}
	target := c.Target
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	words := []string{"curl -i -X " + quote(c.Method) + " " + quote("https://"+w.Host+target), "-H " + w.token()}
	typed := false
	for _, f := range c.Sent.Fields {
		if slices.ContainsFunc(unsent, func(name string) bool { return strings.EqualFold(name, f.Name) }) {
			continue
		}
		typed = typed || strings.EqualFold(f.Name, "Content-Type")
		if f.Value == "" {
			words = append(words, "-H "+quote(f.Name+";"))
		} else {
			words = append(words, "-H "+quote(f.Name+": "+f.Value))
		}
	}
	if c.Sent.Size > 0 {
		if !typed {
			words = append(words, "-H "+quote("Content-Type:"))
		}
		words = append(words, "--data-raw "+quote(c.Sent.Body))
	}
	if strings.ContainsAny(target, "[]{}") {
		words = append(words, "-g")
	}
	switch {
	case w.CAFile != "":
		words = append(words, "--cacert "+quote(w.CAFile))
	case w.Insecure:
		words = append(words, "--insecure")
	}
	switch sent := c.Sent.Body + c.Target; {
	case c.Sent.Cut:
		caveat = "only the beginning of its body was kept; complete it first"
	case strings.Contains(sent, masked):
		caveat = "secrets in it are masked; complete them first"
	}
	return strings.Join(words, " \\\n  "), caveat, true
}

// masked is what a call has in the place of a secret.
const masked = "***"

// quote makes any text one word of a POSIX shell.
func quote(s string) string {
	special := func(r rune) bool {
		alphanumeric := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !alphanumeric && !strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", `'\''`) + "'"
}
