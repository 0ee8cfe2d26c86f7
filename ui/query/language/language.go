// Package language reads as much of the query language of an IoT Hub (Azure docs:
// iot-hub-devguide-query-language) as typing a query needs: its tokens, what can stand at the
// cursor, what looks unfinished, and which columns a query asks for. What a query means, and
// whether it is one, is for the hub to say: everything here takes any text.
package language

import (
	"slices"
	"strings"
)

// MaxLength is the longest query in characters that a hub takes (azure-iot-sdk-csharp issue 1680).
const MaxLength = 8192

// Source is the collection that a query looks through.
type Source uint8

// The collections. NoSource stands for a query that names none, or one that is not known.
const (
	NoSource Source = iota
	Devices
	Modules
	Jobs
)

var sources = map[string]Source{"devices": Devices, "devices.modules": Modules, "devices.jobs": Jobs}

var (
	sourceNames = []string{"devices", "devices.modules", "devices.jobs"}
	aggregates  = []string{"COUNT()", "AVG(", "SUM(", "MIN(", "MAX("}
	functions   = []string{"IS_DEFINED(", "STARTSWITH(", "ENDSWITH(", "ARRAY_CONTAINS("}
	operators   = []string{"=", "!=", "<", "<=", ">", ">=", "IN", "NIN", "AND", "OR", "GROUP BY"}
)

// twinAttributes are what every twin has at its root, the most asked for first.
var twinAttributes = []string{
	"deviceId", "moduleId", "tags", "status", "connectionState", "lastActivityTime", "properties.desired", "properties.reported",
	"capabilities.iotEdge", "deviceScope", "parentScopes", "authenticationType", "version", "etag", "deviceEtag", "modelId",
	"statusReason", "statusUpdateTime", "cloudToDeviceMessageCount", "x509Thumbprint.primaryThumbprint",
	"x509Thumbprint.secondaryThumbprint", "configurations",
}

// jobAttributes are what a row of devices.jobs has.
var jobAttributes = []string{
	"deviceId", "jobId", "jobType", "status", "startTimeUtc", "endTimeUtc", "createdDateTimeUtc", "lastUpdatedDateTimeUtc",
	"outcome", "error.code", "error.description",
}

// knownValues are the values that an attribute can have, by its name in lower case.
var knownValues = map[string][]string{
	"status":               {"'enabled'", "'disabled'"},
	"connectionstate":      {"'Connected'", "'Disconnected'"},
	"authenticationtype":   {"'sas'", "'selfSigned'", "'certificateAuthority'", "'none'"},
	"capabilities.iotedge": {"true", "false"},
	"moduleid":             {"'$edgeAgent'", "'$edgeHub'"},
}

// jobValues are those of jobs.
var jobValues = map[string][]string{
	"status":  {"'pending'", "'scheduled'", "'running'", "'completed'", "'failed'", "'cancelled'"},
	"jobtype": {"'scheduleUpdateTwin'", "'scheduleDeviceMethod'"},
}

// reserved are the words that name an attribute between [[ and ]] only.
var reserved = map[string]bool{
	"SELECT": true, "TOP": true, "AS": true, "FROM": true, "WHERE": true, "GROUP": true, "BY": true, "AND": true, "OR": true, "NOT": true,
	"IN": true, "NIN": true, "TRUE": true, "FALSE": true, "NULL": true, "UNDEFINED": true,
	"COUNT": true, "AVG": true, "SUM": true, "MIN": true, "MAX": true,
}

// canonical returns the name of an attribute at the root of a twin as the hub writes it: root
// names are the same in upper and lower case, all others are not.
func canonical(name string) string {
	for _, known := range twinAttributes {
		root, _, _ := strings.Cut(known, ".")
		if strings.EqualFold(root, name) {
			return root
		}
	}
	return name
}

// Spell returns the path of an attribute as a query names it, such as tags.site or
// tags.[[floor plan]], and false when no query can.
func Spell(path ...string) (string, bool) {
	var b strings.Builder
	for i, step := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		switch {
		case plainName(step) && !reserved[strings.ToUpper(step)]:
			b.WriteString(step)
		case step == "" || strings.ContainsAny(step, "[]\n\r"):
			return "", false
		default:
			b.WriteString("[[" + step + "]]")
		}
	}
	return b.String(), len(path) > 0
}

// Quote returns text as a literal.
func Quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// Reserved reports whether a word belongs to the language: a keyword, or the name of an aggregate
// or function.
func Reserved(word string) bool {
	word = strings.ToUpper(word)
	return reserved[word] || slices.Contains(functions, word+"(")
}
