package uitest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// asProgram in the environment makes the test binary the program on a pseudo-terminal.
const asProgram = "UITEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(runProgram())
	}
	VerifyTestMain(m)
}

// runProgram is a program with an exit status of its own: 3 after ctrl+x, 4 when it was
// interrupted or killed.
func runProgram() int {
	final, err := tea.NewProgram(echo{}).Run()
	switch {
	case err != nil:
		return 4
	case final.(echo).failed:
		return 3
	}
	fmt.Println("goodbye")
	return 0
}

func programCommand(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// echo shows its size, the keys it got, what its commands brought, and whether the
// terminal has answered a query.
type echo struct {
	width, height int
	keys          string
	got           string
	dark          string
	failed        bool
}

type brought string

func bring(s string) tea.Cmd { return func() tea.Msg { return brought(s) } }

func (m echo) Init() tea.Cmd { return tea.RequestBackgroundColor }

func (m echo) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.dark = fmt.Sprintf("dark %t", msg.IsDark())
	case brought:
		m.got += string(msg)
	case tea.KeyPressMsg:
		m.keys += "<" + msg.String() + ">"
		switch msg.String() {
		case "ctrl+q":
			return m, tea.Quit
		case "ctrl+x":
			m.failed = true
			return m, tea.Quit
		case "ctrl+s":
			return m, tea.Sequence(bring("1"), tea.Sequence(bring("2"), nil, bring("3")), bring("4"))
		case "ctrl+b":
			return m, tea.Batch(bring("a"), nil, tea.Batch(bring("a"), bring("a")))
		}
	}
	return m, nil
}

func (m echo) View() tea.View {
	v := tea.NewView(fmt.Sprintf("%d x %d %s\nkeys %s\ngot %s\n\x1b[31mşehir 東京\x1b[m |", m.width, m.height, m.dark, m.keys, m.got))
	v.AltScreen = true
	return v
}
