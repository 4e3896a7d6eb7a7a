package guide

import (
	"math/bits"

	"okazaki/genome"
)

// A site is the bases beside a PAM, in order of the distance from it: bit i is
// base i counted from the PAM, on the protospacer's strand.
type site struct {
	lo, hi           uint32
	nonACGT          uint32 // bases that are not A, C, G or T, and those beyond the contig
	basesToContigEnd int    // bases until the contig ends, up to reach
	reverse          bool   // the protospacer is on the - strand
	anchor           int64  // of the PAM's leftmost base on the + strand
}

// A lister lists the sites of a text.
type lister struct {
	pam  PAM
	room int // bases that a site must have at least
	plus [][]genome.Base
	rev  [][]genome.Base // patterns as the + strand has them for sites on the - strand
}

func newLister(pam PAM, room int) *lister {
	l := &lister{pam: pam, room: room}
	for _, s := range pam.Patterns {
		var plus, rev []genome.Base
		for i := range len(s) {
			plus = append(plus, genome.BaseOf(s[i]))
			rev = append(rev, genome.BaseOf(s[len(s)-1-i]).Complement())
		}
		l.plus, l.rev = append(l.plus, plus), append(l.rev, rev)
	}
	return l
}

// each calls f for the sites whose anchors lie in [from, to), ascending, at
// each anchor the + strand first.
func (l *lister) each(t *text, from, to int64, f func(*site)) {
	var s site
	width := int64(l.pam.Len())
	for at := from; at < to; at += 64 {
		plus, minus := l.fitting(t, at)
		if left := to - at; left < 64 {
			plus &= 1<<left - 1
			minus &= 1<<left - 1
		}
		for both := plus | minus; both != 0; both &= both - 1 {
			i := bits.TrailingZeros64(both)
			s.anchor = at + int64(i)
			if s.anchor+width > t.n {
				return
			}
			if plus>>i&1 == 1 && l.look(t, &s, false) {
				f(&s)
			}
			if minus>>i&1 == 1 && l.look(t, &s, true) {
				f(&s)
			}
		}
	}
}

// fitting returns at which of 64 anchors the PAM lies on each strand.
func (l *lister) fitting(t *text, at int64) (plus, minus uint64) {
	for _, pattern := range l.plus {
		plus |= t.fit(pattern, at)
	}
	for _, pattern := range l.rev {
		minus |= t.fit(pattern, at)
	}
	return plus, minus
}

// fit returns at which of 64 places from at the pattern lies. A letter of the
// genome that is not A, C, G or T fits N alone.
func (t *text) fit(pattern []genome.Base, at int64) uint64 {
	all := ^uint64(0)
	for j, set := range pattern {
		if set == genome.N || all == 0 {
			continue
		}
		p := min(at+int64(j), t.n) // beyond, there are only margins
		lo, hi, other := window(t.lo, p), window(t.hi, p), window(t.other, p)
		var one uint64
		if set&genome.A != 0 {
			one |= ^lo & ^hi
		}
		if set&genome.C != 0 {
			one |= lo & ^hi
		}
		if set&genome.G != 0 {
			one |= ^lo & hi
		}
		if set&genome.T != 0 {
			one |= lo & hi
		}
		all &= one &^ other
	}
	return all
}

// look fills in the site at s.anchor. It returns false if the contig ends too
// soon. If the text has no plane of other letters, it marks none.
func (l *lister) look(t *text, s *site, reverse bool) bool {
	s.reverse, s.nonACGT = reverse, 0
	if reverse == l.pam.FivePrime { // the protospacer lies to the left
		at := s.anchor - reach
		s.lo = bits.Reverse32(uint32(window(t.lo, at)))
		s.hi = bits.Reverse32(uint32(window(t.hi, at)))
		if t.other != nil {
			s.nonACGT = bits.Reverse32(uint32(window(t.other, at)))
		}
		s.basesToContigEnd = int(min(s.anchor, reach))
	} else {
		at := s.anchor + int64(l.pam.Len())
		s.lo, s.hi = uint32(window(t.lo, at)), uint32(window(t.hi, at))
		if t.other != nil {
			s.nonACGT = uint32(window(t.other, at))
		}
		s.basesToContigEnd = int(min(t.n-at, reach))
	}
	if reverse {
		s.lo, s.hi = ^s.lo&^s.nonACGT, ^s.hi&^s.nonACGT
	}
	return s.basesToContigEnd >= l.room
}
