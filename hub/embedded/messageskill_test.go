package embedded_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// inbox is a device that takes its messages over HTTPS from a hub in another process.
type inbox struct {
	*child
	token string
}

func openInbox(t *testing.T, c *child) inbox {
	t.Helper()
	_, text, err := c.do("GET", "/devices/d", "")
	var identity struct {
		Authentication struct{ SymmetricKey struct{ PrimaryKey string } }
	}
	if err != nil || json.Unmarshal([]byte(text), &identity) != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return inbox{c, sign("localhost/devices/d", identity.Authentication.SymmetricKey.PrimaryKey, "")}
}

func (i inbox) request(method, path string) (status int, body, etag string, err error) {
	req, err := http.NewRequest(method, "https://"+i.where.HTTPS+"/devices/d/messages/deviceBound"+path+"?api-version=2021-04-12", nil)
	if err != nil {
		return 0, "", "", err
	}
	req.Header.Set("Authorization", i.token)
	res, err := i.http.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), strings.Trim(res.Header.Get("Etag"), `"`), err
}

// take receives a message and completes it. Both results are false when there is none; an error
// is a hub that is gone, in the middle of completing when tried says so.
func (i inbox) take() (body string, tried, done bool, err error) {
	status, body, lock, err := i.request("GET", "")
	if err != nil || status != http.StatusOK {
		return "", false, false, err
	}
	status, _, _, err = i.request("DELETE", "/"+lock)
	return body, true, err == nil && status == http.StatusNoContent, err
}

// TestMessagesSurviveAKill kills a hub while messages come and go: what was answered to the sender
// is there afterwards, and what was answered to the receiver does not come again.
func TestMessagesSurviveAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub")
	c := startChild(t, path)
	defer func() { c.kill() }()
	if status, text, err := c.do("PUT", "/devices/d", `{}`); status != http.StatusOK || err != nil {
		t.Fatal(status, text, err)
	}
	last, taken := 0, 0
	for round := range 5 {
		sent := make(chan []string)
		go func() {
			var answered []string
			for {
				last++
				body := fmt.Sprintf("message %d", last)
				status, _, err := c.do("POST", "/devices/d/messages/devicebound", body)
				if err != nil {
					sent <- answered
					return
				}
				if status == http.StatusNoContent {
					answered = append(answered, body)
				}
			}
		}()
		kill := time.AfterFunc(time.Duration(100+rand.IntN(200))*time.Millisecond, func() { _ = c.cmd.Process.Kill() })
		done, doubtful := map[string]bool{}, ""
		for device := openInbox(t, c); ; {
			body, tried, completed, err := device.take()
			if completed {
				done[body] = true
			} else if tried {
				doubtful = body
			}
			if err != nil {
				break
			}
		}
		answered := <-sent
		kill.Stop()
		c.kill()
		taken += len(done)

		c = startChild(t, path)
		rest := map[string]bool{}
		for device := openInbox(t, c); ; {
			body, tried, completed, err := device.take()
			if err != nil {
				t.Fatal(err)
			}
			if !tried {
				break
			}
			if !completed || rest[body] {
				t.Errorf("round %d: %s comes twice or cannot be completed", round, body)
			}
			rest[body] = true
		}
		for _, body := range answered {
			if !done[body] && !rest[body] && body != doubtful {
				t.Errorf("round %d: %s was lost", round, body)
			}
		}
		for _, body := range slices.Sorted(maps.Keys(done)) {
			if rest[body] {
				t.Errorf("round %d: %s was taken and came again", round, body)
			}
		}
	}
	if taken == 0 {
		t.Error("nothing was taken before the hub was killed")
	}
}
