package registry

import "strings"

// ID names a device, or a module on a device. IDs are case-sensitive.
type ID struct {
	Device string
	Module string // empty for the device itself
}

// String returns device or device/module; neither part can contain a slash.
func (id ID) String() string {
	if id.Module == "" {
		return id.Device
	}
	return id.Device + "/" + id.Module
}

// maxIDLength is in bytes, which are characters: ids are ASCII.
const maxIDLength = 128

// Characters of ids besides letters and digits: those in the description of Device.deviceId in the
// service's OpenAPI document, and the same without what the prose of the docs does not name.
const (
	idCharacters       = "-:.+%_#*?!(),=@;$'"
	narrowIDCharacters = "-.+%_#*?!(),=@$'"
)

func validID(s, characters string) bool {
	if s == "" || len(s) > maxIDLength {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte(characters, c) >= 0:
		default:
			return false
		}
	}
	return true
}

// checkNewID says whether a user may create id.
func (a Assumptions) checkNewID(id ID) error {
	characters := idCharacters
	if a.NarrowIDs {
		characters = narrowIDCharacters
	}
	if !validID(id.Device, characters) {
		return argumentInvalid("a device id has 1 to 128 ASCII letters, digits or characters of %s", characters)
	}
	if id.Module == "" {
		return nil
	}
	if !validID(id.Module, characters) {
		return argumentInvalid("a module id has 1 to 128 ASCII letters, digits or characters of %s", characters)
	}
	if strings.HasPrefix(id.Module, "$") {
		return argumentInvalid("module ids that begin with $ belong to the hub")
	}
	return nil
}
