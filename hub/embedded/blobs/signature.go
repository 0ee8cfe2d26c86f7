package blobs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// Tokens that let a client at one blob, in the form of a service SAS of the version 2018-03-28
// (REST reference: storageservices/create-service-sas).

const sasVersion = "2018-03-28"

// Token returns the query, with its question mark, with which a client may read and write the
// blob called name until then, which counts in whole seconds.
func (s *Store) Token(name string, until time.Time) string {
	q := url.Values{"sp": {"rw"}, "se": {until.UTC().Format(time.RFC3339)}, "sv": {sasVersion}, "sr": {"b"}}
	return "?sv=" + sasVersion + "&sr=b&sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(s.signature(name, q))) +
		"&se=" + url.QueryEscape(q.Get("se")) + "&sp=rw"
}

// signature signs the fields of a token for a blob.
func (s *Store) signature(name string, q url.Values) []byte {
	mac := hmac.New(sha256.New, s.opts.Key)
	mac.Write([]byte(strings.Join([]string{
		q.Get("sp"), q.Get("st"), q.Get("se"), "/blob/" + s.opts.Account + "/" + s.opts.Container + "/" + name,
		q.Get("si"), q.Get("sip"), q.Get("spr"), q.Get("sv"),
		q.Get("rscc"), q.Get("rscd"), q.Get("rsce"), q.Get("rscl"), q.Get("rsct"),
	}, "\n")))
	return mac.Sum(nil)
}

// permitted says whether a token lets its bearer do what needs one of the permissions, as it is
// now.
func (s *Store) permitted(q url.Values, name, permissions string) *problem {
	given, err := base64.StdEncoding.DecodeString(q.Get("sig"))
	if err != nil || q.Get("sr") != "b" || q.Get("sv") != sasVersion || !hmac.Equal(given, s.signature(name, q)) {
		return problemOf("AuthenticationFailed")
	}
	until, err := time.Parse(time.RFC3339, q.Get("se"))
	if err != nil || !s.opts.Now().Before(until) {
		return problemOf("AuthenticationFailed")
	}
	if !strings.ContainsAny(q.Get("sp"), permissions) {
		return problemOf("AuthorizationPermissionMismatch")
	}
	return nil
}
