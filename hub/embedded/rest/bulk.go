package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
)

// maxBulk is how many identities one request can be about (Azure REST reference: Bulk Registry -
// Update Registry).
const maxBulk = 100

// bulkEntry is what is said of one identity. The rest of it is read by the registry, for which
// the entry is the document of an identity or of a twin.
type bulkEntry struct {
	ID       string          `json:"id"`
	ModuleID string          `json:"moduleId"`
	ETag     string          `json:"eTag"`
	TwinETag string          `json:"twinETag"`
	Mode     string          `json:"importMode"`
	Tags     json.RawMessage `json:"tags"`
	Twin     json.RawMessage `json:"properties"`

	document json.RawMessage
}

func (e bulkEntry) id() registry.ID { return registry.ID{Device: e.ID, Module: e.ModuleID} }

// An importMode is what an entry asks for.
type importMode struct {
	name  string
	carry func(*registry.Store, bulkEntry) (warning, err error)
}

// importModes are the modes by their names in lower case: SDKs spell them differently.
var importModes = map[string]importMode{}

func init() {
	for _, m := range []importMode{
		{"create", func(r *registry.Store, e bulkEntry) (error, error) { return e.put(r, registry.Precondition{}) }},
		{"update", func(r *registry.Store, e bulkEntry) (error, error) { return e.put(r, unconditional) }},
		{"updateIfMatchETag", func(r *registry.Store, e bulkEntry) (error, error) { return e.putIfMatch(r) }},
		{"createOrUpdate", func(r *registry.Store, e bulkEntry) (error, error) { return e.createOr(r, unconditional) }},
		{"createOrUpdateIfMatchETag", func(r *registry.Store, e bulkEntry) (error, error) {
			return e.createOr(r, registry.ParsePrecondition(e.ETag))
		}},
		{"delete", func(r *registry.Store, e bulkEntry) (error, error) {
			return nil, r.DeleteIdentity(e.id(), unconditional)
		}},
		{"deleteIfMatchETag", func(r *registry.Store, e bulkEntry) (error, error) {
			return nil, r.DeleteIdentity(e.id(), registry.ParsePrecondition(e.ETag))
		}},
		{"updateTwin", func(r *registry.Store, e bulkEntry) (error, error) { return nil, e.patchTwin(r, unconditional) }},
		{"updateTwinIfMatchETag", func(r *registry.Store, e bulkEntry) (error, error) {
			return nil, e.patchTwinIfMatch(r)
		}},
	} {
		importModes[strings.ToLower(m.name)] = m
	}
}

var (
	unconditional  = registry.ParsePrecondition("*")
	errMissingETag = &registry.Error{Status: 412, Number: 412001, Name: "PreconditionFailed", Message: "PreconditionFailed, this import mode needs an ETag."}
)

// put creates or replaces the identity, and then writes the parts of the twin that the entry
// has. A twin that is refused is a warning: the identity is there.
func (e bulkEntry) put(r *registry.Store, cond registry.Precondition) (warning, err error) {
	if _, err := r.PutIdentity(e.id(), e.document, cond); err != nil {
		return nil, err
	}
	if !given(e.Tags) && !given(e.Twin) {
		return nil, nil
	}
	return e.patchTwin(r, unconditional), nil
}

func given(json json.RawMessage) bool { return len(json) > 0 && string(json) != "null" }

func (e bulkEntry) putIfMatch(r *registry.Store) (warning, err error) {
	if e.ETag == "" {
		return nil, errMissingETag
	}
	return e.put(r, registry.ParsePrecondition(e.ETag))
}

// createOr creates the identity, or replaces it under a condition when it exists.
func (e bulkEntry) createOr(r *registry.Store, cond registry.Precondition) (warning, err error) {
	warning, err = e.put(r, registry.Precondition{})
	var refusal *registry.Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusConflict {
		if !cond.Present() {
			return nil, errMissingETag
		}
		return e.put(r, cond)
	}
	return warning, err
}

// patchTwin merges the tags and desired properties of the entry into the twin.
func (e bulkEntry) patchTwin(r *registry.Store, cond registry.Precondition) error {
	_, err := r.PatchTwin(e.id(), e.document, cond)
	return err
}

func (e bulkEntry) patchTwinIfMatch(r *registry.Store) error {
	etag := e.TwinETag
	if etag == "" {
		etag = e.ETag // some clients send the twin as they have read it
	}
	if etag == "" {
		return errMissingETag
	}
	return e.patchTwin(r, registry.ParsePrecondition(etag))
}

// bulk carries out up to a hundred writes of identities, each for itself, and says which failed.
func (s *Server) bulk(c *call) (response, error) {
	entries, err := parseBulk(c)
	if err != nil {
		return response{}, err
	}
	result := bulkResult{}
	seen := map[registry.ID]bool{}
	for _, e := range entries {
		id := e.id()
		mode, known := importModes[strings.ToLower(e.Mode)]
		var warning, err error
		switch {
		case id.Device == "":
			err = argumentInvalid("an entry has no id")
		case seen[id]:
			err = &registry.Error{Status: 400, Number: 400011, Name: "DeviceDefinedMultipleTimes", Message: fmt.Sprintf("%s is named more than once", id)}
		case !known:
			err = argumentInvalid("unknown importMode")
		default:
			warning, err = mode.carry(s.registry, e)
		}
		seen[id] = true
		if err != nil {
			if err := s.report(&result.errors, id, mode.name, err); err != nil {
				return response{}, err
			}
		}
		if warning != nil {
			if err := s.report(&result.warnings, id, mode.name, warning); err != nil {
				return response{}, err
			}
		}
	}
	status := http.StatusOK
	if len(result.errors) > 0 {
		status = http.StatusBadRequest
	}
	return response{status: status, body: result.json(s.protocol.BulkErrorNames)}, nil
}

func parseBulk(c *call) ([]bulkEntry, error) {
	var documents []json.RawMessage
	if err := c.decode(&documents); err != nil {
		return nil, err
	}
	if n := len(documents); n == 0 || n > maxBulk {
		return nil, argumentInvalid("the number of identities in one request is from 1 to %d", maxBulk)
	}
	entries := make([]bulkEntry, len(documents))
	for i, document := range documents {
		if err := json.Unmarshal(document, &entries[i]); err != nil {
			// The decoder's own words could quote a key.
			return nil, argumentInvalid("entry %d is not an identity", i)
		}
		entries[i].document = document
	}
	return entries, nil
}

// outcome is what went wrong with one entry.
type outcome struct {
	id      registry.ID
	mode    string
	refusal *registry.Error
}

type bulkResult struct{ errors, warnings []outcome }

// report adds a refusal; an error that is none ends the request.
func (s *Server) report(list *[]outcome, id registry.ID, mode string, err error) error {
	refusal := refusalOf(err)
	if refusal == errInternal {
		return err
	}
	if refusal.Number == 401002 {
		// A module whose device is missing or disabled: only its own address hides that.
		if callee := s.registry.FindCallee(registry.ID{Device: id.Device}); callee != nil {
			refusal = refusalOf(callee)
		}
	}
	*list = append(*list, outcome{id, mode, refusal})
	return nil
}

// json writes the result. Error codes are numbers, as in the service's import log, because one
// client cannot read names, or names. No member is called Message, by which clients know a refusal of the whole.
func (r bulkResult) json(names bool) []byte {
	w := ordered.NewWriter(nil)
	w.Raw("isSuccessful", fmt.Sprint(len(r.errors) == 0))
	w.Raw("errors", string(list(r.errors, func(dst []byte, o outcome) []byte {
		w := ordered.NewWriter(dst)
		w.String("deviceId", o.id.Device)
		if names {
			w.String("errorCode", o.refusal.Name)
		} else {
			w.Int("errorCode", int64(o.refusal.Number))
		}
		w.String("errorStatus", o.refusal.Message)
		w.StringOrNull("moduleId", o.id.Module)
		w.StringOrNull("operation", o.mode)
		return w.Close()
	})))
	w.Raw("warnings", string(list(r.warnings, func(dst []byte, o outcome) []byte {
		w := ordered.NewWriter(dst)
		w.String("deviceId", o.id.Device)
		w.String("warningCode", "DeviceRegisteredWithoutTwin")
		w.String("warningStatus", o.refusal.Message)
		return w.Close()
	})))
	return w.Close()
}
