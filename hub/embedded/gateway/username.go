package gateway

import (
	"errors"
	"net/url"
	"strings"

	"twindeck/hub/embedded/registry"
)

// maxID is the length of a device or module id.
const maxID = 128

// Errors of the identity a client claims.
var (
	errClientID = errors.New("the client id is not of the form device or device/module")
	errUsername = errors.New("the user name does not name the host, the client id and then options")
)

// parseIdentity reads the identity out of a client id, which is device or
// device/module, and checks that the user name claims the same one:
// host/device[/module][/[?]options]. Ids may contain a question mark and
// options may come without one, so the client id, which has neither, decides
// where the ids end. The host is not checked: the SAS token names the resource
// that counts. model is the model-id option, empty when there is none; other
// options are ignored, the api-version included.
func parseIdentity(clientID, username string) (id registry.ID, model string, err error) {
	device, module, isModule := strings.Cut(clientID, "/")
	if !plausible(device) || isModule && !plausible(module) {
		return id, "", errClientID
	}
	_, claimed, ok := strings.Cut(username, "/")
	if !ok {
		return id, "", errUsername
	}
	rest, ok := strings.CutPrefix(claimed, clientID)
	if !ok || rest != "" && rest[0] != '/' {
		return id, "", errUsername
	}
	options := strings.TrimPrefix(rest, "/")
	if strings.Contains(options, "/") {
		return id, "", errUsername
	}
	options, marked := strings.CutPrefix(options, "?")
	if options != "" && !marked && !strings.Contains(options, "api-version=") {
		return id, "", errUsername
	}
	for option := range strings.SplitSeq(options, "&") {
		name, value, _ := strings.Cut(option, "=")
		if name != "model-id" {
			continue
		}
		if model, err = url.PathUnescape(value); err != nil {
			return id, "", errUsername
		}
	}
	return registry.ID{Device: device, Module: module}, model, nil
}

// plausible says that a part of a client id can be looked up.
func plausible(part string) bool {
	return part != "" && len(part) <= maxID && !strings.Contains(part, "/")
}
