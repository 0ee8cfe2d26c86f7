package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/amenzhinsky/iothub/common"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/patch"
	"twindeck/ui/calls"
)

// What the call log copies as curl does the same when it is pasted into a shell that has a token.
func TestACallPastedAsCurlIsTheSameCall(t *testing.T) {
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	server, err := embedded.Start(t.Context(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	caFile := filepath.Join(t.TempDir(), "it's a ca.pem")
	if _, err := server.WriteCACertificate(caFile); err != nil {
		t.Fatal(err)
	}
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	id := hub.ID{Device: "it's-#1"}
	if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id}); err != nil {
		t.Fatal(err)
	}
	twin, err := client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	tags, err := patch.Parse([]byte(`{"quote":"it's \"$HOME\" ` + "`date`" + ` \\ !","line":"a\nb","key":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.PatchTwin(t.Context(), id, hub.TwinPatch{Tags: &tags}, twin.ETag); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Run(t.Context(), "SELECT * FROM devices WHERE deviceId = 'it\\'s-#1'", "", 10); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendMessage(t.Context(), id.Device, hub.Message{Body: []byte("hello"), Properties: map[string]string{"empty": "", "a": "b c"}}); err != nil {
		t.Fatal(err)
	}
	sas, err := common.NewSharedAccessSignature(cs.HostName, cs.Policy, cs.Key.Reveal(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	shell := func(command string, env ...string) string {
		cmd := exec.CommandContext(t.Context(), "sh")
		cmd.Stdin = strings.NewReader(command + "\n") // as if it were pasted
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=/nowhere"}, env...)
		out, _ := cmd.CombinedOutput() // what it says tells more than that it failed
		return string(out)
	}
	want := map[string]string{"GET /twins": "HTTP/1.1 200", "PATCH /twins": "HTTP/1.1 412", "POST /devices/query": "HTTP/1.1 200", "POST /devices/it": "HTTP/1.1 204", "PUT /devices": "HTTP/1.1 409"}
	for _, where := range []calls.Where{{Host: client.Host(), CAFile: caFile}, {Host: client.Host(), Insecure: true}} {
		tried := 0
		for _, c := range client.Calls(0).List {
			command, _, ok := calls.Curl(c, where)
			if !ok {
				t.Fatalf("no command for %s %s", c.Method, c.Target)
			}
			if strings.Contains(command, "SharedAccessSignature") || strings.Contains(command, cs.Key.Reveal()) {
				t.Fatalf("a secret is in\n%s", command)
			}
			said := shell(command, "SAS="+sas.String())
			for prefix, status := range want {
				if strings.HasPrefix(c.Method+" "+c.Target, prefix) {
					tried++
					if !strings.Contains(said, status) && !strings.Contains(said, strings.Replace(status, "/1.1", "/2", 1)) {
						t.Errorf("want %s of\n%s\ngot\n%s", status, command, said)
					}
				}
			}
		}
		if tried != len(want) {
			t.Errorf("%d of %d kinds of call were tried", tried, len(want))
		}
		if said := shell(mustCurl(t, client.Calls(0).List[0], where)); !strings.Contains(said, "az iot hub generate-sas-token --hub-name localhost") || strings.Contains(said, "HTTP/") {
			t.Errorf("without a token: %s", said)
		}
	}
	again, err := client.Twin(t.Context(), id)
	if err != nil || again.Tags.JSON() != `{"quote":"it's \"$HOME\" `+"`date`"+` \\ !","line":"a\nb"}` {
		t.Errorf("the tags are %s, %v", again.Tags.JSON(), err)
	}
	if waiting, err := client.Identity(t.Context(), id); err != nil || waiting.CloudToDeviceMessageCount != 3 {
		t.Errorf("%d messages wait, %v: one was sent and two were pasted", waiting.CloudToDeviceMessageCount, err)
	}
}

func mustCurl(t *testing.T, c hub.Call, w calls.Where) string {
	t.Helper()
	command, _, ok := calls.Curl(c, w)
	if !ok {
		t.Fatal("no command")
	}
	return command
}
