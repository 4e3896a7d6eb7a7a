package variant

import (
	"strconv"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/known"
	"okazaki/format/vcf"
)

// A judge says what the evidence about an allele comes to.
type judge struct {
	e       *engine
	clinvar []clinvar
	gnomad  []gnomad
}

type clinvar struct{ source, significance, stars, condition int }
type gnomad struct{ source, frequency int }

// A verdict is what the evidence about an allele comes to, and its rank: the
// greatest key comes first.
type verdict struct {
	key                          uint64
	points                       int
	class, criteria, inheritance string
}

func newJudge(e *engine, _ *vcf.Header) *judge {
	j := &judge{e: e}
	for i, s := range e.sources {
		switch s.Recipe() {
		case "clinvar":
			j.clinvar = append(j.clinvar, clinvar{i, s.Field(known.Significance), s.Field(known.Stars), s.Field(known.Condition)})
		case "gnomad":
			f := s.Field(known.MaxFrequency)
			if f < 0 {
				f = s.Field(known.Frequency)
			}
			j.gnomad = append(j.gnomad, gnomad{i, f})
		}
	}
	return j
}

func (j *judge) judge(a *annotator) (v verdict) {
	if a.pick != nil {
		v.key = uint64(a.pick.Terms.Impact())<<56 | uint64(consequence.SequenceVariant-a.pick.Terms.Worst())<<48
	}
	return v
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
	if f, ok := j.frequency(a); ok {
		b = strconv.AppendFloat(b, f, 'g', 4, 64)
	}
	return b
}

// frequency is the largest that a source knows.
func (j *judge) frequency(a *annotator) (most float64, ok bool) {
	for _, g := range j.gnomad {
		if a.found[g.source] && g.frequency >= 0 {
			if f, has := a.cursors[g.source].Number(g.frequency); has {
				most, ok = max(most, f), true
			}
		}
	}
	return most, ok
}
