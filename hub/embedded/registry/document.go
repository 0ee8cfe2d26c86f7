package registry

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"

	"twindeck/hub/embedded/ordered"
)

// Document is an identity as JSON with its etag, unquoted. It contains the keys.
type Document struct {
	JSON []byte
	ETag string
}

// never is how the service writes a time that has not come yet.
const never = "0001-01-01T00:00:00Z"

// formatTime writes unix nanoseconds, 0 for never, with up to seven digits of fraction.
func formatTime(nanos int64) string {
	if nanos == 0 {
		return never
	}
	return time.Unix(0, nanos).UTC().Format("2006-01-02T15:04:05.9999999Z")
}

// etagOf writes an identity's etag: the base64 text of a decimal number.
func etagOf(n uint64) string {
	return base64.StdEncoding.EncodeToString(strconv.AppendUint(nil, n, 10))
}

// twinEtagOf writes a twin's etag: the base64 text of an eight byte counter.
func twinEtagOf(n uint64) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, n))
}

func connectionState(connected bool) string {
	if connected {
		return "Connected"
	}
	return "Disconnected"
}

func statusName(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}

// document writes the identity of r. The caller holds mu.
func (s *Store) document(r *record) Document {
	more := r.rest()
	etag := etagOf(r.etag)
	w := ordered.NewWriter(make([]byte, 0, 800))
	module := r.id.Module != ""
	if module {
		w.String("moduleId", r.id.Module)
		w.StringOrNull("managedBy", more.managedBy)
	}
	w.String("deviceId", r.id.Device)
	w.String("generationId", strconv.FormatInt(r.generation, 10))
	w.String("etag", etag)
	w.String("connectionState", connectionState(r.connected))
	if !module {
		w.String("status", statusName(r.disabled))
		w.StringOrNull("statusReason", more.statusReason)
	}
	w.String("connectionStateUpdatedTime", formatTime(r.connectionUpdated))
	if !module {
		w.String("statusUpdatedTime", formatTime(r.statusUpdated))
	}
	w.String("lastActivityTime", formatTime(r.lastActivity))
	w.Int("cloudToDeviceMessageCount", int64(s.messages[r.id]))
	w.Object("authentication", func(w *ordered.Writer) {
		primary, secondary := s.keys(r)
		w.Object("symmetricKey", func(w *ordered.Writer) {
			w.StringOrNull("primaryKey", primary)
			w.StringOrNull("secondaryKey", secondary)
		})
		w.Object("x509Thumbprint", func(w *ordered.Writer) {
			w.StringOrNull("primaryThumbprint", more.primaryThumbprint)
			w.StringOrNull("secondaryThumbprint", more.secondaryThumbprint)
		})
		w.String("type", r.auth.String())
	})
	if !module {
		w.Object("capabilities", func(w *ordered.Writer) { w.Raw("iotEdge", strconv.FormatBool(r.edge)) })
		more.writeScopes(w)
	}
	return Document{JSON: w.Close(), ETag: etag}
}
