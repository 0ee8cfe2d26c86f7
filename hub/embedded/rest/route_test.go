package rest

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"twindeck/hub/embedded/registry"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		request string
		id      registry.ID
		err     error
	}{
		{"GET /devices", registry.ID{}, nil},
		{"GET /devices/", registry.ID{}, nil},
		{"GET /devices/d", registry.ID{Device: "d"}, nil},
		{"GET /devices/d/", registry.ID{Device: "d"}, nil},
		{"GET /devices/query", registry.ID{Device: "query"}, nil},
		{"POST /devices/query", registry.ID{}, nil},
		{"PUT /devices/d%2Fe", registry.ID{Device: "d/e"}, nil},
		{"PUT /devices/d%25/modules/modules", registry.ID{Device: "d%", Module: "modules"}, nil},
		{"PATCH /twins/../modules/m", registry.ID{Device: "..", Module: "m"}, nil},
		{"POST /twins/d/methods", registry.ID{Device: "d"}, nil},
		{"POST /twins/d/modules/m/methods", registry.ID{Device: "d", Module: "m"}, nil},
		{"GET /twins", registry.ID{}, errNoRoute},
		{"GET /", registry.ID{}, errNoRoute},
		{"GET ", registry.ID{}, errNoRoute},
		{"GET /devices/d/modules/m/x", registry.ID{}, errNoRoute},
		{"GET /devices/%zz", registry.ID{}, errNoRoute},
		{"POST /devices/d", registry.ID{}, errNoMethod},
		{"DELETE /twins/d", registry.ID{}, errNoMethod},
	} {
		t.Run(c.request, func(t *testing.T) {
			method, path, _ := strings.Cut(c.request, " ")
			_, id, err := find(method, path)
			if !errors.Is(err, c.err) || id != c.id {
				t.Errorf("got %+v, %v; want %+v, %v", id, err, c.id, c.err)
			}
		})
	}
}

// FuzzFind checks that any id survives the way through a path.
func FuzzFind(f *testing.F) {
	f.Add("d#1?x%y", "m/1", "/devices/%41/modules/")
	f.Add("..", "methods", "//")
	f.Fuzz(func(t *testing.T, device, module, path string) {
		want := registry.ID{Device: device, Module: module}
		if _, _, err := find("GET", path); err != nil && !errors.Is(err, errNoRoute) && !errors.Is(err, errNoMethod) {
			t.Fatalf("%q: %v", path, err)
		}
		if device == "" || module == "" {
			return // an empty id is a missing segment, which some addresses may end with
		}
		r, id, err := find("PATCH", "/twins/"+url.PathEscape(device)+"/modules/"+url.PathEscape(module))
		if err != nil || id != want || r.path != "/twins/{device}/modules/{module}" {
			t.Fatalf("%+v became %+v, %v", want, id, err)
		}
	})
}

func TestMethodNames(t *testing.T) {
	for name, want := range map[string]bool{
		"ping": true, "set_light-2.0%": true, strings.Repeat("x", 100): true,
		"": false, "a b": false, "a/b": false, "a+b": false, "a#": false, "a?": false, "é": false, "a\n": false,
		strings.Repeat("x", 101): false,
	} {
		if got := validMethodName(name); got != want {
			t.Errorf("%.20q: %t, want %t", name, got, want)
		}
	}
}
