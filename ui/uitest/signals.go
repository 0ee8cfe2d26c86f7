package uitest

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// inherited are the signals that this process was started to ignore, as nohup and a shell's & do. It is
// found out before anything else is done with signals: the runtime knows of it until then only.
var inherited = slices.DeleteFunc([]os.Signal{syscall.SIGHUP, syscall.SIGINT}, func(s os.Signal) bool { return !signal.Ignored(s) })

// takingSignals runs start so that the process it starts takes the signals that this one ignores. An
// ignored signal stays ignored across exec, and signal.Reset does not change that, but one that is
// handled goes back to its default (POSIX: exec), which the runtime sees to.
func takingSignals(start func() error) error {
	if len(inherited) > 0 {
		dropped := make(chan os.Signal, 1)
		signal.Notify(dropped, inherited...)
		defer signal.Stop(dropped)
	}
	return start()
}
