package hub_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/patch"
)

const (
	keyA = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	keyB = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
)

var (
	printA = strings.Repeat("AB", 20)
	printB = strings.Repeat("0F", 32)
)

func TestEachAuthenticationIsCreated(t *testing.T) {
	_, client, _ := tapped(t, nil)
	tags := parse(t, `{"site":"ist"}`)
	create(t, client, hub.ID{Device: "d"})
	for i, auth := range []hub.Authentication{
		{},
		{Auth: hub.AuthSAS, PrimaryKey: hub.NewKey(keyA), SecondaryKey: hub.NewKey(keyB)},
		{Auth: hub.AuthSelfSigned, PrimaryThumbprint: printA},
		{Auth: hub.AuthSelfSigned, PrimaryThumbprint: printA, SecondaryThumbprint: printB},
		{Auth: hub.AuthCA},
	} {
		for _, id := range []hub.ID{{Device: fmt.Sprint("d", i)}, {Device: fmt.Sprint("t", i)}, {Device: "d", Module: fmt.Sprint("m", i)}} {
			n := hub.NewIdentity{ID: id, Authentication: auth}
			if strings.HasPrefix(id.Device, "t") {
				n.Tags = &tags // by the other way of creating
			}
			got, err := client.CreateIdentity(t.Context(), n)
			if err != nil {
				t.Errorf("%v: %v", id, err)
				continue
			}
			want := auth.Auth
			if want == "" {
				want = hub.AuthSAS
			}
			keys := got.PrimaryKey.Reveal() + got.SecondaryKey.Reveal()
			if got.ID != id || got.Auth != want || got.PrimaryThumbprint != auth.PrimaryThumbprint || got.SecondaryThumbprint != auth.SecondaryThumbprint ||
				!auth.PrimaryKey.IsZero() && keys != keyA+keyB || want == hub.AuthSAS && len(keys) != 88 || got.ETag == "" {
				t.Errorf("%v with %+v became %+v", id, auth, got)
			}
		}
	}
}

func TestAParentIsFoundByItsID(t *testing.T) {
	_, client, tap := tapped(t, nil)
	gateway, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "gateway"}, Edge: true})
	if err != nil {
		t.Fatal(err)
	}
	tags := parse(t, `{"n":1}`)
	for name, n := range map[string]hub.NewIdentity{
		"leaf":             {},
		"edge":             {Edge: true},
		"leaf with a twin": {Tags: &tags},
		"edge with a twin": {Tags: &tags, Edge: true},
	} {
		n.ID, n.Parent = hub.ID{Device: strings.ReplaceAll(name, " ", "-")}, "gateway"
		child, err := client.CreateIdentity(t.Context(), n)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(child.ParentScopes, []string{gateway.DeviceScope}) || !slices.Equal(child.Parents(), []string{"gateway"}) || (child.DeviceScope == gateway.DeviceScope) == n.Edge {
			t.Errorf("%s is in %s below %v", name, child.DeviceScope, child.ParentScopes)
		}
	}
	tap.take(t)
	for parent, says := range map[string]string{"leaf": "runs no IoT Edge", "nobody": "does not know it"} {
		if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "x"}, Parent: parent}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("below %s: %v", parent, err)
		}
	}
	for _, s := range tap.take(t) {
		if !strings.HasPrefix(s, "GET ") {
			t.Errorf("written all the same: %s", s)
		}
	}
}

// What a hub knows of an identity survives each change of it, whether or not anybody here knows
// it, and nothing else moves.
func TestAChangeLosesNothing(t *testing.T) {
	server, client, tap := tapped(t, nil)
	if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "gateway"}, Edge: true}); err != nil {
		t.Fatal(err)
	}
	id := hub.ID{Device: "child"}
	identity, err := client.CreateIdentity(t.Context(), hub.NewIdentity{
		ID: id, Edge: true, Parent: "gateway", StatusReason: "on trial",
		Authentication: hub.Authentication{Auth: hub.AuthSelfSigned, PrimaryThumbprint: printA, SecondaryThumbprint: printB},
	})
	if err != nil {
		t.Fatal(err)
	}
	step := func(id hub.ID, change hub.IdentityChange, moved ...string) {
		t.Helper()
		before := document(t, server, client, id)
		etag, _ := before.Get("etag")
		after, err := client.ChangeIdentity(t.Context(), id, change, etag.Text())
		if err != nil {
			t.Fatalf("%+v: %v", change, err)
		}
		now := document(t, server, client, id)
		if got := differences(before, now); !slices.Equal(got, moved) {
			t.Errorf("%T moved %v, want %v", change, got, moved)
		}
		if etag, _ := now.Get("etag"); after.ETag != etag.Text() || after.ID != id {
			t.Errorf("%T returned %+v", change, after)
		}
		if _, err := client.ChangeIdentity(t.Context(), id, change, etag.Text()); !hub.Conflict(err) {
			t.Errorf("%T again under the old etag: %v", change, err)
		}
		if again := document(t, server, client, id); !patch.Equal(now, again) {
			t.Errorf("%T under the old etag moved %v", change, differences(now, again))
		}
	}
	sas := hub.SetAuthentication{Authentication: hub.Authentication{PrimaryKey: hub.NewKey(keyA), SecondaryKey: hub.NewKey(keyB)}}
	pair := []string{"authentication.symmetricKey.primaryKey", "authentication.symmetricKey.secondaryKey"}
	step(id, hub.SetStatus{Status: hub.Disabled, Reason: "stolen, ş"}, "etag", "status", "statusReason", "statusUpdatedTime")
	step(id, hub.SetStatus{Status: hub.Disabled, Reason: strings.Repeat("ş", hub.MaxStatusReason)}, "etag", "statusReason")
	step(id, hub.SetStatus{Status: hub.Disabled, Reason: "stolen, ş"}, "etag", "statusReason")
	step(id, sas, append(slices.Clone(pair), "authentication.type", "authentication.x509Thumbprint.primaryThumbprint", "authentication.x509Thumbprint.secondaryThumbprint", "etag")...)
	step(id, hub.SwapKeys{}, append(slices.Clone(pair), "etag")...)
	if now, err := client.Identity(t.Context(), id); err != nil || now.PrimaryKey.Reveal() != keyB || now.SecondaryKey.Reveal() != keyA ||
		now.DeviceScope != identity.DeviceScope || !slices.Equal(now.ParentScopes, identity.ParentScopes) || !now.Edge || now.StatusReason != "stolen, ş" {
		t.Errorf("after a swap %+v, %v", now, err)
	}
	step(id, hub.NewKeys{Primary: true}, pair[0], "etag")
	step(id, hub.NewKeys{Secondary: true}, pair[1], "etag")
	step(id, hub.SetStatus{Status: hub.Enabled}, "etag", "status", "statusReason", "statusUpdatedTime")

	module := hub.ID{Device: "child", Module: "m"}
	create(t, client, module)
	step(module, hub.NewKeys{Primary: true, Secondary: true}, append(slices.Clone(pair), "etag")...)
	if d, err := client.Dependents(t.Context(), module); err != nil || d.Identity.ID != module || d.Modules != nil {
		t.Errorf("of a module depend %+v, %v", d, err)
	}

	tap.take(t)
	if err := client.DeleteIdentity(t.Context(), id, identity.ETag); !hub.Conflict(err) {
		t.Errorf("deleted under an old etag: %v", err)
	}
	now, err := client.Identity(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.DeleteIdentity(t.Context(), id, now.ETag); err != nil {
		t.Error(err)
	}
	if seen := tap.take(t); !slices.Contains(seen, `DELETE /devices/child "`+now.ETag+`"`) {
		t.Errorf("said %v", seen)
	}
}

// Between our read and our write somebody else writes: the hub refuses, and keeps theirs.
func TestAChangeLosesARaceWithoutHarm(t *testing.T) {
	f := &faults.Faults{}
	_, client, _ := tapped(t, f)
	id := hub.ID{Device: "d"}
	identity := create(t, client, id)
	f.OnRequest("PUT", "/devices/", 1, rest.Fault{Status: 412})
	if _, err := client.ChangeIdentity(t.Context(), id, hub.SetStatus{Status: hub.Disabled}, identity.ETag); !hub.Conflict(err) || !strings.Contains(err.Error(), "cannot disable device d: it was changed by somebody else") {
		t.Errorf("got %v", err)
	}
	f.OnRequest("PUT", "/devices/", 1, rest.Fault{LoseAnswer: true})
	if _, err := client.ChangeIdentity(t.Context(), id, hub.SetStatus{Status: hub.Disabled}, identity.ETag); err == nil || !strings.Contains(err.Error(), "it may have been made") {
		t.Errorf("an answer that is lost: %v", err)
	}
	if now, err := client.Identity(t.Context(), id); err != nil || now.Status != hub.Disabled {
		t.Errorf("it is %s, %v", now.Status, err)
	}
}

func TestTheModulesOfADisabledDeviceSayWhy(t *testing.T) {
	_, client, _ := tapped(t, nil)
	id := hub.ID{Device: "d", Module: "m"}
	device := create(t, client, id.Parent())
	module := create(t, client, id)
	if _, err := client.ChangeIdentity(t.Context(), id.Parent(), hub.SetStatus{Status: hub.Disabled, Reason: "x"}, device.ETag); err != nil {
		t.Fatal(err)
	}
	if _, err := client.ChangeIdentity(t.Context(), id, hub.SwapKeys{}, module.ETag); !hub.Unauthorized(err) || !strings.Contains(err.Error(), "when its device is missing or disabled") {
		t.Errorf("swapping keys: %v", err)
	}
	if err := client.DeleteIdentity(t.Context(), id, module.ETag); !hub.Unauthorized(err) {
		t.Errorf("deleting: %v", err)
	}
	d, err := client.Dependents(t.Context(), id.Parent())
	if err != nil || len(d.Modules) != 1 || d.Modules[0].ID != id || d.ModulesErr != nil {
		t.Errorf("its modules are still known: %+v, %v", d, err)
	}
}

func TestFirstTagsAndPropertiesComeWithTheIdentity(t *testing.T) {
	f := &faults.Faults{}
	_, client, tap := tapped(t, f)
	tags, desired := parse(t, `{"site":"ist","n":1.50}`), parse(t, `{"interval":60}`)
	device, module := hub.ID{Device: "d"}, hub.ID{Device: "d", Module: "m"}
	for _, id := range []hub.ID{device, module} {
		if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id, Tags: &tags, Desired: &desired}); err != nil {
			t.Fatal(err)
		}
		twin, err := client.Twin(t.Context(), id)
		if err != nil || twin.Tags.JSON() != tags.JSON() || twin.Desired.Value.JSON() != desired.JSON() {
			t.Errorf("%v begins with %s and %s, %v", id, twin.Tags.JSON(), twin.Desired.Value.JSON(), err)
		}
	}
	seen := tap.take(t)
	writes := slices.DeleteFunc(seen, func(s string) bool { return strings.HasPrefix(s, "GET ") })
	if len(writes) != 3 || !strings.HasPrefix(writes[0], "POST /devices") || !strings.HasPrefix(writes[1], "PUT /devices/d/modules/m") || !strings.HasPrefix(writes[2], "PATCH /twins/d/modules/m \"") {
		t.Errorf("written as %q", writes)
	}
	if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: device, Tags: &tags}); !hub.AlreadyExists(err) {
		t.Errorf("created again: %v", err)
	}

	// The identity is there, what should have followed is not.
	half := hub.ID{Device: "d", Module: "half"}
	f.OnRequest("PATCH", "/twins/", 1, rest.Fault{Status: 429})
	_, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: half, Tags: &tags})
	incomplete, ok := errors.AsType[*hub.IncompleteError](err)
	if !ok || !incomplete.Twin || incomplete.Identity.ID != half || incomplete.Identity.PrimaryKey.IsZero() || !hub.Throttled(err) || !strings.Contains(err.Error(), "module d/half was created, but its first tags") {
		t.Fatalf("got %v", err)
	}
	if twin, _, err := client.InitTwin(t.Context(), half, hub.TwinPatch{Tags: &tags}); err != nil || twin.Tags.JSON() != tags.JSON() {
		t.Errorf("finished with %s, %v", twin.Tags.JSON(), err)
	}
	tap.take(t)
	if _, receipt, err := client.InitTwin(t.Context(), half, hub.TwinPatch{Tags: &tags}); err != nil || receipt != (hub.Receipt{}) || len(tap.take(t)) != 1 {
		t.Errorf("finished again: %+v, %v", receipt, err)
	}
	other := parse(t, `{"site":"ank"}`)
	if _, _, err := client.InitTwin(t.Context(), half, hub.TwinPatch{Tags: &other}); err == nil || !strings.Contains(err.Error(), "somebody else has written it") || len(tap.take(t)) != 1 {
		t.Errorf("over what is there: %v", err)
	}
}

func TestWhatDependsOnAnIdentity(t *testing.T) {
	server, client, _ := tapped(t, nil)
	add := func(n hub.NewIdentity) {
		t.Helper()
		if _, err := client.CreateIdentity(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	gateway := hub.ID{Device: "o'gateway"}
	add(hub.NewIdentity{ID: gateway, Edge: true})
	add(hub.NewIdentity{ID: hub.ID{Device: "leaf"}, Parent: gateway.Device})
	add(hub.NewIdentity{ID: hub.ID{Device: "edge"}, Parent: gateway.Device, Edge: true})
	add(hub.NewIdentity{ID: hub.ID{Device: "grandchild"}, Parent: "edge"})
	add(hub.NewIdentity{ID: hub.ID{Device: gateway.Device, Module: "mine"}})
	d, err := client.Dependents(t.Context(), gateway)
	if err != nil || d.Identity.ID != gateway || d.ModulesErr != nil || d.ChildrenErr != nil || d.More {
		t.Fatalf("%+v, %v", d, err)
	}
	var modules, children []string
	for _, m := range d.Modules {
		modules = append(modules, m.Module)
	}
	for _, c := range d.Children {
		children = append(children, c.Device)
	}
	slices.Sort(children)
	if !slices.Equal(modules, []string{"$edgeAgent", "$edgeHub", "mine"}) || !slices.Equal(children, []string{"edge", "leaf"}) {
		t.Errorf("modules %v, children %v", modules, children)
	}
	// A policy without the right to query still sees the rest, and what it does not see it says.
	d, err = connect(t, server, "registryRead").Dependents(t.Context(), gateway)
	if err != nil || len(d.Modules) != 3 || !hub.Unauthorized(d.ChildrenErr) {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := client.Dependents(t.Context(), hub.ID{Device: "nobody"}); !hub.NotFound(err) {
		t.Errorf("of nobody: %v", err)
	}
}
