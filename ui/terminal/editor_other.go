//go:build !unix

package terminal

import "os"

// terminated is what ends an editor.
var terminated = os.Kill

// usualEditors are tried when the user has named none.
var usualEditors = []string{"notepad", "vi", "nano"}
