package form

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"twindeck/hub"
	"twindeck/ui/cell"
)

// checkReason returns why a hub would refuse the reason of a status, or "".
func checkReason(text string) string {
	if n := utf8.RuneCountInString(text); n > hub.MaxStatusReason {
		return fmt.Sprintf("%d characters long; %d are allowed", n, hub.MaxStatusReason)
	}
	return ""
}

// idSymbols are the characters besides ASCII letters and digits that an id may hold (Azure
// docs: iot-hub-devguide-identity-registry, "Device identity properties").
const idSymbols = `:.+%_#*?!(),=@;$'-`

// maxID is how long an id may be (same source).
const maxID = 128

// checkID returns why a hub would refuse an id, or "".
func checkID(id string, module bool) string {
	if id == "" {
		return "type an id"
	}
	if len(id) > maxID {
		return fmt.Sprintf("%d characters long; %d are allowed", len([]rune(id)), maxID)
	}
	for _, r := range id {
		switch {
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune(idSymbols, r):
		case r == ' ':
			return "a space is not allowed; use - or _"
		default:
			return fmt.Sprintf("%s is not allowed; use A-Z a-z 0-9 and %s", cell.Safe(string(r)), idSymbols)
		}
	}
	if module && strings.HasPrefix(id, "$") {
		return "$ in front is for the system modules of IoT Edge; begin with something else"
	}
	return ""
}

// checkKey returns why a hub would refuse a symmetric key, or "": it takes 16 to 64 bytes
// in base64 (Azure docs: iot-hub-devguide-identity-registry). It never repeats the key.
func checkKey(key string) string {
	if key == "" {
		return "type the key, or let the hub assign both"
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(key)
	if err != nil {
		return "not base64; copy the whole key with the = at its end"
	}
	if len(raw) < 16 || len(raw) > 64 {
		return fmt.Sprintf("%d bytes long; a key has 16 to 64", len(raw))
	}
	return ""
}
