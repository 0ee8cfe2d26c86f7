package embedded

import (
	"cmp"
	"fmt"

	"twindeck/hub/embedded/jobs"
	"twindeck/hub/embedded/rest"
)

const jobsBucket = "jobs"

// newJobs starts the scheduler with the jobs of the data file.
func (s *Server) newJobs(opts Options) (rest.Jobs, error) {
	scheduler, err := jobs.New(jobs.Options{
		Registry: s.registry, Invoker: s.gateway, Keeper: s.keeper(jobsBucket), Dialect: opts.Queries.Dialect,
		MaxActive: cmp.Or(opts.MaxActiveJobs, jobs.ActiveLimit(opts.Tier)), Now: opts.Now, Log: opts.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot use the data file %s: %w", opts.DataFile, err)
	}
	s.jobs = scheduler
	return scheduler, nil
}
