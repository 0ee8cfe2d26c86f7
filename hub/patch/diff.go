package patch

// Diff returns the smallest JSON merge patch (RFC 7396) that turns base into edited, with
// a null for every key that is gone, and whether there is anything to change; when there
// is not, the patch of two objects is {}. Members that are objects on both sides are
// compared inside; everything else, arrays included, is replaced whole.
//
// Apply(base, patch) equals edited for every edited without null members. A null member
// cannot be expressed by a merge patch: it removes the key.
func Diff(base, edited Value) (patch Value, changed bool) {
	if base.kind != KindObject || edited.kind != KindObject {
		return edited, !Equal(base, edited)
	}
	was, is := follower{members: base.members}, follower{members: edited.members}
	var out []Member
	for _, m := range edited.members {
		old, ok := was.get(m.Key)
		if !ok {
			out = append(out, m)
			continue
		}
		if p, changed := Diff(old, m.Value); changed {
			out = append(out, Member{m.Key, p})
		}
	}
	for _, m := range base.members {
		if is.find(m.Key) < 0 {
			out = append(out, Member{m.Key, Null()})
		}
	}
	return Value{kind: KindObject, members: out}, len(out) > 0
}
