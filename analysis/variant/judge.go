package variant

import (
	"strconv"

	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/rank"
	"okazaki/format/vcf"
)

// A judge gathers the facts about an allele for rank. One goroutine may use
// it at a time.
type judge struct {
	e       *engine
	clinvar []clinvar
	reader  *rank.Reader
	trio    *rank.Trio
	family  [3]relative // child, mother, father
	facts   *rank.Facts // of the allele at hand
	verdict rank.Verdict
}

// A clinvar is a source made by the recipe clinvar, and the numbers of its
// fields.
type clinvar struct{ source, significance, stars, condition int }

// A relative is a member of a trio at the record at hand.
type relative struct {
	genotype vcf.Genotype
	sample   rank.Sample
}

func newJudge(e *engine, h *vcf.Header) *judge {
	j := &judge{e: e, reader: rank.NewKnowledge(e.sources).Reader(), trio: e.trioOf(h)}
	for i, s := range e.sources {
		if s.Recipe() == "clinvar" {
			j.clinvar = append(j.clinvar, clinvar{i, s.Field(known.Significance), s.Field(known.Stars), s.Field(known.Condition)})
		}
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
	of := rank.Annotated{Contig: a.place.contig, Caller: a.place.caller, Call: a.pick, Key: a.key, Cursors: a.cursors, Contigs: a.place.known, Found: a.found}
	if a.number > 0 {
		of.Inheritance = j.trio.Observe(&j.family[0].sample, &j.family[1].sample, &j.family[2].sample, a.number,
			a.place.contig != nil && rank.OnlyX(j.e.assembly, a.place.name, a.rec.Pos))
	}
	j.facts = j.reader.Facts(&of)
	j.verdict = j.e.evaluator.Evaluate(j.facts)
	return &j.verdict
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

// trioOf returns the sample that is asked about, and the parents if there is
// a pedigree.
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
