package guide

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// The properties of a PCR primer.
const (
	minPrimer, bestPrimer, maxPrimer    = 18, 20, 25 // bases
	minMelting, bestMelting, maxMelting = 57, 60, 63 // degrees Celsius
	meltingApart                        = 3          // of the two of a pair
	minPrimerGC, maxPrimerGC            = 0.3, 0.7
	maxRun                              = 4  // of one base
	maxStem                             = 4  // of a hairpin, bases
	clamp                               = 5  // last bases, of which
	maxClamp                            = 3  // are G or C
	dimer                               = 4  // last bases that are not to pair with another's
	tail                                = 16 // last bases that are looked for in the genome
	maxPrimers                          = 16 // that are tried on each side of a cut
	primersApart                        = 6  // bases between the ends of these, at least
)

// An amplification is the request for primers.
type amplification struct {
	most     int   // guides, or pairs, of each target
	min, max int64 // bases of the product
}

// parseProduct reads min:max.
func parseProduct(s string) (lo, hi int64, err error) {
	from, to, ok := strings.Cut(s, ":")
	lo, err1 := strconv.ParseInt(from, 10, 32)
	hi, err2 := strconv.ParseInt(to, 10, 32)
	if !ok || err1 != nil || err2 != nil || lo > hi || lo < 4*maxPrimer || hi > 10_000 {
		return 0, 0, &okazaki.Error{Message: fmt.Sprintf("--product %q is not a range", s), Hint: fmt.Sprintf("give the bases of the product, from and to, of %d to 10000, such as 300:600", 4*maxPrimer)}
	}
	return lo, hi, nil
}

// aside returns the least distance of a primer from a cut: a quarter of the
// shortest product.
func (a *amplification) aside() int64 { return a.min / 4 }

// A primer is one primer of a pair.
type primer struct {
	start   int64  // in the contig, of the leftmost base
	letters string // 5' to 3'
	melting float64
	penalty float64
	copies  int64 // places of its tail in the genome
}

// newPrimer returns a primer, whether it suits or not.
func newPrimer(start int64, letters string) primer {
	tm := Melting(letters)
	return primer{start: start, letters: letters, melting: tm, penalty: math.Abs(tm-bestMelting) + 0.5*math.Abs(float64(len(letters)-bestPrimer))}
}

func (p *primer) end() int64 { return p.start + int64(len(p.letters)) }

// tail returns the primer's 3' end, by which it is looked for in the genome.
func (p *primer) tail() string { return p.letters[len(p.letters)-tail:] }

// suits says whether a sequence is fit for a primer, except for its
// temperature.
func suits(letters string) bool {
	gc := GC(letters)
	return strings.Trim(letters, "ACGT") == "" && endSuits(letters) && gc >= minPrimerGC && gc <= maxPrimerGC && Homopolymer(letters) <= maxRun && Hairpin(letters) <= maxStem
}

// endSuits says whether the last bases of a sequence are like a primer's.
func endSuits(letters string) bool {
	last := letters[len(letters)-1]
	return (last == 'G' || last == 'C') && GC(letters[len(letters)-clamp:])*clamp <= maxClamp+0.5 && !isOwnReverse(letters[len(letters)-dimer:])
}

// primersIn returns the best primers in some bases of a contig, the first of
// which is base from. They lie on the + strand, or on the - strand if reverse.
// It returns one primer for each end. The ends lie apart, so that not all are
// in one repeat.
func primersIn(letters []byte, from int64, reverse bool) (best []primer) {
	var all []primer
	for i := range letters {
		lo, hi := max(0, i+1-maxPrimer), i+1 // of the longest that ends at base i
		if reverse {
			lo, hi = i, min(len(letters), i+maxPrimer)
		}
		longest := string(letters[lo:hi])
		if reverse {
			longest = string(genome.AppendReverseComplement(nil, letters[lo:hi]))
		}
		if own := bestOf(longest); own != "" {
			if !reverse {
				lo = hi - len(own)
			}
			all = append(all, newPrimer(from+int64(lo), own))
		}
	}
	slices.SortStableFunc(all, func(a, b primer) int { return cmp.Compare(a.penalty, b.penalty) })
	for _, p := range all {
		near := slices.ContainsFunc(best, func(o primer) bool {
			return max(p.last(reverse)-o.last(reverse), o.last(reverse)-p.last(reverse)) < primersApart
		})
		if !near && len(best) < maxPrimers {
			best = append(best, p)
		}
	}
	return best
}

// bestOf returns the best primer that ends where a sequence does, or "".
func bestOf(longest string) (best string) {
	if len(longest) < minPrimer || !endSuits(longest) {
		return ""
	}
	least := math.Inf(1)
	for n := minPrimer; n <= len(longest); n++ {
		s := longest[len(longest)-n:]
		if tm := Melting(s); !(tm >= minMelting && tm <= maxMelting) || !suits(s) {
			continue
		}
		if p := newPrimer(0, s); p.penalty < least {
			best, least = s, p.penalty
		}
	}
	return best
}

// last returns the place of the primer's last base, which is extended.
func (p *primer) last(reverse bool) int64 {
	if reverse {
		return p.start
	}
	return p.end() - 1
}

// An amplicon is the bases around one cut or two, for which primers are looked
// for.
type amplicon struct {
	a, b        int // guides, by number; b is -1 for one guide
	rank        int
	contig      int
	lo, hi      int64 // the cuts; the same for one
	left, right []primer
}

// product returns the length of a pair's product, without the lost bases.
func (a *amplicon) product(left, right *primer, lost int64) int64 {
	return right.end() - left.start - lost
}

// choose returns the best pair: the one with the fewest primers that lie in the
// genome more than once, then the one nearest to the best properties. It
// returns nil if no two go together.
func (a *amplicon) choose(ask *amplification, lost int64) (left, right *primer) {
	worst, least := 3, math.Inf(1)
	for i := range a.left {
		for j := range a.right {
			l, r := &a.left[i], &a.right[j]
			apart := math.Abs(l.melting - r.melting)
			size := a.product(l, r, lost)
			if size < ask.min || size > ask.max || apart > meltingApart || pairsWith(l.letters, r.letters) {
				continue
			}
			repeats := 0
			for _, p := range []*primer{l, r} {
				if p.copies != 1 {
					repeats++
				}
			}
			if penalty := l.penalty + r.penalty + apart; repeats < worst || repeats == worst && penalty < least {
				worst, least, left, right = repeats, penalty, l, r
			}
		}
	}
	return left, right
}

// pairsWith says whether the last bases of two primers pair.
func pairsWith(a, b string) bool {
	return a[len(a)-dimer:] == string(genome.AppendReverseComplement(nil, []byte(b[len(b)-dimer:])))
}
