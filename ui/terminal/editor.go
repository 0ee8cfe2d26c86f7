package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/gofrs/flock"
)

// ErrNoEditor means that no editor was named and none was found.
var ErrNoEditor = errors.New("no editor was found: name one in VISUAL or EDITOR")

// Editor has texts edited in the user's own editor: the one of VISUAL, else of EDITOR, else the first
// that the system has. It is safe for concurrent use; a terminal shows one editor at a time.
type Editor struct {
	// Folder is where the files are while they are edited, each in a folder of its own that only the
	// user can enter. It is made when it is missing, and goes when it is empty. Empty: the system's
	// folder for temporary files.
	Folder string
	Getenv func(string) string
	// Context ends the editor when it ends; nil: nothing does.
	Context context.Context
}

// Edit returns the command that has text edited in a file of a name, which should tell what it is, and
// brings what done makes of the text as it was left. The program has no screen meanwhile. An error
// says in a sentence why the text is not to be taken; it is then as it was.
func (e *Editor) Edit(name, text string, done func(text string, err error) tea.Msg) tea.Cmd {
	x := &editing{editor: e, name: name, text: text}
	return tea.Exec(x, func(err error) tea.Msg { return done(x.text, err) })
}

// editing is one text in an editor; it is a tea.ExecCommand.
type editing struct {
	editor     *Editor
	name, text string
	in         io.Reader
	out        io.Writer
}

func (x *editing) SetStdin(r io.Reader)  { x.in = r }
func (x *editing) SetStdout(w io.Writer) { x.out = w }
func (*editing) SetStderr(io.Writer)     {} // the log; what an editor has to say is for the terminal

// inEditor says that an editor has the terminal, and with it the interrupt key.
var inEditor atomic.Bool

// Run implements tea.ExecCommand.
func (x *editing) Run() (err error) {
	command, err := x.editor.command()
	if err != nil {
		return err
	}
	dir, release, err := x.editor.room()
	if err != nil {
		return fmt.Errorf("there is no place to edit in: %w", err)
	}
	keep := false
	defer func() { release(keep) }()
	file := filepath.Join(dir, safeName(x.name))
	for name, text := range map[string]string{filepath.Join(dir, before): x.text, file: x.text} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return fmt.Errorf("there is no place to edit in: %w", err)
		}
	}
	ctx := x.editor.Context
	if ctx == nil {
		ctx = context.Background()
	}
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], file)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(terminated) }
	cmd.WaitDelay = stopGrace / 2
	cmd.Stdin, cmd.Stdout, cmd.Stderr = x.in, x.out, x.out
	inEditor.Store(true)
	err = cmd.Run()
	inEditor.Store(false)
	if ctx.Err() != nil { // the program ends, and nobody takes the text
		_, keep = left(dir)
	}
	if err != nil {
		return fmt.Errorf("nothing was taken over, because the editor %s failed: %w", command[len(command)-1], err)
	}
	edited, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("nothing was taken over: %w", err)
	}
	x.text = asBefore(x.text, edited)
	return nil
}

// asBefore returns an edited text without what editors put into files by themselves: a byte order mark,
// carriage returns, a newline at the end.
func asBefore(before string, edited []byte) string {
	text := string(bytes.TrimPrefix(edited, []byte("\ufeff")))
	if !strings.Contains(before, "\r") {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if !strings.HasSuffix(before, "\n") {
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

// command returns the editor as words to which the file is added. One that is named with flags, or in
// quotes, is read by the shell, as git and others do.
func (e *Editor) command() ([]string, error) {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		named := strings.TrimSpace(e.Getenv(name))
		switch {
		case named == "":
		case runtime.GOOS == "windows":
			return words(named), nil
		case strings.ContainsAny(named, "|&;<>()$`\\\"' \t*?[#~=%"):
			return []string{"sh", "-c", named + ` "$@"`, named}, nil
		default:
			return []string{named}, nil
		}
	}
	for _, usual := range usualEditors {
		if _, err := exec.LookPath(usual); err == nil {
			return []string{usual}, nil
		}
	}
	return nil, ErrNoEditor
}

// words splits a command at spaces outside double quotes.
func words(command string) []string {
	quoted := false
	list := strings.FieldsFunc(command, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t')
	})
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], `"`, "")
	}
	return list
}

// room returns a folder for one file, and what takes it away with all that the editor left in it, unless
// it is to be kept. What programs that were killed have left is taken away, too, but for texts that
// were changed.
func (e *Editor) room() (dir string, release func(keep bool), err error) {
	if e.Folder == "" {
		dir, err := os.MkdirTemp("", "twindeck-edit-")
		return dir, func(keep bool) {
			if !keep {
				_ = os.RemoveAll(dir)
			}
		}, err
	}
	if err := os.MkdirAll(e.Folder, 0o700); err != nil {
		return "", nil, err
	}
	e.sweep()
	if dir, err = os.MkdirTemp(e.Folder, "edit-"); err != nil {
		return "", nil, err
	}
	lock := flock.New(dir+lockSuffix, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil || !locked {
		return "", nil, errors.Join(fmt.Errorf("%s cannot be locked", dir), err, os.RemoveAll(dir))
	}
	return dir, func(keep bool) {
		if !keep {
			_ = os.RemoveAll(dir)
		}
		_, _ = lock.Unlock(), os.Remove(lock.Path())
		_ = os.Remove(e.Folder) // fails where there is something in it
	}, nil
}

const lockSuffix = ".lock"

// sweepAfter is how old a folder without a lock must be to be nobody's.
const sweepAfter = time.Minute

// before is the file beside the one that is edited that has the text as it was.
const before = ".before"

// left returns the file of a folder that was edited in, and whether its text is another one than before.
func left(dir string) (file string, changed bool) {
	was, err := os.ReadFile(filepath.Join(dir, before))
	if err != nil {
		return "", false
	}
	files, _ := filepath.Glob(filepath.Join(dir, "twin-*"))
	for _, name := range files {
		if strings.HasSuffix(name, "~") { // a backup, as editors make them
			continue
		}
		if now, err := os.ReadFile(name); err == nil && asBefore(string(was), now) != string(was) {
			return name, true
		}
	}
	return "", false
}

// Left returns the files that were changed in an editor whose program was killed or ended meanwhile, so
// that nobody took the text, and takes away what else such programs have left. The files stay until
// somebody removes them. It reads the disk.
func (e *Editor) Left() []string {
	if e.Folder == "" {
		return nil
	}
	defer func() { _ = os.Remove(e.Folder) }() // fails where there is something in it
	return e.sweep()
}

// sweep takes away what programs that have ended have left, and returns the files that stay.
func (e *Editor) sweep() (stay []string) {
	entries, err := os.ReadDir(e.Folder)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		dir := filepath.Join(e.Folder, entry.Name())
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), "edit-") {
			continue
		}
		file, changed := left(dir)
		if _, err := os.Stat(dir + lockSuffix); err != nil && !changed {
			if info, err := entry.Info(); err != nil || time.Since(info.ModTime()) < sweepAfter {
				continue // just made
			}
		}
		lock := flock.New(dir+lockSuffix, flock.SetPermissions(0o600))
		if locked, err := lock.TryLock(); err != nil || !locked {
			continue
		}
		if changed {
			stay = append(stay, file)
		} else {
			_ = os.RemoveAll(dir)
		}
		_, _ = lock.Unlock(), os.Remove(lock.Path())
	}
	return stay
}

// safeName returns a name that is one on every system, and no hidden one.
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, name)
	if len(name) > 60 {
		name = name[len(name)-60:]
	}
	return "twin-" + strings.TrimLeft(name, "._-")
}
