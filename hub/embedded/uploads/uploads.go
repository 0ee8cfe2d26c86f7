// Package uploads is how devices upload files (Azure docs: iot-hub-devguide-file-upload): a device
// begins an upload and gets a token for the blob, writes the blob, and says how that ended; the
// service is told of those that went well.
package uploads

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"twindeck/hub/embedded/registry"
)

// Blobs are the storage that files go to. Its methods may be called concurrently.
type Blobs interface {
	// Token returns the query that lets its bearer read and write a blob until then.
	Token(name string, until time.Time) string
	// Stat describes a blob that has been written; ok is false when there is none.
	Stat(name string) (size int64, modified time.Time, ok bool)
	// Abandon forgets what of a blob has been written and not been finished.
	Abandon(name string) error
}

// Keeper is the part of a data file that uploads and notifications are kept in. A write is
// durable when it returns.
type Keeper interface {
	Put(key string, value []byte) error
	Delete(key string) error
	Each(f func(key string, value []byte) error) error
}

// Limits are those of the service (Azure docs: iot-hub-devguide-file-upload, "File upload
// notification configuration settings"; iot-hub-devguide-quotas-throttling). The zero value of
// each is the service's default.
type Limits struct {
	TokenLife     time.Duration // of the token for a blob, and of its upload; 0: 1 hour
	TimeToLive    time.Duration // of a notification; 0: 1 hour
	Lock          time.Duration // of a notification that somebody has received; 0: 60 seconds
	MaxDeliveries int           // how often a notification is handed out; 0: 100
	Active        int           // uploads of one device at a time; 0: 10
}

// Options are what Uploads work with.
type Options struct {
	Blobs Blobs
	// HostName and Container are where clients find the blobs, HostName with the port unless it is
	// the usual one.
	HostName, Container string
	// Key marks the ids of uploads as this hub's own.
	Key []byte
	// Generation returns which incarnation of a device there is; ok is false when there is none.
	Generation func(id registry.ID) (generation string, ok bool)
	Keeper     Keeper           // nil: in memory
	Now        func() time.Time // nil: time.Now
	Limits     Limits
}

// Uploads are all uploads of a hub that are under way, and the notifications that wait for the
// service. It is made by New; its methods may be called concurrently, and block until what they
// change is durable.
type Uploads struct {
	opts Options

	mu            sync.Mutex
	active        map[string]map[string]upload // by device and id
	count         int                          // of active
	sweepAt       int                          // the count at which all that have expired are forgotten
	notifications []*notification
	last          uint64 // of the notifications
}

// upload is one that has begun.
type upload struct {
	Blob       string    `json:"blob"`
	Generation string    `json:"generation"`
	Expires    time.Time `json:"expires"`
}

// New returns no uploads. Load reads those of a data file.
func New(opts Options) *Uploads {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	l := &opts.Limits
	orDefault(&l.TokenLife, time.Hour)
	orDefault(&l.TimeToLive, time.Hour)
	orDefault(&l.Lock, time.Minute)
	orDefault(&l.MaxDeliveries, 100)
	orDefault(&l.Active, 10)
	return &Uploads{opts: opts, active: map[string]map[string]upload{}, sweepAt: leastSweep}
}

// leastSweep is how many uploads are under way at least when it is worth a look at all of them.
const leastSweep = 1000

func orDefault[T int | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// Ticket is what a device needs to write a blob (REST reference: iothub/device, Create File Upload
// Sas Uri).
type Ticket struct {
	CorrelationID string `json:"correlationId"`
	HostName      string `json:"hostName"`
	ContainerName string `json:"containerName"`
	BlobName      string `json:"blobName"`
	SASToken      string `json:"sasToken"`
}

// maxBlobName is the longest name that the storage takes (Azure docs: storageservices/
// naming-and-referencing-containers--blobs--and-metadata), with the device in front.
const maxBlobName = 1024

func refusal(status, number int, name, text string) error {
	return &registry.Error{Status: status, Number: number, Name: name, Message: text}
}

// Begin begins the upload of a file of a device. A refusal is a *registry.Error.
func (u *Uploads) Begin(device, file string) (Ticket, error) {
	blob := device + "/" + file
	switch {
	case file == "":
		return Ticket{}, refusal(http.StatusBadRequest, 400005, "ArgumentNull", "blobName is missing")
	case utf8.RuneCountInString(blob) > maxBlobName, !utf8.ValidString(blob), strings.ContainsFunc(blob, unicode.IsControl):
		return Ticket{}, refusal(http.StatusBadRequest, 400004, "ArgumentInvalid", fmt.Sprintf("blobName, with the device in front, has at most %d characters, and no control characters", maxBlobName))
	}
	generation, ok := u.opts.Generation(registry.ID{Device: device})
	if !ok {
		return Ticket{}, refusal(http.StatusNotFound, 404001, "DeviceNotFound", device)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := errors.Join(u.expire(device, generation), u.sweep()); err != nil {
		return Ticket{}, err
	}
	if len(u.active[device]) >= u.opts.Limits.Active {
		return Ticket{}, refusal(http.StatusForbidden, 403006, "DeviceMaximumActiveFileUploadLimitExceeded", fmt.Sprintf("Number of active file upload requests cannot exceed %d", u.opts.Limits.Active))
	}
	now := u.opts.Now().UTC()
	begun := upload{blob, generation, now.Add(u.opts.Limits.TokenLife).Truncate(time.Second)}
	if err := u.abandon(device, blob); err != nil {
		return Ticket{}, err
	}
	id := u.newID(device, file, now)
	if err := u.keep(device, id, begun); err != nil {
		return Ticket{}, err
	}
	if u.active[device] == nil {
		u.active[device] = map[string]upload{}
	}
	u.active[device][id] = begun
	u.count++
	return Ticket{id, u.opts.HostName, u.opts.Container, blob, u.opts.Blobs.Token(blob, begun.Expires)}, nil
}

// Completion is how a device says that an upload has ended (REST reference: iothub/device, Update
// File Upload Status).
type Completion struct {
	CorrelationID     string `json:"correlationId"`
	IsSuccess         bool   `json:"isSuccess"`
	StatusCode        int    `json:"statusCode"`
	StatusDescription string `json:"statusDescription"`
}

// End ends an upload, and notifies the service when it went well. A refusal is a *registry.Error:
// the id is not one of the device's or has expired, or there is no blob where there is said to be
// one, and then the upload goes on.
func (u *Uploads) End(device string, c Completion) error {
	generation, _ := u.opts.Generation(registry.ID{Device: device})
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.expire(device, generation); err != nil {
		return err
	}
	ended, ok := u.active[device][c.CorrelationID]
	if !ok {
		if u.hasExpired(device, c.CorrelationID) {
			return refusal(http.StatusBadRequest, 400016, "ExpiredFileUploadCorrelationId", "The upload has expired: begin another one")
		}
		return refusal(http.StatusBadRequest, 400015, "InvalidFileUploadCorrelationId", "There is no such upload of the device, or it has ended")
	}
	if c.IsSuccess {
		size, modified, there := u.opts.Blobs.Stat(ended.Blob)
		if !there {
			return refusal(http.StatusBadRequest, 400019, "InvalidFileUploadCompletionStatus", "The upload cannot have been a success: the blob does not exist")
		}
		if err := u.notify(device, ended.Blob, size, modified); err != nil {
			return err
		}
	}
	return u.end(device, c.CorrelationID)
}

// end forgets an upload, and what of its blob is not finished. The caller holds mu.
func (u *Uploads) end(device, id string) error {
	blob := u.active[device][id].Blob
	if err := u.forget(device, id); err != nil {
		return err
	}
	delete(u.active[device], id)
	u.count--
	if len(u.active[device]) == 0 {
		delete(u.active, device)
	}
	return u.abandon(device, blob)
}

// abandon forgets what of a blob is not finished, unless another upload is at it. The caller holds
// mu.
func (u *Uploads) abandon(device, blob string) error {
	for _, other := range u.active[device] {
		if other.Blob == blob {
			return nil
		}
	}
	return u.opts.Blobs.Abandon(blob)
}

// expire ends the uploads of a device whose token has expired, and those of an incarnation of the
// device that is no more. The caller holds mu.
func (u *Uploads) expire(device, generation string) error {
	for id, up := range u.active[device] {
		if up.Generation == generation && u.opts.Now().Before(up.Expires) {
			continue
		}
		if err := u.end(device, id); err != nil {
			return err
		}
	}
	return nil
}

// sweep ends the expired uploads of devices that do not come back, now and then. The caller holds
// mu.
func (u *Uploads) sweep() error {
	if u.count < u.sweepAt {
		return nil
	}
	for device := range u.active {
		generation, _ := u.opts.Generation(registry.ID{Device: device})
		if err := u.expire(device, generation); err != nil {
			return err
		}
	}
	u.sweepAt = max(leastSweep, 2*u.count)
	return nil
}

// Keys are "u/", the device, a zero byte and the id of an upload, and "n/" with a number for a
// notification, which has as many digits as the largest, so that keys are in their order.
const (
	uploadPrefix       = "u/"
	notificationPrefix = "n/"
)

func uploadKey(device, id string) string { return uploadPrefix + device + "\x00" + id }

func (u *Uploads) keep(device, id string, up upload) error {
	if u.opts.Keeper == nil {
		return nil
	}
	value, err := json.Marshal(up)
	if err != nil {
		return err
	}
	return u.opts.Keeper.Put(uploadKey(device, id), value)
}

func (u *Uploads) forget(device, id string) error {
	if u.opts.Keeper == nil {
		return nil
	}
	return u.opts.Keeper.Delete(uploadKey(device, id))
}
