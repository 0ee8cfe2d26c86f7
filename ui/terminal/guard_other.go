//go:build !unix

package terminal

import (
	"errors"
	"os"
)

// Guard does nothing on this system.
type Guard struct{}

// StartGuard reports errors.ErrUnsupported: there is no guard process on this system.
func StartGuard(_, _ *os.File) (*Guard, error) { return nil, errors.ErrUnsupported }

// Release does nothing.
func (g *Guard) Release() {}

func (g *Guard) wait() error { return nil }

// Guarding reports false: there is no guard process on this system.
func Guarding() bool { return false }

func divertCrash(*os.File) (undo func()) { return func() {} }
