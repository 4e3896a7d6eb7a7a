package virus

import (
	"cmp"
	"slices"
	"sort"
	"sync"

	"okazaki/genome"
)

// A seeder measures how much of a genome is like the reference, as Nextclade v3
// does (its user guide, "Sequence alignment"). Words of which every third base
// is left out are looked up, extended both ways over mismatches, and cut into
// pieces of equal length. The best chain of pieces counts. All Callers of a
// dataset share a seeder. The words are listed when they are first needed.
type seeder struct {
	ref   []byte
	seeds Seeds
	once  sync.Once
	words [3][]placedWord // by the phase of the bases that are left out, sorted
}

// A placedWord is a word of the reference and where it lies among the bases
// that are not left out.
type placedWord struct {
	word uint64
	at   int32
}

func newSeeder(ref []byte, s Seeds) *seeder { return &seeder{ref: ref, seeds: s} }

// short says whether genome and reference are so short that Nextclade aligns
// them without seeds.
func (s *seeder) short(q []byte) bool { return len(s.ref)+len(q) < 20*s.seeds.Word }

// thin appends the bases of s from a phase on without every third.
func thin(dst, s []byte, phase int) []byte {
	for i := phase; i < len(s); i++ {
		if (i-phase)%3 != 2 {
			dst = append(dst, s[i])
		}
	}
	return dst
}

// thick returns the place in the whole of a base that was not left out.
func thick(at, phase int) int { return at*3/2 + phase }

// packed returns the word of n bases with which s starts, or false unless all
// are A, C, G or T.
func packed(s []byte, n int) (word uint64, ok bool) {
	var bad uint8
	for _, l := range s[:n] {
		c := codes[l]
		bad |= c
		word = word<<2 | uint64(c&3)
	}
	return word, bad < 4
}

// list lists the reference's words.
func (s *seeder) list() {
	n := s.seeds.Word
	for phase := range s.words {
		thinned := thin(nil, s.ref, phase)
		words := make([]placedWord, 0, len(thinned))
		for at := range max(0, len(thinned)-n+1) {
			if w, ok := packed(thinned[at:], n); ok {
				words = append(words, placedWord{w, int32(at)})
			}
		}
		slices.SortFunc(words, func(a, b placedWord) int { return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.at, b.at)) })
		s.words[phase] = words
	}
}

// of returns the places of a word.
func (s *seeder) of(phase int, word uint64) []placedWord {
	words := s.words[phase]
	lo := sort.Search(len(words), func(i int) bool { return words[i].word >= word })
	hi := lo
	for hi < len(words) && words[hi].word == word {
		hi++
	}
	return words[lo:hi]
}

// cover returns the number of bases of q in the best chain of pieces of seeds.
func (s *seeder) cover(q []byte) int {
	s.once.Do(s.list)
	pieces := s.pieces(q)
	return bestChain(pieces, s.seeds.Least, len(s.ref))
}

// pieces returns the starts of pieces of the seeds.
func (s *seeder) pieces(q []byte) (out []segment) {
	known := map[int][]genome.Region{} // of q, that a seed has on a diagonal
	n := s.seeds.Word
	var thinned []byte
	for phase := range s.words {
		thinned = thin(thinned[:0], q, phase)
		for at := 0; at+n < len(thinned); at += s.seeds.Distance {
			word, ok := packed(thinned[at:], n)
			if !ok {
				continue
			}
			i := thick(at, phase)
			for from := range s.words {
				for _, p := range s.of(from, word) {
					r := thick(int(p.at), from)
					if slices.ContainsFunc(known[r-i], func(k genome.Region) bool { return i <= k.Hi && i+n >= k.Lo }) {
						continue
					}
					if seed := s.extended(q, r, i); seed.n >= s.seeds.Least {
						known[r-i] = append(known[r-i], genome.Region{Lo: seed.q, Hi: seed.q + seed.n})
						out = s.chopped(out, seed)
					}
				}
			}
		}
	}
	return out
}

// chopped appends a seed's pieces, of which the last two may overlap.
func (s *seeder) chopped(dst []segment, seed segment) []segment {
	n := s.seeds.Least
	for k := 0; k < seed.n-n; k += n {
		dst = append(dst, segment{r: seed.r + k, q: seed.q + k, n: n})
	}
	k := seed.n - n
	return append(dst, segment{r: seed.r + k, q: seed.q + k, n: n})
}

// extended returns the seed at a place, extended to both sides.
func (s *seeder) extended(q []byte, r, i int) segment {
	ahead := s.extent(min(len(s.ref)-r, len(q)-i), func(k int) bool { return s.ref[r+k] != q[i+k] })
	behind := s.extent(min(r, i), func(k int) bool { return s.ref[r-1-k] != q[i-1-k] })
	return segment{r: r - behind, q: i - behind, n: ahead + behind}
}

// extent returns how many of n bases a seed takes: until too many in a window
// differ, and then back to the end of the longest match in that window. The
// bases before the first count as matches.
func (s *seeder) extent(n int, differs func(int) bool) int {
	i, wrong, window := 0, 0, s.seeds.Window
	for ; i < n && wrong <= s.seeds.Mismatches; i++ {
		if i >= window && differs(i-window) {
			wrong--
		}
		if differs(i) {
			wrong++
		}
	}
	best, run, end := 0, 0, i-window
	for k := i - window; k < i; k++ {
		if run++; k >= 0 && differs(k) {
			run = 0
		}
		if run > best {
			best, end = run, k+1
		}
	}
	return end
}

// bestChain returns the number of bases that the best chain of pieces of n
// bases covers. No piece overlaps another in either sequence (Gusfield 1997,
// Algorithms on Strings, Trees and Sequences, section 13.3).
func bestChain(pieces []segment, n, length int) int {
	slices.SortFunc(pieces, func(a, b segment) int { return cmp.Compare(a.q, b.q) })
	ends := make([]int, length+1) // a Fenwick tree: the best chain that ends at or before a position of the reference
	score := make([]int, len(pieces))
	best, ended := 0, 0
	for i, p := range pieces {
		for ; pieces[ended].q+n <= p.q; ended++ {
			for k := pieces[ended].r + n; k <= length; k += k & -k {
				ends[k] = max(ends[k], score[ended])
			}
		}
		score[i] = n
		for k := p.r; k > 0; k -= k & -k {
			score[i] = max(score[i], ends[k]+n)
		}
		best = max(best, score[i])
	}
	return best
}
