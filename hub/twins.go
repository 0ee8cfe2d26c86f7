package hub

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"twindeck/hub/patch"
)

// Twin reads one twin.
func (c *Client) Twin(ctx context.Context, id ID) (Twin, error) {
	if err := checkID(id); err != nil {
		return Twin{}, err
	}
	op := "read the twin of " + describe(id)
	twin, _, err := c.twin(ctx, id, call{op: op, method: http.MethodGet})
	return twin, err
}

// PatchTwin merges p into the twin when etag is still the twin's. A stale etag is a
// [Conflict] error; an empty one or [AnyETag] is an error without asking the hub: no twin is written
// by somebody who has not seen it. It returns the twin after the write.
func (c *Client) PatchTwin(ctx context.Context, id ID, p TwinPatch, etag string) (Twin, Receipt, error) {
	return c.writeTwin(ctx, http.MethodPatch, id, p, etag)
}

// ReplaceTwin puts the sections of p in the place of the twin's, so that every other key
// goes. A section that p leaves out ends up empty. The etag is as for PatchTwin.
func (c *Client) ReplaceTwin(ctx context.Context, id ID, p TwinPatch, etag string) (Twin, Receipt, error) {
	return c.writeTwin(ctx, http.MethodPut, id, p, etag)
}

func (c *Client) writeTwin(ctx context.Context, method string, id ID, p TwinPatch, etag string) (Twin, Receipt, error) {
	if err := checkID(id); err != nil {
		return Twin{}, Receipt{}, err
	}
	if etag = unquoteETag(etag); etag == "" || etag == AnyETag {
		return Twin{}, Receipt{}, errNoETag
	}
	body, err := p.document()
	if err != nil {
		return Twin{}, Receipt{}, err
	}
	op := "change the twin of " + describe(id)
	twin, a, err := c.twin(ctx, id, call{op: op, method: method, etag: etag, body: body, writes: true})
	if err != nil {
		return Twin{}, Receipt{}, err
	}
	return twin, Receipt{ID: id, DesiredVersion: twin.Desired.Version, SentAt: a.sent, AnsweredAt: a.got}, nil
}

// twin makes a call that is answered with the twin of id.
func (c *Client) twin(ctx context.Context, id ID, call call) (Twin, answer, error) {
	var twin Twin
	call.path = identityPath("twins", id)
	call.take = func(a answer) (err error) {
		if twin, err = parseTwin(a); err == nil {
			err = isAbout(id, twin.ID)
		}
		return err
	}
	a, err := c.do(ctx, call)
	if err != nil {
		return Twin{}, answer{}, err
	}
	return twin, a, nil
}

// isAbout refuses an answer about somebody else.
func isAbout(asked, answered ID) error {
	switch {
	case answered == asked:
		return nil
	case answered.Device == "":
		return errors.New("it is about nobody")
	default:
		return errors.New("it is about " + describe(answered))
	}
}

// document returns the body of a write.
func (p TwinPatch) document() ([]byte, error) {
	var members []patch.Member
	if p.Tags != nil {
		members = append(members, patch.Member{Key: "tags", Value: *p.Tags})
	}
	if p.Desired != nil {
		members = append(members, patch.Member{Key: "properties", Value: patch.Object(patch.Member{Key: "desired", Value: *p.Desired})})
	}
	if members == nil {
		return nil, errors.New("there is nothing to write: neither tags nor desired properties were given")
	}
	return patch.Object(members...).AppendJSON(nil), nil
}

func parseTwin(a answer) (Twin, error) {
	document, err := patch.Parse(a.body)
	if err != nil {
		return Twin{}, err
	}
	return twinOf(document, a.got)
}

var errNoTwin = errors.New("it is not a twin")

// twinOf reads a twin document (Azure docs: iot-hub-devguide-device-twins, "Device twin
// back-end operations", and -module-twins). Members it does not know stay in Document.
func twinOf(document patch.Value, readAt time.Time) (Twin, error) {
	device := text(document, "deviceId")
	if device == "" {
		return Twin{}, errNoTwin
	}
	properties, _ := document.Get("properties")
	capabilities, _ := document.Get("capabilities")
	edge, _ := capabilities.Get("iotEdge")
	tags, ok := document.Get("tags")
	if !ok || tags.Kind() != patch.KindObject {
		tags = patch.Object()
	}
	return Twin{
		ID:               ID{Device: device, Module: text(document, "moduleId")},
		ETag:             unquoteETag(text(document, "etag")),
		DeviceETag:       unquoteETag(text(document, "deviceEtag")),
		Version:          integer(document, "version"),
		ModelID:          text(document, "modelId"),
		Status:           Status(text(document, "status")),
		StatusReason:     text(document, "statusReason"),
		Connected:        text(document, "connectionState") == "Connected",
		Auth:             AuthType(text(document, "authenticationType")),
		LastActivityTime: twinTime(text(document, "lastActivityTime")),
		Edge:             edge.AsBool(),
		Tags:             tags,
		Desired:          sectionOf(properties, "desired"),
		Reported:         sectionOf(properties, "reported"),
		Document:         document,
		ReadAt:           readAt,
	}, nil
}

// sectionOf splits the hub's own members from a section.
func sectionOf(properties patch.Value, name string) Section {
	section, ok := properties.Get(name)
	if !ok || section.Kind() != patch.KindObject {
		return Section{Value: patch.Object()}
	}
	metadata, _ := section.Get("$metadata")
	return Section{
		Value:    section.Without(patch.Path{"$metadata"}).Without(patch.Path{"$version"}),
		Metadata: metadata,
		Version:  integer(section, "$version"),
	}
}

func text(object patch.Value, key string) string {
	v, _ := object.Get(key)
	if v.Kind() != patch.KindString {
		return ""
	}
	return v.Text()
}

// integer returns a whole number, and 0 for everything else.
func integer(object patch.Value, key string) int64 {
	v, _ := object.Get(key)
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	if v.Kind() != patch.KindNumber || err != nil {
		return 0
	}
	return n
}

// twinTime reads the hub's times, which older versions of its interface wrote without a
// zone and mean UTC. "Never" is the first second of year 1, the zero time.
func twinTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
