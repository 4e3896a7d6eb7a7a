package rank

import (
	"bytes"
	"strings"

	"okazaki/analysis/variant/known"
)

// Knowledge reads facts from sources, by their recipes and by the names of
// their fields: ClinVar from the first source of the recipe clinvar; the
// largest frequency from sources of the recipe gnomad; the largest score of
// each predictor from any source with a field of its name; and hot spots from
// sources of intervals with hotspot in their names. Many goroutines may use
// it at once.
type Knowledge struct {
	sources []roles
	clinvar int           // which source ClinVar is; -1: none
	source  *known.Source // it
}

// roles are the numbers of the fields that a source has; -1 where it has none.
type roles struct {
	sig, stars                 int
	meaning                    []Significance
	max, faf, number, hom, sum int
	filter                     int
	passes                     []bool // of the filter's codes
	scores                     []score
	hotspots                   bool
}

// A score is a field that holds what a predictor says.
type score struct {
	field int
	of    func(*Scores) *Score
}

// predictors are the names by which fields are known, in lower case.
var predictors = map[string]func(*Scores) *Score{
	"revel": (*Scores).revel, "revel_score": (*Scores).revel, "revel_max": (*Scores).revel,
	"cadd": (*Scores).cadd, "cadd_phred": (*Scores).cadd, "phred": (*Scores).cadd,
	"spliceai": (*Scores).spliceAI, "spliceai_max": (*Scores).spliceAI, "spliceai_ds_max": (*Scores).spliceAI, "ds_max": (*Scores).spliceAI,
}

func (s *Scores) revel() *Score    { return &s.REVEL }
func (s *Scores) cadd() *Score     { return &s.CADD }
func (s *Scores) spliceAI() *Score { return &s.SpliceAI }

// NewKnowledge finds out what the sources are.
func NewKnowledge(sources []*known.Source) *Knowledge {
	k := &Knowledge{clinvar: -1}
	for i, s := range sources {
		r := roles{sig: -1, stars: -1, max: -1, faf: -1, number: -1, hom: -1, sum: -1, filter: -1}
		switch s.Recipe() {
		case "clinvar":
			r.sig, r.stars, r.meaning = s.Field(known.Significance), s.Field(known.Stars), Significances(s)
			if k.clinvar < 0 {
				k.clinvar, k.source = i, s
			}
		case "gnomad":
			r.max, r.sum, r.faf = s.Field(known.MaxFrequency), s.Field(known.Frequency), s.Field(known.FAF)
			r.number, r.hom, r.filter = s.Field(known.AlleleNumber), s.Field(known.Homozygotes), s.Field(known.Filter)
			if r.filter >= 0 {
				for _, code := range s.Codes(r.filter) {
					r.passes = append(r.passes, code == "PASS")
				}
			}
		}
		for field, f := range s.Fields() {
			if of := predictors[strings.ToLower(f.Name)]; of != nil {
				r.scores = append(r.scores, score{field, of})
			}
		}
		r.hotspots = s.Intervals() && strings.Contains(strings.ToLower(s.Name()), "hotspot")
		k.sources = append(k.sources, r)
	}
	return k
}

// Fill sets what the sources know about an allele. For each source, contigs
// has its number of the contig, or -1, and found whether its cursor found the
// allele.
func (k *Knowledge) Fill(f *Facts, cursors []*known.Cursor, contigs []int, found []bool) {
	f.ClinVar, f.Frequency, f.Scores, f.Hotspot = ClinVar{}, Frequency{}, Scores{}, Unknown
	for i := range k.sources {
		if contigs[i] >= 0 {
			k.sources[i].fill(f, cursors[i], found[i])
		}
	}
}

func (r *roles) fill(f *Facts, c *known.Cursor, found bool) {
	switch {
	case r.hotspots && found:
		f.Hotspot = Yes
	case r.hotspots && f.Hotspot == Unknown:
		f.Hotspot = No
	}
	f.Frequency.Asked = f.Frequency.Asked || r.sum >= 0
	if !found {
		return
	}
	if r.sig >= 0 && f.ClinVar.Significance == NotInClinVar {
		if code, ok := c.Code(r.sig); ok {
			f.ClinVar = ClinVar{r.meaning[code], int(number(c, r.stars))}
		}
	}
	for _, s := range r.scores {
		if v, ok := c.Number(s.field); ok {
			if to := s.of(&f.Scores); !to.Known || v > to.Value {
				*to = Score{true, v}
			}
		}
	}
	if r.sum >= 0 {
		r.frequency(&f.Frequency, c)
	}
}

// frequency takes a source's frequency if it is the largest so far.
func (r *roles) frequency(f *Frequency, c *known.Cursor) {
	one := Frequency{Asked: true, Known: true, Max: max(number(c, r.max), number(c, r.sum)), FAF: number(c, r.faf), Number: int(number(c, r.number)), Homozygotes: int(number(c, r.hom))}
	if code, ok := 0, false; r.filter >= 0 {
		code, ok = c.Code(r.filter)
		one.Filtered = ok && !r.passes[code]
	}
	// One that the filters doubt gives way to one that they don't.
	if !f.Known || f.Filtered && !one.Filtered || f.Filtered == one.Filtered && one.often() > f.often() {
		one.Homozygotes = max(one.Homozygotes, f.Homozygotes)
		*f = one
	}
}

// number is the value of a field; 0 if there is none.
func number(c *known.Cursor, field int) float64 {
	if field < 0 {
		return 0
	}
	v, _ := c.Number(field)
	return v
}

// StopOf returns the residue at which translation stops after a frameshift,
// from its HGVS name: 119 for ENSP1:p.Arg97ProfsTer23. It is -1 if
// translation finds no stop, fsTer?, and 0 if this is not the name of a
// frameshift.
func StopOf(hgvsp []byte) int {
	_, change, _ := bytes.Cut(hgvsp, []byte("p."))
	at, rest, ok := bytes.Cut(change, []byte("fsTer"))
	if !ok {
		return 0
	}
	first := digits(bytes.TrimLeft(at, "(ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	n := digits(rest)
	if first == 0 || n == 0 {
		return -1
	}
	return first + n - 1
}

// digits is the number that b begins with.
func digits(b []byte) (n int) {
	for i := 0; i < len(b) && '0' <= b[i] && b[i] <= '9' && n < 1<<24; i++ {
		n = 10*n + int(b[i]-'0')
	}
	return n
}
