package main

import (
	"okazaki"
	"okazaki/analysis/composition"
	"okazaki/analysis/guide"
	"okazaki/analysis/orf"
	"okazaki/analysis/variant"
	"okazaki/analysis/virus"
	"okazaki/client"
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

// newEngines opens the engines of this binary's analyses; closed hears of those
// that were closed.
func newEngines(files *scatter.Inputs, cores int, closed func(job string, err error)) *scatter.Engines {
	engines := client.NewEngines(analyses, files, cores)
	engines.Closed = closed
	return engines
}
