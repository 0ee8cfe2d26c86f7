package patch

// Apply returns base after a JSON merge patch (RFC 7396), as IoT Hub applies it to a
// section (Azure docs: iot-hub-devguide-device-twins, "back-end operations"): a null
// removes a key, an object is merged into the object that is there, or into {} when there
// is none, and everything else replaces. Arrays are replaced whole, nulls inside them
// kept. So {"a":{"b":null}} creates an empty a where there was none, an explicit {} stays,
// and an object that loses its last member stays as {}.
//
// Members keep their places; new ones follow in the order of the patch.
func Apply(base, patch Value) Value {
	if patch.kind != KindObject {
		return patch
	}
	changes := indexOf(patch.members)
	used := make([]bool, len(patch.members))
	out := make([]Member, 0, len(base.members)+len(patch.members))
	for _, m := range base.members {
		i := changes.find(m.Key)
		if i < 0 {
			out = append(out, m)
			continue
		}
		used[i] = true
		if change := patch.members[i].Value; !change.IsNull() {
			out = append(out, Member{m.Key, Apply(m.Value, change)})
		}
	}
	for i, m := range patch.members {
		if !used[i] && !m.Value.IsNull() {
			out = append(out, Member{m.Key, Apply(Value{}, m.Value)})
		}
	}
	return Value{kind: KindObject, members: out}
}
