package guide

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
)

// renderFiles writes the guides' file and, if they are named, the hits' and the
// alleles'. It holds the hits of one guide at a time, and of the guides a few
// numbers each and blockRows rows.
func (e *engine) renderFiles(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if err := e.loadGenes(ctx); err != nil {
		return err
	}
	variants, err := e.countVariants(ctx, results)
	if err != nil {
		return err
	}
	genes, err := e.geneRemarks(ctx, results[hitsStage], out)
	if err != nil {
		return err
	}
	variants.remarks = strings.Join(slices.DeleteFunc([]string{variants.about.String(), genes}, func(s string) bool { return s == "" }), "; ")
	if err := e.noteEmpty(ctx, results[hitsStage], out); err != nil {
		return err
	}
	if about := variants.about.String(); about != "" {
		out.Note(okazaki.Note{Text: about, Warning: variants.about.None})
	}
	format := e.request.format
	if err := e.renderGuides(ctx, "guides."+format, format, variants, results[hitsStage], out); err != nil {
		return err
	}
	if e.request.hits != "" && (format == "tsv" || !e.request.unlisted) {
		if err := e.renderHits(ctx, e.request.hits, format, results[hitsStage], genes, out); err != nil {
			return err
		}
	}
	if e.request.html && format != "tsv" { // the report is made with tables
		err := e.renderGuides(ctx, reportTable, "tsv", variants, results[hitsStage], out)
		if err == nil {
			err = e.renderHits(ctx, reportHits, "tsv", results[hitsStage], genes, out)
		}
		if err != nil {
			return err
		}
	}
	if e.request.pairing != nil {
		if err := e.renderPairs(ctx, results[hitsStage], out); err != nil {
			return fmt.Errorf("pairs.%s: %w", e.request.format, err)
		}
	}
	if e.request.primers != nil {
		if err := e.renderPrimers(ctx, results, out); err != nil {
			return fmt.Errorf("primers.%s: %w", e.request.format, err)
		}
	}
	if e.vcf() != nil {
		if err := e.renderVariants(ctx, variants, results, out); err != nil {
			return fmt.Errorf("variants.%s: %w", format, err)
		}
	}
	return nil
}

func (e *engine) each(ctx context.Context, result okazaki.Result, f func(*tally) error) error {
	r, err := result(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	return eachTally(analysis.Reader(ctx, r), f)
}

// A summary is a guide's row in the table of guides.
type summary struct {
	*tally
	off      []int64 // off-targets without bulges, by mismatches
	bulged   int64   // off-targets with bulges
	offs     int64   // all off-targets
	listed   int
	cfd, mit float64 // of the guide; NaN where not defined
	least    float64 // the CFD specificity if all hits without a score cut like the target
	variants []int64 // by effect; nil without a VCF

	place    *annotation // of the cut; nil without genes or own site
	protein  *proteinPlace
	with, of int // transcripts of the gene that have the cut in an exon, and all
	demoted  []string
	rank     int // among the guides of its target, from 1; 0 in a list
}

func (r *request) summarise(t *tally) *summary {
	s := &summary{tally: t, listed: len(t.hits), off: make([]int64, r.allowance.Mismatches+1)}
	for m := range s.off {
		s.off[m] = t.counts[kind(m, 0, 0)]
	}
	s.bulged = t.count(func(_, d, r int) bool { return d+r > 0 })
	cfd, mit := t.cfd, t.mit
	if t.home != nil {
		s.off[0]--
		cfd -= t.home.cfd
		mit -= unit
	}
	s.offs = s.bulged
	for _, n := range s.off {
		s.offs += n
	}
	s.cfd, s.mit, s.least = math.NaN(), math.NaN(), math.NaN()
	if r.hasCFD() {
		s.cfd = unit / float64(unit+cfd)
		s.least = unit / (float64(unit+cfd) + unit*float64(t.unscored))
	}
	if r.hasMIT() {
		s.mit = 100 * unit / float64(unit+mit)
	}
	return s
}

// context returns the bases from which efficiency is predicted.
func (s *summary) context() string {
	if s.candidate.Context == "" && s.home != nil {
		return s.home.context
	}
	return s.candidate.Context
}

// keeps says whether the guide passes all filters.
func (r *request) keeps(s *summary) bool {
	if r.maxOff >= 0 && s.offs > r.maxOff || s.cfd < r.minSpecificity {
		return false
	}
	for m, n := range s.off {
		if m <= r.excludeWithin && n > 0 {
			return false
		}
	}
	return true
}

// efficient returns the efficiency that a model predicts; NaN if it can't.
func (s *summary) efficient(model int) float64 {
	e, context := &efficiencies[model], s.context()
	if len(context) == e.context {
		if v, ok := e.model(context); ok {
			return v
		}
	}
	return math.NaN()
}

// efficiency returns the best score that is defined: Rule Set 2, with the place
// in the protein if it is known, or enPAM+GB. It returns NaN if neither is.
func (s *summary) efficiency() float64 {
	if v := s.inProtein(); !math.IsNaN(v) {
		return v
	}
	if v := s.efficient(ruleSet2Column); !math.IsNaN(v) {
		return v
	}
	return s.efficient(enPAMColumn)
}

// A column is a column of the guides' file.
type column struct {
	name string
	cell func(r *request, s *summary) string
}

var columns = []column{
	{"guide", func(_ *request, s *summary) string { return s.candidate.Letters }},
	{"target", func(_ *request, s *summary) string { return cmp.Or(s.candidate.target(), "NA") }},
	{"contig", atHome(func(_ *request, h *home, _ int) string { return h.Name })},
	{"start", atHome(func(r *request, h *home, n int) string { start, _ := h.extent(r.pam, n); return integer(start) })},
	{"end", atHome(func(r *request, h *home, n int) string { _, end := h.extent(r.pam, n); return integer(end) })},
	{"strand", atHome(func(_ *request, h *home, _ int) string { return h.strand() })},
	{"pam", func(_ *request, s *summary) string {
		if s.home != nil {
			return s.home.pam
		}
		return cmp.Or(s.candidate.PAM, "NA")
	}},
	{"cut", atHome(func(r *request, h *home, _ int) string { return integer(h.cut(r.pam, r.cut)) })},
	{"off_targets", func(_ *request, s *summary) string { return integer(s.offs) }},
	{"by_mismatches", func(_ *request, s *summary) string { return joinInts(s.off) }},
	{"bulged", func(_ *request, s *summary) string { return integer(s.bulged) }},
	{"listed", func(r *request, s *summary) string { return listed(r, s) }},
	{"cfd_specificity", func(_ *request, s *summary) string { return decimal(s.cfd, 6) }},
	{"mit_specificity", func(_ *request, s *summary) string { return decimal(s.mit, 3) }},
	{"rule_set_1", efficiencyCell(0)},
	{"crisprscan", efficiencyCell(1)},
	{"okazaki_u6", efficiencyCell(2)},
	{"variants", func(_ *request, s *summary) string { return cmp.Or(joinInts(s.variants), "NA") }},
	{"gc", func(_ *request, s *summary) string { return decimal(GC(s.candidate.Letters), 2) }},
	{"homopolymer", func(_ *request, s *summary) string { return integer(int64(Homopolymer(s.candidate.Letters))) }},
	{"poly_t", func(_ *request, s *summary) string {
		return strconv.FormatBool(strings.Contains(s.candidate.Letters, "TTTT"))
	}},
	{"hairpin", func(_ *request, s *summary) string { return integer(int64(Hairpin(s.candidate.Letters))) }},
	{"restriction", func(_ *request, s *summary) string {
		return cmp.Or(strings.Join(Restriction(s.candidate.Letters), ","), "NA")
	}},
	{"id", func(_ *request, s *summary) string { return cmp.Or(s.candidate.Name, "NA") }},
	{"target_cut", func(r *request, s *summary) string {
		if s.candidate.Within == nil {
			return "NA"
		}
		return integer(s.candidate.Within.cut(r.pam, r.cut))
	}},
	{"own_site", func(_ *request, s *summary) string { return s.ownSite() }},
	{"unscored", func(r *request, s *summary) string {
		if math.IsNaN(s.cfd) {
			return "NA"
		}
		return integer(s.unscored)
	}},
	{"rule_set_2", efficiencyCell(ruleSet2Column)},
	{"enpam_gb", efficiencyCell(enPAMColumn)},
	{"gene", func(_ *request, s *summary) string { gene, _ := geneCells(s.place); return gene }},
	{"feature", func(_ *request, s *summary) string { _, feature := geneCells(s.place); return feature }},
	{"transcripts", func(_ *request, s *summary) string {
		if s.of == 0 {
			return "NA"
		}
		return fmt.Sprintf("%d/%d", s.with, s.of)
	}},
	{"cds_percent", func(_ *request, s *summary) string {
		if s.protein == nil {
			return "NA"
		}
		return decimal(s.protein.percent, 1)
	}},
	{"rule_set_2_in_protein", func(_ *request, s *summary) string { return decimal(s.inProtein(), 4) }},
	{"demoted", func(_ *request, s *summary) string { return cmp.Or(strings.Join(s.demoted, ","), "NA") }},
	{"oligo_forward", oligoCell(0)},
	{"oligo_reverse", oligoCell(1)},
	{"cfd_specificity_least", func(_ *request, s *summary) string { return decimal(s.least, 6) }},
	{"rank", func(_ *request, s *summary) string {
		if s.rank == 0 {
			return "NA"
		}
		return integer(int64(s.rank))
	}},
}

// ownSite says how the guide's own target in the genome is known.
func (s *summary) ownSite() string {
	switch {
	case s.home == nil:
		return "none"
	case s.candidate.Home != nil:
		return "region"
	case s.candidate.Within != nil:
		return "mapped"
	}
	return "assumed"
}

// atHome returns a column's function for a cell of the guide's own target; NA
// if it has none in the genome.
func atHome(cell func(*request, *home, int) string) func(*request, *summary) string {
	return func(r *request, s *summary) string {
		if s.home == nil {
			return "NA"
		}
		return cell(r, s.home, len(s.candidate.Letters))
	}
}

func efficiencyCell(i int) func(*request, *summary) string {
	return func(_ *request, s *summary) string { return decimal(s.efficient(i), efficiencies[i].digits) }
}

// inProtein returns Rule Set 2 with the cut's place in the protein; NaN where
// that is not known.
func (s *summary) inProtein() float64 {
	if s.protein == nil || len(s.context()) != crisprScanContext {
		return math.NaN()
	}
	v, ok := RuleSet2InProtein(ruleSet1Context(s.context()), s.protein.aminoAcids, s.protein.percent)
	if !ok {
		return math.NaN()
	}
	return v
}

func oligoCell(i int) func(*request, *summary) string {
	return func(r *request, s *summary) string {
		if r.oligos == nil {
			return "NA"
		}
		forward, reverse := r.oligos.oligos(s.candidate.Letters)
		return [...]string{forward, reverse}[i]
	}
}

func listed(r *request, s *summary) string {
	if r.hits == "" || r.unlisted {
		return "NA"
	}
	return integer(int64(s.listed))
}

func (l *locus) strand() string {
	if l.Reverse {
		return "-"
	}
	return "+"
}

func integer(n int64) string { return strconv.FormatInt(n, 10) }

func joinInts(list []int64) string {
	var b []byte
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(b)
}

func decimal(f float64, digits int) string {
	if math.IsNaN(f) {
		return "NA"
	}
	return strconv.FormatFloat(f, 'f', digits, 64)
}

// about returns the comment above the columns.
func (r *request) about() string {
	a := r.allowance
	like := ""
	if r.like != "" {
		like = " (--like " + r.like + ")"
	}
	return fmt.Sprintf("# coordinates on the + strand, 0-based, half-open; PAM %s, off-targets beside %s%s; up to %d mismatches, %d DNA and %d RNA bulges, %d together%s\n",
		r.pam, r.off, like, a.Mismatches, a.DNA, a.RNA, a.Both, r.exclude.about())
}

// renderGuides writes the guides in a format: a target's guides with the best
// first, a list's in its order.
func (e *engine) renderGuides(ctx context.Context, name, format string, variants *variantCounts, result okazaki.Result, out okazaki.Outputs) error {
	w, err := out.Create(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	t := newSheet(w, format, e.request, names, variants.remarks)
	row := func(s *summary) []byte {
		if e.vcf() != nil {
			s.variants = variants.of(s.number)
		}
		for i, c := range columns {
			t.cells[i] = c.cell(e.request, s)
		}
		bed := ""
		if s.home != nil {
			start, end := s.home.extent(e.request.pam, len(s.candidate.Letters))
			bed = bedLine(&s.home.locus, start, end, cmp.Or(s.candidate.Name, s.candidate.Letters), s.cfd)
		}
		return t.format(bed)
	}
	put := func(r []byte) error {
		t.put(r)
		return t.err
	}
	if e.input("guides") == nil {
		err = e.ranked(ctx, result, row, put)
	} else {
		err = e.kept(ctx, result, func(s *summary) error { return put(row(s)) })
	}
	if err = errors.Join(err, t.end(), w.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// bedLine returns a line of BED6: the score is 1000 times a share of 1.
func bedLine(l *locus, start, end int64, name string, share float64) string {
	score := 0
	if share >= 0 {
		score = int(math.Round(1000 * share))
	}
	return fmt.Sprintf("%s\t%d\t%d\t%s\t%d\t%s\n", l.Name, start, end, name, score, l.strand())
}

// renderHits writes the hits of the guides that were kept, in the order of the
// guides' numbers.
func (e *engine) renderHits(ctx context.Context, name, format string, result okazaki.Result, remarks string, out okazaki.Outputs) error {
	w, err := out.Create(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t := newSheet(w, format, e.request, hitColumns, remarks)
	err = e.each(ctx, result, func(own *tally) error {
		s := e.summarise(own)
		if !e.request.keeps(s) {
			return nil
		}
		g, err := own.candidate.guide(e.request.pam.FivePrime)
		if err != nil {
			return err
		}
		for i := range s.hits {
			h := &s.hits[i]
			start, end := h.extent(e.request.pam, g.Len()+int(h.dna)-int(h.rna))
			e.hitRow(t, &g, h, start, end, own.home)
		}
		return t.err
	})
	if err = errors.Join(err, t.end(), w.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

var hitColumns = []string{"guide", "contig", "start", "end", "strand", "pam", "mismatches", "dna_bulges", "rna_bulges",
	"guide_aligned", "genome_aligned", "cfd", "mit", "on_target", "id", "gene", "feature", "same_gene", "copy"}

// hitRow writes a hit of a guide, then more cells and the user's name for the
// guide.
func (e *engine) hitRow(t *sheet, g *Guide, h *hit, start, end int64, home *home, more ...string) {
	r := e.request
	s := &site{lo: h.lo, hi: h.hi, nonACGT: h.other, basesToContigEnd: g.Len() + int(h.dna) - int(h.rna)}
	a := r.allowance
	a.Mismatches, a.DNA, a.RNA, a.Both = int(h.mismatches), int(h.dna), int(h.rna), int(h.dna+h.rna)
	best, _ := g.align(s, a)
	ours, theirs := g.letters(s, best, r.pam.FivePrime)
	cfd, mit := math.NaN(), math.NaN()
	if r.hasCFD() && a.Both == 0 {
		score, ok := g.cfd(s)
		if weight, of := pamWeight([]byte(h.pam)); ok && of {
			cfd = score * weight
		}
	}
	if r.hasMIT() && a.Both == 0 {
		mit = MIT(g.mismatch(s, 0), r.exactMIT)
	}
	on := home != nil && h.locus.compare(&home.locus) == 0
	t.cells = append(t.cells[:0], g.Letters, h.Name, integer(start), integer(end), h.strand(), h.pam, integer(int64(h.mismatches)), integer(int64(h.dna)),
		integer(int64(h.rna)), string(ours), string(theirs), decimal(cfd, 6), decimal(mit, 4), strconv.FormatBool(on))
	gene, feature, same := e.hitPlace(h, home)
	t.cells = append(append(t.cells, more...), cmp.Or(g.Name, "NA"), gene, feature, same, copyNames[h.copied])
	t.row(bedLine(&h.locus, start, end, cmp.Or(g.Name, g.Letters), cfd))
}
