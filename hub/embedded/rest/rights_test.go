package rest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/rest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rights says who may do what (Azure docs: authenticate-authorize-sas), by the letters of
// whoever. A device manages its own modules, and a policy that may connect devices may do that
// in the place of any.
var rights = map[string]string{
	"POST /devices/query":        "os",
	"GET /statistics/devices":    "orw",
	"GET /statistics/service":    "os",
	"GET /jobs/v2/query":         "os",
	"GET /jobs/v2/{job}":         "os",
	"PUT /jobs/v2/{job}":         "os",
	"POST /jobs/v2/{job}/cancel": "os",

	"GET /devices":             "orw",
	"POST /devices":            "ow",
	"GET /devices/{device}":    "orw",
	"PUT /devices/{device}":    "ow",
	"DELETE /devices/{device}": "ow",

	"GET /devices/{device}/modules":             "orwdD",
	"GET /devices/{device}/modules/{module}":    "orwdD",
	"PUT /devices/{device}/modules/{module}":    "owdD",
	"DELETE /devices/{device}/modules/{module}": "owdD",

	"DELETE /devices/{device}/commands":                            "os",
	"DELETE /devices/{device}/modules/{module}/commands":           "os",
	"GET /messages/serviceBound/feedback":                          "os",
	"DELETE /messages/serviceBound/feedback/{lock}":                "os",
	"POST /messages/serviceBound/feedback/{lock}/abandon":          "os",
	"GET /messages/serviceBound/fileNotifications":                 "os",
	"DELETE /messages/serviceBound/fileNotifications/{lock}":       "os",
	"POST /messages/serviceBound/fileNotifications/{lock}/abandon": "os",
	"POST /devices/{device}/messages/deviceBound":                  "os",
	"POST /devices/{device}/modules/{module}/messages/deviceBound": "os",

	"GET /devices/{device}/messages/deviceBound":                                  "odD",
	"DELETE /devices/{device}/messages/deviceBound/{lock}":                        "odD",
	"POST /devices/{device}/messages/deviceBound/{lock}/abandon":                  "odD",
	"POST /devices/{device}/messages/events":                                      "odD",
	"GET /devices/{device}/modules/{module}/messages/deviceBound":                 "odM",
	"DELETE /devices/{device}/modules/{module}/messages/deviceBound/{lock}":       "odM",
	"POST /devices/{device}/modules/{module}/messages/deviceBound/{lock}/abandon": "odM",
	"POST /devices/{device}/modules/{module}/messages/events":                     "odM",

	"POST /devices/{device}/files":                        "odD",
	"POST /devices/{device}/files/notifications":          "odD",
	"POST /devices/{device}/files/notifications/{upload}": "odD",

	"GET /twins/{device}":                           "os",
	"PATCH /twins/{device}":                         "os",
	"PUT /twins/{device}":                           "os",
	"POST /twins/{device}/methods":                  "os",
	"GET /twins/{device}/modules/{module}":          "os",
	"PATCH /twins/{device}/modules/{module}":        "os",
	"PUT /twins/{device}/modules/{module}":          "os",
	"POST /twins/{device}/modules/{module}/methods": "os",

	"POST /configurations/testQueries":                 "orw",
	"GET /configurations":                              "orw",
	"GET /configurations/{configuration}":              "orw",
	"PUT /configurations/{configuration}":              "ow",
	"DELETE /configurations/{configuration}":           "ow",
	"POST /devices/{device}/applyConfigurationContent": "ow",
}

// sign writes a shared access signature by hand, as the Azure docs describe it.
func sign(resource, key, policy string, expires time.Time) string {
	raw, _ := base64.StdEncoding.DecodeString(key)
	sr, se := url.QueryEscape(resource), fmt.Sprint(expires.Unix())
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(sr + "\n" + se))
	token := "SharedAccessSignature sr=" + sr + "&sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil))) + "&se=" + se
	if policy != "" {
		token += "&skn=" + policy
	}
	return token
}

func key(connectionString string) string {
	_, key, _ := strings.Cut(connectionString, "SharedAccessKey=")
	return key
}

// service is a hub with clients that show any token.
type service struct {
	*embedded.Server
	http *http.Client
	t    *testing.T
}

func startService(t *testing.T) service {
	t.Helper()
	hub, err := embedded.Start(context.Background(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: hub.CertPool()}}
	s := service{hub, &http.Client{Transport: transport, Timeout: 30 * time.Second}, t}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, path := range []string{"/devices/d", "/devices/d/modules/m", "/devices/d/modules/n", "/devices/e"} {
		if status, code, text := s.do("PUT", path, s.policy("iothubowner")); status != 200 {
			t.Fatalf("%s: %d %s %s", path, status, code, text)
		}
	}
	return s
}

func (s service) policy(name string) string {
	return sign("localhost", key(s.ConnectionString(name)), name, time.Now().Add(time.Hour))
}

func (s service) identity(device, module string) string {
	s.t.Helper()
	cs, err := s.IdentityConnectionString(embedded.ID{Device: device, Module: module})
	if err != nil {
		s.t.Fatal(err)
	}
	resource := "localhost/devices/" + device
	if module != "" {
		resource += "/modules/" + module
	}
	return sign(resource, key(cs), "", time.Now().Add(time.Hour))
}

func (s service) do(method, path, token string) (status int, code, text string) {
	s.t.Helper()
	req, err := http.NewRequest(method, "https://"+s.HTTPSAddress()+path+"?api-version=2021-04-12", bytes.NewBufferString("{}"))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("iothub-errorcode"), string(body)
}

// TestRights tries every operation with every policy and with tokens of devices and modules.
// The requests are such that those who may make them change nothing.
func TestRights(t *testing.T) {
	s := startService(t)
	tokens := map[string]string{
		"o": s.policy("iothubowner"), "s": s.policy("service"), "d": s.policy("device"),
		"r": s.policy("registryRead"), "w": s.policy("registryReadWrite"),
		"D": s.identity("d", ""), "M": s.identity("d", "m"),
		"another device": s.identity("e", ""), "another module": s.identity("d", "n"),
		"the owner's name with another key": sign("localhost", key(s.ConnectionString("service")), "iothubowner", time.Now().Add(time.Hour)),
		"another hub":                       sign("elsewhere", key(s.ConnectionString("iothubowner")), "iothubowner", time.Now().Add(time.Hour)),
		"no such policy":                    sign("localhost", key(s.ConnectionString("iothubowner")), "nobody", time.Now().Add(time.Hour)),
		"an expired one":                    sign("localhost", key(s.ConnectionString("iothubowner")), "iothubowner", time.Now().Add(-time.Hour)),
		"nonsense":                          "Bearer x",
		"none":                              "",
	}
	names := strings.NewReplacer("{device}", "d", "{module}", "m", "{job}", "none", "{lock}", "none", "{upload}", "none", "{configuration}", "none")
	seen := map[string]bool{}
	for _, route := range rest.Routes() {
		allowed, known := rights[route]
		if !known {
			t.Errorf("nobody has said who may %s", route)
			continue
		}
		seen[route] = true
		t.Run(route, func(t *testing.T) {
			method, path, _ := strings.Cut(names.Replace(route), " ")
			for who, token := range tokens {
				status, code, text := s.do(method, path, token)
				if may := len(who) == 1 && strings.Contains(allowed, who); may != (status != 401) {
					t.Errorf("%s: %d %s %s, allowed are %s", who, status, code, text, allowed)
				}
				want := "IotHubUnauthorizedAccess"
				if who == "none" {
					want = "IotHubUnauthorized"
				}
				if status == 401 && (code != want || !strings.Contains(text, want) || strings.Contains(text, "sig=")) {
					t.Errorf("%s: %s, want %s: %s", who, code, want, text)
				}
			}
		})
	}
	for route := range rights {
		if !seen[route] {
			t.Errorf("there is no %s", route)
		}
	}
}
