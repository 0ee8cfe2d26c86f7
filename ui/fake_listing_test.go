package ui

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"twindeck/hub"
)

func (f *fakeHub) List(ctx context.Context, l hub.Listing, continuation string, size int) (hub.Entries, error) {
	method := "List"
	switch {
	case l.Where != "":
		method = "Search"
	case l.Modules:
		method = "ListModules"
	}
	f.mu.Lock()
	f.asked = append(f.asked, asked{l, continuation, size})
	f.mu.Unlock()
	if err := f.enter(ctx, method, hub.ID{}); err != nil {
		return hub.Entries{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.largest > 0 && size > f.largest {
		return hub.Entries{}, &hub.Error{Op: "list the devices", Status: 400}
	}
	var ids []hub.ID
	for id := range f.identities {
		if id.IsModule() == l.Modules && f.matches(id, l.Where) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b hub.ID) int { return strings.Compare(a.String(), b.String()) })
	from, _ := strconv.Atoi(continuation)
	to := min(from+min(f.pageSize, size), len(ids))
	var page hub.Entries
	for _, id := range ids[from:to] {
		e := f.twins[id].Entry()
		e.DeviceScope, e.ParentScopes = f.identities[id].DeviceScope, f.identities[id].ParentScopes
		page.Rows = append(page.Rows, e)
	}
	if to < len(ids) {
		page.Continuation = strconv.Itoa(to)
	}
	return page, nil
}

// beginning finds the conditions of a search.
var beginning = regexp.MustCompile(`STARTSWITH\(([^,]+), '([^']*)'\)|([A-Za-z.]+) = '([^']*)'`)

// matches reports whether one of the conditions of a search holds for a device.
func (f *fakeHub) matches(id hub.ID, where string) bool {
	if where == "" {
		return true
	}
	if scope := f.identities[id].DeviceScope; f.identities[id].Edge && scope != "" && strings.Contains(where, "'"+scope+"'") {
		return true
	}
	for _, m := range beginning.FindAllStringSubmatch(where, -1) {
		attribute, text, whole := m[1]+m[3], m[2]+m[4], m[3] != ""
		value := id.Device
		if path, ok := strings.CutPrefix(attribute, "tags."); ok {
			tag, _ := f.twins[id].Tags.Get(path)
			value = tag.Text()
		}
		if value == text || !whole && text != "" && strings.HasPrefix(value, text) {
			return true
		}
	}
	return false
}

func (f *fakeHub) Statistics(ctx context.Context) (hub.Statistics, error) {
	if err := f.enter(ctx, "Statistics", hub.ID{}); err != nil {
		return hub.Statistics{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var s hub.Statistics
	for id := range f.identities {
		if !id.IsModule() {
			s.Devices++
		}
	}
	return s, nil
}
