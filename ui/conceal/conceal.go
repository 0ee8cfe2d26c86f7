// Package conceal finds in text what an audience must not see: keys, SAS tokens, connection strings
// and the names of hosts.
package conceal

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Set is what is known to be secret, besides what looks like it. The zero value is ready, and its
// methods are safe for concurrent use.
type Set struct {
	mu    sync.RWMutex
	known []string // in lower case
}

const (
	maxKnown = 512 // of the newest
	shortest = 4   // bytes of what may be added: less would be found everywhere
	// cutAfter is how much of something known is recognised where it was cut off.
	cutAfter = 6
)

// Add makes texts known to be secret, wherever they stand and in any case.
func (s *Set) Add(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range texts {
		text = strings.ToLower(text)
		if len(text) < shortest || slices.Contains(s.known, text) {
			continue
		}
		s.known = append(s.known, text)
	}
	if n := len(s.known); n > maxKnown {
		s.known = slices.Clone(s.known[n-maxKnown:])
	}
}

// AddHost makes a host known, given with or without a port: its name, and for a hub of Azure's the
// first part of that, which is what people call the hub.
func (s *Set) AddHost(host string) {
	name, _, _ := strings.Cut(host, ":")
	s.Add(host, name)
	if first, rest, ok := strings.Cut(name, "."); ok && strings.Contains(rest, ".") {
		s.Add(first)
	}
}

// secrets are what keys, tokens, connection strings and hosts look like. What is in the group is
// hidden, or all of it where there is none.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\bHostName=([^;\s"',]+)`),
	regexp.MustCompile(`(?i)\bSharedAccessKey=([^;\s"',&]+)`),
	regexp.MustCompile(`(?i)\bSharedAccessSignature[ =]([^\s"',]+)`),
	regexp.MustCompile(`(?i)\b(?:sig|sr)=([^&\s"',]+)`),
	regexp.MustCompile(`(?i)[a-z0-9][a-z0-9-]*\.azure-devices(?:-provisioning)?\.[a-z]+(?::\d+)?`), // of any hub, in every cloud
	regexp.MustCompile(`(?i)[a-z0-9][a-z0-9-]*\.servicebus\.[a-z.]+`),
	regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}\b`),
	regexp.MustCompile(`(?i)\blookup ([^\s:]+)`),
	// A symmetric key: 16 bytes or more in base64 (Azure docs: iot-hub-devguide-identity-registry).
	// An etag is shorter. Without padding it cannot be told from an id, but is known when it was read.
	regexp.MustCompile(`[A-Za-z0-9+/]{22,}={1,2}`),
}

// span is a part of a text, from a byte to a byte.
type span struct{ from, to int }

// spans returns what is secret in a text of one line, in order and without overlaps.
func (s *Set) spans(text string) []span {
	var found []span
	for _, pattern := range secrets {
		for _, at := range pattern.FindAllStringSubmatchIndex(text, -1) {
			if len(at) > 2 {
				at = at[2:]
			}
			found = append(found, span{at[0], at[1]})
		}
	}
	found = append(found, s.knownIn(text)...)
	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := found[:0]
	for _, f := range found {
		if n := len(merged); n > 0 && f.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, f.to)
			continue
		}
		merged = append(merged, f)
	}
	return merged
}

// knownIn finds what is known, also the beginning of it in front of an ellipsis.
func (s *Set) knownIn(text string) []span {
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a letter whose other case takes another number of bytes
		lower = asciiLower(text)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []span
	for _, known := range s.known {
		for at := 0; ; {
			i := strings.Index(lower[at:], known)
			if i < 0 {
				break
			}
			found = append(found, span{at + i, at + i + len(known)})
			at += i + len(known)
		}
	}
	for at := 0; ; {
		i := strings.Index(lower[at:], cell.Ellipsis)
		if i < 0 {
			return found
		}
		end := at + i
		for _, known := range s.known {
			for n := min(len(known), end); n >= cutAfter; n-- {
				if strings.HasSuffix(lower[:end], known[:n]) {
					found = append(found, span{end - n, end})
					break
				}
			}
		}
		at = end + len(cell.Ellipsis)
	}
}

func asciiLower(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}

// Holds reports whether there is a secret in a text of any number of lines.
func (s *Set) Holds(text string) bool {
	for line := range strings.Lines(text) {
		if len(s.spans(line)) > 0 {
			return true
		}
	}
	return false
}

// Cover returns text with as many characters, each of a secret covered.
func (s *Set) Cover(text string) string {
	spans := s.spans(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, sp := range spans {
		b.WriteString(text[at:sp.from])
		b.WriteString(strings.Repeat(theme.Cover, utf8.RuneCountInString(text[sp.from:sp.to])))
		at = sp.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// Text returns text with a mask in the place of every secret, whatever its length.
func (s *Set) Text(text string) string {
	spans := s.spans(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, sp := range spans {
		b.WriteString(text[at:sp.from])
		b.WriteString(theme.Masked)
		at = sp.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// Frame returns what is drawn on a screen, styles and all, with every cell of a secret covered. It is
// the last resort for text that was laid out before it had to be hidden.
func (s *Set) Frame(content string) string {
	lines := strings.Split(content, "\n")
	for i, line := range lines {
		plain := ansi.Strip(line)
		if spans := s.spans(plain); len(spans) > 0 {
			lines[i] = cover(line, spans)
		}
	}
	return strings.Join(lines, "\n")
}

// cover writes a dot over every cell of the spans, which count the bytes of the line without its
// escape sequences.
func cover(line string, spans []span) string {
	var b strings.Builder
	at := 0 // in the plain line
	var state byte
	for line != "" {
		seq, width, n, next := ansi.DecodeSequence(line, state, nil)
		state, line = next, line[n:]
		if width == 0 {
			b.WriteString(seq)
			continue
		}
		for len(spans) > 0 && spans[0].to <= at {
			spans = spans[1:]
		}
		if len(spans) > 0 && spans[0].from < at+len(seq) {
			b.WriteString(strings.Repeat("•", width))
		} else {
			b.WriteString(seq)
		}
		at += len(seq)
	}
	return b.String()
}
