package hub

import (
	"errors"
	"strings"
	"testing"
)

func TestParseConnectionString(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want ConnectionString
	}{
		"service": {
			"HostName=contoso.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey=" + secret,
			ConnectionString{HostName: "contoso.azure-devices.net", Policy: "iothubowner", Key: NewKey(secret)},
		},
		"device": {
			"HostName=contoso.azure-devices.net;DeviceId=myFirstDevice;SharedAccessKey=" + secret,
			ConnectionString{HostName: "contoso.azure-devices.net", DeviceID: "myFirstDevice", Key: NewKey(secret)},
		},
		"module, another order, a port": {
			"SharedAccessKey=" + secret + ";ModuleId=m#1;DeviceId=d=1;HostName=localhost:8443",
			ConnectionString{HostName: "localhost:8443", DeviceID: "d=1", ModuleID: "m#1", Key: NewKey(secret)},
		},
		"quotes, spaces, a newline, unknown names, a last semicolon": {
			" \"hostname=localhost; SharedAccessKeyName=service ;GatewayHostName=edge;SharedAccessKey=" + secret + ";\"\n",
			ConnectionString{HostName: "localhost", Policy: "service", Key: NewKey(secret)},
		},
		"a byte order mark, a last line break of Windows": {
			"\uFEFFHostName=localhost;SharedAccessKeyName=service;SharedAccessKey=" + secret + "\r\n",
			ConnectionString{HostName: "localhost", Policy: "service", Key: NewKey(secret)},
		},
		"wrapped by a terminal": {
			"HostName=local\nhost;SharedAccessKeyName=service;SharedAccess\r\nKey=" + secret[:9] + "\n" + secret[9:],
			ConnectionString{HostName: "localhost", Policy: "service", Key: NewKey(secret)},
		},
		"an IPv6 address": {
			"HostName=[::1]:8443;SharedAccessKeyName=service;SharedAccessKey=" + secret,
			ConnectionString{HostName: "[::1]:8443", Policy: "service", Key: NewKey(secret)},
		},
	} {
		got, err := ParseConnectionString(test.text)
		if err != nil || got != test.want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		if again, err := ParseConnectionString(got.Reveal()); err != nil || again != got {
			t.Errorf("%s: what Reveal returns is read as %v, %v", name, again, err)
		}
	}
}

func TestParseConnectionStringSaysWhatIsWrong(t *testing.T) {
	const host, policy, key = "HostName=localhost;", "SharedAccessKeyName=p;", "SharedAccessKey=" + secret
	for text, want := range map[string]error{
		"":                                     errEmpty,
		"   ":                                  errEmpty,
		secret[:10]:                            errNoPairs,
		policy + key:                           errNoHostName,
		"HostName=https://a.b;" + policy + key: errHostName,
		"HostName=a/b;" + policy + key:         errHostName,
		"HostName=a:99999;" + policy + key:     errHostName,
		"HostName=a:;" + policy + key:          errHostName,
		"HostName=" + secret + ";" + policy:    errHostName,
		host + key:                             errNobody,
		"\xff\xfeH\x00o\x00s\x00t\x00":         errWide,
		` {"connectionString": "` + host + policy + key + `"}`: errJSON,
		host + policy: errNoKey,
		host + policy + "SharedAccesKey=" + secret:                                         errNoKey,
		host + policy + "SharedAccessKey=not base64":                                       errKey,
		host + policy + "DeviceId=d;" + key:                                                errBoth,
		host + "ModuleId=m;" + key:                                                         errNoDevice,
		host + "DeviceId=a b;" + key:                                                       errIdentityID,
		host + "DeviceId=a/b;" + key:                                                       errIdentityID,
		host + "SharedAccessKeyName=" + secret + ";" + key:                                 errPolicyName,
		host + "DeviceId=d;x509=true":                                                      errCertificate,
		host + "DeviceId=d;SharedAccessSignature=SharedAccessSignature sr=x&sig=" + secret: errSignature,
	} {
		if _, err := ParseConnectionString(text); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", text, err, want)
		}
	}
	if _, err := ParseConnectionString(host + host + policy + key); err == nil || !strings.Contains(err.Error(), "HostName twice") {
		t.Errorf("a field that comes twice: %v", err)
	}
}

func TestConnectionStringHost(t *testing.T) {
	for hostName, want := range map[string]string{
		"localhost:8443": "localhost", "localhost": "localhost", "[::1]:8443": "::1", "[::1]": "::1",
		"contoso.azure-devices.net": "contoso.azure-devices.net",
	} {
		if got := (ConnectionString{HostName: hostName}).Host(); got != want {
			t.Errorf("%s: %s, want %s", hostName, got, want)
		}
	}
}

func FuzzParseConnectionString(f *testing.F) {
	f.Add("HostName=localhost;SharedAccessKeyName=p;SharedAccessKey=" + secret)
	f.Add("HostName=[::1]:1;DeviceId=d;ModuleId=m;SharedAccessKey=AA==")
	f.Add(";;=;HostName==")
	f.Fuzz(func(t *testing.T, text string) {
		cs, err := ParseConnectionString(text)
		if err != nil {
			for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '=' || r == ' ' }) {
				if len(word) >= 24 && strings.Contains(err.Error(), word) {
					t.Errorf("the error for %q repeats %q: %v", text, word, err)
				}
			}
			return
		}
		again, err := ParseConnectionString(cs.Reveal())
		if err != nil || again != cs {
			t.Errorf("%q: read as %v, written as %q, read again as %v, %v", text, cs, cs.Reveal(), again, err)
		}
	})
}
