package uploads

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/registry"
)

// shelf is a Keeper in memory.
type shelf struct {
	values map[string]string
	broken bool
}

var errBroken = errors.New("the disk is full")

func (s *shelf) Put(key string, value []byte) error {
	if s.broken {
		return errBroken
	}
	s.values[key] = string(value)
	return nil
}

func (s *shelf) Delete(key string) error {
	if s.broken {
		return errBroken
	}
	delete(s.values, key)
	return nil
}

func (s *shelf) Each(f func(key string, value []byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if err := f(key, []byte(s.values[key])); err != nil {
			return err
		}
	}
	return nil
}

// hub is what uploads know of a hub: a clock, storage, and devices with their incarnations.
type hub struct {
	*Uploads
	t         *testing.T
	now       time.Time
	kept      *shelf
	devices   map[string]string
	blobs     map[string]int64
	abandoned []string
}

func (h *hub) Token(name string, until time.Time) string {
	return "?token for " + name + " until " + until.Format(time.RFC3339)
}

func (h *hub) Stat(name string) (int64, time.Time, bool) {
	size, ok := h.blobs[name]
	return size, h.now, ok
}

func (h *hub) Abandon(name string) error {
	h.abandoned = append(h.abandoned, name)
	return nil
}

func newHub(t *testing.T, limits Limits) *hub {
	h := &hub{
		t: t, now: time.Date(2026, 1, 2, 3, 4, 59, 0, time.UTC), kept: &shelf{values: map[string]string{}},
		devices: map[string]string{"d": "1", "e": "1"}, blobs: map[string]int64{},
	}
	h.open(limits)
	return h
}

// open makes the uploads of what is kept, as a restart does.
func (h *hub) open(limits Limits) {
	h.t.Helper()
	h.Uploads = New(Options{
		Blobs: h, HostName: "localhost:8443", Container: "uploads", Key: []byte("secret"), Keeper: h.kept, Limits: limits,
		Now: func() time.Time { return h.now },
		Generation: func(id registry.ID) (string, bool) {
			generation, ok := h.devices[id.Device]
			return generation, ok
		},
	})
	if err := h.Load(); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hub) begin(device, file string) Ticket {
	h.t.Helper()
	ticket, err := h.Begin(device, file)
	if err != nil {
		h.t.Fatal(err)
	}
	return ticket
}

func (h *hub) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hub) refused(err error, number int) {
	h.t.Helper()
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Number != number {
		h.t.Errorf("refused with %v, want %d", err, number)
	}
}

// next receives a notification about a blob, and returns the name of the lock; with no blob there
// is to be none.
func (h *hub) next(blob string) string {
	h.t.Helper()
	body, token, ok, err := h.Receive()
	if err != nil || ok != (blob != "") || ok && !strings.Contains(string(body), `"blobName":"`+blob+`"`) {
		h.t.Fatalf("received %s, %v, %v; want %s", body, ok, err, blob)
	}
	return token
}

func TestUpload(t *testing.T) {
	h := newHub(t, Limits{})
	ticket := h.begin("d", "a folder/f_1.txt")
	want := Ticket{ticket.CorrelationID, "localhost:8443", "uploads", "d/a folder/f_1.txt", "?token for d/a folder/f_1.txt until 2026-01-02T04:04:59Z"}
	if ticket != want {
		t.Errorf("the ticket is %+v, want %+v", ticket, want)
	}
	if id, err := base64.StdEncoding.DecodeString(ticket.CorrelationID); err != nil || !strings.HasPrefix(string(id), "202601020304_") || !strings.HasSuffix(string(id), "_a folder/f_1.txt_ver2.0") {
		t.Errorf("its id is %s, %v", id, err)
	}
	h.blobs[ticket.BlobName] = 12
	h.now = h.now.Add(90 * time.Second)
	h.must(h.End("d", Completion{CorrelationID: ticket.CorrelationID, IsSuccess: true, StatusCode: 201}))
	body, token, ok, err := h.Receive()
	var got map[string]any
	if err != nil || !ok || json.Unmarshal(body, &got) != nil || fmt.Sprint(got) != fmt.Sprint(map[string]any{
		"deviceId": "d", "blobUri": "https://localhost:8443/uploads/d/a%20folder/f_1.txt", "blobName": "d/a folder/f_1.txt",
		"lastUpdatedTime": "2026-01-02T03:06:29Z", "blobSizeInBytes": 12, "enqueuedTimeUtc": "2026-01-02T03:06:29Z",
	}) {
		t.Errorf("the notification is %s, %v", body, err)
	}
	h.must(h.Complete(token))
	h.next("")
	h.refused(h.End("d", Completion{CorrelationID: ticket.CorrelationID, IsSuccess: true}), 400015)
	if len(h.kept.values) != 0 {
		t.Errorf("left behind: %v", h.kept.values)
	}
}

func TestUploadThatFails(t *testing.T) {
	h := newHub(t, Limits{})
	ticket := h.begin("d", "f")
	h.abandoned = nil
	h.refused(h.End("d", Completion{CorrelationID: ticket.CorrelationID, IsSuccess: true}), 400019) // there is no blob
	h.refused(h.End("e", Completion{CorrelationID: ticket.CorrelationID}), 400015)
	h.must(h.End("d", Completion{CorrelationID: ticket.CorrelationID, StatusCode: 500, StatusDescription: "no"}))
	h.next("")
	if !slices.Equal(h.abandoned, []string{"d/f"}) {
		t.Errorf("abandoned are %v", h.abandoned)
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	h := newHub(t, Limits{})
	for file, number := range map[string]int{
		"": 400005, strings.Repeat("x", 1023): 400004, "a\nb": 400004, "\xff": 400004,
	} {
		_, err := h.Begin("d", file)
		h.refused(err, number)
	}
	h.begin("d", strings.Repeat("ü", 1022))
	_, err := h.Begin("nobody", "f")
	h.refused(err, 404001)
	for _, id := range []string{"", "nonsense", "AAAA", base64.StdEncoding.EncodeToString([]byte("202001010000_00000000-0000-0000-0000-000000000000_f_ver2.0"))} {
		h.refused(h.End("d", Completion{CorrelationID: id}), 400015)
	}
}

func TestTenUploadsAtATime(t *testing.T) {
	h := newHub(t, Limits{})
	first := h.begin("d", "0")
	for i := range 9 {
		h.begin("d", fmt.Sprint(i))
	}
	_, err := h.Begin("d", "more")
	h.refused(err, 403006)
	h.begin("e", "f")
	h.must(h.End("d", Completion{CorrelationID: first.CorrelationID}))
	h.begin("d", "more")
	_, err = h.Begin("d", "still more")
	h.refused(err, 403006)
	h.open(Limits{}) // a restart makes no difference
	_, err = h.Begin("d", "still more")
	h.refused(err, 403006)
	h.now = h.now.Add(time.Hour)
	for i := range 10 {
		h.begin("d", fmt.Sprint(i))
	}
}

func TestUploadsExpire(t *testing.T) {
	h := newHub(t, Limits{TokenLife: 10 * time.Minute})
	ticket := h.begin("d", "f")
	h.now = h.now.Add(10 * time.Minute)
	h.refused(h.End("d", Completion{CorrelationID: ticket.CorrelationID}), 400016)
	h.refused(h.End("e", Completion{CorrelationID: ticket.CorrelationID}), 400015)
	if len(h.kept.values) != 0 {
		t.Errorf("left behind: %v", h.kept.values)
	}
}

// TestUploadsOfDevicesThatDoNotComeBack: they do not pile up.
func TestUploadsOfDevicesThatDoNotComeBack(t *testing.T) {
	h := newHub(t, Limits{})
	for i := range 5 * leastSweep {
		device := fmt.Sprint("d", i)
		h.devices[device] = "1"
		h.begin(device, "f")
		h.now = h.now.Add(10 * time.Second)
	}
	if h.count > 2*leastSweep || len(h.kept.values) != h.count || len(h.active) != h.count {
		t.Errorf("%d uploads are under way, %d of %d devices, %d are kept", h.count, len(h.active), len(h.devices), len(h.kept.values))
	}
}

func TestUploadsOfADeviceThatWasDeleted(t *testing.T) {
	h := newHub(t, Limits{})
	ticket := h.begin("d", "f")
	h.devices["d"] = "2"
	h.refused(h.End("d", Completion{CorrelationID: ticket.CorrelationID}), 400015)
}

// TestOneBlobTwice: an upload does not take what another one has written of the same blob.
func TestOneBlobTwice(t *testing.T) {
	h := newHub(t, Limits{})
	first := h.begin("d", "f")
	h.abandoned = nil
	second := h.begin("d", "f")
	h.must(h.End("d", Completion{CorrelationID: first.CorrelationID}))
	if len(h.abandoned) != 0 {
		t.Errorf("abandoned are %v", h.abandoned)
	}
	h.must(h.End("d", Completion{CorrelationID: second.CorrelationID}))
	if len(h.abandoned) != 1 {
		t.Errorf("abandoned are %v", h.abandoned)
	}
}

func (h *hub) upload(file string) {
	h.t.Helper()
	ticket := h.begin("d", file)
	h.blobs[ticket.BlobName] = 1
	h.must(h.End("d", Completion{CorrelationID: ticket.CorrelationID, IsSuccess: true}))
}

func TestNotificationsAreLockedForTheirReceiver(t *testing.T) {
	h := newHub(t, Limits{})
	h.upload("1")
	h.upload("2")
	first := h.next("d/1")
	second := h.next("d/2")
	h.next("")
	h.must(h.Uploads.Abandon(first))
	for _, token := range []string{first, "", "nonsense"} {
		if err := h.Complete(token); !errors.Is(err, messages.ErrLockLost) {
			t.Errorf("complete %q: %v", token, err)
		}
	}
	first = h.next("d/1")
	h.now = h.now.Add(time.Minute)
	if err := h.Complete(first); !errors.Is(err, messages.ErrLockLost) {
		t.Errorf("complete after the lock: %v", err)
	}
	if err := h.Uploads.Abandon(second); !errors.Is(err, messages.ErrLockLost) {
		t.Errorf("abandon after the lock: %v", err)
	}
	h.must(h.Complete(h.next("d/1")))
	h.open(Limits{}) // locks do not outlive a restart, notifications do
	h.must(h.Complete(h.next("d/2")))
	h.next("")
}

func TestNotificationsEnd(t *testing.T) {
	h := newHub(t, Limits{MaxDeliveries: 2})
	h.upload("1")
	h.must(h.Uploads.Abandon(h.next("d/1")))
	h.must(h.Uploads.Abandon(h.next("d/1")))
	h.next("")
	h.upload("2")
	h.now = h.now.Add(time.Hour)
	h.next("")
	if len(h.kept.values) != 0 {
		t.Errorf("left behind: %v", h.kept.values)
	}
	for i := range maxNotifications + 2 {
		h.upload(fmt.Sprint(i))
	}
	h.next("d/2")
}

func TestADiskThatIsFull(t *testing.T) {
	h := newHub(t, Limits{})
	h.upload("1")
	ticket := h.begin("d", "2")
	h.blobs[ticket.BlobName] = 1
	h.kept.broken = true
	if _, err := h.Begin("d", "3"); !errors.Is(err, errBroken) {
		t.Errorf("begun with %v", err)
	}
	if err := h.End("d", Completion{CorrelationID: ticket.CorrelationID, IsSuccess: true}); !errors.Is(err, errBroken) {
		t.Errorf("ended with %v", err)
	}
	if err := h.Complete(h.next("d/1")); !errors.Is(err, errBroken) {
		t.Errorf("completed with %v", err)
	}
	h.kept.broken = false
	h.must(h.End("d", Completion{CorrelationID: ticket.CorrelationID, IsSuccess: true}))
	h.next("d/2")
}
