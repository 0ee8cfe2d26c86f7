package uitest

import (
	"errors"
	"os"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"go.uber.org/goleak"
)

// model is a tea.Program in this process.
type model struct {
	tea   *tea.Program
	final tea.Model // set when the screen's done is closed
}

// Start runs a model on a terminal of width by height cells that knows true colour and
// answers queries. Options come after the ones it sets itself. The program takes no
// signals of the test's process.
func Start(t testing.TB, m tea.Model, width, height int, options ...tea.ProgramOption) *Screen {
	t.Helper()
	term := newTerminal(width, height, true)
	s := newScreen(t, term)
	p := &model{tea: tea.NewProgram(m, append([]tea.ProgramOption{
		tea.WithInput(term.input),
		tea.WithOutput(term),
		tea.WithWindowSize(width, height),
		tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"}),
		tea.WithColorProfile(colorprofile.TrueColor),
		tea.WithoutSignalHandler(),
	}, options...)...)}
	s.program = p
	go func() {
		defer close(s.done)
		p.final, s.err = p.tea.Run()
	}()
	t.Cleanup(func() {
		p.end(s.done, term.input)
		term.close()
	})
	return s
}

// quitting is how long a program may take to quit before it is killed.
const quitting = 2 * time.Second

// end ends the program. It quits first: Bubble Tea loses a goroutine when it is killed
// before it has drawn anything.
func (p *model) end(done <-chan struct{}, input *queue) {
	input.close()
	go p.tea.Quit()
	select {
	case <-done:
	case <-time.After(quitting):
		p.tea.Kill()
		<-done
	}
}

// VerifyTestMain is goleak.VerifyTestMain for a package that uses screens. It overlooks
// one goroutine: Bubble Tea's input reader waits for ever with an event that came just
// when its program ended.
func VerifyTestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).sendEvents"))
}

// Model waits until the program has ended and returns the model as it was then; nil for a
// command.
func (s *Screen) Model() tea.Model {
	s.t.Helper()
	_ = s.Wait()
	if p, ok := s.program.(*model); ok {
		return p.final
	}
	return nil
}

func (p *model) resize(width, height int) {
	p.tea.Send(tea.WindowSizeMsg{Width: width, Height: height})
}

func (p *model) signal(os.Signal) error {
	return errors.New("a model runs in the test's own process; signals are for commands")
}

func (p *model) quit()   { p.tea.Quit() }
func (p *model) hangUp() { p.tea.Kill() }
