package embedded_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/blobs"
)

// ticket is the answer of the hub to a device that begins an upload.
type ticket struct{ CorrelationID, HostName, ContainerName, BlobName, SASToken string }

func begin(t *testing.T, c *client, device, file, token string) ticket {
	t.Helper()
	var got ticket
	body, _ := json.Marshal(map[string]string{"blobName": file})
	a := c.must(t, 200, "POST", "/devices/"+url.PathEscape(device)+"/files", string(body), "Authorization", token)
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// storage sends a request to where a ticket leads.
func storage(t *testing.T, c *client, status int, method string, to ticket, query, body string, headers ...string) string {
	t.Helper()
	path := (&url.URL{Path: "/" + to.ContainerName + "/" + to.BlobName}).EscapedPath()
	if to.HostName != c.hub.HTTPSAddress() {
		t.Errorf("the storage is at %s", to.HostName)
	}
	// The client adds an api-version, of which storage takes no notice.
	return c.must(t, status, method, path+to.SASToken+query, body, append(headers, "Authorization", "")...).body
}

func TestUpload(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, 200, "PUT", "/devices/d%231", `{"deviceId":"d#1"}`)
	token := tokenOf(t, hub, embedded.ID{Device: "d#1"})
	to := begin(t, service, "d#1", "logs/a b.txt", token)
	if to.BlobName != "d#1/logs/a b.txt" || to.CorrelationID == "" || !strings.HasPrefix(to.SASToken, "?sv=") || strings.Contains(to.SASToken, "sp=rwd") {
		t.Errorf("the ticket is %+v", to)
	}
	const ended = "/devices/d%231/files/notifications"
	success := func(id string) string {
		return `{"correlationId":"` + id + `","isSuccess":true,"statusCode":201,"statusDescription":"fine"}`
	}
	early := service.must(t, 400, "POST", ended, success(to.CorrelationID), "Authorization", token)
	if early.header.Get("iothub-errorcode") != "InvalidFileUploadCompletionStatus" {
		t.Errorf("a success without a file is %s", early.body)
	}
	storage(t, service, 201, "PUT", to, "", "hello", "x-ms-blob-type", "BlockBlob")
	if got := storage(t, service, 200, "GET", to, "", ""); got != "hello" {
		t.Errorf("the file holds %q", got)
	}
	service.must(t, 204, "POST", ended, success(to.CorrelationID), "Authorization", token)
	if size, _, ok := hub.File("d#1", "logs/a b.txt"); size != 5 || !ok {
		t.Errorf("the file has %d bytes, %v", size, ok)
	}

	const notifications = "/messages/serviceBound/filenotifications"
	a := service.must(t, 200, "GET", notifications, "")
	var note struct {
		BlobURI         string
		BlobSizeInBytes int
	}
	if err := json.Unmarshal([]byte(a.body), &note); err != nil || note.BlobSizeInBytes != 5 || a.header.Get("Content-Type") != "application/vnd.microsoft.iothub.filenotification.json" {
		t.Fatalf("notified with %s, %v", a.body, a.header)
	}
	service.must(t, 204, "GET", notifications, "") // it is locked
	lock := notifications + "/" + strings.Trim(a.header.Get("ETag"), `"`)
	service.must(t, 204, "POST", lock+"/abandon", "")
	service.must(t, 412, "DELETE", lock, "")
	a = service.must(t, 200, "GET", notifications, "")
	service.must(t, 204, "DELETE", notifications+"/"+strings.Trim(a.header.Get("ETag"), `"`), "")
	service.must(t, 204, "GET", notifications, "")

	// The service can look at every file and remove it.
	at, err := url.Parse(note.BlobURI)
	if err != nil {
		t.Fatal(err)
	}
	if got := service.must(t, 200, "GET", at.EscapedPath(), ""); got.body != "hello" {
		t.Errorf("the service finds %q", got.body)
	}
	if got := service.must(t, 200, "GET", "/uploads?restype=container&comp=list", ""); !strings.Contains(got.body, "<Name>d#1/logs/a b.txt</Name>") {
		t.Errorf("the files are %s", got.body)
	}
	service.policy = "registryReadWrite"
	service.must(t, 403, "GET", at.EscapedPath(), "")
	service.policy = "service"
	service.must(t, 202, "DELETE", at.EscapedPath(), "")
	service.must(t, 404, "GET", at.EscapedPath(), "")
}

// TestUploadTokens: a device begins and ends uploads with its own token, also one that is for that
// alone, and another device cannot.
func TestUploadTokens(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	for _, id := range []string{"d", "e"} {
		service.must(t, 200, "PUT", "/devices/"+id, `{"deviceId":"`+id+`"}`)
	}
	cs, err := hub.IdentityConnectionString(embedded.ID{Device: "d"})
	if err != nil {
		t.Fatal(err)
	}
	narrow := func(path string) string { return sign("localhost/devices/d"+path, value(cs, "SharedAccessKey"), "") }
	to := begin(t, service, "d", "f", narrow("/files"))
	end := `{"correlationId":"` + to.CorrelationID + `","isSuccess":false,"statusCode":500,"statusDescription":""}`
	service.must(t, 401, "POST", "/devices/d/files", `{"blobName":"f"}`, "Authorization", narrow("/files/notifications"))
	service.must(t, 401, "POST", "/devices/d/files", `{"blobName":"f"}`, "Authorization", tokenOf(t, hub, embedded.ID{Device: "e"}))
	service.must(t, 401, "POST", "/devices/d/messages/events", `{}`, "Authorization", narrow("/files"))
	if a := service.must(t, 400, "POST", "/devices/e/files/notifications", end, "Authorization", tokenOf(t, hub, embedded.ID{Device: "e"})); a.header.Get("iothub-errorcode") != "InvalidFileUploadCorrelationId" {
		t.Errorf("another device is refused with %s", a.body)
	}
	// One SDK has the id in the path alone.
	service.must(t, 204, "POST", "/devices/d/files/notifications/"+url.PathEscape(to.CorrelationID), `{"isSuccess":false}`, "Authorization", narrow("/files/notifications"))
	service.must(t, 400, "POST", "/devices/d/files/notifications", end, "Authorization", narrow(""))
	service.must(t, 400, "POST", "/devices/d/files", `{}`, "Authorization", narrow(""))
	service.must(t, 400, "POST", "/devices/d/files", `[`, "Authorization", narrow(""))
}

// TestFilesAreThereAgain: files, and uploads that are under way, outlive the end of the hub.
func TestFilesAreThereAgain(t *testing.T) {
	opts := embedded.Options{DataFile: filepath.Join(t.TempDir(), "hub.data")}
	hub, err := embedded.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	service := newClient(t, hub)
	service.must(t, 200, "PUT", "/devices/d", `{"deviceId":"d"}`)
	token := tokenOf(t, hub, embedded.ID{Device: "d"})
	to := begin(t, service, "d", "f", token)
	storage(t, service, 201, "PUT", to, "", "hello", "x-ms-blob-type", "BlockBlob")
	storage(t, service, 201, "PUT", to, "&comp=block&blockid=AAAA", "world")
	if err := hub.Close(); err != nil {
		t.Fatal(err)
	}

	_, port, err := net.SplitHostPort(hub.HTTPSAddress())
	if err != nil {
		t.Fatal(err)
	}
	if opts.HTTPSPort, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	hub = start(t, opts)
	service = newClient(t, hub)
	if got := storage(t, service, 200, "GET", to, "", ""); got != "hello" {
		t.Errorf("the file holds %q", got)
	}
	storage(t, service, 201, "PUT", to, "&comp=blocklist", "<BlockList><Latest>AAAA</Latest></BlockList>")
	service.must(t, 204, "POST", "/devices/d/files/notifications", `{"correlationId":"`+to.CorrelationID+`","isSuccess":true}`, "Authorization", token)
	if got := storage(t, service, 200, "GET", to, "", ""); got != "world" {
		t.Errorf("the file holds %q", got)
	}
	if a := service.must(t, 200, "GET", "/messages/serviceBound/fileNotifications", ""); !strings.Contains(a.body, `"blobSizeInBytes":5`) {
		t.Errorf("notified with %s", a.body)
	}
}

func TestStorageIsBounded(t *testing.T) {
	hub := start(t, embedded.Options{FileStorage: blobs.Limits{Blob: 10, Total: 10_000}})
	service := newClient(t, hub)
	service.must(t, 200, "PUT", "/devices/d", `{"deviceId":"d"}`)
	to := begin(t, service, "d", "f", tokenOf(t, hub, embedded.ID{Device: "d"}))
	storage(t, service, 413, "PUT", to, "", strings.Repeat("x", 11), "x-ms-blob-type", "BlockBlob")
	storage(t, service, 413, "PUT", to, "", strings.Repeat("x", 20<<20), "x-ms-blob-type", "BlockBlob")
	storage(t, service, 201, "PUT", to, "", strings.Repeat("x", 10), "x-ms-blob-type", "BlockBlob")
}

// TestARefusalIsHeard also by a client that looks for it only when it has sent all it has.
func TestARefusalIsHeard(t *testing.T) {
	hub := start(t, embedded.Options{})
	conn, err := tls.Dial("tcp", hub.HTTPSAddress(), &tls.Config{RootCAs: hub.CertPool()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	const size = 8 << 20
	if _, err := fmt.Fprintf(conn, "PUT /uploads/d/f HTTP/1.1\r\nHost: localhost\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: %d\r\n\r\n%s", size, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("answered %s", res.Status)
	}
}

func TestUploadsFailOnDemand(t *testing.T) {
	_, hub, service := setFaults(t, "/uploads:PUT:503:times=1", "/uploads:PUT:lose:times=1", "files:POST:429:times=1")
	token := tokenOf(t, hub, embedded.ID{Device: "d"})
	service.must(t, 429, "POST", "/devices/d/files", `{"blobName":"f"}`, "Authorization", token)
	to := begin(t, service, "d", "f", token)
	storage(t, service, 503, "PUT", to, "", "x", "x-ms-blob-type", "BlockBlob")
	if a, err := service.try("PUT", "/uploads/d/f"+to.SASToken, "lost", "x-ms-blob-type", "BlockBlob", "Authorization", ""); err == nil {
		t.Errorf("answered %v", a)
	}
	if got := storage(t, service, http.StatusOK, "GET", to, "", ""); got != "lost" {
		t.Errorf("the file holds %q", got)
	}
}
