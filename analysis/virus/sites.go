package virus

import "okazaki/genome"

// A site is a base of a coding sequence.
type site struct {
	gene   int32
	offset int32 // from the first whole codon
}

// sites says which coding sequences read a position of the reference, and
// what proteins they make. It is immutable.
type sites struct {
	first    []int32 // by position: where its sites start in all
	all      []site
	proteins []*scoring // by gene
}

func newSites(ref *Reference, p Params) *sites {
	n := len(ref.Sequence)
	s := &sites{first: make([]int32, n+2)}
	for _, g := range ref.Genes {
		for i := range g.Codons() * 3 {
			s.first[g.Position(i)+2]++
		}
	}
	for i := 2; i < len(s.first); i++ {
		s.first[i] += s.first[i-1]
	}
	s.all = make([]site, s.first[n+1])
	for k, g := range ref.Genes {
		for i := range g.Codons() * 3 {
			at := &s.first[g.Position(i)+1]
			s.all[*at] = site{gene: int32(k), offset: int32(i)}
			*at++
		}
	}
	match := aminoPairs(p)
	for _, g := range ref.Genes {
		s.proteins = append(s.proteins, newProtein(g.Translate(ref.Sequence), match, p))
	}
	return s
}

// at returns the sites of a position.
func (s *sites) at(pos int) []site { return s.all[s.first[pos]:s.first[pos+1]] }

var aminoCodes = func() (t [256]uint8) {
	for i, l := range []byte("-ACDEFGHIKLMNPQRSTVWY*X") {
		t[l] = uint8(i)
	}
	return t
}()

// aminoPairs scores pairs of amino acids like nucleotides: same, different, or
// unknown.
func aminoPairs(p Params) *pairs {
	t := new(pairs)
	x := int(aminoCodes[genome.Unknown])
	for r := range 32 {
		for q := range 32 {
			score := -p.Mismatch
			switch {
			case r == x || q == x:
				score = p.Match - 1
			case r == q:
				score = p.Match
			}
			t[r<<5|q] = score
		}
	}
	return t
}

func newProtein(letters []byte, match *pairs, p Params) *scoring {
	s := &scoring{letters: letters, codes: make([]uint8, len(letters)), code: &aminoCodes, pairs: match,
		open: make([]int32, len(letters)+2), extend: p.Extend, bounds: newBounds(p), tie: p.tie()}
	for i, l := range letters {
		s.codes[i] = aminoCodes[l]
	}
	for i := range s.open {
		s.open[i] = p.Open
	}
	return s
}
