package virus

import (
	"cmp"
	"slices"

	"okazaki/analysis/virus/clade"
	"okazaki/genome"
)

// A verdict is the dataset's result for one genome: its place on the tree, its
// differences from there, and its quality.
type verdict struct {
	node      int // of the tree; -1 if there is none
	ties      *clade.Ties
	clades    []clade.Share // of the tied nodes
	private   *clade.Private
	labelled  []clade.Change // the changes of private.New that have labels
	unlabeled []clade.Change
	amino     aminoPrivate

	stops, stopsIgnored   []codonOf
	shifts, shiftsIgnored []FrameShift
	clusters              []snpCluster
	weighted              float64 // private mutations
	scores                [rules]score
	overall               score
}

// The rules that are scored.
const (
	byMissing = iota
	byMixed
	byPrivate
	byClusters
	byShifts
	byStops
	byFragment
	rules
)

// aminoPrivate is the private mutations of all proteins, by the genes' names.
type aminoPrivate struct {
	reversions, labelled, unlabeled []AminoChange
}

type codonOf struct{ gene, codon int }

// A classifier makes verdicts. One goroutine may use it at a time.
type classifier struct {
	*Dataset
	width    int // columns of a row
	joined   int // columns of metadata
	placer   *clade.Placer
	byName   []int     // genes, sorted by name
	stops    []codonOf // of the reference's proteins, before their ends
	ignore   map[codonOf]bool
	shifted  map[AminoRange]bool
	seq      clade.Sequence
	proteins []clade.Sequence // by gene
	out      verdict
	regions  []genome.Region
}

func newJudge(d *Dataset) *classifier {
	j := &classifier{Dataset: d, width: len(d.columns()), joined: len(d.metadata.tableColumns()), ignore: map[codonOf]bool{}, shifted: map[AminoRange]bool{}}
	index := map[string]int{}
	for g := range d.Reference.Genes {
		cds := &d.Reference.Genes[g]
		index[cds.Name] = g
		j.byName = append(j.byName, g)
		protein := cds.Translate(d.Reference.Sequence)
		for codon := range len(protein) - 1 {
			if protein[codon] == genome.Stop {
				j.stops = append(j.stops, codonOf{g, codon})
			}
		}
	}
	slices.SortStableFunc(j.byName, func(a, b int) int {
		return cmp.Compare(d.Reference.Genes[a].Name, d.Reference.Genes[b].Name)
	})
	if d.Quality != nil {
		for _, i := range d.Quality.StopCodons.IgnoredStopCodons {
			if g, ok := index[i.CDSName]; ok {
				j.ignore[codonOf{g, i.Codon}] = true
			}
		}
		for _, i := range d.Quality.FrameShifts.IgnoredFrameShifts {
			if g, ok := index[i.CDSName]; ok {
				j.shifted[AminoRange{g, genome.Region{Lo: i.CodonRange.Begin, Hi: i.CodonRange.End}}] = true
			}
		}
	}
	return j.clone()
}

func (j *classifier) clone() *classifier {
	k := &classifier{Dataset: j.Dataset, width: j.width, joined: j.joined, byName: j.byName, stops: j.stops, ignore: j.ignore, shifted: j.shifted,
		proteins: make([]clade.Sequence, len(j.byName))}
	if j.Tree != nil {
		k.placer = j.Tree.NewPlacer()
	}
	return k
}

// judge returns the verdict on a genome, valid until the next.
func (j *classifier) judge(calls *Calls) *verdict {
	v := &j.out
	*v = verdict{node: -1, labelled: v.labelled[:0], unlabeled: v.unlabeled[:0],
		amino: aminoPrivate{v.amino.reversions[:0], v.amino.labelled[:0], v.amino.unlabeled[:0]},
		stops: v.stops[:0], stopsIgnored: v.stopsIgnored[:0], shifts: v.shifts[:0], shiftsIgnored: v.shiftsIgnored[:0],
		clusters: v.clusters[:0]}
	if j.placer != nil {
		j.place(v, calls)
	}
	if j.Quality != nil {
		j.score(v, calls)
	}
	return v
}

// place finds the nearest node, and the private mutations against it.
func (j *classifier) place(v *verdict, calls *Calls) {
	s := &j.seq
	*s = clade.Sequence{Letters: s.Letters[:0], Ambiguous: s.Ambiguous[:0],
		Deletions: calls.Deletions, Unknown: calls.Missing, Aligned: calls.Aligned}
	for _, m := range calls.Substitutions {
		s.Letters = append(s.Letters, clade.Letter{Pos: m.Pos, Letter: m.Alt})
	}
	for _, a := range calls.Ambiguous {
		s.Ambiguous = append(s.Ambiguous, a.Region)
	}
	v.node, _ = j.placer.Nearest(s)
	v.ties = j.placer.Ties(s)
	v.clades = j.placer.Clades(v.ties)
	v.private = j.placer.Private(v.node, s)
	for _, m := range v.private.New {
		if j.labels[clade.Letter{Pos: m.Pos, Letter: m.To}] != nil {
			v.labelled = append(v.labelled, m)
		} else {
			v.unlabeled = append(v.unlabeled, m)
		}
	}
	subs, dels, unknown := calls.AminoSubstitutions, calls.AminoDeletions, calls.AminoUnknown
	for g := range j.Reference.Genes {
		s := &j.proteins[g]
		s.Letters, s.Deletions, s.Unknown = s.Letters[:0], s.Deletions[:0], s.Unknown[:0]
		for ; len(subs) > 0 && subs[0].Gene == g; subs = subs[1:] {
			s.Letters = append(s.Letters, clade.Letter{Pos: subs[0].Codon, Letter: subs[0].Alt})
		}
		for ; len(dels) > 0 && dels[0].Gene == g; dels = dels[1:] {
			s.Deletions = extend(s.Deletions, dels[0].Codon, dels[0].Codon+1)
		}
		for ; len(unknown) > 0 && unknown[0].Gene == g; unknown = unknown[1:] {
			s.Unknown = append(s.Unknown, unknown[0].Codons)
		}
	}
	for _, g := range j.byName {
		j.placeProtein(v, calls, g)
	}
}

func (j *classifier) placeProtein(v *verdict, calls *Calls, g int) {
	j.regions = j.Reference.aligned(j.regions[:0], g, calls.Aligned)
	if len(j.regions) == 0 {
		return
	}
	s := &j.proteins[g]
	s.Aligned = genome.Region{Lo: (j.regions[0].Lo + 2) / 3, Hi: j.regions[len(j.regions)-1].Hi / 3}
	p := j.placer.PrivateProtein(g, v.node, s)
	change := func(c clade.Change) AminoChange { return AminoChange{Gene: g, Codon: c.Pos, Ref: c.From, Alt: c.To} }
	for _, c := range p.Reversions {
		if c.From != genome.Unknown && c.To != genome.Unknown {
			v.amino.reversions = append(v.amino.reversions, change(c))
		}
	}
	for _, c := range p.New {
		if m := change(c); j.aminoLabels(m) != nil {
			v.amino.labelled = append(v.amino.labelled, m)
		} else {
			v.amino.unlabeled = append(v.amino.unlabeled, m)
		}
	}
}

// aminoLabels returns the labels of the amino acid, or else of its codon.
func (j *classifier) aminoLabels(m AminoChange) []string {
	if len(j.aminoLabel) == 0 {
		return nil
	}
	site := aminoSite{j.Reference.Genes[m.Gene].Name, m.Codon, m.Alt}
	if l := j.aminoLabel[site]; l != nil {
		return l
	}
	site.letter = 0
	return j.aminoLabel[site]
}

// score applies the dataset's rules. The rules about private mutations need a
// tree. The overall score is the sum of the rules' squares, a hundredth each.
func (j *classifier) score(v *verdict, calls *Calls) {
	q := j.Quality
	v.scores[byMissing] = score(max(0, (float64(letters(calls.Missing))-q.MissingData.ScoreBias)*100/q.MissingData.MissingDataThreshold))
	v.scores[byMixed] = score(max(0, 100*(float64(calls.ambiguous())/q.MixedSites.MixedSitesThreshold)))
	if v.private != nil {
		p := &q.PrivateMutations
		v.weighted = p.WeightReversionSubstitutions*float64(len(v.private.Reversions)) + p.WeightLabeledSubstitutions*float64(len(v.labelled)) +
			p.WeightUnlabeledSubstitutions*float64(len(v.unlabeled)) + float64(len(v.private.Deletions))
		v.scores[byPrivate] = score(max(0, v.weighted-p.Typical) * 100 / p.Cutoff)
		v.clusters = clusters(v.clusters, v.private.Substitutions, q.SNPClusters.WindowSize, q.SNPClusters.ClusterCutOff)
		v.scores[byClusters] = score(max(0, float64(len(v.clusters))*q.SNPClusters.ScoreWeight))
	}
	for _, f := range calls.FrameShifts {
		if j.shifted[AminoRange(f)] {
			v.shiftsIgnored = append(v.shiftsIgnored, f)
		} else {
			v.shifts = append(v.shifts, f)
		}
	}
	v.scores[byShifts] = score(float64(len(v.shifts)) * q.FrameShifts.ScoreWeight)
	j.countStops(v, calls)
	v.scores[byStops] = score(float64(len(v.stops)) * q.StopCodons.ScoreWeight)
	v.scores[byFragment] = fragmentScore(calls.share(j.Reference))
	for rule, s := range v.scores {
		if j.enabled(rule) {
			v.overall += s * s * 0.01
		}
	}
}

// enabled says whether a rule is scored.
func (j *classifier) enabled(rule int) bool {
	q := j.Quality
	return q != nil && [rules]bool{q.MissingData.Enabled, q.MixedSites.Enabled, q.PrivateMutations.Enabled && j.Tree != nil,
		q.SNPClusters.Enabled && j.Tree != nil, q.FrameShifts.Enabled, q.StopCodons.Enabled, true}[rule]
}

// countStops lists the stop codons before a protein's end: the new ones, and
// the reference's that the genome has too.
func (j *classifier) countStops(v *verdict, calls *Calls) {
	add := func(c codonOf) {
		if j.ignore[c] {
			v.stopsIgnored = append(v.stopsIgnored, c)
		} else {
			v.stops = append(v.stops, c)
		}
	}
	for _, m := range calls.AminoSubstitutions {
		if m.Alt == genome.Stop && m.Codon < j.Reference.Genes[m.Gene].Codons()-1 {
			add(codonOf{m.Gene, m.Codon})
		}
	}
	if len(j.stops) == 0 {
		return
	}
	for _, s := range j.stops {
		if j.kept(s, calls) {
			add(s)
		}
	}
	slices.SortFunc(v.stops, func(a, b codonOf) int { return cmp.Or(cmp.Compare(a.gene, b.gene), cmp.Compare(a.codon, b.codon)) })
}

// kept says whether the genome has the reference's amino acid at a codon.
func (j *classifier) kept(s codonOf, calls *Calls) bool {
	changed := func(m AminoChange) bool { return m.Gene == s.gene && m.Codon == s.codon }
	unknown := func(r AminoRange) bool { return r.Gene == s.gene && r.Codons.Contains(s.codon) }
	if slices.ContainsFunc(calls.AminoSubstitutions, changed) || slices.ContainsFunc(calls.AminoDeletions, changed) ||
		slices.ContainsFunc(calls.AminoUnknown, unknown) {
		return false
	}
	j.regions = j.Reference.aligned(j.regions[:0], s.gene, calls.Aligned)
	return slices.ContainsFunc(j.regions, func(r genome.Region) bool { return r.Lo <= s.codon*3 && s.codon*3+3 <= r.Hi })
}
