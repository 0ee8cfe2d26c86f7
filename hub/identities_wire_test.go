package hub

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"twindeck/hub/patch"
)

// oddIdentity holds what no client knows, digits that a float would lose, and its own order.
const oddIdentity = `{"x-new":{"deep":[1.50,9007199254740993,null]},"deviceId":"d","etag":"NTgw","statusReason":null,"status":"enabled",` +
	`"cloudToDeviceMessageCount":0,"authentication":{"type":"sas","later":1e3,"symmetricKey":{"primaryKey":"` + secret + `","secondaryKey":"AAECAwQFBgcICQoLDA0ODw=="}},` +
	`"capabilities":{"iotEdge":true,"flies":false},"deviceScope":"ms-azure-iot-edge://d-1","parentScopes":["p"],"lastActivityTime":"0001-01-01T00:00:00Z"}`

func TestAChangeSendsBackWhatItHasRead(t *testing.T) {
	const primary, secondary = `"primaryKey":"` + secret + `"`, `"secondaryKey":"AAECAwQFBgcICQoLDA0ODw=="`
	for name, tc := range map[string]struct {
		change IdentityChange
		was    string
		is     string
	}{
		"disable":            {SetStatus{Status: Disabled, Reason: "lost"}, `"statusReason":null,"status":"enabled"`, `"statusReason":"lost","status":"disabled"`},
		"enable":             {SetStatus{Status: Enabled}, "", ""},
		"swap":               {SwapKeys{}, primary + "," + secondary, `"primaryKey":"AAECAwQFBgcICQoLDA0ODw==","secondaryKey":"` + secret + `"`},
		"authenticate by CA": {SetAuthentication{Authentication{Auth: AuthCA}}, `"authentication":{"type":"sas","later":1e3,"symmetricKey":{` + primary + "," + secondary + "}}", `"authentication":{"type":"certificateAuthority"}`},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, say(200, oddIdentity))
			if _, err := l.client.ChangeIdentity(t.Context(), ID{Device: "d"}, tc.change, `"NTgw"`); err != nil {
				t.Fatal(err)
			}
			if len(l.seen) != 2 || l.seen[0].method != "GET" {
				t.Fatalf("asked %d times", len(l.seen))
			}
			put := l.last()
			if want := strings.Replace(oddIdentity, tc.was, tc.is, 1); put.method != "PUT" || put.body != want || put.header.Get("If-Match") != `"NTgw"` {
				t.Errorf("%s under %s\n got %s\nwant %s", put.method, put.header.Get("If-Match"), put.body, want)
			}
		})
	}
}

func TestNewKeysReplaceTheOnesThatWereChosen(t *testing.T) {
	for _, tc := range []NewKeys{{Primary: true}, {Secondary: true}, {true, true}} {
		l := listen(t, say(200, oddIdentity))
		if _, err := l.client.ChangeIdentity(t.Context(), ID{Device: "d"}, tc, "NTgw"); err != nil {
			t.Fatal(err)
		}
		sent := mustParse(t, l.last().body)
		for key, fresh := range map[string]bool{"primaryKey": tc.Primary, "secondaryKey": tc.Secondary} {
			was, _ := mustParse(t, oddIdentity).At(patch.Path{"authentication", "symmetricKey", key})
			is, _ := sent.At(patch.Path{"authentication", "symmetricKey", key})
			if patch.Equal(was, is) == fresh || len(is.Text()) != 44 && fresh {
				t.Errorf("%+v: %s is fresh=%v", tc, key, !patch.Equal(was, is))
			}
		}
	}
}

func TestAChangeThatCannotBeIsNotSent(t *testing.T) {
	device, module, system := ID{Device: "d"}, ID{Device: "d", Module: "m"}, ID{Device: "d", Module: "$edgeAgent"}
	long := strings.Repeat("ş", MaxStatusReason+1)
	l := listen(t, say(200, oddIdentity))
	for name, tc := range map[string]struct {
		id     ID
		change IdentityChange
		etag   string
		says   string
	}{
		"no etag":                {device, SwapKeys{}, "", "needs the etag"},
		"any etag":               {device, SwapKeys{}, AnyETag, "needs the etag"},
		"any etag, quoted":       {device, SwapKeys{}, `"*"`, "needs the etag"},
		"status of a module":     {module, SetStatus{Status: Disabled}, "e", "no status of its own"},
		"a long reason":          {device, SetStatus{Status: Disabled, Reason: long}, "e", "more than 128 characters"},
		"no status":              {device, SetStatus{}, "e", "enabled or disabled"},
		"a system module":        {system, SwapKeys{}, "e", "belongs to IoT Edge"},
		"neither key":            {device, NewKeys{}, "e", "neither key"},
		"no thumbprint":          {device, SetAuthentication{Authentication{Auth: AuthSelfSigned}}, "e", "give the first one"},
		"half a thumbprint":      {device, SetAuthentication{Authentication{Auth: AuthSelfSigned, PrimaryThumbprint: "AB"}}, "e", "2 digits long"},
		"keys of a certificate":  {device, SetAuthentication{Authentication{Auth: AuthCA, PrimaryKey: NewKey(secret)}}, "e", "leave them out"},
		"no way to authenticate": {device, SetAuthentication{Authentication{Auth: AuthNone}}, "e", "no way to authenticate"},
	} {
		if _, err := l.client.ChangeIdentity(t.Context(), tc.id, tc.change, tc.etag); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := l.client.DeleteIdentity(t.Context(), system, "e"); err == nil || !strings.Contains(err.Error(), "cannot delete module d/$edgeAgent: it belongs to IoT Edge") {
		t.Errorf("delete: %v", err)
	}
	if len(l.seen) > 0 {
		t.Errorf("%d requests left", len(l.seen))
	}
	// What only the document shows is found before anything is written.
	for body, says := range map[string]string{
		strings.Replace(oddIdentity, `"sas"`, `"selfSigned"`, 1):                           "has no symmetric keys",
		strings.Replace(oddIdentity, `"primaryKey":"`+secret+`"`, `"primaryKey":null`, 1):  "does not show its keys",
		strings.Replace(oddIdentity, `"etag":"NTgw"`, `"etag":"newer"`, 1):                 "changed by somebody else",
		strings.Replace(oddIdentity, `"deviceId":"d"`, `"deviceId":"other"`, 1):            "it is about device other",
		strings.Replace(oddIdentity, `"deviceId":"d"`, `"deviceId":"d","moduleId":"m"`, 1): "it is about module d/m",
		`{"deviceId":"d"`: "not what a hub sends",
	} {
		l := listen(t, say(200, body))
		_, err := l.client.ChangeIdentity(t.Context(), device, SwapKeys{}, "NTgw")
		if err == nil || !strings.Contains(err.Error(), says) || leaks(err.Error()) || strings.Contains(err.Error(), mayBeMade) {
			t.Errorf("%s: %v", says, err)
		}
		if Conflict(err) != strings.Contains(body, "newer") {
			t.Errorf("%s: conflict=%v", says, Conflict(err))
		}
		if slices.ContainsFunc(l.seen, func(e exchange) bool { return e.method != "GET" }) {
			t.Errorf("%s: written all the same", says)
		}
	}
}

func TestWhatCannotBeCreatedIsNotSent(t *testing.T) {
	l := listen(t, say(200, oddIdentity))
	device, module := ID{Device: "d"}, ID{Device: "d", Module: "m"}
	deep := mustParse(t, `{"a":"`+strings.Repeat("x", 5000)+`"}`)
	for says, n := range map[string]NewIdentity{
		"belongs to IoT Edge":       {ID: ID{Device: "d", Module: "$edgeHub"}},
		"more than 128 characters":  {ID: device, StatusReason: strings.Repeat("x", 129)},
		"no status, IoT Edge":       {ID: module, Disabled: true},
		"no status, IoT Edge or":    {ID: module, Parent: "p"},
		"not the id of a device":    {ID: device, Parent: "a/b"},
		"more than a hub takes":     {ID: device, Desired: &deep},
		"tags are more than":        {ID: device, Tags: &deep},
		"thumbprints are for X.509": {ID: device, Authentication: Authentication{PrimaryThumbprint: "x"}},
	} {
		if _, err := l.client.CreateIdentity(t.Context(), n); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if len(l.seen) > 0 {
		t.Errorf("%d requests left", len(l.seen))
	}
}

// A device with tags is created by a bulk write, which answers in its own way.
func TestABulkCreationIsOneRequest(t *testing.T) {
	tags := mustParse(t, `{"site":"ist","n":1.50}`)
	n := NewIdentity{ID: ID{Device: "d"}, Tags: &tags, Disabled: true, StatusReason: "spare"}
	for name, tc := range map[string]struct {
		status int
		body   string
		check  func(identity Identity, err error) bool
	}{
		"created": {200, `{"isSuccessful":true,"errors":[],"warnings":[]}`, func(i Identity, err error) bool { return err == nil && i.ETag == "NTgw" }},
		"there already, by number": {
			400, `{"isSuccessful":false,"errors":[{"deviceId":"d","errorCode":409001,"errorStatus":"there","moduleId":null}],"warnings":[]}`,
			func(_ Identity, err error) bool { return AlreadyExists(err) },
		},
		"there already, by name": {
			400, `{"isSuccessful":false,"errors":[{"deviceId":"d","errorCode":"DeviceAlreadyExists","errorStatus":"there"}]}`,
			func(_ Identity, err error) bool { return AlreadyExists(err) },
		},
		"throttled": {
			400, `{"isSuccessful":false,"errors":[{"deviceId":"d","errorCode":429001,"errorStatus":"slow \u001b[31m"}]}`,
			func(_ Identity, err error) bool {
				e, ok := errors.AsType[*Error](err)
				return ok && Throttled(err) && e.Message == "slow \uFFFD[31m"
			},
		},
		"without the twin": {
			200, `{"isSuccessful":true,"errors":[],"warnings":[{"deviceId":"d","warningCode":"DeviceRegisteredWithoutTwin","warningStatus":"odd tags"}]}`,
			func(_ Identity, err error) bool {
				e, ok := errors.AsType[*IncompleteError](err)
				return ok && e.Twin && e.Identity.ETag == "NTgw" && strings.Contains(err.Error(), "device d was created, but its first tags and desired properties are not written: odd tags")
			},
		},
		"neither nor":   {200, `{"isSuccessful":false}`, func(_ Identity, err error) bool { return err != nil && strings.Contains(err.Error(), mayBeMade) }},
		"no answer":     {200, `[]`, func(_ Identity, err error) bool { return err != nil && strings.Contains(err.Error(), mayBeMade) }},
		"nothing in it": {200, `{}`, func(_ Identity, err error) bool { return err != nil && strings.Contains(err.Error(), mayBeMade) }},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					say(200, oddIdentity)(w, r)
					return
				}
				say(tc.status, tc.body)(w, r)
			})
			identity, err := l.client.CreateIdentity(t.Context(), n)
			if !tc.check(identity, err) {
				t.Errorf("%+v, %v", identity, err)
			}
			sent := l.seen[0]
			if want := `[{"id":"d","importMode":"create","status":"disabled","statusReason":"spare","authentication":{"type":"sas"},"capabilities":{"iotEdge":false},"tags":{"site":"ist","n":1.50}}]`; sent.method != "POST" || !strings.HasPrefix(sent.uri, "/devices?") || sent.body != want {
				t.Errorf("sent %s %s %s", sent.method, sent.uri, sent.body)
			}
		})
	}
	l := listen(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			say(503, "")(w, r)
			return
		}
		say(200, `{"isSuccessful":true}`)(w, r)
	})
	_, err := l.client.CreateIdentity(t.Context(), n)
	if e, ok := errors.AsType[*IncompleteError](err); !ok || e.Twin || e.Identity.ID != n.ID || !strings.Contains(err.Error(), "device d was created, but reading it failed") {
		t.Errorf("unread: %v", err)
	}
}

func TestParseThumbprint(t *testing.T) {
	sha1, sha256 := strings.Repeat("AB", 20), strings.Repeat("0F", 32)
	colons := strings.TrimSuffix(strings.Repeat("ab:", 20), ":")
	for text, want := range map[string]string{
		sha1:                                  sha1,
		sha256:                                sha256,
		strings.ToLower(sha256):               sha256,
		colons:                                sha1,
		"SHA1 Fingerprint=" + colons + "\r\n": sha1,
		"sha256 Fingerprint=" + strings.TrimSuffix(strings.Repeat("0f:", 32), ":"): sha256,
		"\u200e" + strings.Repeat("ab ", 20):                                       sha1,
	} {
		if got, err := ParseThumbprint(text); err != nil || got != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"":                    "type the thumbprint",
		sha1[1:]:              "39 digits long",
		sha1 + "0":            "41 digits long",
		"xyz":                 "X is no hexadecimal digit",
		"SHA1 Fingerprint=":   "type the thumbprint",
		sha1[1:] + "\x1b[31m": "is no hexadecimal digit",
	} {
		if _, err := ParseThumbprint(text); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseThumbprint(f *testing.F) {
	f.Add("SHA1 Fingerprint=" + strings.Repeat("ab:", 19) + "ab")
	f.Add("\xff=\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseThumbprint(s)
		switch {
		case err != nil && strings.ContainsAny(err.Error(), "\x1b\n\u202e"):
			t.Errorf("%q: %q", s, err)
		case err == nil && (len(got) != 40 && len(got) != 64 || strings.Trim(got, "0123456789ABCDEF") != ""):
			t.Errorf("%q is %q", s, got)
		}
	})
}

func TestScopesNameTheirDevice(t *testing.T) {
	for scope, want := range map[string]string{
		"ms-azure-iot-edge://gateway-01-637394137160664574": "gateway-01",
		"ms-azure-iot-edge://-1":                            "",
		"ms-azure-iot-edge://x":                             "",
		"something else":                                    "",
	} {
		if got, ok := scopeDevice(scope); got != want || ok != (want != "") {
			t.Errorf("%q is of %q", scope, got)
		}
	}
}
