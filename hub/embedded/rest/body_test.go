package rest

import (
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// TestABodyThatCannotBeReadIsTheClientsFault: after a 500 an SDK would try again and again, and
// the log would speak of an error of the hub's.
func TestABodyThatCannotBeReadIsTheClientsFault(t *testing.T) {
	for name, c := range map[string]struct {
		body   io.Reader
		status int
		code   string
	}{
		"no chunks":  {iotest.ErrReader(errors.New("invalid byte in chunk length")), 400, "IotHubFormatError"},
		"breaks off": {io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)), 400, "IotHubFormatError"},
		"late":       {iotest.ErrReader(os.ErrDeadlineExceeded), 400, "IotHubFormatError"},
		"too large":  {strings.NewReader(strings.Repeat(" ", maxBody+1)), 413, "MessageTooLarge"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readBody(httptest.NewRecorder(), httptest.NewRequest("PATCH", "/twins/d", c.body))
			if err == nil {
				t.Fatal("it is accepted")
			}
			if got := refusalOf(err); got.Status != c.status || got.Name != c.code {
				t.Errorf("%d %s, want %d %s", got.Status, got.Name, c.status, c.code)
			}
		})
	}
}
