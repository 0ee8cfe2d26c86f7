//go:build unix

package terminal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script puts an editor of its own into a folder whose name has a space, and returns its path.
func script(t *testing.T, body string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my tools")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ed")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// edits runs an editor over a text.
func edits(t *testing.T, env map[string]string, name, text string) (string, string, error) {
	t.Helper()
	e := &Editor{Folder: filepath.Join(t.TempDir(), "state", "editing"), Getenv: func(k string) string { return env[k] }}
	x := &editing{editor: e, name: name, text: text}
	var out strings.Builder
	x.SetStdin(strings.NewReader(""))
	x.SetStdout(&out)
	err := x.Run()
	if left, readErr := os.ReadDir(e.Folder); readErr == nil {
		t.Errorf("left behind: %v", left)
	}
	return x.text, out.String(), err
}

func TestTheEditorThatIsNamed(t *testing.T) {
	path := script(t, `echo "$# $1"; for f; do :; done; printf 'new\n' > "$f"`)
	for name, tc := range map[string]struct {
		env  map[string]string
		says string
	}{
		"VISUAL first":       {map[string]string{"VISUAL": "'" + path + "' --wait", "EDITOR": "false"}, "2 --wait"},
		"EDITOR else":        {map[string]string{"EDITOR": "'" + path + "'"}, "1 /"},
		"blank VISUAL":       {map[string]string{"VISUAL": " ", "EDITOR": "\"" + path + "\" -n '+set x'"}, "3 -n"},
		"with a variable":    {map[string]string{"VISUAL": "WHERE='" + path + "'; \"$WHERE\""}, "1 /"},
		"a path of no space": {map[string]string{"VISUAL": strings.ReplaceAll(path, " ", `\ `)}, "1 /"},
	} {
		t.Run(name, func(t *testing.T) {
			got, out, err := edits(t, tc.env, "desired.json", "old")
			if err != nil || got != "new" || !strings.HasPrefix(out, tc.says) {
				t.Errorf("got %q, %v; it said %q", got, err, out)
			}
		})
	}
}

// The file is nobody else's business, and its name tells what it is whatever the twin calls it.
func TestTheFileThatIsEdited(t *testing.T) {
	path := script(t, `ls -ld "$1" "$(dirname "$1")"; touch "$1~" "$(dirname "$1")/.swap"`)
	env := map[string]string{"VISUAL": "'" + path + "'"}
	for name, want := range map[string]string{"desired.json": "twin-desired.json", "../\x1b[2J$(rm).json": "twin-2J__rm_.json", "東京.txt": "twin-txt"} {
		got, out, err := edits(t, env, name, "text")
		if err != nil || got != "text" {
			t.Fatalf("%q %v", got, err)
		}
		if !strings.HasPrefix(out, "drwx------") || !strings.Contains(out, "\n-rw-------") || !strings.Contains(out, "/"+want+"\n") {
			t.Errorf("%q: %s", name, out)
		}
	}
}

// A text that was saved in the editor is kept when nobody is there to take it: the program was told to
// end, or killed.
func TestAChangedTextThatNobodyTookIsKept(t *testing.T) {
	for name, changed := range map[string]bool{`echo new > "$1"`: true, `true`: false, `printf 'old\n' > "$1"`: false} {
		folder := filepath.Join(t.TempDir(), "editing")
		path := script(t, name+`; : > "$(dirname "$1")/ready"; exec sleep 60`)
		ctx, end := context.WithCancel(t.Context())
		e := &Editor{Folder: folder, Context: ctx, Getenv: func(k string) string { return map[string]string{"VISUAL": "'" + path + "'"}[k] }}
		if found := e.Left(); found != nil {
			t.Fatalf("there is %q already", found)
		}
		ended := make(chan error)
		go func() { ended <- (&editing{editor: e, name: "desired.json", text: "old"}).Run() }()
		waitForFile(t, filepath.Join(folder, "edit-*", "ready"))
		end()
		if err := <-ended; err == nil {
			t.Error("the editor that was ended tells no error")
		}
		found := e.Left()
		if (len(found) == 1) != changed {
			t.Errorf("%s: %q is left", name, found)
			continue
		}
		if _, err := os.Stat(folder); changed == errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the folder: %v", name, err)
		}
		if !changed {
			continue
		}
		if text, err := os.ReadFile(found[0]); err != nil || string(text) != "new\n" {
			t.Errorf("%q, %v", text, err)
		}
		if again := e.Left(); len(again) != 1 || again[0] != found[0] {
			t.Errorf("told once more: %q", again)
		}
		if err := os.RemoveAll(filepath.Dir(found[0])); err != nil {
			t.Fatal(err)
		}
		if found := e.Left(); found != nil {
			t.Errorf("removed, it is still told: %q", found)
		}
	}
}

// waitForFile waits until a file is there.
func waitForFile(t *testing.T, pattern string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no %s", pattern)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestWhatEditorsAddIsNoEdit(t *testing.T) {
	for before, after := range map[string]string{
		"a\nb": "a\nb\n", "a\nb\n": "a\nb\n", "{}": "\ufeff{}\r\n", "a\r\nb": "a\r\nb\n", "": "\n",
	} {
		if got := asBefore(before, []byte(after)); got != before {
			t.Errorf("%q comes back as %q", before, got)
		}
	}
	if got := asBefore("a", []byte("a\n\n")); got != "a\n" {
		t.Errorf("a newline that was typed is lost: %q", got)
	}
}

func TestAnEditorThatFailsChangesNothing(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"it fails":   {"VISUAL": "'" + script(t, `echo changed > "$1"; exit 3`) + "'"},
		"is missing": {"VISUAL": "/nowhere/ed"},
		"no command": {"VISUAL": "nowhere --wait"},
	} {
		got, _, err := edits(t, env, "x.json", "text")
		if err == nil || got != "text" || !strings.Contains(err.Error(), "nothing was taken over") {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := edits(t, nil, "x.json", "text"); !errors.Is(err, ErrNoEditor) {
		t.Errorf("no editor: %v", err)
	}
}

// An editor does not outlive the program, nor its file.
func TestTheEditorEndsWithTheProgram(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	begun := filepath.Join(t.TempDir(), "begun")
	path := script(t, `touch '`+begun+`'; exec sleep 60`)
	e := &Editor{Folder: filepath.Join(t.TempDir(), "editing"), Getenv: func(string) string { return "'" + path + "'" }, Context: ctx}
	x := &editing{editor: e, name: "x", text: "text"}
	done := make(chan error, 1)
	go func() { done <- x.Run() }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(begun); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the editor was not started")
		}
	}
	cancel()
	select {
	case err := <-done:
		if err == nil || x.text != "text" {
			t.Errorf("%v %q", err, x.text)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the editor goes on")
	}
	if _, err := os.Stat(e.Folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}

// What a program that was killed has left goes with the next edit; what another is at stays.
func TestLeftoversGo(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "editing")
	other := &Editor{Folder: folder, Getenv: os.Getenv}
	held, release, err := other.room()
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(folder, "edit-dead")
	if err := os.MkdirAll(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{filepath.Join(dead, "twin-desired.json"), dead + lockSuffix} {
		if err := os.WriteFile(f, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := &Editor{Folder: folder, Getenv: func(string) string { return "true" }}
	if err := (&editing{editor: e, name: "x"}).Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the leftover is still there: %v", err)
	}
	if _, err := os.Stat(held); err != nil {
		t.Errorf("what another program edits is gone: %v", err)
	}
	release(false)
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}
