package guide

import (
	"okazaki"
	"okazaki/analysis"
)

// progress is okazaki.Analysis.Progress.
func progress(job *okazaki.Job) []okazaki.Doing {
	hits := okazaki.Doing{Verb: "Scanning", Units: "bases", Share: 1}
	if len(analysis.Inputs(job, "index")) > 0 {
		hits = okazaki.Doing{Verb: "Looking up", Units: "guides", Share: 1}
	}
	variants := okazaki.Doing{Verb: "Searching with the alleles of --vcf"}
	if len(analysis.Inputs(job, "vcf")) > 0 {
		variants.Share = 1
	}
	leaders := okazaki.Doing{Verb: "Ranking", Units: "guides"}
	primers := okazaki.Doing{Verb: "Designing primers", Units: "cuts"}
	copies := okazaki.Doing{Verb: "Looking for primers' ends", Units: "bases"}
	if v, err := analysis.Decode(params, job); err == nil && v.Int("primers") > 0 {
		leaders.Share, primers.Share, copies.Share = 1, 1, 1
	}
	return []okazaki.Doing{hits, variants, leaders, primers, copies}
}
