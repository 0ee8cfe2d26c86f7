package bulk

import "twindeck/hub/patch"

// needed returns a merge patch without what there is nothing to do for in a section as it is: a merge
// patch that removes what is not there would make the objects on the way to it (RFC 7396 §2).
func needed(merge, before patch.Value) patch.Value {
	if merge.Kind() != patch.KindObject {
		return merge
	}
	members := make([]patch.Member, 0, merge.Len())
	for _, m := range merge.Members() {
		was, has := before.Get(m.Key)
		switch {
		case m.Value.IsNull() && !has:
			continue
		case m.Value.Kind() == patch.KindObject && m.Value.Len() > 0:
			m.Value = needed(m.Value, was)
			if m.Value.Len() == 0 {
				continue
			}
		}
		members = append(members, m)
	}
	return patch.Object(members...)
}
