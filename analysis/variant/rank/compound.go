package rank

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"okazaki/analysis/variant/consequence"
	"okazaki/format/wire"
)

// A Candidate is a variant that a child has on one copy. Together with
// another variant in the same gene it would leave the child without a good
// copy. A span's candidates are their bytes, one after the other, and spans
// are joined by joining the bytes. Pair then makes pairs of all.
type Candidate struct {
	Gene      string // its identifier
	ID        string // by which the caller finds the variant again: CHROM:POS REF>ALT, say
	Key       Key
	ClinVar   ClinVar
	From      Origin
	Haplotype int
	Set       int  // phase set; -1 if it is not phased
	Recessive bool // the gene may cause a recessive disease, for all that is known
}

// Candidate returns the evaluated variant as a candidate for Pair. It returns
// false if the child has another number of copies, if the variant is more
// frequent than BS1 allows, if ClinVar calls it benign, or if it neither
// changes a protein or a splice site nor is pathogenic in ClinVar.
func (e *Evaluator) Candidate(f *Facts, v *Verdict, id string) (Candidate, bool) {
	in := &f.Inheritance
	if in.Copies != 1 || in.hemizygous || in.DeNovo == Yes || f.Call == nil || f.Call.Transcript == nil || f.Frequency.Max > e.o.BS1 || f.ClinVar.Significance.Benign() {
		return Candidate{}, false
	}
	if f.Call.Terms.Impact() < consequence.Moderate && f.Call.Terms&spliceTerms == 0 && !f.ClinVar.Significance.Pathogenic() {
		return Candidate{}, false
	}
	t := f.Call.Transcript
	gene, _ := e.o.Genes.Find(t)
	if of, ok := e.o.Panel.Find(t); ok && gene.Mode == 0 {
		gene = of
	}
	return Candidate{Gene: t.Gene, ID: id, Key: v.Key, ClinVar: f.ClinVar, From: in.From, Haplotype: in.Haplotype, Set: in.Set, Recessive: gene.Mode == 0 || gene.Mode&Recessive != 0}, true
}

// Append appends the candidate's bytes to dst.
func (c *Candidate) Append(dst []byte) []byte {
	dst = wire.AppendBytes(wire.AppendBytes(dst, c.Gene), c.ID)
	for _, n := range []int{int(c.Key), int(c.ClinVar.Significance), c.ClinVar.Stars, int(c.From), c.Haplotype, c.Set + 1} {
		dst = wire.AppendUvarint(dst, n)
	}
	return wire.AppendBool(dst, c.Recessive)
}

var errCandidates = errors.New("rank: these bytes are not candidates")

// maxNumber limits the numbers of a candidate.
const maxNumber = 1<<40 + 1

// read reads a candidate.
func (c *Candidate) read(r *wire.Reader) {
	c.Gene, c.ID = r.String(), r.String()
	c.Key = Key(r.Below(maxNumber))
	c.ClinVar = ClinVar{Significance(min(r.Below(maxNumber), int(ClinVarPathogenic))), r.Below(maxNumber)}
	c.From, c.Haplotype, c.Set, c.Recessive = Origin(r.Below(maxNumber)), r.Below(maxNumber), r.Below(maxNumber)-1, r.Bool()
}

// A Partner is the variant that a candidate is best paired with.
type Partner struct {
	ID      string
	ClinVar ClinVar
	Trans   bool // it lies on the other copy; if not, that is not known
	Points  int  // of PM3: it is pathogenic in ClinVar, with a star at least
	byPhase bool
}

// Pair reads the candidates of a genome, in any order of their spans. It
// returns, by ID, the best partner of each candidate that has one in its
// gene: a partner on the other copy comes before one whose copy is not known,
// then the one ranked first. Two variants on the same copy are not a pair.
func Pair(b []byte) (map[string]Partner, error) {
	var all []Candidate
	for r := wire.From(b); r.Len() > 0; {
		var c Candidate
		if c.read(&r); r.Err() != nil {
			return nil, fmt.Errorf("%w: %w", errCandidates, r.Err())
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y Candidate) int {
		return cmp.Or(cmp.Compare(x.Gene, y.Gene), -cmp.Compare(x.Key, y.Key), cmp.Compare(x.ID, y.ID))
	})
	partners := map[string]Partner{}
	for i, k := 0, 0; i < len(all); i = k {
		for k = i; k < len(all) && all[k].Gene == all[i].Gene; k++ {
		}
		pairs(all[i:k], partners)
	}
	return partners, nil
}

// pairs finds the partners of one gene's candidates, which are in the order
// of their ranks.
func pairs(of []Candidate, partners map[string]Partner) {
	for i := range of {
		best, found := partners[of[i].ID]
		for k := range of {
			trans, byPhase, cis := place(&of[i], &of[k])
			if i == k || of[i].ID == of[k].ID || cis || found && (best.Trans || !trans) {
				continue
			}
			best, found = Partner{ID: of[k].ID, ClinVar: of[k].ClinVar, Trans: trans, byPhase: byPhase}, true
			if of[i].Recessive && best.ClinVar.Significance.Pathogenic() && best.ClinVar.Stars > 0 {
				best.Points = int(Supporting)
				if trans {
					best.Points = int(Moderate)
				}
			}
		}
		if found {
			partners[of[i].ID] = best
		}
	}
}

// place says how two variants lie to each other, as far as the phase, or else
// the parents, tell.
func place(a, b *Candidate) (trans, byPhase, cis bool) {
	switch {
	case a.Set >= 0 && a.Set == b.Set:
		return a.Haplotype != b.Haplotype, true, a.Haplotype == b.Haplotype
	case a.From != UnknownOrigin && b.From != UnknownOrigin:
		return a.From != b.From, false, a.From == b.From
	}
	return false, false, false
}

// Key returns the candidate's key, its partner considered.
func (p *Partner) Key(of Key) Key {
	m := ModePossiblyCompound
	if p.Trans {
		m = ModeCompound
	}
	return of.beside(p.Points, m)
}

// Append appends to dst what the partner is and why: PM3: beside … .
func (p *Partner) Append(dst []byte) []byte {
	switch p.Points {
	case int(Supporting):
		dst = append(dst, "PM3_supporting: "...)
	case int(Moderate):
		dst = append(dst, "PM3: "...)
	}
	dst = append(append(dst, "beside "...), p.ID...)
	if p.ClinVar.Significance.Pathogenic() {
		dst = append(dst, ", pathogenic in ClinVar with "...)
		dst = strconv.AppendInt(dst, int64(p.ClinVar.Stars), 10)
		dst = append(dst, " stars"...)
	}
	switch {
	case p.byPhase:
		return append(dst, ", on the other copy by phase"...)
	case p.Trans:
		return append(dst, ", on the other copy: each is of one parent"...)
	}
	return append(dst, ", whether on the other copy is not known"...)
}
