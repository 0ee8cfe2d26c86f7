package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"twindeck/hub"
	"twindeck/ui/cli"
	"twindeck/ui/terminal"
)

// asProgram makes the test binary be twindeck, so that the tests run the real program with
// the race detector that they were built with.
const asProgram = "TWINDECK_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if terminal.Guarding() {
		return
	}
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// program is twindeck in a world of its own: a state directory, and no hub in the environment.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), exe, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", cli.ConnectionStringEnv+"=", "XDG_STATE_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir(), "NO_COLOR=", "GORACE=halt_on_error=1 log_path="+raceLog(t))
	return cmd
}

// stateOf returns the state directory that program gave a command.
func stateOf(cmd *exec.Cmd) string {
	for _, kv := range cmd.Env {
		if dir, ok := strings.CutPrefix(kv, "XDG_STATE_HOME="); ok {
			return filepath.Join(dir, "twindeck")
		}
	}
	return ""
}

// exitCode is the exit status of a finished command, -1 for one that a signal killed.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -2
}

// readyHub is what "twindeck hub --output json" prints.
type readyHub struct {
	ConnectionString string            `json:"connectionString"`
	Policies         map[string]string `json:"policies"`
	HTTPS            string            `json:"https"`
	MQTTS            string            `json:"mqtts"`
	CAFile           string            `json:"caFile"`
}

// startHub runs twindeck hub on free ports until the test ends.
func startHub(t *testing.T, args ...string) (readyHub, *exec.Cmd) {
	t.Helper()
	cmd := program(t, append([]string{"hub", "--https-port", "0", "--mqtts-port", "0", "--output", "json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); exitCode(err) != 0 {
			t.Errorf("twindeck hub ended with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ready readyHub
	if err := json.Unmarshal([]byte(line), &ready); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return ready, cmd
}

// refused runs the program without a terminal and returns what it said and how it ended.
func refused(t *testing.T, env []string, args ...string) (said string, code int) {
	t.Helper()
	cmd := program(t, args...)
	cmd.Env = append(cmd.Env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), exitCode(err)
}

func TestBadInvocationsAreOneSentenceWithoutKeys(t *testing.T) {
	const key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
	full := "HostName=example.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey=" + key
	file := filepath.Join(t.TempDir(), "cs")
	if err := os.WriteFile(file, []byte("HostName=h;SharedAccessKey="+key), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  []string
		args []string
		want string
		code int
	}{
		"unknown flag":              {args: []string{"--connect-string=" + full}, want: "unknown flag", code: exitUsage},
		"shorthand with a key":      {args: []string{"-c" + full}, want: "unknown flag", code: exitUsage},
		"connection string as word": {args: []string{full}, want: "takes no arguments", code: exitUsage},
		"same for hub":              {args: []string{"hub", full}, want: "takes no arguments", code: exitUsage},
		"both sources":              {args: []string{"--connection-string", full, "--connection-string-file", file}, want: "not both", code: exitUsage},
		"port no number":            {args: []string{"hub", "--https-port", "x"}, want: "--https-port wants a whole number", code: exitUsage},
		"one port for both":         {args: []string{"hub", "--https-port", "8883"}, want: "two different ports", code: exitUsage},
		"one file for both":         {args: []string{"hub", "--data", "./x", "--ca-file", "x"}, want: "two different files", code: exitUsage},
		"string as the hub's data":  {args: []string{"hub", "--data", full}, want: "name of a file", code: exitUsage},
		"switch with a word":        {args: []string{"hub", "--demo=perhaps"}, want: "true or false", code: exitUsage},
		"no place for the CA":       {args: []string{"hub", "--https-port", "0", "--mqtts-port", "0", "--ca-file", file + "/ca.pem"}, want: "name another place", code: exitFailure},
		"CA of no hub":              {args: []string{"--ca-file", file}, want: "none is named", code: exitUsage},
		"MQTT address of no hub":    {args: []string{"--mqtt-address", "localhost:8883"}, want: "none is named", code: exitUsage},
		"port too large":            {args: []string{"hub", "--https-port", "70000"}, want: "0 to 65535", code: exitUsage},
		"negative fleet":            {args: []string{"hub", "--fleet", "-1"}, want: "--fleet", code: exitUsage},
		"unknown tier":              {args: []string{"hub", "--tier", "B9"}, want: "F1, S1, S2, S3", code: exitUsage},
		"unknown tier of a hub":     {env: []string{cli.ConnectionStringEnv + "=" + full}, args: []string{"--tier", "B9"}, want: "F1, S1, S2, S3, none", code: exitUsage},
		"unknown fault":             {args: []string{"hub", "--fault", "twins:429:sometimes"}, want: "--fault", code: exitUsage},
		"unknown assumption":        {args: []string{"hub", "--assume", "weather=fine"}, want: "the help lists the names", code: exitUsage},
		"assumption no choice":      {args: []string{"hub", "--assume", "patch-null=maybe"}, want: "clear, refuse or ignore", code: exitUsage},
		"host name with a port":     {args: []string{"hub", "--host-name", "localhost:443"}, want: "without a port", code: exitUsage},
		"lag no duration":           {args: []string{"hub", "--index-lag", "5"}, want: "duration such as 5s", code: exitUsage},
		"unknown output":            {args: []string{"hub", "--output", "yaml"}, want: "text or json", code: exitUsage},
		"no host":                   {args: []string{"--connection-string-file", file}, want: file, code: exitFailure},
		"no such file":              {args: []string{"--connection-string-file", file + "x"}, want: "no such file", code: exitFailure},
		"garbage in environment":    {env: []string{cli.ConnectionStringEnv + "=HostName;" + key}, want: cli.ConnectionStringEnv, code: exitFailure},
		"module string":             {env: []string{cli.ConnectionStringEnv + "=HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=" + key}, want: "policy", code: exitFailure},
		"bad CA":                    {env: []string{cli.ConnectionStringEnv + "=" + full}, args: []string{"--ca-file", file}, want: "no certificate", code: exitFailure},
		"string in place of a file": {args: []string{"--connection-string-file", full}, want: "name of a file", code: exitUsage},
		"string in place of a CA":   {env: []string{cli.ConnectionStringEnv + "=" + full}, args: []string{"--ca-file", full}, want: "name of a file", code: exitUsage},
		"string as the hub's CA":    {args: []string{"hub", "--https-port", "0", "--mqtts-port", "0", "--ca-file", full + "/x"}, want: "name of a file", code: exitUsage},
		"profile and string":        {args: []string{"--profile", "x", "--connection-string-file", file}, want: "not both", code: exitUsage},
		"no such profile":           {args: []string{"--profile", "x"}, want: "no profile \"x\"", code: exitFailure},
		"string as a profile":       {args: []string{"--profile", full}, want: "name of a profile", code: exitUsage},
		"tier of no hub":            {args: []string{"--tier", "S1"}, want: "none is named", code: exitUsage},
		"no such tier of the hub":   {args: []string{"--tier", "S9"}, want: "F1, S1, S2, S3, none", code: exitUsage},
		"word for the profiles":     {args: []string{"profiles", full}, want: "takes no arguments", code: exitUsage},
		"no terminal":               {want: "needs a terminal", code: exitFailure},
	} {
		t.Run(name, func(t *testing.T) {
			said, code := refused(t, c.env, c.args...)
			if code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("said %q with status %d; want %q with %d", said, code, c.want, c.code)
			}
			said = dropWarning(said)
			if strings.Contains(said, key[:8]) {
				t.Errorf("shows the key: %q", said)
			}
			if strings.Count(said, "\n") != 1 {
				t.Errorf("not one line: %q", said)
			}
			if strings.Contains(said, "\x1b") {
				t.Errorf("touched the terminal: %q", said)
			}
		})
	}
}

func dropWarning(said string) string {
	if first, rest, ok := strings.Cut(said, "\n"); ok && strings.Contains(first, "warning:") {
		return rest
	}
	return said
}

func TestConnectionStringFlagWarns(t *testing.T) {
	said, _ := refused(t, nil, "--connection-string", "HostName=h;SharedAccessKeyName=p;SharedAccessKey=YWFhYWFhYWFhYWFhYWFhYQ==")
	if !strings.Contains(said, "process list") || strings.Contains(said, "YWFh") {
		t.Errorf("said %q", said)
	}
}

// TestHubAssumes has a hub that assumes smaller pages than it would by itself.
func TestHubAssumes(t *testing.T) {
	ready, _ := startHub(t, "--fleet", "3", "--assume", "query-page-max=2", "--assume", "ids=narrow")
	page, err := otherClient(t, ready).Devices(t.Context(), "", 0)
	if err != nil || len(page.Twins) != 2 {
		t.Errorf("%d devices, %v", len(page.Twins), err)
	}
}

// TestHubName has a hub with a dot in its name, as some SDKs want it.
func TestHubName(t *testing.T) {
	ready, _ := startHub(t, "--fleet", "1", "--host-name", "127.0.0.1")
	page, err := otherClient(t, ready).Devices(t.Context(), "", 0)
	if err != nil || len(page.Twins) != 1 || !strings.HasPrefix(ready.ConnectionString, "HostName=127.0.0.1:") {
		t.Errorf("%d devices, %v", len(page.Twins), err)
	}
}

// TestHubFailsOnDemand has a hub that fails once and keeps the quotas of a tier.
func TestHubFailsOnDemand(t *testing.T) {
	ready, _ := startHub(t, "--fleet", "1", "--tier", "S1", "--fault", "twins:GET:503:times=1")
	client := otherClient(t, ready)
	page, err := client.Devices(t.Context(), "", 0)
	if err != nil || len(page.Twins) != 1 {
		t.Fatalf("%d devices, %v", len(page.Twins), err)
	}
	var refused *hub.Error
	if _, err := client.Twin(t.Context(), page.Twins[0].ID); !errors.As(err, &refused) || refused.Status != 503 {
		t.Errorf("the first read: %v", err)
	}
	if _, err := client.Twin(t.Context(), page.Twins[0].ID); err != nil {
		t.Errorf("the second read: %v", err)
	}
}

func TestHubPortInUse(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, flag := range []string{"--https-port", "--mqtts-port"} {
		args := []string{"hub", "--https-port", "0", "--mqtts-port", "0"}
		args = append(args, flag, port)
		said, code := refused(t, nil, args...)
		if code != exitFailure || !strings.Contains(said, port) || !strings.Contains(said, "in use") || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: said %q with status %d", flag, said, code)
		}
	}
}

func TestHubAnnouncesItselfAndLeavesNothing(t *testing.T) {
	cmd := program(t, "hub", "--https-port", "0", "--mqtts-port", "0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, scanner := "", bufio.NewScanner(out)
	for scanner.Scan() {
		text += scanner.Text() + "\n"
		if strings.Contains(text, "SharedAccessKeyName=service;") && strings.Contains(text, "SharedAccessKeyName=iothubowner;") {
			break
		}
	}
	ca, err := filepath.Glob(filepath.Join(stateOf(cmd), "hub-*-ca.pem"))
	if err != nil || len(ca) != 1 || !strings.Contains(text, ca[0]) {
		t.Errorf("CA files %v, %v, in\n%s", ca, err, text)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v after %q", err, rest)
	}
	if left, _ := filepath.Glob(filepath.Join(stateOf(cmd), "*.pem")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	log, err := os.ReadFile(filepath.Join(stateOf(cmd), "twindeck.log"))
	if err != nil || bytes.Contains(log, []byte("SharedAccessKey")) {
		t.Errorf("log: %v\n%s", err, log)
	}
}

func TestHubWritesItsCertificateOverNothingElse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, code := refused(t, nil, "hub", "--https-port", "0", "--mqtts-port", "0", "--ca-file", file)
	if code != exitFailure || !strings.Contains(said, "left alone") || strings.Count(said, "\n") != 1 {
		t.Errorf("said %q with status %d", said, code)
	}
	if left, err := os.ReadFile(file); err != nil || string(left) != "mine" {
		t.Errorf("the file holds %q, %v", left, err)
	}
	// An old certificate is what the flag is for.
	const old = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	startHub(t, "--ca-file", file)
	if now, err := os.ReadFile(file); err != nil || string(now) == old {
		t.Errorf("the certificate was not replaced: %v", err)
	}
}

func TestHubWithoutAReaderLeavesNothing(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		cmd := program(t, "hub", "--https-port", "0", "--mqtts-port", "0", "--output", format)
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = read.Close()
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = write, &said
		err = cmd.Run()
		_ = write.Close()
		if exitCode(err) != exitFailure || !strings.Contains(said.String(), "cannot be printed") || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%s: %v, said %q", format, err, said.String())
		}
		if left, _ := filepath.Glob(filepath.Join(stateOf(cmd), "*.pem")); len(left) != 0 {
			t.Errorf("%s: left behind: %v", format, left)
		}
	}
}

// raceLog is where the race detector of a program reports, off the screen; the test that finds
// a report fails with it.
func raceLog(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		reports, err := filepath.Glob(filepath.Join(dir, "race.*"))
		if err != nil {
			t.Error(err)
		}
		for _, name := range reports {
			report, err := os.ReadFile(name)
			t.Errorf("%s%v", report, err)
		}
	})
	return filepath.Join(dir, "race")
}
