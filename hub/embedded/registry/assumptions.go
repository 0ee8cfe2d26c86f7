package registry

// Assumptions answer what the public documents of the service leave open, or answer in two ways.
// The zero value is a choice that every SDK can work with.
type Assumptions struct {
	// PutKeepsMissing is what a PUT of a twin does to tags or desired properties that its body does
	// not have: they are kept. Otherwise they are emptied, because PUT replaces the twin (Azure
	// REST reference: Devices - Replace Twin).
	PutKeepsMissing bool
	// NullSection is what a PATCH does whose tags or desired properties are null as a whole.
	NullSection NullSection
	// EmptyPatchWrites makes a PATCH with neither tags nor desired properties a write, which gives
	// the twin a new etag and version. Otherwise nothing changes.
	EmptyPatchWrites bool
	// SizeRule is how the size of tags and properties is measured.
	SizeRule SizeRule
	// NarrowIDs refuses new ids with a colon or a semicolon, which the OpenAPI document of the
	// service allows and the list in Azure docs, iot-hub-devguide-identity-registry ("Device
	// identity properties"), does not name. Otherwise they are allowed.
	NarrowIDs bool

	// ModuleCapabilities shows capabilities in the twins of modules too, with iotEdge false.
	// Otherwise only devices have them.
	ModuleCapabilities bool
	// ThumbprintCapitals writes PrimaryThumbprint and SecondaryThumbprint in twins of devices and
	// modules that have one. Otherwise those names begin with a small letter, as they do where
	// there is none.
	ThumbprintCapitals bool
	// ModuleTwinCreated makes $lastUpdated of a module's properties that were never written the
	// time when the module was created, as it is for devices. Otherwise it is the year 1.
	ModuleTwinCreated bool
}

// NullSection is what a PATCH does to a section of a twin for which it has null.
type NullSection uint8

const (
	// NullClears empties the section.
	NullClears NullSection = iota
	// NullRefused refuses the PATCH with ArgumentInvalid.
	NullRefused
	// NullIgnored is as if the section were not in the body.
	NullIgnored
)

// SizeRule is a way to measure a section against its limit.
type SizeRule uint8

const (
	// DocumentedSize counts the characters of keys and strings without control characters, 8 for a
	// number and 4 for a boolean (Azure docs: iot-hub-devguide-device-twins, "Device twin size").
	DocumentedSize SizeRule = iota
	// SerializedSize counts the bytes of the section as compact JSON.
	SerializedSize
)
