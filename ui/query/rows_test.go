package query

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub"
	"twindeck/hub/patch"
)

func id(device string) hub.ID { return hub.ID{Device: device} }

func TestMarks(t *testing.T) {
	const query = "SELECT deviceId, n FROM devices"
	r := results(t, query, false, long(10, 0)...)
	keys(r, "space", "space") // moves on
	if diff := cmp.Diff([]hub.ID{id("d000000"), id("d000001")}, r.Marked()); diff != "" {
		t.Error(diff)
	}
	keys(r, "k", "space")
	if got := r.Marked(); len(got) != 1 {
		t.Errorf("a mark is not taken back: %v", got)
	}
	keys(r, "j", "j", "V")
	if diff := cmp.Diff([]hub.ID{id("d000000"), id("d000001"), id("d000002"), id("d000003"), id("d000004")}, r.Marked()); diff != "" {
		t.Error(diff)
	}
	keys(r, "/", "0", "7", "enter", "*")
	if got := r.Marked(); len(got) != 6 || got[0] != id("d000007") {
		t.Errorf("%v", got)
	}
	if diff := cmp.Diff([]hub.ID{id("d000007")}, r.Matching()); diff != "" {
		t.Error(diff)
	}
	if got := tableText(r, 60, 10); !strings.Contains(got, "6 marked") || !strings.Contains(got, "▪~ d000007") {
		t.Errorf("%s", got)
	}
	keys(r, "*")
	if r.MarkedCount() != 0 {
		t.Errorf("%d are marked", r.MarkedCount())
	}
	r.ClearMarks()
	none := results(t, "SELECT COUNT() AS n FROM devices", false, `{"n":1}`)
	keys(none, "space", "V", "*")
	if none.MarkedCount() != 0 || none.Matching() != nil {
		t.Errorf("rows about nobody are marked: %v", none.Marked())
	}
}

func TestWhomARowIsAbout(t *testing.T) {
	for name, tc := range map[string]struct {
		query, row string
		want       hub.ID
	}{
		"a device":            {"SELECT deviceId FROM devices", `{"deviceId":"a"}`, id("a")},
		"under another name":  {"SELECT deviceId AS d, moduleId AS m FROM devices.modules", `{"d":"a","m":"b"}`, hub.ID{Device: "a", Module: "b"}},
		"a name that lies":    {"SELECT tags.x AS deviceId FROM devices", `{"deviceId":"a"}`, hub.ID{}},
		"a module alone":      {"SELECT moduleId FROM devices.modules", `{"moduleId":"a"}`, hub.ID{}},
		"nobody":              {"SELECT COUNT() FROM devices", `{"$1":3}`, hub.ID{}},
		"with another source": {"SELECT devices.modules.deviceId FROM devices.modules", `{"deviceId":"a"}`, id("a")},
	} {
		r := results(t, tc.query, false, tc.row)
		if got, ok := r.Selected(); got != tc.want || ok != (tc.want.Device != "") {
			t.Errorf("%s: %v %v", name, got, ok)
		}
	}
}

func twin(t *testing.T, document string) hub.Twin {
	t.Helper()
	v := values(t, document)[0]
	id, _ := hub.RowID(v)
	at := func(key string) patch.Value { member, _ := v.Get(key); return member }
	version, _ := at("version").Int64()
	return hub.Twin{
		ID: id, Document: v, Version: version, ETag: at("etag").Text(), Status: hub.Status(at("status").Text()),
		Connected: at("connectionState").Text() == "Connected",
	}
}

func TestRowsAreConfirmedByAReadOfTheTwin(t *testing.T) {
	const a = `{"deviceId":"a","version":4,"etag":"x","status":"enabled","connectionState":"Connected","tags":{"site":"ist"},"lastActivityTime":"%s"}`
	row := fmt.Sprintf(a, "1")
	for name, tc := range map[string]struct {
		query string
		whole bool
		row   string
		read  string
		want  standing
	}{
		"the same whole twin":            {"SELECT * FROM devices", true, row, fmt.Sprintf(a, "2"), confirmed},
		"another version":                {"SELECT * FROM devices", true, row, strings.Replace(row, ":4", ":5", 1), outdated},
		"another connection state":       {"SELECT * FROM devices", true, row, strings.Replace(row, "Connected", "Disconnected", 1), outdated},
		"the same values":                {"SELECT deviceId AS d, tags.site AS s, lastActivityTime FROM devices", false, `{"d":"a","s":"ist","lastActivityTime":"0"}`, row, confirmed},
		"another value":                  {"SELECT deviceId, tags.site FROM devices", false, `{"deviceId":"a","tags":{"site":"ank"}}`, row, outdated},
		"a value that was not there":     {"SELECT deviceId, tags.site FROM devices", false, `{"deviceId":"a"}`, row, outdated},
		"a value that is gone":           {"SELECT deviceId, tags.gone FROM devices", false, `{"deviceId":"a","tags":{"gone":1}}`, row, outdated},
		"a module whose id is not asked": {"SELECT deviceId FROM devices.modules", false, `{"deviceId":"a"}`, row, plain},
		"a group":                        {"SELECT deviceId, COUNT() FROM devices GROUP BY deviceId", false, `{"deviceId":"a","$1":1}`, row, plain},
		"a job":                          {"SELECT * FROM devices.jobs", false, `{"deviceId":"a","jobId":"j"}`, row, plain},
		"somebody else":                  {"SELECT * FROM devices", true, row, strings.Replace(row, `"a"`, `"b"`, 1), indexed},
	} {
		r := results(t, tc.query, tc.whole, tc.row)
		r.Confirm(twin(t, tc.read))
		if got := r.standing(0); got != tc.want {
			t.Errorf("%s: %v, not %v", name, got, tc.want)
		}
	}
	r := results(t, "SELECT * FROM devices", true, row, strings.Replace(row, `"a"`, `"b"`, 1))
	if got := tableText(r, 80, 14); !strings.Contains(got, "~ from the index") || !strings.Contains(got, " ~ a ") {
		t.Errorf("%s", got)
	}
	r.Gone(id("a"))
	r.Confirm(twin(t, strings.Replace(strings.Replace(row, `"a"`, `"b"`, 1), ":4", ":5", 1)))
	if got := tableText(r, 80, 14); !strings.Contains(got, " ✗ a ") || !strings.Contains(got, "✗ gone since") || !strings.Contains(got, " ! b ") || !strings.Contains(got, "! changed since") {
		t.Errorf("%s", got)
	}
}
