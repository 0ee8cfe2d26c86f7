package embedded_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childDataFile); path != "" {
		serveUntilKilled(path)
	}
	goleak.VerifyTestMain(m)
}
