package main

import (
	"context"
	"fmt"

	"okazaki"
	"okazaki/analysis/composition"
	"okazaki/analysis/guide"
	"okazaki/analysis/orf"
	"okazaki/analysis/variant"
	"okazaki/analysis/virus"
	"okazaki/scatter"
)

// analyses are the questions that this binary answers. Each is a command, with
// its flags made from its parameters.
var analyses = append([]okazaki.Analysis{
	virus.Analysis,
	composition.Analysis,
	orf.Analysis,
	guide.Analysis,
	variant.Analysis,
}, proofs...)

// findAnalysis returns the analysis of that name; nil if there is none.
func findAnalysis(name string) *okazaki.Analysis {
	for i := range analyses {
		if analyses[i].Name == name {
			return &analyses[i]
		}
	}
	return nil
}

func analysisNames() []string {
	var names []string
	for _, an := range analyses {
		names = append(names, an.Name)
	}
	return names
}

// ahead lets engines that can do so begin while they plan a job, on that many
// cores.
func ahead(engines *scatter.Engines, cores int) {
	open := engines.Open
	engines.Open = func(ctx context.Context, id string, job *okazaki.Job) (okazaki.Engine, error) {
		engine, err := open(ctx, id, job)
		if e, ok := engine.(okazaki.Eager); ok {
			e.Ahead(cores)
		}
		return engine, err
	}
}

// newEngines opens the engines of this binary's analyses; closed hears of those
// that were closed.
func newEngines(files *scatter.Inputs, cores int, closed func(job string, err error)) *scatter.Engines {
	parallel := func(job *okazaki.Job) bool {
		an := findAnalysis(job.Analysis)
		return an != nil && an.Parallel
	}
	return &scatter.Engines{Cores: cores, Parallel: parallel, Closed: closed, Unchanged: files.Unchanged, Open: func(ctx context.Context, id string, job *okazaki.Job) (okazaki.Engine, error) {
		an := findAnalysis(job.Analysis)
		if an == nil || an.Version != job.Version {
			return nil, fmt.Errorf("%s version %d: %w", job.Analysis, job.Version, scatter.ErrNoEngine)
		}
		return an.Open(ctx, job, sparing(files, job))
	}}
}
