package language

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var learned = Vocabulary{
	Paths: []string{"tags.site", "tags.building.floor", "tags.building.room", "tags.[[floor plan]]", "properties.desired.telemetryInterval", "properties.reported.bootCount"},
	Values: map[string][]string{
		"tags.site":           {"'ist'", "'ank'"},
		"tags.building.floor": {"1", "2"},
	},
}

// atBar cuts a query at the bar that stands for the cursor.
func atBar(text string) (query string, cursor int) {
	cursor = strings.Index(text, "|")
	return strings.Replace(text, "|", "", 1), cursor
}

func TestComplete(t *testing.T) {
	for _, tc := range []struct {
		at   string   // the cursor is at the bar
		want []string // candidates that are offered, first ones first
		no   []string // candidates that are not
	}{
		{at: "|", want: []string{"SELECT"}},
		{at: "sel|", want: []string{"SELECT"}},
		{at: "SELECT |", want: []string{"*", "TOP", "deviceId", "moduleId"}, no: []string{"FROM", "IS_DEFINED("}},
		{at: "SELECT TOP |", no: []string{"*", "deviceId"}},
		{at: "SELECT TOP 5 |", want: []string{"*", "deviceId"}, no: []string{"TOP"}},
		{at: "SELECT TOP 5|", no: []string{"*"}},
		{at: "SELECT C|", want: []string{"connectionState", "capabilities.iotEdge", "COUNT()"}, no: []string{"AVG("}},
		{at: "SELECT AVG(properties.r|", want: []string{"properties.reported", "properties.reported.bootCount"}},
		{at: "SELECT AVG(tags.x) |", want: []string{"FROM", "AS"}, no: []string{"deviceId"}},
		{at: "SELECT deviceId, |", want: []string{"*", "deviceId"}, no: []string{"TOP"}},
		{at: "SELECT deviceId AS |", no: []string{"FROM", "deviceId"}},
		{at: "SELECT deviceId AS id |", want: []string{"FROM"}},
		{at: "SELECT * FR|", want: []string{"FROM"}},
		{at: "SELECT * FROM |", want: []string{"devices", "devices.modules", "devices.jobs"}},
		{at: "SELECT * FROM devices.|", want: []string{"devices.modules", "devices.jobs"}, no: []string{"devices"}},
		{at: "SELECT * FROM devices |", want: []string{"WHERE", "GROUP BY"}},
		{at: "SELECT * FROM devices WHERE |", want: []string{"deviceId", "moduleId", "tags", "status"}, no: []string{"*", "COUNT()"}},
		{at: "select * from devices where t|", want: []string{"tags", "tags."}},
		{at: "SELECT * FROM devices WHERE tags.|", want: []string{"tags.site", "tags.building.", "tags.[[floor plan]]"}, no: []string{"tags.building.floor"}},
		{at: "SELECT * FROM devices WHERE TAGS.SI|", want: []string{"tags.site"}},
		{at: "SELECT * FROM devices WHERE tags.[[fl|", want: []string{"tags.[[floor plan]]"}},
		{at: "SELECT * FROM devices WHERE devices.tags.s|", want: []string{"devices.tags.site"}},
		{at: "SELECT * FROM devices.modules WHERE devices.modules.mo|", want: []string{"devices.modules.moduleId", "devices.modules.modelId"}},
		{at: "SELECT * FROM devices WHERE properties.reported.b|", want: []string{"properties.reported.bootCount"}},
		{at: "SELECT * FROM devices WHERE IS_|", want: []string{"IS_DEFINED("}},
		{at: "SELECT * FROM devices WHERE IS_DEFINED(tags.s|", want: []string{"tags.site"}},
		{at: "SELECT * FROM devices WHERE IS_DEFINED(tags.site) |", want: []string{"AND", "OR"}, no: []string{"="}},
		{at: "SELECT * FROM devices WHERE STARTSWITH(tags.site, |", want: []string{"'ist'", "'ank'"}, no: []string{"deviceId"}},
		{at: "SELECT * FROM devices WHERE tags.site |", want: []string{"=", "!=", "IN", "AND"}},
		{at: "SELECT * FROM devices WHERE tags.site = |", want: []string{"'ist'", "'ank'"}, no: []string{"deviceId"}},
		{at: "SELECT * FROM devices WHERE tags.site = 'i|", want: []string{"'ist'"}, no: []string{"'ank'"}},
		{at: `SELECT * FROM devices WHERE tags.site = "i|`, want: []string{`"ist"`}},
		{at: "SELECT * FROM devices WHERE tags.site = 'ist'|"},
		{at: "SELECT * FROM devices WHERE status = |", want: []string{"'enabled'", "'disabled'"}},
		{at: "SELECT * FROM devices WHERE devices.status != 'd|", want: []string{"'disabled'"}},
		{at: "SELECT * FROM devices WHERE CONNECTIONSTATE=|", want: []string{"'Connected'", "'Disconnected'"}},
		{at: "SELECT * FROM devices WHERE capabilities.iotEdge = t|", want: []string{"true"}, no: []string{"false"}},
		{at: "SELECT * FROM devices WHERE status = 'enabled' |", want: []string{"AND", "OR", "GROUP BY"}},
		{at: "SELECT * FROM devices WHERE status = 'enabled' AND |", want: []string{"deviceId"}},
		{at: "SELECT * FROM devices WHERE NOT (status = 'enabled' OR t|", want: []string{"tags"}},
		{at: "SELECT * FROM devices WHERE tags.building.floor + 1 > |", want: []string{"1", "2"}},
		{at: "SELECT * FROM devices WHERE version > st|", want: []string{"status"}},
		{at: "SELECT * FROM devices WHERE tags.site IN |", want: []string{"["}},
		{at: "SELECT * FROM devices WHERE tags.site IN [|", want: []string{"'ist'", "'ank'"}},
		{at: "SELECT * FROM devices WHERE tags.site IN ['ist', |", want: []string{"'ist'", "'ank'"}},
		{at: "SELECT * FROM devices WHERE tags.site NIN ['ist'] |", want: []string{"AND"}, no: []string{"'ist'"}},
		{at: "SELECT tags.site, COUNT() FROM devices GROUP |", want: []string{"BY"}},
		{at: "SELECT tags.site, COUNT() FROM devices gr|", want: []string{"GROUP BY"}},
		{at: "SELECT tags.site, COUNT() FROM devices GROUP BY t|", want: []string{"tags"}},
		{at: "SELECT * FROM devices.jobs WHERE |", want: []string{"deviceId", "jobId", "jobType"}, no: []string{"tags", "tags.site"}},
		{at: "SELECT * FROM devices.jobs WHERE devices.jobs.status = |", want: []string{"'pending'"}, no: []string{"'enabled'"}},
		{at: "SELECT de| FROM devices.jobs", want: []string{"deviceId"}, no: []string{"deviceScope"}},
		{at: "SELECT * FROM devices WHERE configurations.[[blue]].status = |", want: []string{"'Targeted'", "'Applied'"}},
	} {
		query, cursor := atBar(tc.at)
		got := Complete(query, cursor, learned).Candidates
		rest := got
		for _, want := range tc.want {
			at := slices.Index(rest, want)
			if at < 0 {
				t.Errorf("%s: no %q, or not in its place, in %q", tc.at, want, got)
				break
			}
			rest = rest[at+1:]
		}
		for _, no := range tc.no {
			if slices.Contains(got, no) {
				t.Errorf("%s: %q in %q", tc.at, no, got)
			}
		}
		if tc.want == nil && tc.no == nil && len(got) > 0 {
			t.Errorf("%s: %q", tc.at, got)
		}
	}
}

// A candidate takes the place of the whole word under the cursor.
func TestWhatACandidateReplaces(t *testing.T) {
	for at, want := range map[string]string{
		"SELECT * FROM devices WHERE ta|gs.si = 1":        "SELECT * FROM devices WHERE <tags>.si = 1",
		"SELECT * FROM devices WHERE tags.si|te = 1":      "SELECT * FROM devices WHERE <tags.site> = 1",
		"SELECT * FROM devices WHERE tags.|site = 1":      "SELECT * FROM devices WHERE <tags.site> = 1",
		"SELECT * FROM devices WHERE status = 'en|abled'": "SELECT * FROM devices WHERE status = <'enabled'>",
		"SELECT * FROM devices WHERE status=|":            "SELECT * FROM devices WHERE status=<>",
		"SELECT * FROM devices |WHERE":                    "SELECT * FROM devices <>WHERE",
	} {
		query, cursor := atBar(at)
		c := Complete(query, cursor, learned)
		if got := query[:c.Start] + "<" + query[c.Start:c.End] + ">" + query[c.End:]; got != want {
			t.Errorf("%s: %s", at, got)
		}
	}
}

func TestCheck(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT * FROM devices": "",
		"SELECT * FROM devices WHERE a = 'it\\'s' AND b IN ['x', (1 + 2)]":    "",
		"SELECT * FROM devices WHERE a = 'ist":                                "unclosed quote '",
		`SELECT * FROM devices WHERE a = "ist'`:                               `unclosed quote "`,
		"SELECT * FROM devices WHERE tags.[[a b = 1":                          "unclosed [[",
		"SELECT * FROM devices WHERE (a = 1":                                  "a closing ) is missing",
		"SELECT * FROM devices WHERE a IN [1, 2":                              "a closing ] is missing",
		"SELECT * FROM devices WHERE a = 1)":                                  ") closes nothing",
		"SELECT * FROM devices WHERE a IN [1)":                                ") closes nothing",
		"SELECT * FROM devices WHERE a = 1;":                                  "the language has no ;",
		"SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'x')":              "twins have STARTSWITH, without the underscore",
		"SELECT * FROM devices ORDER BY deviceId":                             "the hub has no ORDER BY; sort the table of the results",
		"SELECT * FROM devices WHERE tags.order = 1 AND starts_with = 2":      "",
		"SELECT * FROM devices WHERE deviceId LIKE 'x%'":                      "the hub has no LIKE; STARTSWITH and ENDSWITH come near",
		"SELECT * FROM devices WHERE a = '" + strings.Repeat("x", 9000) + "'": "longer than the 8192 characters that a hub takes",
	} {
		got, open := Check(query)
		if got != want {
			t.Errorf("%.80s: %q, not %q", query, got, want)
		}
		if open != (strings.Contains(want, "unclosed") || strings.Contains(want, "missing")) {
			t.Errorf("%.80s: typing on puts %q right: %v", query, got, open)
		}
	}
}

func TestSpell(t *testing.T) {
	for want, path := range map[string][]string{
		"tags.site":           {"tags", "site"},
		"tags.[[floor plan]]": {"tags", "floor plan"},
		"tags.[[group]].a":    {"tags", "group", "a"},
		"tags.[[1st]]":        {"tags", "1st"},
		"tags.[[a.b]]":        {"tags", "a.b"},
		"tags.$x":             {"tags", "$x"},
		"tags.şehir":          {"tags", "şehir"},
	} {
		got, ok := Spell(path...)
		if got != want || !ok {
			t.Errorf("%q: %q %v", path, got, ok)
		}
		if o, ok := Read("SELECT " + got + " FROM devices"); !ok || !slices.Equal(o.Items[0].Path, path) {
			t.Errorf("%q reads back as %q", path, o.Items)
		}
	}
	for _, path := range [][]string{nil, {"tags", ""}, {"tags", "a]]b"}, {"tags", "a\nb"}} {
		if got, ok := Spell(path...); ok {
			t.Errorf("%q: %q", path, got)
		}
	}
}

func FuzzComplete(f *testing.F) {
	for _, q := range []string{"", "SELECT * FROM devices WHERE tags.si = 'ist' AND ", "SELECT AVG(tags.[[x", "東.京 'a\\", "a.b.", "..[[]]..", "0x1e+5", "SELECT TOP 5 a AS b, COUNT() FROM devices.jobs GROUP BY x"} {
		f.Add(q, len(q)/2)
		f.Add(q, len(q))
	}
	f.Fuzz(func(t *testing.T, query string, cursor int) {
		tokens := Tokens(query)
		at := 0
		for _, token := range tokens {
			if token.Start < at || token.End <= token.Start || token.End > len(query) {
				t.Fatalf("%q: a token from %d to %d after %d", query, token.Start, token.End, at)
			}
			if strings.TrimSpace(query[at:token.Start]) != "" {
				t.Fatalf("%q: %q is in no token", query, query[at:token.Start])
			}
			at = token.End
		}
		if strings.TrimSpace(query[at:]) != "" {
			t.Fatalf("%q: %q is in no token", query, query[at:])
		}
		c := Complete(query, cursor, learned)
		if c.Start < 0 || c.Start > c.End || c.End > len(query) {
			t.Fatalf("%q at %d: from %d to %d", query, cursor, c.Start, c.End)
		}
		if utf8.ValidString(query) && (!utf8.ValidString(query[:c.Start]) || !utf8.ValidString(query[c.End:])) {
			t.Fatalf("%q at %d: cuts a character", query, cursor)
		}
		prefix := query[c.Start:max(c.Start, min(boundary(query, cursor), c.End))]
		for _, candidate := range c.Candidates {
			if !strings.EqualFold(candidate[:min(len(prefix), len(candidate))], prefix) {
				t.Fatalf("%q at %d: %q does not begin with %q", query, cursor, candidate, prefix)
			}
		}
		Check(query)
		if o, ok := Read(query); ok && (o.Source == NoSource || o.All != (o.Items == nil)) {
			t.Fatalf("%q reads as %+v", query, o)
		}
	})
}
