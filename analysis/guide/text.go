package guide

import (
	"sort"

	"okazaki/genome"
)

// margin is the number of empty places before and after a text's bases, so that
// a window about any base can be read.
const margin = 64

// A text is a stretch of a contig as bit planes: A 00, C 01, G 10, T 11 as (hi,
// lo). Other letters and the margins are marked in other and are 00 in lo and
// hi; the text of an index has no such plane. It is not changed once it is
// made; many goroutines may read it.
type text struct {
	n      int64 // bases, without the margins
	lo, hi []uint64
	other  []uint64
	odd    []run // the letters marked in other, ascending
}

// A run is a stretch of one letter that is not A, C, G or T.
type run struct {
	start, end int64
	letter     byte // upper case
	_          [7]byte
}

// newText packs the letters of a genome: either case, U as T.
func newText(letters []byte) *text {
	t := &text{n: int64(len(letters))}
	words := (len(letters)+2*margin)/64 + 2
	t.lo, t.hi, t.other = make([]uint64, words), make([]uint64, words), make([]uint64, words)
	for at := 0; at < len(letters); at += 64 {
		t.pack(1+at/64, int64(at), letters[at:min(at+64, len(letters))])
	}
	t.other[0] = ^uint64(0)
	if rest := t.n % 64; rest != 0 {
		t.other[1+t.n/64] |= ^uint64(0) << rest
	}
	for w := 1 + (t.n+63)/64; w < int64(words); w++ {
		t.other[w] = ^uint64(0)
	}
	return t
}

// packing has two bits for each letter, and bit 2 for those that have none.
var packing = func() (codes [256]uint8) {
	for i := range codes {
		codes[i] = 4
	}
	for code, letters := range []string{"Aa", "Cc", "Gg", "TtUu"} {
		for _, c := range []byte(letters) {
			codes[c] = uint8(code)
		}
	}
	return codes
}()

// pack packs up to 64 letters, the first of which is letter at, into a word.
func (t *text) pack(word int, at int64, letters []byte) {
	var lo, hi, other uint64
	for i, c := range letters {
		code := uint64(packing[c])
		lo |= code & 1 << i
		hi |= code >> 1 & 1 << i
		other |= code >> 2 << i
	}
	t.lo[word], t.hi[word], t.other[word] = lo, hi, other
	if other == 0 {
		return
	}
	for i, c := range letters {
		if other>>i&1 == 0 {
			continue
		}
		letter := genome.BaseOf(c).Letter()
		if last := len(t.odd) - 1; last >= 0 && t.odd[last].end == at+int64(i) && t.odd[last].letter == letter {
			t.odd[last].end++
		} else {
			t.odd = append(t.odd, run{start: at + int64(i), end: at + int64(i) + 1, letter: letter})
		}
	}
}

// window returns 64 bits of a plane: bit i is the bit of letter at+i. It needs
// at in [-margin, n].
func window(plane []uint64, at int64) uint64 {
	at += margin
	w, s := at>>6, uint(at)&63
	return plane[w]>>s | plane[w+1]<<1<<(63-s)
}

// append appends the letters [from, to) in upper case, or the other strand's if
// reverse. Beyond the text it appends N.
func (t *text) append(dst []byte, from, to int64, reverse bool) []byte {
	begin := len(dst)
	for at := from; at < to; at++ {
		dst = append(dst, t.letter(at))
	}
	if reverse {
		seq := dst[begin:]
		for i, j := 0, len(seq)-1; i <= j; i, j = i+1, j-1 {
			seq[i], seq[j] = genome.Complement(seq[j]), genome.Complement(seq[i])
		}
	}
	return dst
}

func (t *text) letter(at int64) byte {
	if at < 0 || at >= t.n {
		return 'N'
	}
	if len(t.odd) > 0 {
		i := sort.Search(len(t.odd), func(i int) bool { return t.odd[i].end > at })
		if i < len(t.odd) && t.odd[i].start <= at {
			return t.odd[i].letter
		}
	}
	w, s := (at+margin)>>6, uint(at)&63
	return "ACGT"[t.hi[w]>>s&1<<1|t.lo[w]>>s&1]
}

// mark makes the plane of other letters from their runs and the margins.
func (t *text) mark() {
	t.other = make([]uint64, len(t.lo))
	set := func(from, to int64) {
		for at := from + margin; at < to+margin; at++ {
			t.other[at>>6] |= 1 << (at & 63)
		}
	}
	set(-margin, 0)
	set(t.n, int64(len(t.lo))*64-margin)
	for _, r := range t.odd {
		set(r.start, r.end)
	}
}
