package guide

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/sniff"
)

var params = []okazaki.Param{
	{Name: "index", Kind: okazaki.FileParam, Formats: []string{sniff.Guides}, Help: "index of the genome, made by okazaki index guide"},
	{Name: "genome", Kind: okazaki.FileParam, Formats: []string{sniff.FASTA, sniff.TwoBit}, Help: "genome to scan: FASTA, plain or compressed, or 2bit; with --index, to check it against"},
	{Name: "guides", Kind: okazaki.FileParam, Formats: []string{sniff.List, sniff.FASTA}, Help: "guides to search: one per line, its first column the protospacer without the PAM"},
	{Name: "target", Kind: okazaki.FileParam, Formats: []string{sniff.List, sniff.FASTA}, Text: true, Help: "find and rank the guides of contig:start-end, of a gene, of several with commas, of FASTA, or of a list"},
	{Name: "genes", Kind: okazaki.FileParam, Formats: []string{sniff.GFF}, Help: "genes of the genome, GFF3 or GTF: for --target, and to name what is cut"},
	{Name: "tss", Kind: okazaki.StringParam, Help: "of genes take the bases about where transcripts begin, not exons: -50:300 for CRISPRi, -300:0 for CRISPRa"},
	{Name: "vcf", Kind: okazaki.FileParam, Formats: []string{sniff.VCF}, Help: "alleles of a person or a population, VCF: hits that they make or take away"},
	{Name: "sample", Kind: okazaki.StringParam, Help: "samples of --vcf, separated by commas; all if not given"},
	{Name: "population", Kind: okazaki.StringParam, Help: "population whose allele frequency --min-af and af mean, such as AFR, as INFO of --vcf has it"},
	{Name: "min-af", Kind: okazaki.FloatParam, Default: "0", Help: "leave out alleles of --vcf that are rarer, 0 to 1"},
	{Name: "k", Kind: okazaki.IntParam, Default: "4", Help: "mismatches that a hit may have, 0 to 10"},
	{Name: "dna-bulges", Kind: okazaki.IntParam, Default: "0", Help: "bases of the genome that may lie unpaired in a hit, 0 to 2"},
	{Name: "rna-bulges", Kind: okazaki.IntParam, Default: "0", Help: "bases of the guide that may lie unpaired in a hit, 0 to 2"},
	{Name: "bulges", Kind: okazaki.IntParam, Help: "bulges of both kinds in one hit; the larger of the two if not given"},
	{Name: "enzyme", Kind: okazaki.StringParam, Default: "spcas9", Choices: enzymeNames(), Help: "sets PAM, length and cut"},
	{Name: "pam", Kind: okazaki.StringParam, Help: "PAM in IUPAC letters, several with commas, N for none; the enzyme's if not given"},
	{Name: "pam-side", Kind: okazaki.StringParam, Choices: []string{"3", "5"}, Help: "end of the protospacer that the PAM lies at; the enzyme's if not given"},
	{Name: "like", Kind: okazaki.StringParam, Default: Likes[0], Choices: Likes, Help: "tool whose PAMs of off-targets are counted besides --pam: beside NGG also NAG and NGA; NAG; none"},
	{Name: "off-pam", Kind: okazaki.StringParam, Help: "PAM of off-targets besides --pam, such as NRG, in place of --like"},
	{Name: "length", Kind: okazaki.IntParam, Help: "bases of a guide, 17 to 30; the enzyme's if not given"},
	{Name: "circular", Kind: okazaki.StringParam, Help: "contigs of --genome that are circular, separated by commas"},
	{Name: "hits", Kind: okazaki.StringParam, Output: true, Help: "file for the hits, one row each, such as hits.tsv; not listed if not given"},
	{Name: "max-hits", Kind: okazaki.IntParam, Default: "0", Help: "list at most this many hits of a guide, the closest; 0 lists all. Counts and scores include all hits"},
	{Name: "max-off", Kind: okazaki.IntParam, Help: "leave out guides with more off-targets"},
	{Name: "min-specificity", Kind: okazaki.FloatParam, Help: "leave out guides of a lower CFD specificity"},
	{Name: "exclude-within", Kind: okazaki.IntParam, Help: "leave out guides that have an off-target with this many mismatches or fewer"},
	{Name: "exclude", Kind: okazaki.StringParam, Help: "count no hits on alternate contigs and patches (alt), in Y's copy of what X has too (par), in a gene of the guide's own site (same-gene): some of alt,par,same-gene"},
	{Name: "pairs", Kind: okazaki.StringParam, Choices: []string{deletionPairs, nickasePairs}, Help: "write pairs too: of guides on both sides of a target (deletion), or of neighbours that nick both strands (nickase)"},
	{Name: "flank", Kind: okazaki.IntParam, Default: "500", Help: "bases on both sides of a target that guides of --pairs deletion may cut in, 1 to 10000"},
	{Name: "offset", Kind: okazaki.StringParam, Default: "-4:20", Help: "bases between the protospacers of --pairs nickase, from and to; below 0 they overlap"},
	{Name: "max-pairs", Kind: okazaki.IntParam, Default: "100", Help: "pairs of each target to list, the best"},
	{Name: "primers", Kind: okazaki.IntParam, Default: "0", Help: "write PCR primers around the cuts of this many first guides of each target, or pairs of --pairs"},
	{Name: "product", Kind: okazaki.StringParam, Default: "300:600", Help: "bases of the product of --primers, from and to"},
	{Name: "oligos", Kind: okazaki.StringParam, Help: "oligos to order for a vector: px330, lentiguide, or its two overhangs, such as CACC,AAAC"},
	{Name: "mit", Kind: okazaki.StringParam, Default: "published", Choices: []string{"published", "exact"}, Help: "mean distance in the MIT score: rounded down, as published, or exact"},
	{Name: "format", Kind: okazaki.StringParam, Default: "tsv", Choices: []string{"tsv", "bed", "json"}, Help: "format of the files"},
	{Name: "html", Kind: okazaki.BoolParam, Default: "false", Help: "write report.html too, a page to open in a browser"},
	{Name: "force", Kind: okazaki.BoolParam, Default: "false", Help: "search even if the answer is likely to be huge"},
}

// A request is the checked parameters.
type request struct {
	pam       PAM    // of a guide's target
	off       PAM    // of any hit
	like      string // the tool whose PAMs off has; empty if off was given
	length    int
	cut       int
	allowance Allowance
	target    string
	circular  map[string]bool
	hits      string
	maxHits   int
	exactMIT  bool
	format    string
	force     bool
	html      bool
	unlisted  bool // hits are for the report alone

	maxOff         int64 // -1 for any
	minSpecificity float64
	excludeWithin  int // -1 for none

	exclude    exclusion
	oligos     *overhang      // nil for none
	pairing    *pairing       // nil for none
	primers    *amplification // nil for none
	tss        *tssWindow     // nil for exons
	samples    []string       // of the VCF; nil for all
	population string         // in capital letters; empty for all
	minAF      float64
}

func newRequest(v analysis.Values) (*request, error) {
	if err := cmp.Or(v.Between("k", 0, MaxMismatches), v.Between("dna-bulges", 0, MaxBulges), v.Between("rna-bulges", 0, MaxBulges),
		v.Between("bulges", 0, 2*MaxBulges), v.Between("length", MinLength, MaxLength), v.Between("max-hits", 0, math.MaxInt32),
		v.Between("max-off", 0, math.MaxInt32), v.Between("min-specificity", 0, 1), v.Between("exclude-within", 0, MaxMismatches),
		v.Between("min-af", 0, 1), v.Between("flank", 1, 10_000), v.Between("max-pairs", 1, 1_000_000), v.Between("primers", 0, maxAmplicons)); err != nil {
		return nil, err
	}
	r := &request{
		target: v.String("target"), hits: v.String("hits"), maxHits: int(v.Int("max-hits")), exactMIT: v.String("mit") == "exact",
		format: v.String("format"), force: v.Bool("force"), html: v.Bool("html"), maxOff: given(v, "max-off"), excludeWithin: int(given(v, "exclude-within")),
		minSpecificity: v.Float("min-specificity"), circular: map[string]bool{},
		population: strings.ToUpper(v.String("population")), minAF: v.Float("min-af"),
	}
	var err error
	if s := v.String("exclude"); s != "" {
		if r.exclude, err = parseExcluded(s); err != nil {
			return nil, err
		}
	}
	if s := v.String("oligos"); s != "" {
		if r.oligos, err = parseOverhang(s); err != nil {
			return nil, err
		}
	}
	if kind := v.String("pairs"); kind != "" {
		r.pairing = &pairing{kind: kind, flank: v.Int("flank"), most: int(v.Int("max-pairs"))}
		if r.pairing.min, r.pairing.max, err = parseOffset(v.String("offset")); err != nil {
			return nil, err
		}
	}
	if n := v.Int("primers"); n > 0 {
		r.primers = &amplification{most: int(n)}
		if r.primers.min, r.primers.max, err = parseProduct(v.String("product")); err != nil {
			return nil, err
		}
	}
	if s := v.String("tss"); s != "" {
		if r.tss, err = parseWindow(s); err != nil {
			return nil, err
		}
	}
	if s := v.String("sample"); s != "" {
		r.samples = strings.Split(s, ",")
	}
	a := &r.allowance
	a.Mismatches, a.DNA, a.RNA = int(v.Int("k")), int(v.Int("dna-bulges")), int(v.Int("rna-bulges"))
	a.Both = max(a.DNA, a.RNA)
	if n := given(v, "bulges"); n >= 0 {
		a.Both = min(int(n), a.DNA+a.RNA)
	}
	for name := range strings.SplitSeq(v.String("circular"), ",") {
		if name != "" {
			r.circular[name] = true
		}
	}
	taken := slices.ContainsFunc([]string{".", "guides.", "variants.", "pairs.", "primers."}, func(s string) bool { return strings.HasPrefix(r.hits, s) })
	if strings.ContainsAny(r.hits, `/\`) || taken {
		return nil, &okazaki.Error{Message: fmt.Sprintf("%q cannot be the name of the file of hits", r.hits), Hint: "give another, such as hits.tsv"}
	}
	for _, p := range params {
		if end := strings.TrimPrefix(filepath.Ext(r.hits), "."); p.Name == "format" && end != r.format && slices.Contains(p.Choices, end) {
			return nil, &okazaki.Error{Message: fmt.Sprintf("%s would be written as %s", r.hits, r.format), Hint: "say --format " + end + ", or give it another ending"}
		}
	}
	if r.html {
		r.forReport()
	}
	if err := r.enzyme(v); err != nil {
		return nil, err
	}
	if r.pairing != nil && !r.deletes() && r.pam.FivePrime {
		return nil, &okazaki.Error{Message: "--pairs nickase needs an enzyme whose PAM lies behind the protospacer", Hint: "give another --enzyme, or --pairs deletion"}
	}
	return r, nil
}

// given returns a whole number, or -1 if it was not given.
func given(v analysis.Values, name string) int64 {
	if n, ok := v[name].(int64); ok {
		return n
	}
	return -1
}

// enzyme sets what was not given to the enzyme's values.
func (r *request) enzyme(v analysis.Values) error {
	var e Enzyme
	for _, e = range Enzymes {
		if e.Name == v.String("enzyme") {
			break
		}
	}
	side := e.FivePrime
	if s := v.String("pam-side"); s != "" {
		side = s == "5"
	}
	r.length, r.cut = cmp.Or(int(v.Int("length")), e.Length), e.Cut
	var err error
	if r.pam, err = NewPAM(cmp.Or(v.String("pam"), e.PAM), side); err != nil {
		return err
	}
	r.off = r.pam.Like(v.String("like"))
	r.like = v.String("like")
	if s := v.String("off-pam"); s != "" {
		off, err := NewPAM(s, side)
		if err != nil {
			return err
		}
		if off.Len() != r.pam.Len() {
			return &okazaki.Error{Message: fmt.Sprintf("the PAMs %s and %s differ in length", r.pam, off), Hint: "pad the shorter with N on the outer side"}
		}
		r.off, r.like = r.pam.Or(off), ""
	}
	return nil
}

// hasCFD says whether CFD is defined: for SpCas9's guides of up to 20 bases,
// aligned at the PAM.
func (r *request) hasCFD() bool {
	return r.length <= scored && r.pam.Within(PAM{Patterns: []string{"NRG"}})
}

// hasMIT says whether the MIT score is defined.
func (r *request) hasMIT() bool { return r.length == scored && r.hasCFD() }

// isNGG says whether the scores of SpCas9's efficiency are defined.
func (r *request) isNGG() bool {
	return r.length == scored && r.pam.Within(PAM{Patterns: []string{"NGG"}})
}

// isCas12a says whether the scores of enAsCas12a's efficiency are defined.
func (r *request) isCas12a() bool {
	return r.length == enPAMLength && r.pam.FivePrime && r.pam.Len() == enPAMPAM
}

// many is the number of hits above which a job is refused unless --max-hits or
// the like asks for them.
const many = 10_000_000

// refuseMany returns an error if the answer would hold a good part of the
// genome. It estimates the hits in a random genome of that many bases.
func (r *request) refuseMany(guides int, letters int64) error {
	a, share := r.allowance, 0.0
	for d := 0; d <= a.DNA; d++ {
		for n := 0; n <= a.RNA && d+n <= a.Both; n++ {
			share += choose(r.length, d) * choose(r.length, n) * alike(r.length-n, a.Mismatches)
		}
	}
	expected := 2 * float64(letters) * r.off.share() * min(share, 1) * float64(guides)
	if expected <= many || r.force {
		return nil
	}
	return &okazaki.Error{Message: fmt.Sprintf("about %.1g hits are to be expected with k %d in a genome of %d bases", expected, a.Mismatches, letters),
		Hint: "lower --k, give fewer guides, or say --force"}
}

// choose returns the number of ways to choose k of n.
func choose(n, k int) float64 {
	ways := 1.0
	for i := range k {
		ways = ways * float64(n-i) / float64(i+1)
	}
	return ways
}

// alike returns the share of random sequences that differ from a sequence of n
// bases in at most k.
func alike(n, k int) float64 {
	share := 0.0
	for m := 0; m <= k; m++ {
		share += choose(n, m) * math.Pow(3, float64(m)) / math.Pow(4, float64(n))
	}
	return share
}
