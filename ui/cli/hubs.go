package cli

import (
	"io"

	"twindeck/ui/hubs"
	"twindeck/ui/profile"
)

// Hubs are those that can be opened: the one the command line names, those with a profile, and the
// embedded one.
type Hubs struct {
	File string // where the profiles are read from, again each time

	flags  *Flags
	getenv func(string) string
	named  *Target // named without a profile; nil: none
}

// Hubs returns the hubs that flags and environment lead to, and the one to begin with: the embedded
// one when none is named. What is wrong with the flags is said here. A warning goes to warn. It
// blocks on the file system.
func (f *Flags) Hubs(getenv func(string) string, warn io.Writer) (*Hubs, hubs.Choice, error) {
	if err := f.Check(); err != nil {
		return nil, hubs.Choice{}, err
	}
	h := &Hubs{File: profile.ConfigFile(getenv), flags: f, getenv: getenv}
	if f.Profile != "" {
		return h, hubs.Choice{Profile: f.Profile}, nil
	}
	var err error
	h.named, err = f.Named(getenv, warn)
	return h, hubs.Choice{Embedded: h.named == nil}, err
}

// List returns what there is to choose from. It blocks on the file system.
func (h *Hubs) List() ([]hubs.Choice, error) {
	profiles, err := profile.Load(h.File)
	if err != nil {
		return nil, err
	}
	readOnly, production := h.flags.ReadOnly, h.flags.Production
	var list []hubs.Choice
	if h.named != nil {
		list = append(list, hubs.Choice{Host: h.named.ConnectionString.HostName, ReadOnly: readOnly, Production: production})
	}
	for _, p := range profiles {
		list = append(list, hubs.Choice{
			Profile: p.Name, Color: string(p.Color),
			ReadOnly: p.ReadOnly || readOnly, Production: p.Production || production,
		})
	}
	return append(list, hubs.Choice{Embedded: true, ReadOnly: readOnly, Production: production}), nil
}

// Target returns how a hub is to be opened. It reads what its profile names, and blocks on that.
func (h *Hubs) Target(c hubs.Choice) (*Target, error) {
	switch {
	case c.Embedded:
		t := &Target{Embedded: true}
		h.flags.Guard(t)
		return t, nil
	case c.Profile == "":
		return h.named, nil
	}
	profiles, err := profile.Load(h.File)
	if err != nil {
		return nil, err
	}
	p, err := FindProfile(profiles, c.Profile, h.File)
	if err != nil {
		return nil, err
	}
	t, err := Resolve(p, h.getenv)
	if err != nil {
		return nil, err
	}
	h.flags.Guard(t)
	if c.Profile == h.flags.Profile {
		err = h.flags.Override(t)
	}
	return t, err
}

// Store returns where under the state directory dir the choices that a user makes on the hub are
// kept; nil when there is no such directory.
func (t *Target) Store(dir string) profile.Store {
	switch {
	case dir == "":
		return nil
	case t.Embedded:
		return profile.In(dir, profile.Embedded, "hub")
	case t.Profile != "":
		return profile.In(dir, profile.Named, t.Profile)
	}
	return profile.In(dir, profile.ByHost, t.ConnectionString.HostName)
}
