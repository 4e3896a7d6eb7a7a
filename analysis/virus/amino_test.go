package virus_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/virus"
	"okazaki/genome"
)

// pairsOf returns the aligned genome and reference of a coding sequence, with
// gaps, on its own strand.
func pairsOf(ref *virus.Reference, g *genome.CDS, calls *virus.Calls) (r, q []byte) {
	aligned := slices.Clone(ref.Sequence)
	for i := range aligned {
		if !calls.Aligned.Contains(i) {
			aligned[i] = '-'
		}
	}
	fill := func(x genome.Region, l byte) {
		for i := x.Lo; i < x.Hi; i++ {
			aligned[i] = l
		}
	}
	for _, s := range calls.Substitutions {
		aligned[s.Pos] = s.Alt
	}
	for _, d := range calls.Deletions {
		fill(d, '-')
	}
	for _, m := range calls.Missing {
		fill(m, 'N')
	}
	for _, a := range calls.Ambiguous {
		fill(a.Region, a.Letter)
	}
	for _, s := range g.Segments {
		var sr, sq []byte
		for i := s.Lo; i < s.Hi; i++ {
			for _, in := range calls.Insertions {
				if in.Pos == i && i > s.Lo {
					sr, sq = append(sr, strings.Repeat("-", len(in.Letters))...), append(sq, in.Letters...)
				}
			}
			sr, sq = append(sr, ref.Sequence[i]), append(sq, aligned[i])
		}
		if g.Reverse {
			sr, sq = genome.AppendReverseComplement(nil, sr), genome.AppendReverseComplement(nil, sq)
		}
		r, q = append(r, sr...), append(q, sq...)
	}
	return r, q
}

// shiftsOf returns the runs of aligned letters that are read in another frame.
func shiftsOf(r, q []byte) (shifts []genome.Region) {
	frame, lo, end, last := 0, -1, 0, -2
	for i := range r {
		step := 0
		switch {
		case r[i] == '-':
			step = -1
		case q[i] == '-':
			step = 1
		case frame%3 == 0 && lo >= 0:
			shifts = append(shifts, genome.Region{Lo: lo, Hi: end})
			lo = -1
		case frame%3 != 0 && lo < 0:
			lo = i
		}
		if step != 0 {
			if last != i-1 {
				end = i
			}
			last = i
			frame += step
		}
	}
	if lo >= 0 {
		shifts = append(shifts, genome.Region{Lo: lo, Hi: len(r)})
	}
	return shifts
}

func aminoScore(r, q byte) int {
	switch {
	case r == 'X' || q == 'X':
		return 2
	case r == q:
		return 3
	}
	return -1
}

// maskShift makes the codons of a frame shift unknown, and deletes those that
// gaps at its ends leave none of.
func maskShift(aligned, q []byte, codonAt []int, shift genome.Region) {
	mask := shift
	for mask.Lo > 0 && q[mask.Lo-1] == '-' {
		mask.Lo--
	}
	for mask.Hi < len(q) && q[mask.Hi] == '-' {
		mask.Hi++
	}
	codons := genome.Region{Lo: codonAt[shift.Lo], Hi: codonAt[shift.Hi-1] + 1}
	for c := codonAt[mask.Lo]; c <= codonAt[mask.Hi-1] && c < len(aligned); c++ {
		aligned[c] = '-'
		if codons.Contains(c) {
			aligned[c] = 'X'
		}
	}
}

// aminoOracle returns what became of a protein: the genome's coding sequence,
// what is read in another frame masked, is translated and aligned as a whole.
func aminoOracle(ref *virus.Reference, g *genome.CDS, calls *virus.Calls) string {
	r, q := pairsOf(ref, g, calls)
	codonAt := make([]int, len(r)+1) // of the reference, by aligned letter
	n := 0
	for i := range r {
		codonAt[i] = n / 3
		if r[i] != '-' {
			n++
		}
	}
	free, freeEnd := q[0] == '-', q[len(q)-1] == '-'
	if first := strings.IndexFunc(string(q), func(l rune) bool { return l != '-' }); first >= 0 {
		for i := first - first%3; i < first; i++ {
			q[i] = 'N'
		}
	}
	shifts := shiftsOf(r, q)
	var coding []byte
	for i := range q {
		if q[i] == '-' {
			continue
		}
		l := q[i]
		for _, s := range shifts {
			if s.Contains(i) {
				l = 'N'
			}
		}
		coding = append(coding, l)
	}
	protein := g.Translate(ref.Sequence)
	o := &oracle{ref: string(protein), q: string(genome.AppendTranslation(nil, coding)), score: aminoScore,
		open: slices.Repeat([]int{6}, len(protein)+1), left: true, closed: !free, closedEnd: !freeEnd}
	o.fill()
	aligned := make([]byte, len(protein))
	insertions := ""
	i, j := 0, 0
	way := o.way()
	for k := range len(way) {
		switch way[k] {
		case '=':
			aligned[i] = o.q[j]
			i, j = i+1, j+1
		case 'D':
			aligned[i] = '-'
			i++
		case 'I':
			if k == 0 || way[k-1] != 'I' {
				insertions += fmt.Sprintf(" %d:", i)
			}
			insertions += string(o.q[j])
			j++
		}
	}
	for _, s := range shifts {
		maskShift(aligned, q, codonAt, s)
	}
	var out strings.Builder
	for c, l := range aligned {
		at := g.Position(c * 3)
		covered := calls.Aligned.Contains(at) && calls.Aligned.Contains(g.Position(c*3+2))
		if l == 'X' && covered {
			fmt.Fprintf(&out, "%s:%d? ", g.Name, c+1)
		} else if l != 'X' && l != protein[c] && covered {
			fmt.Fprintf(&out, "%s:%c%d%c ", g.Name, protein[c], c+1, l)
		}
	}
	return out.String() + insertions
}

func aminoCalls(c *virus.Caller, gene int, calls *virus.Calls) string {
	g := &c.Reference().Genes[gene]
	said := map[int]string{} // by codon
	for _, m := range slices.Concat(calls.AminoSubstitutions, calls.AminoDeletions) {
		if m.Gene == gene {
			said[m.Codon] += fmt.Sprintf("%s:%c%d%c ", g.Name, m.Ref, m.Codon+1, m.Alt)
		}
	}
	for _, r := range calls.AminoUnknown {
		for codon := r.Codons.Lo; codon < r.Codons.Hi && r.Gene == gene; codon++ {
			if calls.Aligned.Contains(g.Position(codon*3)) && calls.Aligned.Contains(g.Position(codon*3+2)) {
				said[codon] += fmt.Sprintf("%s:%d? ", g.Name, codon+1)
			}
		}
	}
	var out strings.Builder
	for _, codon := range slices.Sorted(maps.Keys(said)) {
		out.WriteString(said[codon])
	}
	for _, i := range calls.AminoInsertions {
		if i.Gene == gene {
			fmt.Fprintf(&out, " %d:%s", i.Codon, i.Letters)
		}
	}
	return out.String()
}

func TestProteinsAreTheOracles(t *testing.T) {
	for _, set := range []struct {
		genomes string
		every   int
	}{{"sars2/ncov/example_sequences.fasta.gz", 5}, {"sars2/derived/sars2_orfs_tips.fasta.zst", 40}} {
		c := virus.NewCaller(virus.SARS2(), virus.SARS2Params())
		n, genes, wrong := 0, 0, 0
		records(t, data(t, set.genomes), func(rec record) bool {
			if n++; n%set.every != 0 {
				return true
			}
			calls := c.Call(rec.seq)
			if calls.Problem != "" {
				return true
			}
			for g := range c.Reference().Genes {
				cds := &c.Reference().Genes[g]
				if cds.Codons() > 500 && (cds.Codons() > 1300 || n%(4*set.every) != 0) {
					continue
				}
				genes++
				if got, want := aminoCalls(c, g, calls), aminoOracle(c.Reference(), cds, calls); got != want {
					wrong++
					t.Errorf("%s: %s, the oracle says %s; deletions %v insertions %v", rec.name, got, want, calls.Deletions, calls.Insertions)
				}
			}
			return true
		})
		t.Logf("%s: %d of %d proteins are the oracle's", set.genomes, genes-wrong, genes)
	}
}

// Wherever deletions and insertions lie in a gene of either strand, the protein
// is the oracle's.
func TestProteinsOfMutantsAreTheOracles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := source(t)
		ref := reference(rng, 900)
		ref.Genes = []genome.CDS{
			{Name: "a", Segments: []genome.Region{{Lo: 20, Hi: 470}}},
			{Name: "b", Segments: []genome.Region{{Lo: 400, Hi: 850}}, Reverse: true},
		}
		c := virus.NewCaller(ref, virus.Params{TerminalBand: 200, LeftGaps: true})
		q := mutant(rng, string(ref.Sequence), rapid.IntRange(30, 230).Draw(t, "apart"))
		calls := c.Call([]byte(q))
		for g := range ref.Genes {
			if got, want := aminoCalls(c, g, calls), aminoOracle(ref, &ref.Genes[g], calls); got != want {
				t.Fatalf("%s, the oracle says %s; deletions %v insertions %v\nref %s\nq   %s", got, want, calls.Deletions, calls.Insertions, ref.Sequence, q)
			}
		}
	})
}
