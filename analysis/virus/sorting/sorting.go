// Package sorting says to which of several references a sequence belongs, by the
// words that it shares with them: another virus, another segment, or none.
//
// Its one invariant: an answer is a function of the sequence's bases and of the
// references in their order.
//
// Words are 15-mers, either strand alike, of which one in two is kept by its
// hash (FracMinHash: Irber et al. 2022, bioRxiv 2022.01.11.475838). Of a
// sequence in which one base in five differs, 3.5 % are left.
package sorting

import (
	"cmp"
	"slices"
)

const (
	word   = 15      // bases
	kept   = 1 << 63 // hashes below are kept: one in two
	prefix = 18      // bits of a code by which it is looked up
)

// The least that a sequence must share with a reference to belong to it.
const (
	leastShared = 5    // words that are kept
	leastShare  = 0.01 // of the sequence's
	alike       = 0.8  // of the greatest share: of such references the one whose length fits
)

// A Sorter knows the references. Add and AddDataset are called before Sort;
// then many goroutines may use it at once.
type Sorter struct {
	Names []string // of the references

	size   []int    // words of each reference alone
	words  []uint64 // code << 16 | reference, ascending
	starts []int32  // by prefix of a code, in words
}

// maxReferences bounds a Sorter.
const maxReferences = 1 << 16

// Add adds a reference, and other sequences that are known to be like it. It
// leaves out sequences twice as long or half as long, which hold more or less
// than the reference.
func (s *Sorter) Add(name string, reference []byte, examples ...[]byte) {
	n := uint64(len(s.Names))
	s.Names = append(s.Names, name)
	before := len(s.words)
	add := func(code uint64) { s.words = append(s.words, code<<16|n) }
	each(reference, add)
	s.size = append(s.size, len(s.words)-before)
	for _, e := range examples {
		if 2*len(e) > len(reference) && len(e) < 2*len(reference) {
			each(e, add)
		}
	}
	slices.Sort(s.words[before:])
	s.words = s.words[:before+len(slices.Compact(s.words[before:]))]
}

// index makes the words ready to be looked up.
func (s *Sorter) index() {
	slices.Sort(s.words)
	s.starts = make([]int32, 1<<prefix+1)
	for _, w := range s.words {
		s.starts[w>>(16+2*word-prefix)+1]++
	}
	for i := range s.starts[1:] {
		s.starts[i+1] += s.starts[i]
	}
}

var codes = func() (t [256]uint8) {
	for i := range t {
		t[i] = 4
	}
	for i, l := range []byte("ACGT") {
		t[l], t[l|0x20] = uint8(i), uint8(i)
	}
	t['U'], t['u'] = 3, 3
	return t
}()

// each calls f with the words of a sequence that are kept.
func each(seq []byte, f func(code uint64)) {
	const mask = 1<<(2*word) - 1
	var forward, reverse uint64
	known := 0
	for _, l := range seq {
		c := uint64(codes[l])
		if c > 3 {
			if l != '-' && l != '.' {
				known = 0
			}
			continue
		}
		forward = (forward<<2 | c) & mask
		reverse = reverse>>2 | (3-c)<<(2*word-2)
		if known++; known < word {
			continue
		}
		if code := min(forward, reverse); code*0x9e3779b97f4a7c15 < kept {
			f(code)
		}
	}
}

// A Match is a reference that a sequence is like.
type Match struct {
	Reference int     // index into Names; -1: none
	Share     float64 // of the sequence's words that the reference has
	Shared    int     // how many that are
}

// Sort returns the reference to which a sequence belongs, and the next.
func (f *Finder) Sort(seq []byte) (best, second Match) {
	clear(f.shared)
	n := 0
	each(seq, func(code uint64) {
		n++
		at := code >> (2*word - prefix)
		words := f.words[f.starts[at]:f.starts[at+1]]
		i, _ := slices.BinarySearch(words, code<<16)
		for ; i < len(words) && words[i]>>16 == code; i++ {
			f.shared[words[i]&(maxReferences-1)]++
		}
	})
	most := 0
	for _, m := range f.shared {
		most = max(most, m)
	}
	f.order = f.order[:0]
	for r, m := range f.shared {
		if m >= leastShared && float64(m) >= leastShare*float64(n) {
			f.order = append(f.order, r)
		}
	}
	// Those that share about as much go by how well their length fits.
	fit := func(r int) float64 { return float64(min(n, f.size[r])) / float64(max(n, f.size[r])) }
	near := func(r int) int {
		if float64(f.shared[r]) >= alike*float64(most) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return cmp.Or(cmp.Compare(near(a), near(b)), cmp.Compare(fit(b), fit(a))) })
	match := func(k int) Match {
		if k >= len(f.order) {
			return Match{Reference: -1}
		}
		r := f.order[k]
		return Match{r, float64(f.shared[r]) / float64(n), f.shared[r]}
	}
	return match(0), match(1)
}

// A Finder looks sequences up. One goroutine may use it at a time.
type Finder struct {
	*Sorter
	shared []int // words, by reference
	order  []int
}

// Finder returns a new Finder. The first call prepares the Sorter, and no
// reference may be added after it.
func (s *Sorter) Finder() *Finder {
	if s.starts == nil {
		s.index()
	}
	return &Finder{Sorter: s, shared: make([]int, len(s.Names))}
}
