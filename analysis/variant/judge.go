package variant

import (
	"bytes"
	"strconv"
	"strings"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/rank"
	"okazaki/format/vcf"
)

// A judge gathers the facts about an allele for rank. One goroutine may use
// it at a time.
type judge struct {
	e          *engine
	clinvar    []clinvar
	gnomad     []gnomad
	hotspots   []int // sources
	scores     []score
	neighbours *rank.Neighbours
	near       int // the source that neighbours asks, or -1
	trio       *rank.Trio
	family     [3]relative // child, mother, father
	facts      rank.Facts
	verdict    rank.Verdict
	text       []byte
}

type clinvar struct {
	source, significance, stars, condition int
	meaning                                []rank.Significance
}

type gnomad struct{ source, most, faf, number, homozygotes, filter int }

// A score is a field of a source that holds what a predictor says.
type score struct {
	source, field int
	to            *rank.Score
}

// A relative is one of a trio at the record at hand.
type relative struct {
	genotype vcf.Genotype
	sample   rank.Sample
}

func newJudge(e *engine, h *vcf.Header) *judge {
	j := &judge{e: e, near: -1, trio: e.trioOf(h)}
	for i, s := range e.sources {
		field := func(names ...string) int {
			for _, n := range names {
				if f := s.Field(n); f >= 0 {
					return f
				}
			}
			return -1
		}
		switch s.Recipe() {
		case "clinvar":
			j.clinvar = append(j.clinvar, clinvar{i, field(known.Significance), field(known.Stars), field(known.Condition), rank.Significances(s)})
			if j.near < 0 {
				j.near, j.neighbours = i, rank.NewNeighbours(s)
			}
		case "gnomad":
			j.gnomad = append(j.gnomad, gnomad{i, field(known.MaxFrequency, known.Frequency), field(known.FAF), field(known.AlleleNumber), field(known.Homozygotes), field(known.Filter)})
		}
		if s.Intervals() && strings.Contains(strings.ToLower(s.Name()), "hotspot") {
			j.hotspots = append(j.hotspots, i)
		}
		for f, field := range s.Fields() {
			switch strings.ToLower(field.Name) {
			case "revel", "revel_score", "revel_max":
				j.scores = append(j.scores, score{i, f, &j.facts.Scores.REVEL})
			case "cadd", "cadd_phred", "cadd_phred_score", "phred":
				j.scores = append(j.scores, score{i, f, &j.facts.Scores.CADD})
			case "spliceai", "spliceai_max", "spliceai_ds_max", "ds_max":
				j.scores = append(j.scores, score{i, f, &j.facts.Scores.SpliceAI})
			}
		}
	}
	if j.neighbours == nil {
		j.neighbours = rank.NewNeighbours(nil)
	}
	return j
}

// record reads the genotypes of the trio.
func (j *judge) record(a *annotator) {
	columns := [3]int{j.trio.Child, j.trio.Mother, j.trio.Father}
	for i := range j.family {
		j.family[i].sample = rank.Sample{}
	}
	if a.genotypes < 0 {
		return
	}
	r := &a.rec
	depth, set := r.FieldIndex("DP"), r.FieldIndex("PS")
	for n, text := range r.Samples() {
		for i, c := range columns {
			if n == c {
				j.family[i].read(text, a.genotypes, depth, set)
			}
		}
		if n >= max(columns[0], columns[1], columns[2]) {
			break
		}
	}
}

func (f *relative) read(text []byte, gt, depth, set int) {
	f.genotype.Parse(vcf.Value(text, gt))
	f.sample = rank.Sample{Genotype: &f.genotype, Depth: -1, Set: -1}
	if n, ok := vcf.PhaseSet(vcf.Value(text, depth)); ok {
		f.sample.Depth = n
	}
	if n, ok := vcf.PhaseSet(vcf.Value(text, set)); ok {
		f.sample.Set = n
	}
}

// judge says what the facts come to.
func (j *judge) judge(a *annotator) *rank.Verdict {
	f := &j.facts
	*f = rank.Facts{Call: a.pick}
	j.frequency(a)
	j.classified(a)
	for _, s := range j.scores {
		if a.found[s.source] {
			if v, ok := a.cursors[s.source].Number(s.field); ok && (!s.to.Known || v > s.to.Value) {
				*s.to = rank.Score{Known: true, Value: v}
			}
		}
	}
	for _, s := range j.hotspots {
		if f.Hotspot == rank.Unknown {
			f.Hotspot = rank.No
		}
		if a.found[s] {
			f.Hotspot = rank.Yes
		}
	}
	if a.number > 0 {
		f.Inheritance = j.trio.Observe(&j.family[0].sample, &j.family[1].sample, &j.family[2].sample, a.number,
			a.place.contig != nil && rank.OnlyX(j.e.assembly, a.place.name, a.rec.Pos))
	}
	if a.pick != nil {
		j.coding(a)
	}
	j.verdict = j.e.evaluator.Evaluate(f)
	return &j.verdict
}

// frequency is the largest that a source of frequencies has.
func (j *judge) frequency(a *annotator) {
	f := &j.facts.Frequency
	for _, g := range j.gnomad {
		f.Asked = true
		if !a.found[g.source] {
			continue
		}
		c := a.cursors[g.source]
		number := func(field int) float64 {
			if field < 0 {
				return 0
			}
			v, _ := c.Number(field)
			return v
		}
		most := number(g.most)
		if f.Known && most <= f.Max {
			continue
		}
		f.Known, f.Max, f.FAF, f.Number, f.Homozygotes = true, most, number(g.faf), int(number(g.number)), int(number(g.homozygotes))
		f.Filtered = false
		if g.filter >= 0 {
			j.text = c.Append(j.text[:0], g.filter)
			f.Filtered = len(j.text) > 0 && string(j.text) != "PASS" && string(j.text) != "."
		}
	}
}

// classified is what ClinVar makes of the allele.
func (j *judge) classified(a *annotator) {
	for _, c := range j.clinvar {
		if !a.found[c.source] || j.facts.ClinVar.Significance != rank.NotInClinVar {
			continue
		}
		if code, ok := a.cursors[c.source].Code(c.significance); ok {
			j.facts.ClinVar.Significance = c.meaning[code]
		}
		if c.stars >= 0 {
			n, _ := a.cursors[c.source].Number(c.stars)
			j.facts.ClinVar.Stars = int(n)
		}
	}
}

// coding adds what only variants of coding letters have.
func (j *judge) coding(a *annotator) {
	f, c := &j.facts, a.pick
	al := a.allele
	switch {
	case c.Terms.Has(consequence.Missense) && len(al.Ref) == 1 && len(al.Alt) == 1:
		number := -1
		if j.near >= 0 {
			number = a.place.known[j.near]
		}
		f.Residue, _ = j.neighbours.Find(a.place.contig, number, c.Transcript, al.Region.Lo, al.Alt[0])
	case c.Terms.Has(consequence.Frameshift):
		j.text = a.place.caller.AppendHGVSp(j.text[:0], c)
		f.Stop = stopOf(j.text)
	case c.Terms.Has(consequence.InframeInsertion) || c.Terms.Has(consequence.InframeDeletion):
		if k, ok := known.MakeKey(al.Region.Lo, al.Ref, al.Alt); ok {
			f.Repeat = rank.InRepeat(a.place.contig, k)
		}
	}
}

// stopOf is the residue at which translation stops after a frameshift, from
// its name in HGVS: 89 of p.Gly49AlafsTer41; 0 if it doesn't say.
func stopOf(hgvs []byte) int {
	_, name, ok1 := bytes.Cut(hgvs, []byte(":p."))
	before, after, ok2 := bytes.Cut(name, []byte("fsTer"))
	if !ok1 || !ok2 {
		return 0
	}
	digits := bytes.TrimFunc(before, func(c rune) bool { return c < '0' || c > '9' })
	first, err1 := strconv.Atoi(string(digits))
	steps, err2 := strconv.Atoi(string(after))
	if err1 != nil || err2 != nil {
		return 0
	}
	return first + steps - 1
}

// known appends what ClinVar and the frequencies say.
func (j *judge) known(b []byte, a *annotator) []byte {
	found := false
	for _, c := range j.clinvar {
		if a.found[c.source] && !found {
			found = true
			for _, f := range [...]int{c.significance, c.stars, c.condition} {
				b = append(b, '\t')
				if f >= 0 {
					b = appendCell(b, a.cursors[c.source], f)
				}
			}
		}
	}
	if !found {
		b = append(b, "\t\t\t"...)
	}
	b = append(b, '\t')
	if f := &j.facts.Frequency; f.Known {
		b = strconv.AppendFloat(b, f.Max, 'g', 4, 64)
	}
	return b
}

// trioOf is who is asked about, and the parents if there is a pedigree.
func (e *engine) trioOf(h *vcf.Header) *rank.Trio {
	if e.pedigree != nil {
		if t, err := e.pedigree.Trio(h.Samples, e.sample); err == nil {
			return t // Plan has said why if it isn't one
		}
	}
	t := &rank.Trio{Child: -1, Mother: -1, Father: -1}
	switch {
	case e.sample != "":
		t.Child = h.Sample(e.sample)
	case len(h.Samples) > 0:
		t.Child = 0
	}
	return t
}
