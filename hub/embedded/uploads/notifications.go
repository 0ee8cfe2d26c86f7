package uploads

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"twindeck/hub/embedded/messages"
)

// notification tells the service of a file (Azure docs: iot-hub-devguide-file-upload, "Service:
// File upload notifications").
type notification struct {
	Device   string    `json:"deviceId"`
	URI      string    `json:"blobUri"`
	Blob     string    `json:"blobName"`
	Modified time.Time `json:"lastUpdatedTime"`
	Size     int64     `json:"blobSizeInBytes"`
	Enqueued time.Time `json:"enqueuedTimeUtc"`

	sequence   uint64
	deliveries int
	token      string // of the lock; empty for none
	until      time.Time
}

// maxNotifications bounds those that nobody takes; the oldest goes first.
const maxNotifications = 10_000

// notify queues a notification. The caller holds mu.
func (u *Uploads) notify(device, blob string, size int64, modified time.Time) error {
	if len(u.notifications) >= maxNotifications {
		if err := u.drop(u.notifications[0]); err != nil {
			return err
		}
	}
	address := url.URL{Scheme: "https", Host: u.opts.HostName, Path: "/" + u.opts.Container + "/" + blob}
	n := &notification{
		Device: device, URI: address.String(), Blob: blob, Modified: modified.UTC().Truncate(time.Second), Size: size,
		Enqueued: u.opts.Now().UTC().Truncate(100), sequence: u.last + 1,
	}
	if u.opts.Keeper != nil {
		value, err := json.Marshal(n)
		if err != nil {
			return err
		}
		if err := u.opts.Keeper.Put(notificationKey(n.sequence), value); err != nil {
			return err
		}
	}
	u.last = n.sequence
	u.notifications = append(u.notifications, n)
	return nil
}

func notificationKey(sequence uint64) string {
	return notificationPrefix + fmt.Sprintf("%020d", sequence)
}

// Receive locks the next notification, a JSON object; token names the lock. ok is false when there
// is none. What somebody else has locked is handed out when the lock is over.
func (u *Uploads) Receive() (body []byte, token string, ok bool, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.opts.Now()
	for _, n := range slices.Clone(u.notifications) {
		if n.token != "" && now.Before(n.until) {
			continue
		}
		n.token = ""
		if n.deliveries >= u.opts.Limits.MaxDeliveries || !now.Before(n.Enqueued.Add(u.opts.Limits.TimeToLive)) {
			if err := u.drop(n); err != nil {
				return nil, "", false, err
			}
			continue
		}
		n.deliveries++
		n.token, n.until = rand.Text(), now.Add(u.opts.Limits.Lock)
		body, err := json.Marshal(n)
		return body, n.token, err == nil, err
	}
	return nil, "", false, nil
}

// Complete removes the notification locked under a token. It fails with messages.ErrLockLost.
func (u *Uploads) Complete(token string) error {
	return u.settle(token, u.drop)
}

// Abandon gives the notification locked under a token back, to be handed out again. It fails with
// messages.ErrLockLost.
func (u *Uploads) Abandon(token string) error {
	return u.settle(token, func(n *notification) error {
		n.token = ""
		return nil
	})
}

func (u *Uploads) settle(token string, end func(*notification) error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, n := range u.notifications {
		if token != "" && n.token == token && u.opts.Now().Before(n.until) {
			return end(n)
		}
	}
	return messages.ErrLockLost
}

// drop removes a notification. The caller holds mu.
func (u *Uploads) drop(n *notification) error {
	if u.opts.Keeper != nil {
		if err := u.opts.Keeper.Delete(notificationKey(n.sequence)); err != nil {
			return err
		}
	}
	u.notifications = slices.DeleteFunc(u.notifications, func(other *notification) bool { return other == n })
	return nil
}

var errStored = errors.New("what the data file says of uploads is not understood")

// Load reads what the Keeper has. It is to be called once, before anything else. What was locked
// is not any more, and deliveries are counted anew.
func (u *Uploads) Load() error {
	if u.opts.Keeper == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.opts.Keeper.Each(func(key string, value []byte) error {
		if number, ok := strings.CutPrefix(key, notificationPrefix); ok {
			n := &notification{}
			sequence, err := strconv.ParseUint(number, 10, 64)
			if err != nil || json.Unmarshal(value, n) != nil {
				return errStored
			}
			n.sequence, u.last = sequence, sequence
			u.notifications = append(u.notifications, n)
			return nil
		}
		device, id, ok := strings.Cut(strings.TrimPrefix(key, uploadPrefix), "\x00")
		var up upload
		if !ok || json.Unmarshal(value, &up) != nil {
			return errStored
		}
		if u.active[device] == nil {
			u.active[device] = map[string]upload{}
		}
		u.active[device][id] = up
		u.count++
		return nil
	})
}
