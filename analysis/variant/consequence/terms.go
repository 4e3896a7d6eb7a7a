package consequence

import "math/bits"

// A Term is a consequence of the Sequence Ontology. Its number is its rank of
// severity in Ensembl VEP 115, from 1, the most severe.
type Term uint8

// The 41 terms of Ensembl VEP 115. Those of structural variants, of regulatory
// regions and SequenceVariant are never called here.
const (
	TranscriptAblation Term = 1 + iota
	SpliceAcceptor
	SpliceDonor
	StopGained
	Frameshift
	StopLost
	StartLost
	TranscriptAmplification
	FeatureElongation
	FeatureTruncation
	InframeInsertion
	InframeDeletion
	Missense
	ProteinAltering
	SpliceDonor5thBase
	SpliceRegion
	SpliceDonorRegion
	SplicePolypyrimidineTract
	IncompleteTerminalCodon
	StartRetained
	StopRetained
	Synonymous
	CodingSequence
	MatureMiRNA
	UTR5
	UTR3
	NonCodingExon
	Intron
	NMDTranscript
	NonCodingTranscript
	CodingTranscript
	Upstream
	Downstream
	TFBSAblation
	TFBSAmplification
	TFBindingSite
	RegulatoryAblation
	RegulatoryAmplification
	RegulatoryRegion
	Intergenic
	SequenceVariant
)

// An Impact is how much a term may matter, as Ensembl VEP classes it.
type Impact uint8

// The impacts, the least first.
const (
	Modifier Impact = iota
	Low
	Moderate
	High
)

// String is the impact as VEP writes it: HIGH.
func (i Impact) String() string {
	return [...]string{"MODIFIER", "LOW", "MODERATE", "HIGH"}[i]
}

// terms are the terms' names, accessions and impacts, by Term.
var terms = [...]struct {
	name      string
	accession int // SO:0001893 is 1893
	impact    Impact
}{
	TranscriptAblation:        {"transcript_ablation", 1893, High},
	SpliceAcceptor:            {"splice_acceptor_variant", 1574, High},
	SpliceDonor:               {"splice_donor_variant", 1575, High},
	StopGained:                {"stop_gained", 1587, High},
	Frameshift:                {"frameshift_variant", 1589, High},
	StopLost:                  {"stop_lost", 1578, High},
	StartLost:                 {"start_lost", 2012, High},
	TranscriptAmplification:   {"transcript_amplification", 1889, High},
	FeatureElongation:         {"feature_elongation", 1907, High},
	FeatureTruncation:         {"feature_truncation", 1906, High},
	InframeInsertion:          {"inframe_insertion", 1821, Moderate},
	InframeDeletion:           {"inframe_deletion", 1822, Moderate},
	Missense:                  {"missense_variant", 1583, Moderate},
	ProteinAltering:           {"protein_altering_variant", 1818, Moderate},
	SpliceDonor5thBase:        {"splice_donor_5th_base_variant", 1787, Low},
	SpliceRegion:              {"splice_region_variant", 1630, Low},
	SpliceDonorRegion:         {"splice_donor_region_variant", 2170, Low},
	SplicePolypyrimidineTract: {"splice_polypyrimidine_tract_variant", 2169, Low},
	IncompleteTerminalCodon:   {"incomplete_terminal_codon_variant", 1626, Low},
	StartRetained:             {"start_retained_variant", 2019, Low},
	StopRetained:              {"stop_retained_variant", 1567, Low},
	Synonymous:                {"synonymous_variant", 1819, Low},
	CodingSequence:            {"coding_sequence_variant", 1580, Modifier},
	MatureMiRNA:               {"mature_miRNA_variant", 1620, Modifier},
	UTR5:                      {"5_prime_UTR_variant", 1623, Modifier},
	UTR3:                      {"3_prime_UTR_variant", 1624, Modifier},
	NonCodingExon:             {"non_coding_transcript_exon_variant", 1792, Modifier},
	Intron:                    {"intron_variant", 1627, Modifier},
	NMDTranscript:             {"NMD_transcript_variant", 1621, Modifier},
	NonCodingTranscript:       {"non_coding_transcript_variant", 1619, Modifier},
	CodingTranscript:          {"coding_transcript_variant", 1968, Modifier},
	Upstream:                  {"upstream_gene_variant", 1631, Modifier},
	Downstream:                {"downstream_gene_variant", 1632, Modifier},
	TFBSAblation:              {"TFBS_ablation", 1895, Moderate},
	TFBSAmplification:         {"TFBS_amplification", 1892, Modifier},
	TFBindingSite:             {"TF_binding_site_variant", 1782, Modifier},
	RegulatoryAblation:        {"regulatory_region_ablation", 1894, Modifier},
	RegulatoryAmplification:   {"regulatory_region_amplification", 1891, Modifier},
	RegulatoryRegion:          {"regulatory_region_variant", 1566, Modifier},
	Intergenic:                {"intergenic_variant", 1628, Modifier},
	SequenceVariant:           {"sequence_variant", 1060, Modifier},
}

// String is the term's name: missense_variant.
func (t Term) String() string { return terms[t].name }

// Impact is the term's impact.
func (t Term) Impact() Impact { return terms[t].impact }

// Accession is the number of the term in the Sequence Ontology: 1583 is
// SO:0001583.
func (t Term) Accession() int { return terms[t].accession }

// Terms is a set of terms: bit 0 is TranscriptAblation, the most severe.
type Terms uint64

// Of is the set of the terms ts.
func Of(ts ...Term) Terms {
	var s Terms
	for _, t := range ts {
		s |= 1 << (t - 1)
	}
	return s
}

// Has says whether the set has the term.
func (s Terms) Has(t Term) bool { return s>>(t-1)&1 != 0 }

// Worst is the most severe term of the set; 0 if it is empty.
func (s Terms) Worst() Term {
	if s == 0 {
		return 0
	}
	return Term(bits.TrailingZeros64(uint64(s)) + 1)
}

// highs, moderates and lows are the sets of the terms of each impact.
var highs, moderates, lows = func() (h, m, l Terms) {
	for t := TranscriptAblation; t <= SequenceVariant; t++ {
		switch t.Impact() {
		case High:
			h |= Of(t)
		case Moderate:
			m |= Of(t)
		case Low:
			l |= Of(t)
		}
	}
	return h, m, l
}()

// Impact is the greatest impact of the set's terms, which is the impact of its
// worst term.
func (s Terms) Impact() Impact {
	switch {
	case s&highs != 0:
		return High
	case s&moderates != 0:
		return Moderate
	case s&lows != 0:
		return Low
	}
	return Modifier
}

// Append appends the terms' names to dst, the most severe first, with & between
// them, as VEP writes them.
func (s Terms) Append(dst []byte) []byte {
	for first := true; s != 0; s &= s - 1 {
		if !first {
			dst = append(dst, '&')
		}
		first = false
		dst = append(dst, s.Worst().String()...)
	}
	return dst
}

// String is the set as Append writes it.
func (s Terms) String() string { return string(s.Append(nil)) }
