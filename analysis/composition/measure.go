package composition

import (
	"math/bits"
	"strconv"
	"strings"
)

// Measures are computed in integers, logarithms in fixed point: floating
// point may round in other ways on another machine.

// hasColumns says whether each k-mer has a column. For a k of 1 the k-mers
// are the letters, which have columns anyway.
func (e *engine) hasColumns() bool { return e.k == 2 || e.k == 3 }

// columns are the names of what measure writes, each after a tab.
func (e *engine) columns() string {
	var b strings.Builder
	b.WriteString("\tgc\tgc_skew\tentropy\tdivergence\tA\tC\tG\tT\tN\tother")
	if e.hasColumns() {
		for code := range 1 << (2 * e.k) {
			b.WriteByte('\t')
			for i := e.k - 1; i >= 0; i-- {
				b.WriteByte("ACGT"[code>>(2*i)&3])
			}
		}
	}
	return b.String()
}

// measure appends the columns of a tally, each after a tab. background are the
// logarithms of the k-mer counts of total, which t is part of.
func (e *engine) measure(b []byte, t, total *tally, background []uint64) []byte {
	l := &t.letters
	strong := l[baseG] + l[baseC]
	b = appendRatio(append(b, '\t'), strong, strong+l[baseA]+l[baseT])
	b = appendRatio(append(b, '\t'), l[baseG]-l[baseC], strong)

	// With counts c of n in the window and C of N in the genome, the entropy is
	// log n - sum(c log c)/n and the divergence
	// sum(c log c)/n - sum(c log C)/n - log n + log N.
	var n, all uint64
	var own, theirs wide
	for i, c := range t.kmers {
		all += uint64(total.kmers[i])
		if c > 0 {
			n += uint64(c)
			own.add(uint64(c), e.log2.at(uint64(c)))
			theirs.add(uint64(c), background[i])
		}
	}
	if n == 0 {
		b = append(b, "\tNA\tNA"...)
	} else {
		logN := e.log2.at(n)
		entropy := max(0, int64(logN)-int64(own.over(n)))
		divergence := max(0, int64(own.over(n))-int64(theirs.over(n))-int64(logN)+int64(e.log2.at(all)))
		b = appendFixed(append(b, '\t'), uint64(entropy))
		b = appendFixed(append(b, '\t'), uint64(divergence))
	}
	for _, c := range l {
		b = strconv.AppendInt(append(b, '\t'), c, 10)
	}
	if e.hasColumns() {
		for _, c := range t.kmers {
			b = strconv.AppendInt(append(b, '\t'), c, 10)
		}
	}
	return b
}

// point is the number of binary digits after the point of a logarithm.
const point = 40

// A logTable returns logarithms to base 2, the small ones without computing.
type logTable []uint64

func newLogTable() logTable {
	t := make(logTable, 1<<12)
	for i := 1; i < len(t); i++ {
		t[i] = log2(uint64(i))
	}
	return t
}

// at is log2 of n, which is above 0.
func (t logTable) at(n uint64) uint64 {
	if n < uint64(len(t)) {
		return t[n]
	}
	return log2(n)
}

// of are the logarithms of counts, 0 where there is none.
func (t logTable) of(counts []int64) []uint64 {
	logs := make([]uint64, len(counts))
	for i, c := range counts {
		if c > 0 {
			logs[i] = t.at(uint64(c))
		}
	}
	return logs
}

// log2 is the logarithm of n, above 0, in fixed point, rounded down: squaring
// the mantissa gives one binary digit after the other.
func log2(n uint64) uint64 {
	whole := bits.Len64(n) - 1
	m := n << (63 - whole) // 1 to 2, with 63 digits after the point
	log := uint64(whole)
	for range point {
		hi, lo := bits.Mul64(m, m) // 1 to 4, with 62 digits in hi
		log <<= 1
		if hi>>63 == 1 {
			log |= 1
			m = hi
		} else {
			m = hi<<1 | lo>>63
		}
	}
	return log
}

// A wide is a sum of 128 bits.
type wide struct{ hi, lo uint64 }

// add adds c times x.
func (w *wide) add(c, x uint64) {
	hi, lo := bits.Mul64(c, x)
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, lo, 0)
	w.hi, _ = bits.Add64(w.hi, hi, carry)
}

// over is the sum divided by n, which is not less than the sum of all c.
func (w *wide) over(n uint64) uint64 {
	q, _ := bits.Div64(w.hi, w.lo, n)
	return q
}

const digits = 10_000 // of a printed fraction: four

// appendRatio writes num/den rounded to four digits, or NA.
func appendRatio(b []byte, num, den int64) []byte {
	if den == 0 {
		return append(b, "NA"...)
	}
	if num < 0 {
		num = -num
		if 2*num*digits >= den {
			b = append(b, '-')
		}
	}
	return appendDigits(b, uint64((2*num*digits+den)/(2*den)))
}

// appendFixed writes a fixed point number below 2^10 rounded to four digits.
func appendFixed(b []byte, v uint64) []byte {
	return appendDigits(b, (v*digits+1<<(point-1))>>point)
}

func appendDigits(b []byte, v uint64) []byte {
	b = strconv.AppendUint(b, v/digits, 10)
	b = append(b, '.')
	return append(b, strconv.FormatUint(digits+v%digits, 10)[1:]...)
}
