package messages

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"twindeck/hub/embedded/registry"
)

func TestBag(t *testing.T) {
	var m Message
	m.ParseBag("%24.mid=id1&$.ct=application%2Fjson&%24.ce=utf-8&%24.on=out1&%24.exp=2026-01-02T03:04:05.5Z&iothub-ack=full&k=v%20w&plus=a+b&null&empty=&odd=%zz&=&/")
	want := Message{
		ID: "id1", ContentType: "application/json", ContentEncoding: "utf-8", Output: "out1", Ack: AckFull,
		Expiry: time.Date(2026, 1, 2, 3, 4, 5, 5e8, time.UTC),
		Properties: []Property{
			{Name: "k", Value: "v w"}, {Name: "plus", Value: "a+b"}, {Name: "null", Null: true}, {Name: "empty"}, {Name: "odd", Value: "%zz"},
		},
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	const written = "%24.mid=id1&%24.ct=application%2Fjson&%24.ce=utf-8&%24.on=out1&%24.exp=2026-01-02T03%3A04%3A05.5Z&iothub-ack=full&k=v%20w&plus=a%2Bb&null&empty=&odd=%25zz"
	if got := m.Bag(); got != written {
		t.Errorf("got  %s\nwant %s", got, written)
	}
}

// FuzzBag: what is written is read as it was, and fits into a topic.
func FuzzBag(f *testing.F) {
	for _, bag := range []string{"", "a=b", "%24.mid=1&$.to=x&k", "a=%zz&=&&b==c", "iothub-ack=full&$.exp=2026-01-02T03:04:05Z", "ü=%00"} {
		f.Add(bag)
	}
	f.Fuzz(func(t *testing.T, bag string) {
		var first, second Message
		first.ParseBag(bag)
		written := first.Bag()
		for i := range len(written) {
			if written[i] <= ' ' || written[i] > '~' || written[i] == '#' || written[i] == '/' {
				t.Fatalf("%q is no level of a topic", written)
			}
		}
		if !utf8.ValidString(bag) || first.Ack == AckNone || first.Expiry.Nanosecond()%100 != 0 {
			return
		}
		second.ParseBag(written)
		if !first.Expiry.Equal(second.Expiry) {
			t.Errorf("expiry %v became %v", first.Expiry, second.Expiry)
		}
		second.Expiry = first.Expiry
		if !reflect.DeepEqual(first, second) {
			t.Errorf("%q\ngot  %+v\nwant %+v", written, second, first)
		}
	})
}

func TestLogKeepsTheLatest(t *testing.T) {
	l := NewLog(3, 10_000)
	add := func(body string) {
		l.Add(Event{Identity: registry.ID{Device: "d"}, Message: Message{Body: []byte(body)}})
	}
	bodies := func(after uint64) string {
		var all []string
		for _, e := range l.Since(after) {
			all = append(all, string(e.Body[:1]))
		}
		return strings.Join(all, "")
	}
	for _, s := range []string{"a", "b", "c", "d"} {
		add(s)
	}
	if got := bodies(0); got != "bcd" || l.Count() != 4 {
		t.Errorf("kept %s of %d", got, l.Count())
	}
	if got := bodies(3); got != "d" || bodies(4) != "" {
		t.Errorf("since 3: %s", got)
	}
	add("e" + strings.Repeat("x", 9_000))
	if got := bodies(0); got != "de" {
		t.Errorf("kept %s", got)
	}
	add(strings.Repeat("x", 11_000))
	if got := bodies(0); got != "de" || l.Count() != 6 {
		t.Errorf("kept %s of %d", got, l.Count())
	}
	none := NewLog(-1, 10_000)
	none.Add(Event{})
	if none.Count() != 1 || none.Since(0) != nil {
		t.Error("something is kept")
	}
}
