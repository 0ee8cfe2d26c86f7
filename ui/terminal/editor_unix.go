//go:build unix

package terminal

import "syscall"

// terminated is what asks an editor to leave.
const terminated = syscall.SIGTERM

// usualEditors are tried when the user has named none: first the one that the system was told to use.
var usualEditors = []string{"editor", "vi", "nano", "vim"}
