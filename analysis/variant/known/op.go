package known

import (
	"bytes"
	"strconv"
)

// An Op makes one value of several. When a source is indexed, these are the
// values of records with the same change; when it is asked, of intervals that
// overlap the variant. The words are vcfanno's (Pedersen 2016, Genome Biol.
// 17:118).
type Op string

// The words of a configuration.
const (
	Self   Op = "self"   // the value; several are joined by commas, as concat does
	First  Op = "first"  // the value of the first row, in the source's order
	Concat Op = "concat" // all, joined by commas
	Uniq   Op = "uniq"   // all that differ, in order, joined by commas
	Max    Op = "max"    // the largest, as it was written
	Min    Op = "min"    // the smallest, as it was written
	Sum    Op = "sum"
	Mean   Op = "mean"
	Count  Op = "count" // how many there are
	Flag   Op = "flag"  // 1 if there is any
)

// Ops are all of them.
var Ops = []Op{Self, First, Concat, Uniq, Max, Min, Sum, Mean, Count, Flag}

// numeric says whether the answer is a number whatever the values are.
func (o Op) numeric() bool {
	switch o {
	case Max, Min, Sum, Mean, Count:
		return true
	}
	return false
}

// reduce appends what o makes of values to dst. An empty value is missing;
// numeric operations skip values that are not numbers.
func (o Op) reduce(dst []byte, values [][]byte) []byte {
	switch o {
	case Count, Flag, First:
		n := 0
		for _, v := range values {
			if len(v) == 0 {
				continue
			}
			if n++; o == First {
				return append(dst, v...)
			}
		}
		switch {
		case n > 0 && o == Flag:
			return append(dst, '1')
		case n > 0:
			return strconv.AppendInt(dst, int64(n), 10)
		}
		return dst
	case Self, Concat, Uniq:
		return o.join(dst, values)
	}
	return o.calculate(dst, values)
}

func (o Op) join(dst []byte, values [][]byte) []byte {
	start := len(dst)
	for i, v := range values {
		if len(v) == 0 || o == Uniq && before(values[:i], v) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, v...)
	}
	return dst
}

func before(values [][]byte, v []byte) bool {
	for _, o := range values {
		if bytes.Equal(o, v) {
			return true
		}
	}
	return false
}

// calculate takes lists apart: of 0.1,0.2 and 0.3 the largest is 0.3.
func (o Op) calculate(dst []byte, values [][]byte) []byte {
	var best []byte
	var total, extreme float64
	n, whole := 0, true
	for _, v := range values {
		for one := range bytes.SplitSeq(v, []byte(",")) {
			x, err := strconv.ParseFloat(string(one), 64)
			if err != nil || x != x {
				continue
			}
			if n == 0 || o == Max && x > extreme || o == Min && x < extreme {
				best, extreme = one, x
			}
			total += x
			whole = whole && x == float64(int64(x))
			n++
		}
	}
	switch {
	case n == 0:
		return dst
	case o == Max || o == Min:
		return append(dst, best...)
	case o == Mean:
		return strconv.AppendFloat(dst, total/float64(n), 'g', -1, 64)
	case whole && total == float64(int64(total)):
		return strconv.AppendInt(dst, int64(total), 10)
	}
	return strconv.AppendFloat(dst, total, 'g', -1, 64)
}
