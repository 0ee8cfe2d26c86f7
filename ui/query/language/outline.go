package language

import "strings"

// Outline is what a query asks for.
type Outline struct {
	Source Source
	All    bool   // SELECT *
	Items  []Item // what it projects, in the order of the text; nil with All
}

// Item is one element of a projection.
type Item struct {
	// Path is what is read of each row, the first name as the hub writes it and without the name of
	// the source; nil for COUNT().
	Path      []string
	Aggregate string // in upper case, "" for a plain attribute
	Alias     string // "" when there is none
}

// Key returns where the hub puts the item in a row of the result, and nil when that is not known.
func (i Item) Key() []string {
	switch {
	case i.Alias != "":
		return []string{i.Alias}
	case i.Aggregate != "":
		return nil
	}
	return i.Path
}

// Read returns the outline of a query, and false when it is not of the form
// SELECT … FROM source …; what comes behind that is not looked at.
func Read(query string) (Outline, bool) {
	r := reader{rest: elements(query, Tokens(query))}
	if !r.word("SELECT") {
		return Outline{}, false
	}
	if r.word("TOP") && !r.kind(Number) {
		return Outline{}, false
	}
	var o Outline
	if r.symbol("*") {
		o.All = true
	} else {
		for {
			item, ok := r.item()
			if !ok {
				return Outline{}, false
			}
			o.Items = append(o.Items, item)
			if !r.symbol(",") {
				break
			}
		}
	}
	if !r.word("FROM") || len(r.rest) == 0 {
		return Outline{}, false
	}
	o.Source = sourceOf(r.rest[0])
	if o.Source == NoSource {
		return Outline{}, false
	}
	for i := range o.Items {
		o.Items[i].Path = withoutSource(o.Items[i].Path, o.Source)
	}
	return o, true
}

// sourceIn returns the source that a text names, wherever its FROM stands.
func sourceIn(all []element) Source {
	for i, e := range all {
		if e.keyword() == "FROM" && i+1 < len(all) {
			return sourceOf(all[i+1])
		}
	}
	return NoSource
}

func sourceOf(e element) Source { return sources[strings.ToLower(strings.Join(e.steps, "."))] }

// withoutSource returns a path without the name of the source in front, its first name in the
// spelling of the hub.
func withoutSource(path []string, source Source) []string {
	if source != NoSource {
		own := strings.Split(sourceNames[source-1], ".")
		if len(path) > len(own) && strings.EqualFold(strings.Join(path[:len(own)], "."), sourceNames[source-1]) {
			path = path[len(own):]
		}
	}
	if len(path) == 0 {
		return nil
	}
	return append([]string{canonical(path[0])}, path[1:]...)
}

// reader takes elements off the front of a query.
type reader struct{ rest []element }

func (r *reader) take(fits func(element) bool) bool {
	if len(r.rest) == 0 || !fits(r.rest[0]) {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *reader) word(w string) bool {
	return r.take(func(e element) bool { return e.keyword() == w })
}

func (r *reader) symbol(s string) bool {
	return r.take(func(e element) bool { return e.kind == Symbol && e.text == s })
}

func (r *reader) kind(k Kind) bool { return r.take(func(e element) bool { return e.kind == k }) }

// item reads one element of a projection.
func (r *reader) item() (Item, bool) {
	path := r.path()
	if path == nil {
		return Item{}, false
	}
	i := Item{Path: path}
	if r.symbol("(") {
		i.Aggregate = strings.ToUpper(strings.Join(path, "."))
		i.Path = r.path()
		if !r.symbol(")") {
			return Item{}, false
		}
	}
	if r.word("AS") {
		alias := r.path()
		if len(alias) != 1 {
			return Item{}, false
		}
		i.Alias = alias[0]
	}
	return i, true
}

// path reads a path, nil when there is none or it is not finished.
func (r *reader) path() []string {
	if len(r.rest) == 0 || r.rest[0].steps == nil || r.rest[0].dot || r.rest[0].keyword() == "FROM" {
		return nil
	}
	steps := r.rest[0].steps
	r.rest = r.rest[1:]
	return steps
}
