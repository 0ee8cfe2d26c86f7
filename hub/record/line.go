package record

import (
	"strconv"
	"time"
	"unicode/utf8"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// version of the format.
const version = 1

// The kinds of line that are about the record itself.
const (
	KindBegin = "begin"
	KindLetGo = "let go"
)

// Append appends the line of an event to dst, with its line feed.
func Append(dst []byte, e hub.Event) []byte {
	dst = append(dst, `{"v":1,"seq":`...)
	dst = strconv.AppendUint(dst, e.Seq, 10)
	dst = appendHead(dst, e.At, e.Kind.String())
	dst = appendText(dst, "device", e.ID.Device)
	dst = appendText(dst, "module", e.ID.Module)
	if e.Observing {
		dst = append(dst, `,"observing":true`...)
	}
	dst = appendInt(dst, "version", e.Version)
	if hasValue(e) {
		dst = append(dst, `,"value":`...)
		dst = e.Value.AppendJSON(dst)
	}
	dst = appendChanges(dst, "changes", e.Changes)
	dst = appendInt(dst, "reportedVersion", e.ReportedVersion)
	dst = appendChanges(dst, "reported", e.Reported)
	if e.Observing {
		dst = append(dst, `,"observing":true`...)
	}
	dst = appendInt(dst, "size", int64(len(e.Raw)))
	dst = appendText(dst, "method", e.Method)
	if e.Answer != nil {
		dst = append(dst, `,"status":`...)
		dst = strconv.AppendInt(dst, int64(e.Answer.Status), 10)
		dst = append(dst, `,"answer":`...)
		dst = e.Answer.Payload.AppendJSON(dst)
	}
	if e.Wait > 0 {
		dst = append(dst, `,"wait":`...)
		dst = strconv.AppendFloat(dst, e.Wait.Seconds(), 'f', 3, 64)
	}
	dst = appendText(dst, "via", e.Via.String())
	if e.Err != nil {
		dst = appendText(dst, "error", e.Err.Error())
	}
	return append(dst, "}\n"...)
}

// hasValue says whether an event tells a value, which may be null.
func hasValue(e hub.Event) bool {
	switch e.Kind {
	case hub.EventSynced, hub.EventPatch, hub.EventAcknowledged, hub.EventMethod, hub.EventObserved:
		return true
	default:
		return false
	}
}

func appendBegin(dst []byte, at time.Time, hub string) []byte {
	dst = append(dst, `{"v":1`...)
	return append(appendText(appendHead(dst, at, KindBegin), "hub", hub), "}\n"...)
}

func appendLetGo(dst []byte, g gone) []byte {
	dst = append(dst, `{"v":1`...)
	dst = appendHead(dst, g.at, KindLetGo)
	dst = append(dst, `,"count":`...)
	dst = strconv.AppendUint(dst, g.count, 10)
	dst = append(dst, `,"from":`...)
	dst = strconv.AppendUint(dst, g.from, 10)
	dst = append(dst, `,"to":`...)
	dst = strconv.AppendUint(dst, g.to, 10)
	return append(dst, "}\n"...)
}

func appendHead(dst []byte, at time.Time, kind string) []byte {
	dst = append(dst, `,"at":"`...)
	dst = at.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","kind":"`...)
	dst = append(dst, kind...)
	return append(dst, '"')
}

func appendInt(dst []byte, name string, n int64) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendInt(appendName(dst, name), n, 10)
}

func appendText(dst []byte, name, text string) []byte {
	if text == "" {
		return dst
	}
	return appendString(appendName(dst, name), text)
}

func appendName(dst []byte, name string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	return append(dst, `":`...)
}

func appendString(dst []byte, text string) []byte {
	for i := range len(text) { // most are plain
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf || c == 0x7f {
			return patch.String(text).AppendJSON(dst)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

func appendChanges(dst []byte, name string, changes []patch.Change) []byte {
	if len(changes) == 0 {
		return dst
	}
	dst = append(appendName(dst, name), '[')
	for i, c := range changes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"path":[`...)
		for k, key := range c.Path {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, key)
		}
		dst = append(dst, `],"kind":"`...)
		dst = append(dst, c.Kind.String()...)
		dst = append(dst, '"')
		if c.Kind != patch.Added {
			dst = c.Old.AppendJSON(append(dst, `,"old":`...))
		}
		if c.Kind != patch.Removed {
			dst = c.New.AppendJSON(append(dst, `,"new":`...))
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}
