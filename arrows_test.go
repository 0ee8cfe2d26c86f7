package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pkg is what these tests read of go list.
type pkg struct {
	ImportPath   string
	Name         string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// arrow is a rule about who may import whom. A pattern names a package and, ending in /..., also
// what is below it.
type arrow struct {
	from   string
	except []string // of from
	never  []string
	but    []string // of never
	why    string
}

var arrows = []arrow{
	{
		from: "twindeck/hub/...", except: []string{"twindeck/hub/embedded/..."},
		never: []string{"charm.land/...", "github.com/charmbracelet/...", "twindeck/ui/...", "twindeck/keymap"},
		why:   "hub knows no terminal: watch and other programs are to be built on it",
	},
	{
		from: "twindeck/hub/...", except: []string{"twindeck/hub/embedded/..."},
		never: []string{"twindeck/hub/embedded/..."},
		why:   "the client must work against any hub; only main and tests know that one is embedded",
	},
	{
		from:  "twindeck/hub/embedded/...",
		never: []string{"twindeck/...", "github.com/amenzhinsky/...", "charm.land/..."}, but: []string{"twindeck/hub/embedded/..."},
		why: "the embedded hub shares no code with the client: a mistake that both sides made would be invisible",
	},
	{
		from:  "twindeck/hub/patch",
		never: []string{"twindeck/...", "net/...", "os/...", "time", "log/..."},
		why:   "hub/patch is pure algebra: no I/O, no clock",
	},
	{
		from: "twindeck/hub", never: []string{"twindeck/..."}, but: []string{"twindeck/hub/..."},
		why: "hub stands on hub/patch alone",
	},
	{
		from: "twindeck/ui/...", never: []string{"twindeck/hub/embedded/...", "twindeck/hub/fleet", "github.com/amenzhinsky/...", "github.com/eclipse/..."},
		why: "the dashboard sees a hub through values and its Backend interface, never through a protocol",
	},
	{
		from:  "twindeck/ui/...",
		never: []string{"net/http", "net", "os/exec"}, except: []string{"twindeck/ui/terminal", "twindeck/ui/uitest"},
		why: "Update and View do no I/O; what talks to the world lives behind Backend",
	},
	{
		from: "twindeck/ui/devices", never: []string{"twindeck/ui", "twindeck/ui/twin", "twindeck/ui/live", "twindeck/ui/query", "twindeck/ui/form", "twindeck/ui/dialog"},
		why: "panes never import each other; what one needs of another goes through the root",
	},
	{
		from: "twindeck/ui/devices/roster", never: []string{"twindeck/ui/...", "twindeck/keymap", "charm.land/...", "github.com/charmbracelet/..."},
		why: "a million devices are held, filtered and sorted without a screen",
	},
	{
		from: "twindeck/ui/twin", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/live", "twindeck/ui/query", "twindeck/ui/form", "twindeck/ui/dialog"},
		why: "panes never import each other; what one needs of another goes through the root",
	},
	{
		from: "twindeck/ui/live", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/query", "twindeck/ui/form", "twindeck/ui/dialog"},
		why: "panes never import each other; what one needs of another goes through the root",
	},
	{
		from: "twindeck/ui/query", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/live", "twindeck/ui/form", "twindeck/ui/dialog"},
		why: "panes never import each other; what one needs of another goes through the root",
	},
	{
		from: "twindeck/ui/query/language", never: []string{"twindeck/..."},
		why: "the language is text alone: it knows neither a hub nor a terminal",
	},
	{
		from: "twindeck/ui/form", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/live"},
		why: "an overlay is used by the root and knows no pane",
	},
	{
		from: "twindeck/ui/calls", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/live", "twindeck/ui/form", "twindeck/ui/dialog"},
		why: "an overlay is used by the root and knows no pane and no other overlay",
	},
	{
		from: "twindeck/ui/bulk", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/live"},
		why: "an overlay is used by the root and knows no pane",
	},
	{
		from: "twindeck/ui/dialog", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/live", "twindeck/hub/..."},
		why: "a dialog asks and answers; it knows no hub and no pane",
	},
	{
		from: "twindeck/ui/hubs", never: []string{"twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/live", "twindeck/hub/..."},
		why: "an overlay is used by the root and knows no pane, and the list of hubs none of them",
	},
	{
		from: "twindeck/ui/conceal", never: []string{"twindeck/hub/...", "twindeck/ui", "twindeck/ui/devices", "twindeck/ui/twin", "twindeck/ui/live", "twindeck/ui/form"},
		why: "what must not be seen is found in text, whatever drew it",
	},
	{
		from: "twindeck/ui/history", never: []string{"twindeck/ui/...", "twindeck/keymap", "charm.land/...", "github.com/charmbracelet/..."},
		why: "what was seen of twins is data, whoever shows it",
	},
	{
		from: "twindeck/ui/profile", never: []string{"twindeck/..."},
		why: "what a user chose is plain data that outlives the screen it was chosen on",
	},
	{
		from: "twindeck/ui/grid", never: []string{"twindeck/hub/...", "twindeck/ui"},
		why: "the generic parts know no hub, so that they can be tested and reused without one",
	},
	{
		from: "twindeck/ui/jsonview", never: []string{"twindeck/hub/...", "twindeck/ui"}, but: []string{"twindeck/hub/patch"},
		why: "the generic parts know no hub; of it jsonview needs the JSON value alone",
	},
	{
		from: "twindeck/ui/theme", never: []string{"twindeck/hub/...", "twindeck/ui"},
		why: "the generic parts know no hub, so that they can be tested and reused without one",
	},
	{
		from: "twindeck/ui/cell", never: []string{"twindeck/..."},
		why: "text in terminal cells is below everything else on the screen",
	},
	{
		from: "twindeck/keymap", never: []string{"twindeck/..."},
		why: "keys are data that everything may read; they depend on nothing",
	},
	{
		from: "twindeck/...", never: []string{"twindeck/ui/uitest"},
		why: "uitest is for tests only",
	},
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Dir,GoFiles,Imports,TestImports,XTestImports", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			if len(all) < 10 {
				t.Fatalf("only %d packages listed", len(all))
			}
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func matches(pattern, path string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == base || strings.HasPrefix(path, base+"/")
	}
	return pattern == path
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

// forbidden returns the reason why from may not import path, or "".
func forbidden(from, path string) string {
	for _, a := range arrows {
		if matches(a.from, from) && !matchesAny(a.except, from) && matchesAny(a.never, path) && !matchesAny(a.but, path) {
			return a.why
		}
	}
	return ""
}

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range p.Imports {
			if why := forbidden(p.ImportPath, path); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, path, why)
			}
		}
	}
}

// TestArrowsBite shows that the rules catch what they are there for.
func TestArrowsBite(t *testing.T) {
	for _, bad := range [][2]string{
		{"twindeck/hub", "charm.land/lipgloss/v2"},
		{"twindeck/hub", "twindeck/hub/embedded"},
		{"twindeck/hub/fleet", "twindeck/ui"},
		{"twindeck/hub/embedded/registry", "twindeck/hub/patch"},
		{"twindeck/hub/embedded", "github.com/amenzhinsky/iothub/common"},
		{"twindeck/hub/patch", "os"},
		{"twindeck/ui/devices", "twindeck/ui/twin"},
		{"twindeck/ui/live", "twindeck/ui"},
		{"twindeck/ui/query", "twindeck/ui/devices"},
		{"twindeck/ui/query/language", "twindeck/hub/patch"},
		{"twindeck/ui/grid", "twindeck/hub"},
		{"twindeck/ui", "twindeck/hub/embedded"},
		{"twindeck/ui", "twindeck/ui/uitest"},
	} {
		if forbidden(bad[0], bad[1]) == "" {
			t.Errorf("%s may import %s", bad[0], bad[1])
		}
	}
	for _, good := range [][2]string{
		{"twindeck", "twindeck/hub/embedded"},
		{"twindeck/ui/jsonview", "twindeck/hub/patch"},
		{"twindeck/hub", "twindeck/hub/patch"},
		{"twindeck/hub/embedded", "twindeck/hub/embedded/registry"},
	} {
		if why := forbidden(good[0], good[1]); why != "" {
			t.Errorf("%s may not import %s: %s", good[0], good[1], why)
		}
	}
}

// TestPackageDocs wants exactly one doc comment for each package, so that go doc answers and
// no second one grows beside it.
func TestPackageDocs(t *testing.T) {
	for _, p := range packages(t) {
		var docs []string
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if hasDoc(f) {
				docs = append(docs, name)
			}
		}
		if len(p.GoFiles) > 0 && len(docs) != 1 {
			t.Errorf("%s has %d package comments %v, want one", p.ImportPath, len(docs), docs)
		}
	}
}

func hasDoc(f *ast.File) bool {
	return f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != ""
}
