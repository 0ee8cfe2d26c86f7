package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
)

// toFile types a name for the file of an export and writes it.
func (p *pump) toFile(name string) {
	p.t.Helper()
	p.Press("ctrl+u")
	p.Type(name)
	p.Press("enter")
	p.wait(time.Second)
}

func TestRowsAreExportedWithoutKeys(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("X")
		p.sees("Export devices", "‹ as shown ›", "‹ without ›", "‹ a file ›", "‹ CSV ›", "~/contoso-devices-")
		p.toFile("~/all.csv")
		p.sees("exported 4 devices to " + filepath.Join(dir, "all.csv"))
		text, err := os.ReadFile(filepath.Join(dir, "all.csv"))
		lines := strings.Split(string(text), "\r\n")
		if err != nil || len(lines) != 6 || !strings.HasPrefix(lines[0], "device,module,connectionState,status,") || !strings.HasPrefix(lines[1], "gateway-01,,Disconnected,enabled,sas,") {
			t.Errorf("%v\n%s", err, text)
		}
		if strings.Contains(string(text), "Key") || p.hub.count("Identity") != 0 {
			t.Errorf("keys nobody asked for:\n%s", text)
		}
		p.Press("X")
		p.toFile("~/all.csv")
		p.sees("there is a file of that name", "Export devices")
		p.Press("enter")
		p.wait(time.Second)
		p.sees("exported 4 devices")
		p.Press("X")
		p.toFile("~/none/all.csv")
		p.sees("nothing was written", "no such file")
		p.Press("esc")
		p.seesNot("Export devices")
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
}

func TestKeysAreExportedOnlyWhenChosenAndConfirmed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.marks(2)
		p.Press("X")
		p.sees("‹ 2 marked ›")
		p.Press("ctrl+t")
		p.Press("ctrl+u")
		p.Type("~/keys.jsonl")
		p.Press("up", "up", "up", "right") // from the file to the keys
		p.sees("‹ with keys ›", "each identity is read")
		p.Press("enter")
		p.sees("will hold the keys of 2 rows in the clear")
		p.Press("enter") // is No
		if _, err := os.Stat(filepath.Join(dir, "keys.jsonl")); err == nil {
			t.Error("it was written unasked")
		}
		p.Press("enter", "y")
		p.wait(time.Second)
		p.sees("exported 2 devices with keys to")
		text, err := os.ReadFile(filepath.Join(dir, "keys.jsonl"))
		if err != nil || strings.Count(string(text), `"primaryKey":"cHJpbWFyeSBzZWNyZXQ="`) != 2 {
			t.Errorf("%v\n%s", err, text)
		}
		if info, err := os.Stat(filepath.Join(dir, "keys.jsonl")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others can read the keys: %v", info.Mode())
		}
	})
}

func TestAnExportOfKeysIsGivenUp(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	inBubble(t, Options{}, 120, 36, fleetOf(200), func(p *pump) {
		p.wait(time.Second)
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "Identity" {
				return time.Second
			}
			return 0
		})
		p.Press("X", "up", "up", "up", "right", "enter", "y")
		p.wait(7 * time.Second)
		p.sees("40 of 200 rows", "esc give up")
		p.Press("esc")
		p.wait(time.Second)
		p.sees("given up; nothing was written")
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
		// A policy that may not read keys is told so at once.
		p.hub.slow(nil)
		p.hub.failing("Identity", &hub.Error{Op: "read", Status: 401})
		p.Press("enter", "y")
		p.wait(time.Second)
		p.sees("nothing was written", "the policy lacks the right")
	})
}

func TestTheClipboardHasABound(t *testing.T) {
	inBubble(t, Options{}, 120, 36, fleetOf(2000), func(p *pump) {
		p.wait(5 * time.Second)
		p.Press("X", "up", "up", "right")
		p.sees("‹ the clipboard ›")
		p.Press("enter")
		p.wait(time.Second)
		p.sees("more than the 74 KB", "write it to a file")
		if p.copied != nil {
			t.Errorf("copied %d bytes", len(p.copied[0]))
		}
		p.Press("esc", "/")
		p.Type("0042")
		p.Press("enter", "X", "up", "up", "right", "enter")
		p.wait(time.Second)
		p.sees("copied 1 row")
		if len(p.copied) != 1 || !strings.Contains(p.copied[0], "device-0042") {
			t.Errorf("%q", p.copied)
		}
	})
}

// What a query has brought is marked, changed and exported like devices; numbers keep their digits.
func TestTheRowsOfAQueryAreExported(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		text := "SELECT deviceId, tags.n FROM devices"
		p.hub.answers(text, `{"deviceId":"pump-01","tags":{"n":1.50}}`, `{"deviceId":"gateway-01","tags":{"n":1e3}}`, `{"number":7}`)
		p.Press(":", "ctrl+u")
		p.Type(text)
		p.Press("enter")
		p.wait(time.Second)
		p.Press("X")
		p.sees("Export rows", "‹ without ›")
		p.seesNot("as shown")
		p.Press("ctrl+t")
		p.toFile("~/rows.jsonl")
		p.sees("exported 3 rows")
		got, err := os.ReadFile(filepath.Join(dir, "rows.jsonl"))
		if err != nil || !strings.Contains(string(got), `"pump-01","tags.n":1.50}`) || !strings.Contains(string(got), `"tags.n":1e3}`) || strings.Count(string(got), "\n") != 3 {
			t.Errorf("%v\n%s", err, got)
		}
		p.Press("g", "space", "X", "up", "up", "up", "right", "ctrl+t", "enter", "y")
		p.wait(time.Second)
		p.sees("exported 1 row with keys")
		p.Press("g", "space", "*", "b")
		p.sees("Bulk action on 2 rows")
		p.Press("esc")
	})
}
