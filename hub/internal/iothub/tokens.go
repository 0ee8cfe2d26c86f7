package iothub

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/amenzhinsky/iothub/common"
	"github.com/amenzhinsky/iothub/iotservice"
	"github.com/amenzhinsky/iothub/logger"
)

const (
	tokenLife  = time.Hour
	tokenSpare = 5 * time.Minute // renewed this long before it expires, for clocks that differ
)

// Tokens makes the SAS tokens of one policy of a hub and keeps each until it is about to
// expire. It is safe for concurrent use.
type Tokens struct {
	key *common.SharedAccessKey
	now func() time.Time

	mu      sync.Mutex
	token   string
	expires time.Time
}

// NewTokens returns the tokens of a policy. It fails when key is not base64, without
// showing it. A nil now means time.Now.
func NewTokens(host, policy, key string, now func() time.Time) (*Tokens, error) {
	if now == nil {
		now = time.Now
	}
	t := &Tokens{key: common.NewSharedAccessKey(host, policy, key), now: now}
	if _, err := t.Authorization(); err != nil {
		return nil, err
	}
	return t, nil
}

// Authorization returns the value of an Authorization header (Azure docs:
// iot-hub-dev-guide-sas, "SAS token structure"). It is a secret.
func (t *Tokens) Authorization() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// The hub judges a token by the time of day, so the monotonic clock is left out of it: that
	// one stands still while a machine sleeps, and does not notice when its time is set.
	now := t.now().Round(0)
	if t.token != "" && now.Before(t.expires.Add(-tokenSpare)) {
		return t.token, nil
	}
	expires := now.Add(tokenLife)
	token, err := SignToken(t.key.HostName, t.key.SharedAccessKeyName, t.key.SharedAccessKey, expires)
	if err != nil {
		return "", err
	}
	t.token, t.expires = token, expires
	return t.token, nil
}

// SignToken returns a SAS token for a resource, which is unescaped, until expires. The policy is
// empty when the key is that of a device or module. It fails when key is not base64, without
// showing it. The token is a secret.
func SignToken(resource, policy, key string, expires time.Time) (string, error) {
	sas, err := common.NewSharedAccessSignature(resource, policy, key, expires)
	if err != nil {
		return "", errors.New("the shared access key is not valid base64")
	}
	// The library writes a space, which only the name of a policy can have, as in a form.
	return strings.ReplaceAll(sas.String(), "+", "%20"), nil
}

// Registry returns the library's client of the identity registry, on our transport and silent.
func (t *Tokens) Registry(transport *Transport) (*iotservice.Client, error) {
	return iotservice.New(t.key,
		iotservice.WithHTTPClient(transport.Client()),
		iotservice.WithLogger(logger.New(logger.LevelOff, func(logger.Level, string) {})))
}
