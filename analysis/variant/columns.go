package variant

import "okazaki"

// columnKinds are the columns of ranked.tsv and consequences.tsv that hold
// numbers.
var columnKinds = []okazaki.Column{
	{Name: "rank", Kind: okazaki.IntParam},
	{Name: "position", Kind: okazaki.IntParam, Unit: "bases, from 1"},
	{Name: "points", Kind: okazaki.IntParam, Unit: "points of Tavtigian 2020"},
	{Name: "frequency", Kind: okazaki.FloatParam, Unit: "share of alleles"},
	{Name: "depth", Kind: okazaki.IntParam, Unit: "reads"},
	{Name: "genotype_quality", Kind: okazaki.FloatParam, Unit: "phred"},
	{Name: "DISTANCE", Kind: okazaki.IntParam, Unit: "bases"},
	{Name: "STRAND", Kind: okazaki.IntParam, Unit: "1 or -1"},
	{Name: "HGVS_OFFSET", Kind: okazaki.IntParam, Unit: "bases"},
}
