package form

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

var valve = hub.ID{Device: "pump-01", Module: "valve"}

func enter(f updater, fields ...string) (a Action) {
	for i, text := range fields {
		if i > 0 {
			press(f, "tab")
		}
		f.Update(tea.PasteMsg{Content: text})
	}
	return press(f, "enter")
}

func TestAPropertyIsReportedAsItIsTyped(t *testing.T) {
	for _, tc := range []struct{ path, value, want, problem string }{
		{"setPoint", "21.50", `{"setPoint":21.50}`, ""},
		{"limits.max", "true", `{"limits":{"max":true}}`, ""},
		{"mode", "eco", `{"mode":"eco"}`, ""},
		{"mode", "null", `{"mode":null}`, ""},
		{`"a.b"`, `{"c":1}`, "", "dot in its name"},
		{"$x", "1", "", "$"},
		{"mode", "[1,", "", "JSON"},
		{"n", "9007199254740993", "", "n "},
		{`"`, "1", "", ""},
	} {
		f := NewReport(valve, keymap.Default(), theme.Theme{})
		a, asked := enter(f, tc.path, tc.value).(ReportProperty)
		switch {
		case tc.want != "" && (!asked || a.Reported.JSON() != tc.want || a.ID != valve):
			t.Errorf("%s = %s reports %v", tc.path, tc.value, a)
		case tc.want == "" && asked:
			t.Errorf("%s = %s is reported as %s", tc.path, tc.value, a.Reported.JSON())
		case tc.want == "" && !strings.Contains(screen(f, 80, 14), "✗") || !strings.Contains(screen(f, 80, 14), tc.problem):
			t.Errorf("%s = %s: nothing about %q:\n%s", tc.path, tc.value, tc.problem, screen(f, 80, 14))
		}
	}
	f := NewReport(valve, keymap.Default(), theme.Theme{})
	enter(f, "n", "12")
	press(f, "ctrl+t")
	if a, ok := press(f, "enter").(ReportProperty); !ok || a.Reported.JSON() != `{"n":"12"}` {
		t.Errorf("as a string: %v", a)
	}
	f.SetBusy()
	if _, ok := press(f, "enter").(ReportProperty); ok {
		t.Error("reported twice")
	}
	if _, ok := press(f, "esc").(Stop); !ok {
		t.Error("it cannot be called off")
	}
	f.SetError("no luck")
	if got := screen(f, 80, 14); !strings.Contains(got, "no luck") || !strings.Contains(got, "12") {
		t.Errorf("%s", got)
	}
}

func TestWhatIsAnsweredIsChecked(t *testing.T) {
	for _, tc := range []struct {
		status, payload string
		ok              bool
	}{
		{"200", `{"ok":true}`, true},
		{"404", ``, true},
		{"0", `"text"`, true},
		{"-1", `{}`, false},
		{"two", `{}`, false},
		{"200", `text`, false},
		{"200", `"` + strings.Repeat("x", 200_000) + `"`, false},
	} {
		f := NewAnswer(valve, nil, keymap.Default(), theme.Theme{})
		f.lines[0].set("")
		f.lines[1].set("")
		f.focus = 0
		a, asked := enter(f, tc.status, tc.payload).(AnswerMethods)
		if asked != tc.ok {
			t.Errorf("%s %.20s: %v", tc.status, tc.payload, a)
		}
		if !asked && !strings.Contains(screen(f, 80, 14), "✗") {
			t.Errorf("nothing is said:\n%s", screen(f, 80, 14))
		}
	}
	if a, ok := press(NewAnswer(valve, nil, keymap.Default(), theme.Theme{}), "enter").(AnswerMethods); !ok || a.Answer.Status != 200 || a.Answer.Payload.JSON() != "{}" {
		t.Errorf("what is offered: %v", a)
	}
}

func TestOnlyTheConnectionStringOfTheIdentityIsTaken(t *testing.T) {
	const secret = "c2VjcmV0c2VjcmV0c2VjcmV0"
	for text, problem := range map[string]string{
		"HostName=hub.example;DeviceId=pump-01;ModuleId=valve;SharedAccessKey=" + secret:   "",
		"HostName=HUB.example;DeviceId=pump-01;ModuleId=valve;SharedAccessKey=" + secret:   "",
		"HostName=hub.example;DeviceId=pump-01;SharedAccessKey=" + secret:                  "another identity",
		"HostName=hub.example;SharedAccessKeyName=service;SharedAccessKey=" + secret:       "of a policy",
		"HostName=other.example;DeviceId=pump-01;ModuleId=valve;SharedAccessKey=" + secret: "another hub",
		"HostName=hub.example;DeviceId=pump-01;ModuleId=valve;SharedAccessKey=%%%":         "not valid base64",
		secret: "name=value pairs",
	} {
		f := NewCredentials(valve, "hub.example:8443", keymap.Default(), theme.Theme{})
		a, asked := enter(f, text).(AttachWith)
		got := screen(f, 80, 14)
		if asked != (problem == "") || !strings.Contains(got, problem) {
			t.Errorf("%q: %v\n%s", text, asked, got)
		}
		if asked && (a.ID != valve || a.Options.ConnectionString.Key.Reveal() != secret) {
			t.Error("it is not what was pasted")
		}
		if strings.Contains(got, secret) || !strings.Contains(got, "•••") {
			t.Errorf("not masked:\n%s", got)
		}
	}
}

func TestBothFilesOfACertificateAreNeeded(t *testing.T) {
	f := NewCertificate(valve, keymap.Default(), theme.Theme{})
	if a := enter(f, "/c.pem"); a != nil || !strings.Contains(screen(f, 80, 14), "both files are needed") {
		t.Errorf("%v\n%s", a, screen(f, 80, 14))
	}
	f.Update(tea.PasteMsg{Content: " /k.pem\n"})
	if a, ok := press(f, "enter").(AttachWith); !ok || a.Options.CertFile != "/c.pem" || a.Options.KeyFile != "/k.pem" {
		t.Errorf("%v", a)
	}
}
