package client

import (
	"context"
	"fmt"

	"okazaki"
	"okazaki/scatter"
)

// NewEngines opens the engines of jobs of these analyses. An attempt at a job
// whose analysis is parallel may use that many cores.
func NewEngines(analyses []okazaki.Analysis, files *scatter.Inputs, cores int) *scatter.Engines {
	find := func(job *okazaki.Job) *okazaki.Analysis {
		for i := range analyses {
			if analyses[i].Name == job.Analysis {
				return &analyses[i]
			}
		}
		return nil
	}
	return &scatter.Engines{
		Cores: cores, Unchanged: files.Unchanged,
		Parallel: func(job *okazaki.Job) bool {
			an := find(job)
			return an != nil && an.Parallel
		},
		Open: func(ctx context.Context, _ string, job *okazaki.Job) (okazaki.Engine, error) {
			an := find(job)
			if an == nil || an.Version != job.Version {
				return nil, fmt.Errorf("%s version %d: %w", job.Analysis, job.Version, scatter.ErrNoEngine)
			}
			return an.Open(ctx, job, sparing(files, job))
		},
	}
}

// Ahead has engines that can begin while they plan a job do so, on that many
// cores. It suits a process that plans the job and then works it.
func Ahead(engines *scatter.Engines, cores int) {
	open := engines.Open
	engines.Open = func(ctx context.Context, id string, job *okazaki.Job) (okazaki.Engine, error) {
		engine, err := open(ctx, id, job)
		if e, ok := engine.(okazaki.Eager); ok {
			e.Ahead(cores)
		}
		return engine, err
	}
}
