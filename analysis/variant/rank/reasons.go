package rank

import (
	"slices"
	"strconv"
)

// A why is the reason for which a criterion is met.
type why uint8

const (
	_ why = iota
	wholeGene
	decays
	escapesMost
	escapesSome
	startLost
	whereUnknown
	terminalExon
	skipsAndDecays
	shiftsMost
	shiftsSome
	skipsMost
	skipsSome
	sameChange
	sameResidue
	deNovo
	hotspot
	constrained
	absent
	rare
	common
	homozygotes
	stopLost
	longer
	repeats
	byREVEL
	byCADD
	bySpliceAI
	synonymous
)

// whys are the reasons in words; {} is where a figure goes.
var whys = [...]string{
	wholeGene:      "the whole transcript is lost",
	decays:         "the stop comes early enough for the transcript to decay",
	escapesMost:    "the transcript does not decay, but more than 10 % of the protein is lost",
	escapesSome:    "the transcript does not decay, and no more than 10 % of the protein is lost",
	startLost:      "the start codon is lost; another may serve",
	whereUnknown:   "where in the protein it breaks off is not known",
	terminalExon:   "the splice site is that of the first or last exon; where splicing goes instead is not known",
	skipsAndDecays: "skipping the exon shifts the frame, and the transcript decays",
	shiftsMost:     "skipping the exon shifts the frame of the last, and more than 10 % of the protein is lost",
	shiftsSome:     "skipping the exon shifts the frame of the last, and no more than 10 % of the protein is lost",
	skipsMost:      "skipping the exon keeps the frame, and more than 10 % of the protein is lost",
	skipsSome:      "skipping the exon keeps the frame, and no more than 10 % of the protein is lost",
	sameChange:     "ClinVar has the same amino acid change, by other letters, as pathogenic with {} stars",
	sameResidue:    "ClinVar has another change of the residue as pathogenic with {} stars",
	deNovo:         "both parents were called without it",
	hotspot:        "it lies in a hot spot",
	constrained:    "the gene bears few missense variants, a Z of 3.09 or more",
	absent:         "the frequencies don't have it, which may also mean that nobody looked there",
	rare:           "rare: at most {} in any population",
	common:         "frequent: {} in a population",
	homozygotes:    "{} people are homozygous for it",
	stopLost:       "the stop is lost, and the protein longer",
	longer:         "the protein's length changes, outside of a repeat",
	repeats:        "the protein's length changes within a repeat",
	byREVEL:        "REVEL {}",
	byCADD:         "CADD {}",
	bySpliceAI:     "SpliceAI {}",
	synonymous:     "synonymous, away from splice sites",
}

// A missing is a set of data that would have let criteria be judged.
type missing uint16

const (
	noLoF missing = 1 << iota
	noResidues
	noFrequencies
	noPredictor
	noReference
	exception
)

var missings = []struct {
	m    missing
	says string
}{
	{noLoF, "PVS1 is not judged: no list says whether loss of function of this gene causes disease"},
	{noResidues, "PS1 and PM5 are not judged: no ClinVar"},
	{noFrequencies, "PM2, BA1 and BS1 are not judged: no frequencies"},
	{noPredictor, "PP3 and BP4 are not judged: no predictor"},
	{noReference, "PM4 and BP3 are not judged: whether it lies in a repeat is not known"},
	{exception, "BA1 is not met: the variant is one of those that ClinGen excepts from it"},
}

// AppendReasons appends the criteria that are met, each with its reason, to
// dst: PM2_supporting: rare: at most 1.2e-05 in any population; … f are the
// facts that were evaluated.
func (v *Verdict) AppendReasons(dst []byte, f *Facts) []byte {
	for i, a := range v.Applied() {
		if i > 0 {
			dst = append(dst, "; "...)
		}
		dst = append(dst, a.Criterion.String()...)
		if s := rules[a.Criterion].Strength; a.Strength != s || a.Criterion == PM2 {
			dst = append(append(dst, '_'), a.Strength.String()...)
		}
		dst = append(dst, ": "...)
		dst = a.why.append(dst, f)
	}
	return dst
}

// AppendMissing appends what could not be judged, and why, to dst.
func (v *Verdict) AppendMissing(dst []byte) []byte {
	first := true
	for _, m := range missings {
		if v.missing&m.m == 0 {
			continue
		}
		if !first {
			dst = append(dst, "; "...)
		}
		first = false
		dst = append(dst, m.says...)
	}
	return dst
}

// append writes a reason, its figure filled in.
func (w why) append(dst []byte, f *Facts) []byte {
	text := whys[w]
	i := slices.Index([]byte(text), '{')
	if i < 0 {
		return append(dst, text...)
	}
	dst = append(dst, text[:i]...)
	switch w {
	case sameChange:
		dst = strconv.AppendInt(dst, int64(f.Residue.Same.Stars), 10)
	case sameResidue:
		dst = strconv.AppendInt(dst, int64(f.Residue.Other.Stars), 10)
	case homozygotes:
		dst = strconv.AppendInt(dst, int64(f.Frequency.Homozygotes), 10)
	case rare:
		dst = figure(dst, f.Frequency.Max)
	case common:
		dst = figure(dst, f.Frequency.often())
	case byREVEL:
		dst = figure(dst, f.Scores.REVEL.Value)
	case byCADD:
		dst = figure(dst, f.Scores.CADD.Value)
	case bySpliceAI:
		dst = figure(dst, f.Scores.SpliceAI.Value)
	}
	return append(dst, text[i+2:]...)
}

// figure writes a number with three digits that count.
func figure(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'g', 3, 64) }
