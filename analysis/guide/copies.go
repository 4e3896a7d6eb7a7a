package guide

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// A copyKind is why a place is another copy of a place that the assembly has
// too.
type copyKind uint8

const (
	noCopy  copyKind = iota
	altCopy          // on an alternate contig, or a patch
	parCopy          // in a pseudoautosomal region of Y; the other copy is on X
)

var copyNames = [...]string{"NA", "alt", "par"}

// alternate matches names of alternate contigs and patches:
// chr6_GL000250v2_alt, chr6_apd_hap1, chr1_KN196472v1_fix,
// CHR_HSCHR6_MHC_APD_CTG1, HG1_PATCH.
var alternate = regexp.MustCompile(`_(alt|fix|hap\d+)$|^(CHR_)?HSCHR|_(H[GS]CHR|PATCH)|^(CHR_)?HG\d+`)

// pseudoautosomal are the regions of human Y, by its length: of GRCh38 and of
// GRCh37.
var pseudoautosomal = map[int64][]genome.Region{
	57_227_415: {{Lo: 10_000, Hi: 2_781_479}, {Lo: 56_887_902, Hi: 57_217_415}},
	59_373_566: {{Lo: 10_000, Hi: 2_649_520}, {Lo: 59_034_049, Hi: 59_363_566}},
}

// copyOf returns why a place of a contig is another copy.
func copyOf(contig string, length, anchor int64) copyKind {
	if isAlternate(contig) {
		return altCopy
	}
	return parOf(contig, length, anchor)
}

func isAlternate(contig string) bool { return alternate.MatchString(contig) }

// parOf returns parCopy for a place in a pseudoautosomal region of Y.
func parOf(contig string, length, anchor int64) copyKind {
	regions := pseudoautosomal[length]
	if regions == nil {
		return noCopy
	}
	bare := contig
	if len(bare) > 3 && strings.EqualFold(bare[:3], "chr") {
		bare = bare[3:]
	}
	if (bare == "Y" || genome.HumanChromosome(contig) == "Y") &&
		slices.ContainsFunc(regions, func(r genome.Region) bool { return r.Contains(int(anchor)) }) {
		return parCopy
	}
	return noCopy
}

// An exclusion is the kinds of hits that are not counted.
type exclusion struct {
	copies   []copyKind
	sameGene bool // those in a gene of the guide's own site
}

// sameGeneName is --exclude's name for hits in the guide's own gene.
const sameGeneName = "same-gene"

// parseExcluded reads kinds of hits that are separated by commas.
func parseExcluded(s string) (x exclusion, err error) {
	for name := range strings.SplitSeq(s, ",") {
		i := slices.Index(copyNames[:], name)
		switch {
		case name == sameGeneName:
			x.sameGene = true
		case i > 0:
			x.copies = append(x.copies, copyKind(i))
		default:
			return x, &okazaki.Error{Message: fmt.Sprintf("--exclude %q is not a kind of hits", name), Hint: "give alt, par, same-gene, or several with commas"}
		}
	}
	return x, nil
}

// any says whether some hits are not counted.
func (x *exclusion) any() bool { return x.sameGene || x.copies != nil }

// about returns the exclusion's words in the head of a table.
func (x *exclusion) about() string {
	without := ""
	for i, kind := range x.copies {
		without += []string{"; without hits in copies: ", ","}[min(i, 1)] + copyNames[kind]
	}
	if x.sameGene {
		without += "; without hits in a gene of the guide's own site"
	}
	return without
}
