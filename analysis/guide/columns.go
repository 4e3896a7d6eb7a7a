package guide

import "okazaki"

// columnKinds are those of guides.tsv, hits.tsv and variants.tsv that hold
// numbers.
var columnKinds = []okazaki.Column{
	{Name: "start", Kind: okazaki.IntParam, Unit: "bases, from 0"},
	{Name: "end", Kind: okazaki.IntParam, Unit: "bases, from 0, the first that is not of the site"},
	{Name: "cut", Kind: okazaki.IntParam, Unit: "bases, from 0, the one on the right of the cut"},
	{Name: "off_targets", Kind: okazaki.IntParam, Unit: "sites"},
	{Name: "bulged", Kind: okazaki.IntParam, Unit: "sites"},
	{Name: "listed", Kind: okazaki.IntParam, Unit: "sites"},
	{Name: "cfd_specificity", Kind: okazaki.FloatParam, Unit: "0 to 1"},
	{Name: "mit_specificity", Kind: okazaki.FloatParam, Unit: "0 to 100"},
	{Name: "rule_set_1", Kind: okazaki.FloatParam, Unit: "0 to 1"},
	{Name: "crisprscan", Kind: okazaki.FloatParam, Unit: "about 0 to 100"},
	{Name: "okazaki_u6", Kind: okazaki.FloatParam, Unit: "share of measured guides"},
	{Name: "gc", Kind: okazaki.FloatParam, Unit: "share of bases"},
	{Name: "homopolymer", Kind: okazaki.IntParam, Unit: "bases"},
	{Name: "poly_t", Kind: okazaki.BoolParam},
	{Name: "hairpin", Kind: okazaki.IntParam, Unit: "bases"},
	{Name: "mismatches", Kind: okazaki.IntParam, Unit: "bases"},
	{Name: "dna_bulges", Kind: okazaki.IntParam, Unit: "bases"},
	{Name: "rna_bulges", Kind: okazaki.IntParam, Unit: "bases"},
	{Name: "cfd", Kind: okazaki.FloatParam, Unit: "0 to 1"},
	{Name: "mit", Kind: okazaki.FloatParam, Unit: "0 to 100"},
	{Name: "on_target", Kind: okazaki.BoolParam},
	{Name: "target_cut", Kind: okazaki.IntParam, Unit: "bases of the target, from 0"},
	{Name: "unscored", Kind: okazaki.IntParam, Unit: "sites"},
	{Name: "rule_set_2", Kind: okazaki.FloatParam, Unit: "about 0 to 1"},
	{Name: "enpam_gb", Kind: okazaki.FloatParam},
	{Name: "cfd_specificity_least", Kind: okazaki.FloatParam, Unit: "0 to 1"},
	{Name: "carriers", Kind: okazaki.IntParam, Unit: "samples"},
	{Name: "rank", Kind: okazaki.IntParam, Unit: "among the guides of the target, from 1"},
	{Name: "reference_edits", Kind: okazaki.IntParam, Unit: "mismatches and bulges"},
}
