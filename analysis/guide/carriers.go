package guide

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"okazaki/format/vcf"
)

// A genotype is what one sample has of one allele.
type genotype struct {
	sample int
	haps   uint8 // bit i: copy i of the chromosome has the allele
	hom    bool  // all copies, of two or more, have it
	// group is the same for genotypes that are phased together: 0 for
	// those that are phased without a phase set.
	group uint64
}

// copies returns the copies that the sample has: two, unless the genotype shows
// more.
func (g *genotype) copies() uint8 {
	if g.haps < 1<<2 {
		return 1<<2 - 1
	}
	return 1<<maxPloidy - 1
}

// maxPloidy is the most copies of a chromosome that are kept apart.
const maxPloidy = 6

const (
	homBit   = 1 << maxPloidy
	groupBit = 1 << (maxPloidy + 1)
)

// haplotypesOf returns the copies that have an allele, by its number in the
// record.
func haplotypesOf(gt *vcf.Genotype, number int) (haps uint8, hom bool) {
	hom = len(gt.Alleles) > 1
	for i, a := range gt.Alleles {
		if a != number {
			hom = false
		} else if i < maxPloidy {
			haps |= 1 << i
		}
	}
	return haps, hom
}

// groupOf returns the phase set of a genotype. A genotype that is not phased is
// not phased with any other record; its own alleles lie on different copies.
func groupOf(gt *vcf.Genotype, line int64, ps []byte) uint64 {
	if !gt.AllPhased() {
		return uint64(line)<<1 | 1
	}
	if n, ok := vcf.PhaseSet(ps); ok {
		return uint64(n)<<1 + 2
	}
	return 0
}

// A carriedWriter writes the genotypes of the samples that have an allele, by
// sample.
type carriedWriter struct {
	b    []byte
	last int
}

func (w *carriedWriter) add(g genotype) {
	w.b = binary.AppendUvarint(w.b, uint64(g.sample-w.last))
	w.last = g.sample
	flags := g.haps
	if g.hom {
		flags |= homBit
	}
	if g.group != 0 {
		flags |= groupBit
	}
	if w.b = append(w.b, flags); g.group != 0 {
		w.b = binary.AppendUvarint(w.b, g.group)
	}
}

// A carriedReader reads what a carriedWriter wrote in this process. It checks
// nothing, because it is read for every allele of every variant hit.
type carriedReader struct {
	b       []byte
	at      genotype
	started bool
}

// next goes to the next carrier. It returns false at the end.
func (r *carriedReader) next() bool {
	if len(r.b) == 0 {
		r.at = genotype{sample: -1}
		return false
	}
	delta, n := binary.Uvarint(r.b)
	flags := r.b[n]
	r.b = r.b[n+1:]
	sample := int(delta)
	if r.started {
		sample += r.at.sample
	}
	r.started = true
	r.at = genotype{sample: sample, haps: flags & (homBit - 1), hom: flags&homBit != 0}
	if flags&groupBit != 0 {
		r.at.group, n = binary.Uvarint(r.b)
		r.b = r.b[n:]
	}
	return true
}

// seek goes on to a sample. It returns false if the sample does not have the
// allele.
func (r *carriedReader) seek(sample int) bool {
	for !r.started || r.at.sample >= 0 && r.at.sample < sample {
		if !r.next() {
			return false
		}
	}
	return r.at.sample == sample
}

// mergeCarried returns the samples that have an allele of which there are two
// records.
func mergeCarried(a, b []byte) []byte {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	var w carriedWriter
	x, y := carriedReader{b: a}, carriedReader{b: b}
	x.next()
	y.next()
	for x.at.sample >= 0 || y.at.sample >= 0 {
		switch {
		case y.at.sample < 0 || x.at.sample >= 0 && x.at.sample < y.at.sample:
			w.add(x.at)
			x.next()
		case x.at.sample < 0 || y.at.sample < x.at.sample:
			w.add(y.at)
			y.next()
		default:
			both := x.at
			both.haps |= y.at.haps
			both.hom = x.at.hom || y.at.hom
			w.add(both)
			x.next()
			y.next()
		}
	}
	return w.b
}

// A carrier is a sample with a copy of a chromosome that has some alleles and
// not some others.
type carrier struct {
	sample int
	sure   bool // false if it may be that no copy is so
}

// carriers returns the samples that have all alleles of a set on one copy, and
// none of the others on that copy.
func (s *alleleSet) carriers(set, others []int) (all []carrier) {
	with, without := s.readers(set), s.readers(others)
	own, not := make([]genotype, len(with)), make([]genotype, 0, len(without))
	for first := &with[0]; first.next(); {
		sample, has := first.at.sample, true
		own[0] = first.at
		for i := 1; i < len(with) && has; i++ {
			has = with[i].seek(sample)
			own[i] = with[i].at
		}
		if !has {
			continue
		}
		not = not[:0]
		for i := range without {
			if without[i].seek(sample) {
				not = append(not, without[i].at)
			}
		}
		if may, sure := together(own, not); may {
			all = append(all, carrier{sample, sure})
		}
	}
	return all
}

func (s *alleleSet) readers(set []int) []carriedReader {
	list := make([]carriedReader, len(set))
	for i, j := range set {
		list[i].b = s.list[j].carried
	}
	return list
}

// together says whether a sample may have a copy with all the alleles of own
// and none of not, and whether it must. Within a group the copies are known;
// groups may lie either way to each other.
func together(own, not []genotype) (may, sure bool) {
	type group struct {
		number     uint64
		has, lacks uint8
	}
	var groups []group
	of := func(g *genotype) *group {
		for i := range groups {
			if groups[i].number == g.group {
				return &groups[i]
			}
		}
		groups = append(groups, group{number: g.group, has: g.copies()})
		return &groups[len(groups)-1]
	}
	for _, g := range own {
		if !g.hom {
			of(&g).has &= g.haps
		}
	}
	for _, g := range not {
		if g.hom {
			return false, false
		}
		of(&g).lacks |= g.haps
	}
	for _, g := range groups {
		if g.has&^g.lacks == 0 {
			return false, false
		}
	}
	return true, len(groups) <= 1
}

// The phases of a variant hit.
const (
	phaseCertain  = "certain"  // a sample has a copy with the alleles
	phasePossible = "possible" // a sample may have
	phaseUnknown  = "unknown"  // the file has no genotypes
)

// namedSamples is the most carriers that are named.
const namedSamples = 20

// bearers returns the samples that have a set of alleles on one copy, and none
// of the others that a stretch shows. It returns false if there are none.
func (s *alleleSet) bearers(set []int, from, to int64) (b bearers, ok bool) {
	b.phase = phaseUnknown
	var frequencies, populations []string
	for _, i := range set {
		a := &s.list[i]
		frequency := "NA"
		if !math.IsNaN(a.frequency) {
			frequency = strconv.FormatFloat(a.frequency, 'g', 4, 64)
		}
		frequencies, populations = append(frequencies, frequency), append(populations, strings.Join(a.populations, ","))
	}
	b.frequencies = strings.Join(frequencies, ",")
	b.populations = strings.Trim(strings.Join(populations, ";"), ";")
	if s.samples == nil {
		return b, true
	}
	all := s.carriers(set, s.others(set, from, to))
	b.phase, b.count = phasePossible, len(all)
	var names []string
	for i, c := range all {
		name := s.samples[c.sample]
		if c.sure {
			b.phase = phaseCertain
		} else {
			name += "?"
		}
		if i < namedSamples {
			names = append(names, name)
		}
	}
	if more := len(all) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	b.samples = strings.Join(names, ",")
	return b, len(all) > 0
}
