package registry

import (
	"slices"
	"strings"
)

// Precondition is an If-Match header. The zero Precondition is an absent header.
type Precondition struct {
	present bool
	any     bool
	etags   []string
}

// ParsePrecondition reads the value of an If-Match header, empty when there was none. Microsoft's
// SDKs write the star inside quotes, others without, and etags both ways; all are accepted. Several
// are separated by commas (RFC 9110 §13.1.1), which no etag of a hub contains.
func ParsePrecondition(header string) Precondition {
	header = strings.TrimSpace(header)
	if header == "" {
		return Precondition{}
	}
	p := Precondition{present: true}
	for etag := range strings.SplitSeq(header, ",") {
		etag = strings.TrimSpace(etag)
		// One client quotes an etag that is quoted already.
		for len(etag) >= 2 && etag[0] == '"' && etag[len(etag)-1] == '"' {
			etag = etag[1 : len(etag)-1]
		}
		p.any = p.any || etag == "*"
		p.etags = append(p.etags, etag)
	}
	return p
}

// Present says whether the request had a condition at all; a star counts.
func (p Precondition) Present() bool { return p.present }

// Holds says whether something with this etag, unquoted, meets the condition.
func (p Precondition) Holds(etag string) bool {
	return !p.present || p.any || slices.Contains(p.etags, etag)
}
