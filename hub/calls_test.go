package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"twindeck/hub/internal/iothub"
)

func TestTheCallLogIsBounded(t *testing.T) {
	l := newCallLog()
	observe := l.observer(ID{})
	for i := range 3 * MaxCalls {
		observe(t.Context(), iothub.Exchange{Method: "GET", Target: fmt.Sprint("/", i)})
	}
	kept, since := 0, uint64(0)
	for {
		calls := l.after(since)
		if len(calls.List) == 0 {
			break
		}
		if since == 0 && calls.Lost != 2*MaxCalls {
			t.Errorf("%d are said to be lost", calls.Lost)
		}
		for _, c := range calls.List {
			if c.Target != fmt.Sprint("/", c.Seq-1) {
				t.Fatalf("call %d is %s", c.Seq, c.Target)
			}
			kept, since = kept+1, c.Seq
		}
		if len(calls.List) > callBatch {
			t.Fatalf("%d at once", len(calls.List))
		}
	}
	if kept != MaxCalls || since != 3*MaxCalls {
		t.Errorf("%d kept, the last is %d", kept, since)
	}

	// Few large ones push the others out too, and what was counted comes back to nothing.
	body := []byte(strings.Repeat("a ", iothub.Beginning/2))
	for range 2 * maxCallBytes / iothub.Beginning {
		observe(t.Context(), iothub.Exchange{Method: "GET", Received: iothub.Content{Size: 1 << 20, Body: body}})
	}
	if l.bytes > maxCallBytes || l.bytes < maxCallBytes/2 {
		t.Errorf("%d bytes are kept", l.bytes)
	}
	if last := l.after(l.last - 1).List[0]; !last.Received.Cut || last.Received.Size != 1<<20 || len(last.Received.Body) > iothub.Beginning {
		t.Errorf("the last has %d of %d bytes, cut=%v", len(last.Received.Body), last.Received.Size, last.Received.Cut)
	}
	for l.first <= l.last {
		l.drop()
	}
	if l.bytes != 0 {
		t.Errorf("%d bytes are left of nothing", l.bytes)
	}
}

func TestNextCallsWaitsAndGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newCallLog()
		observe := l.observer(ID{})
		observe(t.Context(), iothub.Exchange{Method: "GET"})
		if calls, err := l.next(t.Context(), 0); err != nil || len(calls.List) != 1 {
			t.Fatal(calls, err)
		}
		go func() {
			time.Sleep(time.Second)
			for range 5 {
				observe(context.Background(), iothub.Exchange{Method: "GET"})
				time.Sleep(callFrame / 10)
			}
		}()
		began := time.Now()
		calls, err := l.next(t.Context(), 1)
		if took := time.Since(began); err != nil || len(calls.List) != 5 || took != time.Second+callFrame {
			t.Errorf("%d calls after %v, %v", len(calls.List), took, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.next(ctx, 6); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with nothing to tell: %v", err)
		}
	})
}

// everything is all that the log has of everything, for a search.
func everything(l *callLog) string {
	var b strings.Builder
	for since := uint64(0); ; {
		calls := l.after(since)
		if len(calls.List) == 0 {
			return b.String()
		}
		for _, c := range calls.List {
			fmt.Fprintf(&b, "%+v\n", c)
			since = c.Seq
		}
	}
}

// Every kind of secret in every place of an exchange: none is kept.
func TestNoSecretIsInTheCallLog(t *testing.T) {
	const (
		policyKey = "cG9saWN5IGtleSBvZiBhIHRlc3QhISE="
		deviceKey = "ZGV2aWNlIGtleSBvZiBhIHRlc3QhISE="
		otherKey  = "b3RoZXIga2V5IG9mIHRoZSByZWdpc3RyeSE="
		signature = "c2lnbmF0dXJlIG9mIGEgdG9rZW4gISE%3D"
		password  = "correct horse battery"
	)
	secrets := []string{policyKey, deviceKey, otherKey, signature, password, "signature", "battery"}
	l := newCallLog()
	l.secrets.Hide(policyKey)
	l.secrets.Hide(deviceKey)
	token := "SharedAccessSignature sr=h&sig=" + signature + "&se=1&skn=iothubowner"
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	bodies := []string{
		`{"deviceId":"d","authentication":{"type":"sas","symmetricKey":{"primaryKey":"` + otherKey + `","secondaryKey":"` + otherKey + `"}}}`,
		`{"x":"HostName=h;DeviceId=d;SharedAccessKey=` + otherKey + `"}`,
		`{"password":"` + password + `","nested":{"wifiPassword":["` + password + `"]}}`,
		`{"token":"` + token + `"}`,
		`{"Message":` + quoted(`ErrorCode:X;`+token) + `,"ExceptionMessage":` + quoted(`{"primaryKey":"`+otherKey+`"}`) + `}`,
		"policy " + policyKey + " device " + deviceKey,
		"<error>" + token + "</error>",
		`{"a":"` + strings.ReplaceAll(policyKey, "=", `\u003d`) + `"}`,
	}
	for _, body := range bodies {
		for cut := range len(body) + 1 {
			content := iothub.Content{
				Fields: [][2]string{{"Authorization", token}, {"Cookie", password}, {"X-Key", policyKey}, {"Location", "https://u:" + otherKey + "@h/?sig=" + signature}},
				Size:   int64(len(body)), Body: []byte(body[:cut]),
			}
			l.observer(ID{})(t.Context(), iothub.Exchange{
				Method: "GET", Target: "/devices/d?sig=" + signature + "&key=" + policyKey, Sent: content, Received: content,
				Err: errors.New("refused " + token + " and " + deviceKey),
			})
		}
		kept := everything(l)
		for _, s := range secrets {
			for _, part := range []string{s, s[:min(len(s), 12)]} {
				if i := strings.Index(kept, part); i >= 0 {
					t.Errorf("of %s the log shows …%s…", body, kept[max(i-40, 0):min(i+len(part)+20, len(kept))])
				}
			}
		}
	}
	if kept := everything(l); !strings.Contains(kept, "***") || !strings.Contains(kept, "deviceId") {
		t.Error("there is nothing in the log at all")
	}
}

// instant answers without a network.
type instant struct{ body string }

func (i instant) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(i.body)), Request: req}, nil
}

// A call with nobody looking, beside the same without a log and without a network: what the log adds.
func BenchmarkCallLog(b *testing.B) {
	twin := `{"deviceId":"d","etag":"AAAAAAAAABI=","properties":{"desired":{` + strings.Repeat(`"p":1,`, 100) + `"$version":7},"reported":{"$version":1}}}`
	cs, err := ParseConnectionString("HostName=h;SharedAccessKeyName=service;SharedAccessKey=a2V5a2V5a2V5a2V5")
	if err != nil {
		b.Fatal(err)
	}
	for _, logged := range []bool{false, true} {
		client, err := NewClient(cs, Options{HTTPClient: &http.Client{Transport: instant{twin}}})
		if err != nil {
			b.Fatal(err)
		}
		if !logged {
			client.transport.Observe = nil
		}
		b.Run(fmt.Sprintf("logged=%v", logged), func(b *testing.B) {
			for b.Loop() {
				if _, err := client.Twin(b.Context(), ID{Device: "d"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Readers and writers at once.
func TestTheCallLogTakesManyAtOnce(t *testing.T) {
	l := newCallLog()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 500 {
				l.observer(ID{})(context.Background(), iothub.Exchange{Method: "GET", Received: iothub.Content{Body: []byte(`{"a":1}`), Size: 7}})
			}
		})
		all.Go(func() {
			since := uint64(0)
			for since < 1000 {
				calls, err := l.next(context.Background(), since)
				if err != nil {
					t.Error(err)
					return
				}
				for _, c := range calls.List {
					if c.Seq <= since {
						t.Errorf("%d behind %d", c.Seq, since)
					}
					since = c.Seq
				}
			}
		})
	}
	all.Wait()
}
