package iothub

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestATokenIsKeptUntilShortlyBeforeItExpires(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tokens, err := NewTokens("localhost:8443", "iothubowner", "c2VjcmV0", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	token := func() string {
		t.Helper()
		text, err := tokens.Authorization()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := token()
	now = now.Add(tokenLife - tokenSpare - time.Second)
	if token() != first {
		t.Error("the token was not kept")
	}
	now = now.Add(2 * time.Second)
	second := token()
	if second == first {
		t.Error("the token was not renewed")
	}

	fields, err := url.ParseQuery(strings.TrimPrefix(second, "SharedAccessSignature "))
	if err != nil {
		t.Fatal(err)
	}
	expires := fmt.Sprint(now.Add(tokenLife).Unix())
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte("localhost%3A8443\n" + expires))
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); fields.Get("sig") != want || fields.Get("se") != expires ||
		fields.Get("sr") != "localhost:8443" || fields.Get("skn") != "iothubowner" {
		t.Errorf("the token is %s, and its signature should be %s", second, want)
	}
}

// A laptop that slept for two hours wakes up with a token that has expired, and a monotonic
// clock that says a moment has passed.
func TestATokenAgesWhileTheMachineSleeps(t *testing.T) {
	tokens, err := NewTokens("localhost", "iothubowner", "c2VjcmV0", nil)
	if err != nil {
		t.Fatal(err)
	}
	if tokens.expires != tokens.expires.Round(0) {
		t.Errorf("the expiry %v follows the monotonic clock", tokens.expires)
	}
}

func TestABadKeyIsNotShown(t *testing.T) {
	if _, err := NewTokens("localhost", "p", "not base64!", nil); err == nil || strings.Contains(err.Error(), "not base64!") {
		t.Errorf("got %v", err)
	}
}
