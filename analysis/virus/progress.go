package virus

import (
	"okazaki"
	"okazaki/analysis"
)

// progress is okazaki.Analysis.Progress. The shares are CPU seconds of 43,576
// genomes.
func progress(job *okazaki.Job) []okazaki.Doing {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil
	}
	doing := []okazaki.Doing{
		{Verb: "Aligning", Units: "genomes", Share: 1.7},
		{Verb: "Sketching", Units: "genomes", Share: 7.2},
		{Verb: "Comparing genomes", Share: 0.8},
		{Verb: "Listing near pairs", Share: 0.6},
		{Verb: "Looking for recombinants", Share: 3.7},
	}
	for stage, asked := range []bool{true, v.Bool("fingerprint"), v.String("only") != "mutations", v.Int("within") >= 0, v.Float("recombinants") > 0} {
		if !asked {
			doing[stage].Share = 0
		}
	}
	return doing
}
