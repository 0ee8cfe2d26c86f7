package live

import (
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/cell"
)

// Document is an event as JSON, whole: what is copied of it, compared and unfolded.
func Document(ev hub.Event) patch.Value {
	var members []patch.Member
	add := func(key string, v patch.Value) { members = append(members, patch.Member{Key: key, Value: v}) }
	add("at", patch.String(ev.At.Format(time.RFC3339Nano)))
	add("deviceId", patch.String(ev.ID.Device))
	if ev.ID.IsModule() {
		add("moduleId", patch.String(ev.ID.Module))
	}
	add("kind", patch.String(ev.Kind.String()))
	if ev.Version > 0 {
		add("version", patch.Int(ev.Version))
	}
	if ev.ReportedVersion > 0 {
		add("reportedVersion", patch.Int(ev.ReportedVersion))
	}
	if ev.Method != "" {
		add("method", patch.String(ev.Method))
	}
	if name := payloadName(ev.Kind); name != "" {
		add(name, ev.Value)
	}
	if ev.Answer != nil {
		add("answer", patch.Object(
			patch.Member{Key: "status", Value: patch.Int(int64(ev.Answer.Status))},
			patch.Member{Key: "payload", Value: ev.Answer.Payload},
		))
	}
	if len(ev.Changes) > 0 {
		add("changes", changesDocument(ev.Changes))
	}
	if len(ev.Reported) > 0 {
		add("reportedChanges", changesDocument(ev.Reported))
	}
	if ev.Wait > 0 {
		add("waitMs", patch.Int(ev.Wait.Milliseconds()))
	}
	if ev.Err != nil {
		add("reason", patch.String(ev.Err.Error()))
	}
	return patch.Object(members...)
}

// payloadName is what the value of an event is called; "" when it has none.
func payloadName(k hub.EventKind) string {
	switch k {
	case hub.EventPatch:
		return "patch"
	case hub.EventSynced, hub.EventObserved:
		return "desired"
	case hub.EventAcknowledged:
		return "reported"
	case hub.EventMethod:
		return "request"
	default:
		return ""
	}
}

func changesDocument(changes []patch.Change) patch.Value {
	all := make([]patch.Value, len(changes))
	for i, c := range changes {
		members := []patch.Member{
			{Key: "path", Value: patch.String(c.Path.String())},
			{Key: "kind", Value: patch.String(c.Kind.String())},
		}
		if c.Kind != patch.Added {
			members = append(members, patch.Member{Key: "old", Value: c.Old})
		}
		if c.Kind != patch.Removed {
			members = append(members, patch.Member{Key: "new", Value: c.New})
		}
		all[i] = patch.Object(members...)
	}
	return patch.Array(all...)
}

// titleOf names an event in safe text: who, what and when.
func (p *Pane) titleOf(e *entry) string {
	return cell.Safe(e.ID.String()) + " " + cell.Safe(word(e))
}
