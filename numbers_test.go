package main

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/form"
	"twindeck/ui/theme"
)

// spellings are numbers whose digits a float or another spelling would lose.
const spellings = `"a":4503599627370495,"b":-4503599627370496,"c":1.0,"d":1e3,"e":0.1,"f":-0,"g":[1.50,{"h":2E+2}],"i":0.30000000000000004`

// A number that nobody touches is on the wire as it was, whatever is done around it in the form, and so is one
// that is typed.
func TestNumbersKeepTheirSpelling(t *testing.T) {
	server, err := embedded.Start(t.Context(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	keys := func(f *form.Properties, names ...string) (last form.Action) {
		special := map[string]tea.KeyPressMsg{
			"enter": {Code: tea.KeyEnter}, "tab": {Code: tea.KeyTab}, "end": {Code: tea.KeyEnd}, "down": {Code: tea.KeyDown},
			"clear": {Code: 'u', Mod: tea.ModCtrl},
		}
		for _, name := range names {
			if key, ok := special[name]; ok {
				last = f.Update(key)
				continue
			}
			for _, r := range name {
				last = f.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		}
		return last
	}
	for name, edit := range map[string]func(f *form.Properties){
		"a leaf beside them": func(f *form.Properties) { keys(f, "enter", "x", "enter") },
		"the section as JSON": func(f *form.Properties) {
			keys(f, "end", "J", "down", "end")
			f.Update(tea.PasteMsg{Content: ` "new": 1,`})
			keys(f, "tab")
		},
		"in an editor": func(f *form.Properties) {
			a := f.EditRow(nil, false).(form.OpenEditor)
			f.Edited(strings.Replace(a.Text, `"text": "t"`, `"text": "u", "typed": 5.00`, 1))
		},
		"a paste":  func(f *form.Properties) { f.Update(tea.PasteMsg{Content: `{"group":{"pasted":-0.0}}`}) },
		"a rename": func(f *form.Properties) { keys(f, "down", "r", "2", "enter") },
		"a number": func(f *form.Properties) { keys(f, "a", "typed", "enter", "1.10e+01", "enter") },
	} {
		for _, section := range []patch.Section{patch.Desired, patch.Tags} {
			t.Run(name+" in "+section.String(), func(t *testing.T) {
				id := hub.ID{Device: strings.ReplaceAll(name, " ", "-") + "-" + section.String()}
				if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id}); err != nil {
					t.Fatal(err)
				}
				first, err := patch.Parse([]byte(`{"text":"t","group":{` + spellings + `},` + spellings + `}`))
				if err != nil {
					t.Fatal(err)
				}
				twin, err := client.Twin(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				if twin, _, err = client.PatchTwin(t.Context(), id, sectionPatch(section, first), twin.ETag); err != nil {
					t.Fatal(err)
				}
				value := twin.Desired.Value
				if section == patch.Tags {
					value = twin.Tags
				}
				f := form.NewProperties(form.Target{ID: id, Section: section, Value: value, ETag: twin.ETag}, keymap.Default(), theme.New(true, true))
				edit(f)
				save, ok := keys(f, "s", "enter").(form.Save)
				if !ok {
					t.Fatalf("nothing to save:\n%s", f.View(100, 30))
				}
				if _, _, err := client.PatchTwin(t.Context(), id, save.TwinPatch(), save.ETag); err != nil {
					t.Fatal(err)
				}
				wire := rawTwin(t, server, cs, id)
				for number := range strings.SplitSeq(spellings, ",") {
					if n := strings.Count(wire, number); n != 2 {
						t.Errorf("%s is there %d times, not twice: %s", number, n, wire)
					}
				}
				if strings.Contains(save.Patch.JSON(), "typed") && !strings.Contains(wire, `"typed":1.10e+01`) && !strings.Contains(wire, `"typed":5.00`) {
					t.Errorf("what was typed is spelled otherwise: %s", wire)
				}
			})
		}
	}
}

func sectionPatch(s patch.Section, v patch.Value) hub.TwinPatch {
	if s == patch.Tags {
		return hub.TwinPatch{Tags: &v}
	}
	return hub.TwinPatch{Desired: &v}
}

// rawTwin reads a twin past the client.
func rawTwin(t *testing.T, server *embedded.Server, cs hub.ConnectionString, id hub.ID) string {
	t.Helper()
	token, err := cs.Token(time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://"+cs.HostName+"/twins/"+id.Device+"?api-version=2021-04-12", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", token.Reveal())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: server.CertPool()}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %v %s", res.Status, err, body)
	}
	return string(body)
}
