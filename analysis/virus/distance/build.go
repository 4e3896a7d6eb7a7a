package distance

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
)

// reference is the allele of a genome without a substitution, beside the four
// letters.
const reference = 4

// sites are the positions that vary, with the commonest allele of each.
type sites struct {
	before  []uint32 // by position, the number of variants before it
	allele  []uint8  // by variant
	lo, hi  []uint32 // by variant, all at its position
	flipped []int    // positions at which the reference's letter is a variant
}

// Set prepares the genomes added so far. The builder is not to be used again.
// An error is a *TooFarError.
func (b *Builder) Set() (*Set, error) {
	s := &Set{length: b.length, options: b.options, genomes: b.Len()}
	v := b.sites()
	s.siteLo, s.siteHi = v.lo, v.hi
	raw := v.recode(b)
	b.subs, b.unknown = nil, nil
	for i := range s.genomes {
		n := len(slice(raw.letters, raw.letterEnd, i))
		if n > maxDeparting {
			return nil, &TooFarError{Genome: i, Positions: n}
		}
		s.most = max(s.most, n)
	}
	s.collapse(raw, raw.walk(len(v.allele)))
	s.digest = s.fingerprint()
	for b := range s.blocks() {
		s.bounds = append(s.bounds, sync.OnceValue(func() []uint16 { return s.bound(b) }))
	}
	return s, nil
}

// sites counts the alleles of every position.
func (b *Builder) sites() *sites {
	counts := make([][reference + 1]int32, b.length+1)
	for _, x := range b.subs {
		counts[x>>2][x&3]++
	}
	untold := make([]int32, b.length+1)
	for _, g := range b.unknown {
		untold[g.lo]++
		untold[g.hi]--
	}
	v := &sites{before: make([]uint32, b.length+2)}
	missing := int32(0)
	for pos := range b.length {
		missing += untold[pos]
		c := &counts[pos]
		c[reference] = int32(b.Len()) - missing - c[0] - c[1] - c[2] - c[3]
		if c[0]|c[1]|c[2]|c[3] != 0 {
			v.add(pos, c)
		}
		v.before[pos+1] = uint32(len(v.allele))
	}
	return v
}

// add adds the variants of a position. Of equally common alleles the
// reference's is taken for the commonest, else the first of the alphabet.
func (v *sites) add(pos int, counts *[reference + 1]int32) {
	major := reference
	for a := range reference {
		if counts[a] > counts[major] {
			major = a
		}
	}
	lo := uint32(len(v.allele))
	for a, n := range counts {
		if a != major && n > 0 {
			v.allele = append(v.allele, uint8(a))
			v.lo = append(v.lo, lo)
		}
	}
	for hi := uint32(len(v.allele)); len(v.hi) < len(v.lo); {
		v.hi = append(v.hi, hi)
	}
	if major != reference {
		v.flipped = append(v.flipped, pos)
	}
}

// variant returns the number of an allele at a position; ok is false if it is
// the commonest.
func (v *sites) variant(pos, allele int) (n uint32, ok bool) {
	for n := v.before[pos]; n < v.before[pos+1]; n++ {
		if int(v.allele[n]) == allele {
			return n, true
		}
	}
	return 0, false
}

// genotypes are genomes as variants and as stretches of unknown variants.
type genotypes struct {
	letters   []uint32
	letterEnd []uint32
	unknown   []gap
	gapEnd    []uint32
}

// recode finds how every genome departs from the commonest alleles.
func (v *sites) recode(b *Builder) *genotypes {
	g := &genotypes{letterEnd: make([]uint32, b.Len()), gapEnd: make([]uint32, b.Len())}
	for i := range b.Len() {
		gaps := slice(b.unknown, b.gapEnd, i)
		g.letters = v.appendVariants(g.letters, slice(b.subs, b.subEnd, i), gaps)
		g.letterEnd[i] = uint32(len(g.letters))
		first := len(g.unknown)
		for _, u := range gaps {
			lo, hi := v.before[u.lo], v.before[u.hi]
			switch n := len(g.unknown); {
			case lo == hi:
			case n > first && g.unknown[n-1].hi == lo:
				g.unknown[n-1].hi = hi
			default:
				g.unknown = append(g.unknown, gap{lo, hi})
			}
		}
		g.gapEnd[i] = uint32(len(g.unknown))
	}
	return g
}

// appendVariants walks the genome's substitutions and the flipped positions
// together.
func (v *sites) appendVariants(dst, subs []uint32, gaps []gap) []uint32 {
	flipped, at := v.flipped, 0
	for len(subs) > 0 || len(flipped) > 0 {
		pos, allele := v.next(subs, flipped)
		if len(flipped) > 0 && flipped[0] == pos {
			flipped = flipped[1:]
		}
		if allele != reference {
			subs = subs[1:]
		} else {
			for at < len(gaps) && int(gaps[at].hi) <= pos {
				at++
			}
			if at < len(gaps) && int(gaps[at].lo) <= pos {
				continue
			}
		}
		if n, ok := v.variant(pos, allele); ok {
			dst = append(dst, n)
		}
	}
	return dst
}

// next returns the next position to look at, and the genome's allele there.
func (v *sites) next(subs []uint32, flipped []int) (pos, allele int) {
	if len(subs) > 0 {
		if p := int(subs[0] >> 2); len(flipped) == 0 || p <= flipped[0] {
			return p, int(subs[0] & 3)
		}
	}
	return flipped[0], reference
}

// walk returns an order of the genomes in which neighbours share most letters:
// the order of their variants with the commonest first, as words in a
// dictionary. Genomes that no distance tells apart are neighbours, by ascending
// number.
func (g *genotypes) walk(variants int) []uint32 {
	rank := g.ranks(variants)
	words := make([]uint32, len(g.letters))
	for i, v := range g.letters {
		words[i] = rank[v]
	}
	for i := range g.letterEnd {
		slices.Sort(slice(words, g.letterEnd, i))
	}
	order := make([]uint32, len(g.letterEnd))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int {
		if c := slices.Compare(slice(words, g.letterEnd, int(i)), slice(words, g.letterEnd, int(j))); c != 0 {
			return c
		}
		return cmp.Or(g.compareGaps(int(i), int(j)), cmp.Compare(i, j))
	})
	return order
}

// ranks numbers the variants by descending number of carriers.
func (g *genotypes) ranks(variants int) []uint32 {
	carriers := make([]uint32, variants)
	for _, v := range g.letters {
		carriers[v]++
	}
	byCount := make([]uint32, variants)
	for i := range byCount {
		byCount[i] = uint32(i)
	}
	slices.SortFunc(byCount, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(carriers[y], carriers[x]), cmp.Compare(x, y))
	})
	rank := make([]uint32, variants)
	for i, v := range byCount {
		rank[v] = uint32(i)
	}
	return rank
}

func (g *genotypes) compareGaps(i, j int) int {
	return slices.CompareFunc(slice(g.unknown, g.gapEnd, i), slice(g.unknown, g.gapEnd, j), func(x, y gap) int {
		return cmp.Or(cmp.Compare(x.lo, y.lo), cmp.Compare(x.hi, y.hi))
	})
}

// collapse lays the genomes out in the walk's order, equal ones once.
func (s *Set) collapse(g *genotypes, order []uint32) {
	s.groupOf = make([]uint32, len(order))
	s.members = order
	for k, i := range order {
		letters := slice(g.letters, g.letterEnd, int(i))
		if k == 0 || !slices.Equal(letters, slice(g.letters, g.letterEnd, int(order[k-1]))) || g.compareGaps(int(i), int(order[k-1])) != 0 {
			s.letters = append(s.letters, letters...)
			s.unknown = append(s.unknown, slice(g.unknown, g.gapEnd, int(i))...)
			s.letterEnd = append(s.letterEnd, uint32(len(s.letters)))
			s.gapEnd = append(s.gapEnd, uint32(len(s.unknown)))
			s.memberEnd = append(s.memberEnd, 0)
		}
		s.memberEnd[len(s.memberEnd)-1] = uint32(k + 1)
		s.groupOf[i] = uint32(len(s.memberEnd) - 1)
	}
}

// fingerprint returns the digest that parts carry to tell sets apart.
func (s *Set) fingerprint() (d [8]byte) {
	h := sha256.New()
	var buf []byte
	for _, list := range [][]uint32{{uint32(s.length), uint32(s.genomes)}, s.members, s.memberEnd, s.letters, s.letterEnd, s.siteLo, s.gapEnd} {
		buf = binary.AppendUvarint(buf[:0], uint64(len(list)))
		for _, x := range list {
			buf = binary.LittleEndian.AppendUint32(buf, x)
		}
		h.Write(buf)
	}
	buf = buf[:0]
	for _, g := range s.unknown {
		buf = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(buf, g.lo), g.hi)
	}
	h.Write(buf)
	copy(d[:], h.Sum(nil))
	return d
}
