package keymap

import (
	"reflect"
	"strings"
)

// Group is the bindings of one scope under a title a user understands.
type Group struct {
	Scope    string // the field of [Map] that holds it
	Title    string
	Bindings []Binding
}

// titles names the scopes by the field of Map that holds them.
var titles = map[string]string{
	"Global":    "Everywhere",
	"Move":      "Moving",
	"Selection": "Selected device or module",
	"Devices":   "Devices pane",
	"Twin":      "Twin pane",
	"Search":    "Typing a search",
	"Live":      "Live pane",
	"Filter":    "Typing a filter",
	"Query":     "Typing a query",
	"Results":   "Query results",
	"Saved":     "Saved queries",
	"Document":  "Whole row",
	"Form":      "Editing properties",
	"Field":     "Typing into a field",
	"Name":      "Typing the name of a property",
	"Lines":     "Typing several lines",
	"Review":    "Reviewing a change",
	"Identity":  "New device or module",
	"Token":     "SAS token",
	"Method":    "Calling a direct method",
	"Message":   "Writing a message",
	"Calls":     "Call log and details",
	"Bulk":      "Bulk actions and export",
	"Hubs":      "Switching hubs",
	"Dialog":    "Questions and messages",
	"List":      "Choosing from a list",
}

// Groups returns every binding by scope, in the order in which the scopes and their keys
// are declared. It reads the declarations themselves, so that no key can be left out.
func (m Map) Groups() []Group {
	v := reflect.ValueOf(m)
	groups := make([]Group, 0, v.NumField())
	for i := range v.NumField() {
		groups = append(groups, Group{
			Scope:    v.Type().Field(i).Name,
			Title:    titles[v.Type().Field(i).Name],
			Bindings: Bindings(v.Field(i).Interface()),
		})
	}
	return groups
}

// Bindings returns the bindings of one scope, such as [GlobalKeys], in the order in which they
// are declared.
func Bindings(scope any) []Binding {
	v := reflect.ValueOf(scope)
	all := make([]Binding, v.NumField())
	for i := range all {
		all[i] = v.Field(i).Interface().(Binding)
	}
	return all
}

// Refusing returns the keys of a dashboard that takes none of those that write, and why.
func (m Map) Refusing(reason string) Map {
	scopes := reflect.ValueOf(&m).Elem()
	for i := range scopes.NumField() {
		for j := range scopes.Field(i).NumField() {
			if b := scopes.Field(i).Field(j).Addr().Interface().(*Binding); b.Writes {
				b.Refused = reason
			}
		}
	}
	return m
}

// Markdown returns the keys as the table of the README, scope by scope.
func (m Map) Markdown() string {
	var b strings.Builder
	b.WriteString("| where | key | does |\n| --- | --- | --- |\n")
	for _, g := range m.Groups() {
		where := g.Title
		for _, k := range g.Bindings {
			b.WriteString("| " + where + " | `" + strings.ReplaceAll(k.Label, "|", `\|`) + "` | " + k.Long + " |\n")
			where = "" // once is enough
		}
	}
	return b.String()
}
