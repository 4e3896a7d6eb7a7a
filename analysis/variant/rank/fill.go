package rank

import (
	"bytes"

	"okazaki/analysis/variant/known"
)

// Knowledge reads facts from sources, by their recipes and by the names of
// their fields: of clinvar ClinVar; of gnomad the frequency, and of several the
// largest; from any source the fields REVEL, CADD and SpliceAI; and of a source
// of intervals that is called hotspots whether there is one. Many goroutines
// may use it at once.
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
	scores                     [3]int
	hotspots                   bool
}

// NewKnowledge finds out what the sources are.
func NewKnowledge(sources []*known.Source) *Knowledge {
	k := &Knowledge{clinvar: -1}
	for i, s := range sources {
		r := roles{sig: -1, stars: -1, max: -1, faf: -1, number: -1, hom: -1, sum: -1, filter: -1}
		switch s.Recipe() {
		case "clinvar":
			r.sig, r.stars, r.meaning = s.Field(known.Significance), s.Field(known.Stars), Significances(s)
			k.clinvar, k.source = i, s
		case "gnomad":
			r.max, r.sum, r.faf = s.Field(known.MaxFrequency), s.Field(known.Frequency), s.Field(known.FAF)
			r.number, r.hom, r.filter = s.Field(known.AlleleNumber), s.Field(known.Homozygotes), s.Field(known.Filter)
			if r.filter >= 0 {
				for _, code := range s.Codes(r.filter) {
					r.passes = append(r.passes, code == "PASS")
				}
			}
		}
		for n, name := range []string{"REVEL", "CADD", "SpliceAI"} {
			r.scores[n] = s.Field(name)
		}
		r.hotspots = s.Intervals() && s.Name() == "hotspots"
		k.sources = append(k.sources, r)
	}
	return k
}

// Fill sets what the sources know of an allele. Of each source, contigs has its
// number of the contig, or -1; found whether its cursor found the allele.
func (k *Knowledge) Fill(f *Facts, cursors []*known.Cursor, contigs []int, found []bool) {
	f.ClinVar, f.Frequency, f.Scores, f.Hotspot = ClinVar{}, Frequency{}, Scores{}, Unknown
	for i := range k.sources {
		if contigs[i] >= 0 {
			k.sources[i].fill(f, cursors[i], found[i])
		}
	}
}

func (r *roles) fill(f *Facts, c *known.Cursor, found bool) {
	if r.hotspots {
		if f.Hotspot = No; found {
			f.Hotspot = Yes
		}
	}
	f.Frequency.Asked = f.Frequency.Asked || r.sum >= 0
	if !found {
		return
	}
	if r.sig >= 0 {
		if code, ok := c.Code(r.sig); ok {
			f.ClinVar.Significance = r.meaning[code]
			f.ClinVar.Stars = int(number(c, r.stars))
		}
	}
	for i, score := range [...]*Score{&f.Scores.REVEL, &f.Scores.CADD, &f.Scores.SpliceAI} {
		if r.scores[i] >= 0 {
			if v, ok := c.Number(r.scores[i]); ok {
				*score = Score{true, v}
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

// StopOf is the residue at which translation stops after a frameshift, of its
// HGVS name: 119 of ENSP1:p.Arg97ProfsTer23. It is 0 if the name doesn't say.
func StopOf(hgvsp []byte) int {
	_, change, _ := bytes.Cut(hgvsp, []byte("p."))
	at, rest, ok := bytes.Cut(change, []byte("fsTer"))
	if !ok {
		return 0
	}
	first, _ := digits(bytes.TrimLeft(at, "(ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	n, _ := digits(rest)
	if first == 0 || n == 0 {
		return 0
	}
	return first + n - 1
}

// digits is the number that b begins with, and what follows.
func digits(b []byte) (n int, rest []byte) {
	for len(b) > 0 && '0' <= b[0] && b[0] <= '9' && n < 1<<24 {
		n, b = 10*n+int(b[0]-'0'), b[1:]
	}
	return n, b
}
