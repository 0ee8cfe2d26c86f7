package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const key = "T2Zjb3Vyc2VJYW1ub3RhUmVhbEtleUJ1dDMyYnl0ZXM=" // 32 bytes, as a hub assigns them

var token = "SharedAccessSignature sr=contoso.azure-devices.net&sig=" + url.QueryEscape(key) + "&se=1767225600&skn=iothubowner"

func TestText(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"nothing":           {"the twin of thermostat-07 was not found (404001)", ""},
		"policy":            {"SharedAccessKeyName=iothubowner", ""},
		"etag":              {`"AAAAAAAAABI="`, ""},
		"thumbprint":        {strings.Repeat("A1", 32), ""},
		"connection string": {"HostName=h;SharedAccessKeyName=o;SharedAccessKey=" + key + ";x=1", "HostName=h;SharedAccessKeyName=o;SharedAccessKey=***;x=1"},
		"short key":         {"sharedaccesskey=abcd", "sharedaccesskey=***"},
		"token":             {"Authorization: " + token + " and more", "Authorization: SharedAccessSignature *** and more"},
		"bare token":        {"sr=a&sig=abc%3D&se=1", "sr=a&sig=***&se=1"},
		"escaped token":     {"?q=sig%3Dabc%253D", "?q=sig%3D***"},
		"bearer":            {"Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "Bearer ***"},
		"password":          {"password: hunter22 was wrong", "password: *** was wrong"},
		"user info":         {"https://joe:hunter22@contoso.net/x", "https://***@contoso.net/x"},
		"a key alone":       {"it is " + key + ", says the hub", "it is ***, says the hub"},
		"storage":           {"AccountName=a;AccountKey=" + key + ";EndpointSuffix=e", "AccountName=a;AccountKey=***;EndpointSuffix=e"},
	} {
		t.Run(name, func(t *testing.T) {
			want := tc.want
			if want == "" {
				want = tc.in
			}
			got := Text(tc.in)
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if again := Text(got); again != got {
				t.Errorf("masked again it is %q", again)
			}
		})
	}
}

func TestBody(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"twin":     {`{"deviceId":"d","etag":"AAAAAAAAABI=","n":9007199254740993,"b":true,"x":null}`, ""},
		"identity": {`{"symmetricKey":{"primaryKey":"a","secondaryKey":null},"type":"sas"}`, `{"symmetricKey":{"primaryKey":"***","secondaryKey":null},"type":"sas"}`},
		"none":     {`{"primaryKey":"","password":""}`, ""},
		"below":    {`{"secrets":{"a":["b",7,{"c":"d"}]},"e":"f"}`, `{"secrets":{"a":["***","***",{"c":"***"}]},"e":"f"}`},
		"escaped":  {`{"primar\u0079Key":"a","s":"sr=x\u0026sig=abc\u003d"}`, `{"primar\u0079Key":"***","s":"sr=x\u0026sig=***"}`},
		"spaces":   {"{ \"password\" :\n\t\"a b\" }", "{ \"password\" :\n\t\"***\" }"},
		"cut name": {`{"primaryKey":"abcdef`, `{"primaryKey":"***"`},
		"no JSON":  {"<Error>primaryKey: abc</Error> SharedAccessKey=abc", "<Error>primaryKey: ***</Error> SharedAccessKey=***"},
		"a string": {`"` + token + `"`, `"SharedAccessSignature ***"`},
		"name":     {`{"` + key + `":1}`, `{"***":1}`},
		"numbers":  {`{"pwd":1234,"n":[1.50,-2e3]}`, `{"pwd":"***","n":[1.50,-2e3]}`},
	} {
		t.Run(name, func(t *testing.T) {
			want := tc.want
			if want == "" {
				want = tc.in
			}
			var r Redactor
			if got := string(r.Body([]byte(tc.in), false)); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	var r Redactor
	for _, tc := range [][3]string{
		{"Authorization", token, "SharedAccessSignature ***"},
		{"authorization", "Bearer abc", "Bearer ***"},
		{"Authorization", "abc", "***"},
		{"Set-Cookie", "a=b", "***"},
		{"If-Match", `"AAAAAAAAABI="`, `"AAAAAAAAABI="`},
		{"Location", "https://h/?sig=abc", "https://h/?sig=***"},
	} {
		if got := r.Header(tc[0], tc[1]); got != tc[2] {
			t.Errorf("%s: %s became %s, want %s", tc[0], tc[1], got, tc[2])
		}
	}
}

// documents are the ways in which a secret could travel.
var documents = []func(secret string) string{
	func(s string) string { return `{"authentication":{"symmetricKey":{"primaryKey":` + quote(s) + `}}}` },
	func(s string) string { return `[{"x":1},{"Primary_Key":` + quote(s) + `}]` },
	func(s string) string { return `{"a":` + quote("HostName=h;SharedAccessKey="+s) + `}` },
	func(s string) string { return `{"Message":` + quote(`{"secondaryKey":`+quote(s)+`}`) + `}` },
	func(s string) string { return `{"password":` + quote(s) + `,"more":true}` },
	func(s string) string { return `{"connectionString":` + quote("x"+s) + `}` },
	func(s string) string { return "HostName=h;DeviceId=d;SharedAccessKey=" + s },
	func(s string) string { return "SharedAccessSignature sr=h&sig=" + url.QueryEscape(s) + "&se=1" },
	func(s string) string { return "<html>sharedAccessKey=" + s + "</html>" },
	func(s string) string { return "Password=" + s },
	func(s string) string { return `{"apiKey":{"deep":[` + quote(s) + `]}}` },
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// shows reports whether out holds four or more characters in a row of a secret that is so long
// that this is no chance.
func shows(out, secret string) bool {
	const few = 12
	for i := 0; i+few <= len(secret); i++ {
		if strings.Contains(out, secret[i:i+few]) {
			return true
		}
	}
	return false
}

// Whatever a secret is wrapped in, and wherever what is kept of it ends: it is not there any more.
func TestNoSecretStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 16, 64).Draw(t, "key")
		secret := base64.StdEncoding.EncodeToString(raw)
		text := rapid.SampledFrom(documents).Draw(t, "document")(secret)
		text = strings.Repeat(" ", rapid.IntRange(0, 3).Draw(t, "indent")) + text
		var r Redactor
		if out := string(r.Body([]byte(text), false)); shows(out, secret) || shows(out, url.QueryEscape(secret)) {
			t.Fatalf("%s became %s", text, out)
		}
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		if out := string(r.Body([]byte(text[:cut]), true)); shows(out, secret) || shows(out, url.QueryEscape(secret)) {
			t.Fatalf("%s became %s", text[:cut], out)
		}
	})
}

// A secret that the redactor was told is found without anything that points at it.
func TestHide(t *testing.T) {
	var r Redactor
	const secret = "bm90/b25seQ+rZXk=" // no form that gives it away
	r.Hide(secret)
	r.Hide("short")
	for _, text := range []string{secret, "x" + secret + "y", url.QueryEscape(secret), `{"a":` + quote(secret) + `}`, `{"a":"` + strings.ReplaceAll(secret, "/", `\/`) + `"}`} {
		if out := string(r.Body([]byte(text), false)); shows(out, secret) || !strings.Contains(out, Mask) {
			t.Errorf("%s became %s", text, out)
		}
		if out := r.Text(text); shows(out, secret) {
			t.Errorf("%s became %s", text, out)
		}
	}
	if got := r.Text("a short one"); got != "a short one" {
		t.Errorf("got %q", got)
	}
	for i := range 2 * maxKnown {
		r.Hide(fmt.Sprintf("secret-%09d", i))
	}
	if n := len(r.known); n != maxKnown {
		t.Errorf("%d secrets are known", n)
	}
}

// What is no secret stays as it is, byte for byte, and JSON stays JSON.
func FuzzBody(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d(key)), false)
		f.Add([]byte(d(key)), true)
	}
	f.Add([]byte(`{"a":[1,2.50,{"b":"c\n"}],"d":null}`), false)
	f.Fuzz(func(t *testing.T, body []byte, cut bool) {
		before := bytes.Clone(body)
		var r Redactor
		out := r.Body(body, cut)
		if !bytes.Equal(body, before) {
			t.Fatal("the body was changed")
		}
		if !cut && json.Valid(body) && !json.Valid(out) {
			t.Fatalf("%q is no JSON any more: %q", body, out)
		}
	})
}

func BenchmarkBody(b *testing.B) {
	row := `{"deviceId":"thermostat-07","etag":"AAAAAAAAABI=","tags":{"site":"ist"},"properties":{"desired":{"telemetryInterval":60,"$version":7}}},`
	body := []byte("[" + strings.Repeat(row, 16<<10/len(row)))
	var r Redactor
	r.Hide(key)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r.Body(body, true)
	}
}
