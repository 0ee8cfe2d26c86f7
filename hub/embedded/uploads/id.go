package uploads

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// The id of an upload is the base64 of when it began, a GUID, the file and a version, as the
// service's are. Half of the GUID proves that the hub made the id for the device, so that one that
// has been forgotten can be told from one that never was.

const (
	idTime    = "200601021504"
	idVersion = "ver2.0"
)

func (u *Uploads) newID(device, file string, now time.Time) string {
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails: it ends the program instead
	began := now.Format(idTime)
	return base64.StdEncoding.EncodeToString([]byte(began + "_" + u.guid(device, file, began, nonce[:]) + "_" + file + "_" + idVersion))
}

func (u *Uploads) guid(device, file, began string, nonce []byte) string {
	mac := hmac.New(sha256.New, u.opts.Key)
	_, _ = fmt.Fprintf(mac, "%x\n%s\n%s\n%s", nonce, began, device, file)
	proof := mac.Sum(nil)
	return fmt.Sprintf("%x-%x-%x-%x-%x", nonce[:4], nonce[4:6], nonce[6:], proof[:2], proof[2:8])
}

// hasExpired says whether an id is one that the hub has made for a device, of an upload that must
// have expired meanwhile.
func (u *Uploads) hasExpired(device, id string) bool {
	text, err := base64.StdEncoding.DecodeString(id)
	if err != nil {
		return false
	}
	began, rest, _ := strings.Cut(string(text), "_")
	guid, rest, _ := strings.Cut(rest, "_")
	file, ok := strings.CutSuffix(rest, "_"+idVersion)
	var nonce []byte
	if n, err := fmt.Sscanf(strings.ReplaceAll(guid, "-", ""), "%16x", &nonce); err != nil || n != 1 || len(nonce) != 8 || !ok {
		return false
	}
	since, err := time.Parse(idTime, began)
	if err != nil || !hmac.Equal([]byte(guid), []byte(u.guid(device, file, began, nonce))) {
		return false
	}
	// The minute that the id began in is over, and so is the life of its token.
	return !u.opts.Now().Before(since.Add(u.opts.Limits.TokenLife))
}
