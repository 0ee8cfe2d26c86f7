package roster

// texts numbers texts that many rows share: names of modules, scopes, authentication types. The
// empty text is 0. They are never let go, as there are few of them.
type texts struct {
	all    []string
	folds  []string
	number map[string]uint32
}

func newTexts() texts {
	return texts{all: []string{""}, folds: []string{""}, number: map[string]uint32{"": 0}}
}

func (t *texts) intern(s string) uint32 {
	n, ok := t.number[s]
	if !ok {
		s = string([]byte(s)) // of its own, not a part of an answer of the hub
		n = uint32(len(t.all))
		t.all = append(t.all, s)
		t.folds = append(t.folds, Fold(s))
		t.number[s] = n
	}
	return n
}
