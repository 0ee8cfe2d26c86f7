package sas

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded/registry"
)

var (
	now       = time.Unix(1_800_000_000, 0)
	tomorrow  = strconv.FormatInt(now.Add(24*time.Hour).Unix(), 10)
	policies  = StandardPolicies()
	authority = NewAuthority([]string{"localhost", "127.0.0.1", "[::1]"}, policies)
	creds     = registry.Credentials{
		Primary: newKey(), Secondary: newKey(), AuthType: "sas", Enabled: true,
	}
	module = registry.ID{Device: "d#1", Module: "m 1"}
	device = registry.ID{Device: "d#1"}
)

// make writes a token as clients do, with resource as it shall stand in sr.
func makeToken(resource, key, policy, expiry string) string {
	raw, _ := base64.StdEncoding.DecodeString(key)
	sig := url.QueryEscape(base64.StdEncoding.EncodeToString(sign(raw, resource, expiry)))
	text := "SharedAccessSignature sr=" + resource + "&sig=" + sig + "&se=" + expiry
	if policy != "" {
		text += "&skn=" + policy
	}
	return text
}

func escaped(times int, s string) string {
	for range times {
		s = url.QueryEscape(s)
		s = strings.ReplaceAll(s, "+", "%20")
	}
	return s
}

func TestVerifyIdentity(t *testing.T) {
	modulePath, devicePath := "localhost/devices/d#1/modules/m 1", "localhost/devices/d#1"
	owner, _ := authority.Policy("iothubowner")
	devicePolicy, _ := authority.Policy("device")
	service, _ := authority.Policy("service")
	disabled, x509 := creds, creds
	disabled.Enabled = false
	x509.AuthType = "selfSigned"
	for _, c := range []struct {
		name  string
		id    registry.ID
		creds registry.Credentials
		token string
		want  error
	}{
		{"module, escaped once", module, creds, makeToken(escaped(1, modulePath), creds.Primary, "", tomorrow), nil},
		{"module, escaped twice", module, creds, makeToken(escaped(2, modulePath), creds.Primary, "", tomorrow), nil},
		{"module, escaped three times", module, creds, makeToken(escaped(3, modulePath), creds.Primary, "", tomorrow), nil},
		{"module, secondary key", module, creds, makeToken(escaped(1, modulePath), creds.Secondary, "", tomorrow), nil},
		{"module, resource of its device", module, creds, makeToken(escaped(1, devicePath), creds.Primary, "", tomorrow), nil},
		{"device", device, creds, makeToken(escaped(1, devicePath), creds.Primary, "", tomorrow), nil},
		{"device, host alone", device, creds, makeToken("localhost", creds.Primary, "", tomorrow), nil},
		{"device, host with port", device, creds, makeToken(escaped(1, "localhost:8443/devices/d#1"), creds.Primary, "", tomorrow), nil},
		{"device, address", device, creds, makeToken(escaped(1, "127.0.0.1:8443/devices/d#1"), creds.Primary, "", tomorrow), nil},
		{"device, IPv6 address with port", device, creds, makeToken(escaped(1, "[::1]:8443/devices/d#1"), creds.Primary, "", tomorrow), nil},
		{"device, other case", device, creds, makeToken(escaped(1, "LOCALHOST/Devices/D#1"), creds.Primary, "", tomorrow), nil},
		{"device, api-version behind", device, creds, makeToken(escaped(1, devicePath+"/api-version=2016-11-14"), creds.Primary, "", tomorrow), nil},
		{"device, without the word devices", device, creds, makeToken(escaped(1, "localhost/d#1"), creds.Primary, "", tomorrow), nil},
		{"module, without the word devices", module, creds, makeToken(escaped(1, "localhost/d#1"), creds.Primary, "", tomorrow), ErrForbidden},
		{"another device, without the word devices", device, creds, makeToken(escaped(1, "localhost/d#2"), creds.Primary, "", tomorrow), ErrForbidden},
		{"device policy", device, creds, makeToken("localhost", devicePolicy.Primary, "device", tomorrow), nil},
		{"owner policy, for one device", device, creds, makeToken(escaped(1, devicePath), owner.Secondary, "iothubowner", tomorrow), nil},
		{"expired within the skew", device, creds, makeToken("localhost", creds.Primary, "", strconv.FormatInt(now.Unix()-299, 10)), nil},

		{"policy without the right", device, creds, makeToken("localhost", service.Primary, "service", tomorrow), ErrForbidden},
		{"policy that does not exist", device, creds, makeToken("localhost", service.Primary, "nobody", tomorrow), ErrSignature},
		{"wrong key", device, creds, makeToken("localhost", newKey(), "", tomorrow), ErrSignature},
		{"empty key", device, creds, makeToken("localhost", "", "", tomorrow), ErrSignature},
		{"another device", device, creds, makeToken(escaped(1, "localhost/devices/d#12"), creds.Primary, "", tomorrow), ErrForbidden},
		{"a prefix inside a segment", device, creds, makeToken(escaped(1, "localhost/devices/d#"), creds.Primary, "", tomorrow), ErrForbidden},
		{"a module's token for its device", device, creds, makeToken(escaped(1, modulePath), creds.Primary, "", tomorrow), ErrForbidden},
		{"another hub", device, creds, makeToken("contoso.azure-devices.net", creds.Primary, "", tomorrow), ErrForbidden},
		{"expired", device, creds, makeToken("localhost", creds.Primary, "", strconv.FormatInt(now.Unix()-300, 10)), ErrExpired},
		{"disabled", device, disabled, makeToken("localhost", creds.Primary, "", tomorrow), ErrDisabled},
		{"identity without keys", device, x509, makeToken("localhost", creds.Primary, "", tomorrow), ErrSignature},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := authority.VerifyIdentity(c.token, c.id, c.creds, now); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestTokenForOneEndpoint: one SDK signs for what it asks for, and not for the device.
func TestTokenForOneEndpoint(t *testing.T) {
	token := func(path string) string {
		return makeToken(escaped(1, "localhost/devices/d#1"+path), creds.Primary, "", tomorrow)
	}
	for _, c := range []struct {
		token, endpoint string
		want            error
	}{
		{token("/files"), "/files", nil},
		{token("/files"), "/files/notifications", nil},
		{token(""), "/files", nil},
		{token("/files/notifications"), "/files", ErrForbidden},
		{token("/files"), "/messages/events", ErrForbidden},
		{token("/file"), "/files", ErrForbidden},
		{token("/files"), "", ErrForbidden},
	} {
		if _, err := authority.VerifyEndpoint(c.token, device, c.endpoint, creds, now); !errors.Is(err, c.want) {
			t.Errorf("%s at %q: %v, want %v", c.token, c.endpoint, err, c.want)
		}
	}
}

func TestVerifyService(t *testing.T) {
	owner, _ := authority.Policy("iothubowner")
	good := makeToken("localhost", owner.Primary, "iothubowner", tomorrow)
	fields := strings.Split(strings.TrimPrefix(good, scheme), "&")
	for _, c := range []struct {
		name, token string
		want        error
	}{
		{"as written", good, nil},
		{"other order", scheme + strings.Join([]string{fields[3], fields[2], fields[1], fields[0]}, "&"), nil},
		{"slash and plus in the signature left alone", strings.NewReplacer("%2F", "/", "%2B", "+").Replace(good), nil},
		{"host with port", makeToken("localhost%3A8443", owner.Primary, "iothubowner", tomorrow), nil},
		{"far future", makeToken("localhost", owner.Primary, "iothubowner", "9223372036854775807"), nil},
		{"resource changed after signing", strings.Replace(good, "sr=localhost", "sr=LOCALHOST", 1), ErrSignature},
		{"expiry changed after signing", strings.Replace(good, "se=", "se=1", 1), ErrSignature},
		{"only a device", makeToken("localhost%2Fdevices%2Fd", owner.Primary, "iothubowner", tomorrow), ErrForbidden},
		{"no policy", makeToken("localhost", owner.Primary, "", tomorrow), ErrSignature},
		{"expired", makeToken("localhost", owner.Primary, "iothubowner", "1"), ErrExpired},
		{"empty", "", errMalformed},
		{"another scheme", "Bearer x", errMalformed},
		{"a field twice", good + "&se=" + tomorrow, errMalformed},
		{"no expiry", strings.Replace(good, "se=", "xx=", 1), errMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := authority.VerifyService(c.token, now)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err == nil && p.Name != "iothubowner" {
				t.Errorf("policy %q, want iothubowner", p.Name)
			}
		})
	}
}

func TestExpiryIsReturned(t *testing.T) {
	for _, c := range []struct{ expires, ends time.Duration }{{24 * time.Hour, 24 * time.Hour}, {time.Second, time.Second}, {0, skew}, {-time.Minute, skew - time.Minute}} {
		token := makeToken("localhost", creds.Primary, "", strconv.FormatInt(now.Add(c.expires).Unix(), 10))
		until, err := authority.VerifyIdentity(token, device, creds, now)
		if want := now.Add(c.ends); err != nil || !until.Equal(want) {
			t.Errorf("a token that expires in %v lets in until %v, %v; want %v", c.expires, until, err, want)
		}
	}
}

func TestRights(t *testing.T) {
	for name, want := range map[string]string{
		"iothubowner": "rwsd", "service": "s", "device": "d", "registryRead": "r", "registryReadWrite": "rw",
	} {
		p, _ := authority.Policy(name)
		got := ""
		for i, letter := range "rwsd" {
			if p.Rights.Allow(Rights(1 << i)) {
				got += string(letter)
			}
		}
		if got != want {
			t.Errorf("%s allows %q, want %q", name, got, want)
		}
	}
}

// FuzzVerify checks that no text passes for a token unless it carries a signature made with the
// key, and that errors quote nothing of it.
func FuzzVerify(f *testing.F) {
	owner, _ := authority.Policy("iothubowner")
	f.Add(makeToken("localhost", newKey(), "iothubowner", tomorrow))
	f.Add(makeToken("localhost%252Fdevices%252Fd%25231", newKey(), "", tomorrow))
	f.Add("SharedAccessSignature sr=%&sig=%zz&se=1&skn=%")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := authority.VerifyService(text, now); err == nil {
			p, _ := parse(text)
			if !p.signedBy(owner.Primary) && !p.signedBy(owner.Secondary) {
				t.Fatalf("%q passed", text)
			}
		}
		if _, err := authority.VerifyIdentity(text, device, creds, now); err == nil {
			t.Fatalf("%q passed for a device", text)
		} else if len(text) > 30 && strings.Contains(err.Error(), text[22:]) {
			t.Fatalf("the error quotes the token: %v", err)
		}
	})
}
