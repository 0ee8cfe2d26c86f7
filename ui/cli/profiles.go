package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"twindeck/ui/profile"
)

// ProfilesCommand returns the command that lists the profiles of a file on the standard output of
// its root.
func ProfilesCommand(file string) *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "List the hubs that you have named, without their secrets",
		Args:  NoArgs("it lists " + file),
		RunE: func(cmd *cobra.Command, _ []string) error {
			profiles, err := profile.Load(file)
			if err != nil {
				return err
			}
			return WriteProfiles(cmd.OutOrStdout(), profiles, file)
		},
	}
}

// FindProfile returns the profile of a name, or says which there are.
func FindProfile(profiles []profile.Profile, name, file string) (profile.Profile, error) {
	if p, ok := profile.Find(profiles, name); ok {
		return p, nil
	}
	if len(profiles) == 0 {
		return profile.Profile{}, fmt.Errorf("there is no profile %q: name hubs in %s", name, file)
	}
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.Name
	}
	return profile.Profile{}, fmt.Errorf("there is no profile %q; %s has %s", name, file, strings.Join(names, ", "))
}

// WriteProfiles lists profiles without their secrets, a line each.
func WriteProfiles(w io.Writer, profiles []profile.Profile, file string) error {
	if len(profiles) == 0 {
		_, err := fmt.Fprintf(w, "no profiles; name hubs in %s\n", file)
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tCONNECTION STRING\tTIER\tCOLOR\tTREATED AS") // Flush tells of errors
	for _, p := range profiles {
		where := "in the profile"
		switch {
		case p.ConnectionStringFile != "":
			where = p.ConnectionStringFile
		case p.ConnectionStringEnv != "":
			where = "$" + p.ConnectionStringEnv
		}
		var treated []string
		if p.Production {
			treated = append(treated, "production")
		}
		if p.ReadOnly {
			treated = append(treated, "read-only")
		}
		_, _ = fmt.Fprintln(table, strings.Join([]string{p.Name, where, dash(string(p.Tier)), dash(string(p.Color)), dash(strings.Join(treated, ", "))}, "\t"))
	}
	return table.Flush()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
