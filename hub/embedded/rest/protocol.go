package rest

import (
	"net/url"
	"regexp"
	"slices"

	"twindeck/hub/embedded/registry"
)

// ProtocolOptions answer what the public documents of the service leave open about requests and
// answers, whatever they are about. The zero value suits every client.
type ProtocolOptions struct {
	// APIVersions are the versions that are accepted, such as 2021-04-12; the hub behaves the same
	// for each. nil: every date, also with -preview behind it, and only garbage is refused.
	APIVersions []string
	// MissingAPIVersion accepts requests without an api-version; otherwise they are refused as those
	// with garbage are, because every operation is documented with one.
	MissingAPIVersion bool
	// BulkErrorNames makes errorCode in the result of a bulk request the name of the error, as in
	// the OpenAPI document of the service (DeviceRegistryOperationError); otherwise it is its number,
	// which clients that know the names read too.
	BulkErrorNames bool
	// TimeoutShape is the form of the refusal of a direct method that no device has answered in time.
	TimeoutShape registry.Shape
}

// apiVersion is the shape of all versions.
var apiVersion = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview)?$`)

// ValidAPIVersions says whether each of versions has the shape of one.
func ValidAPIVersions(versions []string) bool {
	return !slices.ContainsFunc(versions, func(v string) bool { return !apiVersion.MatchString(v) })
}

func (o ProtocolOptions) takesVersion(parameters url.Values) bool {
	version := parameters.Get("api-version")
	switch {
	case !parameters.Has("api-version"):
		return o.MissingAPIVersion
	case o.APIVersions != nil:
		return slices.Contains(o.APIVersions, version)
	}
	return apiVersion.MatchString(version)
}

// shape returns a refusal in the form that the options say.
func (o ProtocolOptions) shape(refusal *registry.Error) *registry.Error {
	if refusal != errNoAnswer {
		return refusal
	}
	shaped := *refusal
	shaped.Shape = o.TimeoutShape
	return &shaped
}
