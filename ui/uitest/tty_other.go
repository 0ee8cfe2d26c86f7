//go:build !unix

package uitest

import (
	"errors"
	"os"
	"os/exec"
)

func startOnTTY(*exec.Cmd, int, int) (*os.File, error) { return nil, errors.ErrUnsupported }

func resizeTTY(*os.File, int, int) {}
