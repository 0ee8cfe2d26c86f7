// Package cli reads from a command line which hub it is for, and says what is wrong with it in one
// sentence, without repeating any of it that may be a key.
package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// UsageError is a mistake on the command line, as opposed to one that shows when the command runs.
type UsageError struct{ error }

// Unwrap returns the error itself.
func (e UsageError) Unwrap() error { return e.error }

// Usage makes an error a UsageError.
func Usage(err error) error { return UsageError{err} }

// Usagef returns a UsageError with a formatted sentence.
func Usagef(format string, args ...any) error { return Usage(fmt.Errorf(format, args...)) }

// NoArgs refuses arguments without repeating them: one of them may be a connection string. The
// error ends in advice.
func NoArgs(advice string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return Usagef("%s takes no arguments; %s", cmd.CommandPath(), advice)
	}
}

// wants says what a flag of a type takes.
var wants = map[string]string{
	"bool":     "true or false, or nothing",
	"int":      "a whole number",
	"duration": "a duration such as 5s",
}

// FlagError says what is wrong with a flag without repeating its value, which may be a key. It is
// for cobra's SetFlagErrorFunc.
func FlagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		name, _, _ := strings.Cut(unknown.GetSpecifiedName(), "=")
		return Usagef("unknown flag %q; %s --help lists them", name, cmd.CommandPath())
	case errors.As(err, &missing):
		return Usagef("--%s needs a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		return Usagef("--%s wants %s", flag.Name, wants[flag.Value.Type()])
	}
	return Usagef("a flag is malformed; %s --help lists them", cmd.CommandPath())
}

// FileName refuses a connection string where a flag wants the name of a file: every later error
// would show the name, and so the key.
func FileName(flag, name string) error {
	if strings.Contains(strings.ToLower(name), "sharedaccess") {
		return Usagef("%s wants the name of a file, not a connection string", flag)
	}
	return nil
}
