// Package terminal runs the dashboard's program on a terminal and gives the terminal
// back as it was, however the program ends: a key, a signal, a closed window, a panic
// in any goroutine, or a kill.
//
// While the program runs, nothing else may write to the terminal: the process's
// standard output and error are pointed at the log, because libraries print there.
package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
)

// ErrNotATerminal means that input or output is a file or a pipe, where a dashboard cannot be shown.
var ErrNotATerminal = errors.New("twindeck is a dashboard and needs a terminal: standard input and output must not be redirected")

// ErrPanic means that the program ended in a panic. The terminal has been restored and the
// stack is in the log.
var ErrPanic = errors.New("the dashboard stopped on an internal error")

// stopGrace is how long a program that was told to stop may take. A terminal whose window is
// gone or that has stopped reading blocks the program's last write for ever.
const stopGrace = 2 * time.Second

// framesPerSecond is how often the screen may be drawn. The default, half as often, would be most of
// what one waits for when a letter of a filter is typed.
const framesPerSecond = 120

// Check reports ErrNotATerminal unless both files are terminals. It does not touch them.
func Check(in, out *os.File) error {
	if !term.IsTerminal(in.Fd()) || !term.IsTerminal(out.Fd()) {
		return ErrNotATerminal
	}
	return nil
}

// Options say how to run a program.
type Options struct {
	In, Out *os.File // the terminal
	Env     []string // TERM, COLORTERM, NO_COLOR (any value but the empty one) and the like
	LogFile *os.File // takes what libraries print and the trace of a crash; nil discards it
	Log     *slog.Logger
	Guard   *Guard                           // nil leaves the terminal to itself after a crash
	Filter  func(tea.Model, tea.Msg) tea.Msg // sees every message first, and may change or drop it; nil: none does
}

// Run shows model until it quits or ctx ends, and returns the last model. It blocks. A ctx that
// ends is not an error: the cause is the caller's. ErrPanic is returned after a panic. Once Run
// has returned the guard is released.
func Run(ctx context.Context, model tea.Model, opts Options) (tea.Model, error) {
	defer opts.Guard.Release()
	if err := opts.Guard.wait(); err != nil {
		opts.Log.Warn("the terminal is not guarded against a crash", "error", err)
	}
	undo, err := redirect(opts.LogFile)
	if err != nil {
		return model, err
	}
	defer undo()
	logged := size(opts.LogFile)

	settings := []tea.ProgramOption{
		tea.WithInput(opts.In),
		tea.WithOutput(opts.Out),
		tea.WithEnvironment(environment(opts.Env)),
		tea.WithoutSignalHandler(),
		tea.WithFPS(framesPerSecond),
	}
	if opts.Filter != nil {
		settings = append(settings, tea.WithFilter(opts.Filter))
	}
	program := tea.NewProgram(model, settings...)
	type result struct {
		model tea.Model
		err   error
	}
	done := make(chan result, 1)
	go func() {
		m, err := program.Run()
		done <- result{m, err}
	}()

	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		// Not tea.WithContext: a program that is killed closes its input while its reader is
		// still at it, which the race detector sees.
		go program.Quit()
		select {
		case r = <-done:
		case <-time.After(stopGrace):
			opts.Log.Warn("the terminal no longer takes output; leaving without it")
			return model, nil
		}
	}
	switch {
	case errors.Is(r.err, tea.ErrProgramPanic):
		awaitTrace(opts.LogFile, logged)
		return r.model, ErrPanic
	case ctx.Err() != nil, errors.Is(r.err, tea.ErrInterrupted):
		return r.model, nil
	}
	return r.model, r.err
}

// redirect points what libraries write to at the log and returns what undoes it.
func redirect(file *os.File) (undo func(), err error) {
	var null *os.File
	if file == nil {
		if null, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
			return nil, err
		}
		file = null
	}
	restoreCrash := divertCrash(file)
	stdout, stderr, std := os.Stdout, os.Stderr, log.Writer()
	os.Stdout, os.Stderr = file, file
	log.SetOutput(file)
	return func() {
		os.Stdout, os.Stderr = stdout, stderr
		log.SetOutput(std)
		restoreCrash()
		if null != nil {
			_ = null.Close()
		}
	}, nil
}

// traceWithin bounds the wait for the trace of a panic.
const traceWithin = time.Second

// awaitTrace waits until the trace of a panic stands in the log behind from. Bubble Tea prints the
// one of a command from the command's goroutine, while the program has already returned: without
// the wait it would be lost, or come to the terminal.
func awaitTrace(file *os.File, from int64) {
	if file == nil {
		return
	}
	reader, err := os.Open(file.Name())
	if err != nil {
		return
	}
	defer func() { _ = reader.Close() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(traceWithin); time.Now().Before(deadline); <-tick.C {
		text, err := io.ReadAll(io.NewSectionReader(reader, from, 1<<20))
		if err != nil || bytes.Contains(text, []byte("debug.Stack")) {
			return
		}
	}
}

func size(file *os.File) int64 {
	if file == nil {
		return 0
	}
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
