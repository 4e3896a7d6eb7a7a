package virus

import (
	"math/bits"

	"okazaki/genome"
)

// kmer is the length of the words by which a genome is found in the reference.
// It is long enough that few words recur, and short enough that some words have
// no mismatch in a genome that differs by 20 %.
const kmer = 15

// near is the least distance of a word's copies for the word to say where a
// genome lies, given roughly where it lies.
const near = 4000

// An index finds the words of a sequence. It is a hash table whose chains are
// linked through next. Words that recur nearby are left out.
type index struct {
	head  []int32 // by hash: 1 + the first position; 0 for none
	next  []int32 // by position: 1 + the next position with the hash
	words []uint32
	shift int
}

const kmerMask = 1<<(2*kmer) - 1

var codes = func() (t [256]uint8) {
	for i := range t {
		t[i] = 0xff
		if b := genome.BaseOf(byte(i)); bits.OnesCount8(uint8(b)) == 1 {
			t[i] = uint8(bits.TrailingZeros8(uint8(b)))
		}
	}
	return t
}()

// wordAt returns the word at seq[i], if its letters are all A, C, G or T.
func wordAt(seq []byte, i int) (uint32, bool) {
	if i < 0 || i+kmer > len(seq) {
		return 0, false
	}
	var w uint32
	var bad uint8
	for _, l := range seq[i : i+kmer] {
		c := codes[l]
		bad |= c
		w = w<<2 | uint32(c&3)
	}
	return w, bad < 4
}

func newIndex(seq []byte) *index {
	n := len(seq)
	width := max(8, bits.Len(uint(2*n)))
	x := &index{head: make([]int32, 1<<width), next: make([]int32, n), words: make([]uint32, n), shift: 32 - width}
	last := map[uint32]int{}
	recurs := make([]bool, n)
	for i := range n {
		w, ok := wordAt(seq, i)
		recurs[i] = !ok
		if !ok {
			continue
		}
		x.words[i] = w
		if j, ok := last[w]; ok && i-j <= near {
			recurs[i], recurs[j] = true, true
		}
		last[w] = i
	}
	for i := n - 1; i >= 0; i-- {
		if !recurs[i] {
			h := x.hash(x.words[i])
			x.next[i], x.head[h] = x.head[h], int32(i+1)
		}
	}
	return x
}

func (x *index) hash(w uint32) uint32 { return w * 2654435761 >> x.shift }

// find returns the place of the word w that is closest to want, or -1.
func (x *index) find(w uint32, want int) int {
	best := -1
	for i := x.head[x.hash(w)]; i != 0; i = x.next[i-1] {
		p := int(i - 1)
		if x.words[p] == w && (best < 0 || abs(p-want) < abs(best-want)) {
			best = p
		}
	}
	return best
}

func abs(i int) int { return max(i, -i) }
