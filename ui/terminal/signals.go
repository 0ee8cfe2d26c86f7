package terminal

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Signalled is the cause of a context that a signal ended.
type Signalled struct{ Signal syscall.Signal }

// Error implements error with the name of the signal.
func (e Signalled) Error() string { return e.Signal.String() }

// WithSignals returns a context that ends with the first signal that asks the process to leave:
// SIGINT, SIGTERM, or SIGHUP, which is what a closed window sends. While an [Editor] has the terminal,
// SIGINT is its own. Its cause is a [Signalled]. A
// second SIGINT or SIGTERM ends the process at once, should it hang on the way out; a second
// SIGHUP does not, since terminals send it more than once. stop must be called; signals do again
// what they did before.
func WithSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case s := <-signals:
				if s == syscall.SIGINT && inEditor.Load() {
					continue // the key was for the editor, which has the terminal
				}
				// Before anybody knows of the first: a second one that came meanwhile would be lost.
				signal.Reset(syscall.SIGINT, syscall.SIGTERM)
				if sig, ok := s.(syscall.Signal); ok {
					cancel(Signalled{sig})
				}
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-done
	}
}
