package main

import (
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"twindeck/keymap"
)

// updating reports whether -update was given, which uitest defines for golden screens: here it
// rewrites the generated parts of the README.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// section returns README.md cut at a generated part: what is before it, it, and what is after.
func section(t *testing.T, name string) (before, body, after string) {
	t.Helper()
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	start := strings.Index(string(data), "<!-- "+name+":")
	end := strings.Index(string(data), "<!-- /"+name+" -->")
	if start < 0 || end < start {
		t.Fatalf("README.md has no generated part %q", name)
	}
	start += strings.Index(string(data[start:]), "\n") + 1
	return string(data[:start]), string(data[start:end]), string(data[end:])
}

// checkSection compares a generated part of the README with what it should be.
func checkSection(t *testing.T, name, want string) {
	t.Helper()
	before, got, after := section(t, name)
	if got == want {
		return
	}
	if updating() {
		if err := os.WriteFile("README.md", []byte(before+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the part %q of README.md is stale; go test . -update writes it\n%s", name, cmp.Diff(got, want))
}

func TestReadmeKeys(t *testing.T) {
	checkSection(t, "keys", strings.TrimSpace(keymap.Default().Markdown())+"\n")
}

// TestReadmeMap holds the README to one line for each package, which is the first sentence of
// its doc comment: a map that is written twice goes stale once.
func TestReadmeMap(t *testing.T) {
	var b strings.Builder
	b.WriteString("| folder | what it is |\n| --- | --- |\n")
	for _, p := range packages(t) {
		dir := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "twindeck"), "/")
		if dir == "" {
			dir = "main.go"
		}
		_, _ = fmt.Fprintf(&b, "| `%s` | %s |\n", dir, strings.ReplaceAll(synopsis(t, p), "|", `\|`))
	}
	checkSection(t, "map", b.String())
}

// synopsis is the first sentence of a package's doc comment without its "Package name is".
func synopsis(t *testing.T, p pkg) string {
	t.Helper()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if hasDoc(f) {
			text := strings.Join(strings.Fields(f.Doc.Text()), " ")
			if i := strings.Index(text, ". "); i > 0 {
				text = text[:i]
			}
			text = strings.TrimSuffix(text, ".")
			for _, opening := range []string{"Package " + p.Name + " ", "Command twindeck ", "is "} {
				text = strings.TrimPrefix(text, opening)
			}
			return text
		}
	}
	t.Errorf("%s has no package comment", p.ImportPath)
	return ""
}
