package recombinant

import (
	"cmp"
	"slices"

	"okazaki/genome"
)

// A Set is genomes ready to be asked about. It is immutable; any number of
// goroutines may use it at once.
type Set struct {
	options   Options
	variants  []uint32   // codes of the mutations that count, ascending
	backbones []backbone // by their variants
	carriers  [][]int32  // by variant: backbones, ascending
	of        []int32    // by genome, its backbone
	mixed     []mixture  // genomes that may be mixtures, ascending
}

// A mixture is a genome with mixed letters.
type mixture struct {
	genome   int32
	backbone int
	variants []uint32 // that it has and hasn't
	gaps     []gap    // that it doesn't tell
}

// Mixed returns the number of genomes that have enough mixed letters to be
// asked about.
func (s *Set) Mixed() int { return len(s.mixed) }

// MixedGenome returns the n-th of them.
func (s *Set) MixedGenome(n int) int32 { return s.mixed[n].genome }

// A backbone is the genomes that have the same variants.
type backbone struct {
	variants []uint32
	members  []int32 // genomes, ascending
	open     []int32 // members that don't tell some variants
	gaps     [][]gap // by open member: variants that it doesn't tell
}

// Backbones returns the number of backbones.
func (s *Set) Backbones() int { return len(s.backbones) }

// Members returns a backbone's genomes, by the order in which they were added.
func (s *Set) Members(backbone int) []int32 { return s.backbones[backbone].members }

// backboneOf returns a genome's backbone.
func (s *Set) backboneOf(genome int) int { return int(s.of[genome]) }

// maxBackbones bounds the work: it grows with their square.
const maxBackbones = 16384

// Set prepares the genomes added so far. The builder is not to be used again.
func (b *Builder) Set() *Set {
	s := &Set{options: b.options.filled()}
	count := b.count()
	carriers := s.options.Carriers
	if carriers > 0 {
		s.group(b, shared(count, carriers))
	} else {
		for carriers = max(3, len(b.subEnd)/1000); ; carriers *= 2 {
			if s.group(b, shared(count, carriers)); len(s.backbones) <= maxBackbones {
				break
			}
		}
	}
	mixed := s.mixtures(b)
	s.carriers, s.of = make([][]int32, len(s.variants)), make([]int32, len(b.subEnd))
	for i := range s.backbones {
		x := &s.backbones[i]
		for _, v := range x.variants {
			s.carriers[v] = append(s.carriers[v], int32(i))
		}
		for _, g := range x.members {
			s.of[g] = int32(i)
			gaps := s.gaps(slice(b.unknown, b.gapEnd, int(g)))
			if len(gaps) > 0 {
				x.open, x.gaps = append(x.open, g), append(x.gaps, gaps)
			}
			if m := mixed[g]; m != nil {
				s.mixed = append(s.mixed, mixture{g, i, m, gaps})
			}
		}
	}
	slices.SortFunc(s.mixed, func(x, y mixture) int { return cmp.Compare(x.genome, y.genome) })
	return s
}

// mixtures returns the variants that genomes have and haven't, if they are
// enough.
func (s *Set) mixtures(b *Builder) map[int32][]uint32 {
	out := map[int32][]uint32{}
	for _, m := range b.mixed {
		var variants []uint32
		for _, code := range m.codes {
			if n, ok := slices.BinarySearch(s.variants, code); ok {
				variants = append(variants, uint32(n))
			}
		}
		if s.events(variants) >= leastMixed && len(variants) <= maskSites {
			out[m.genome] = variants
		}
	}
	return out
}

// count returns how many genomes have each mutation that isn't masked.
func (b *Builder) count() map[uint32]int {
	count := map[uint32]int{}
	for _, code := range b.subs {
		count[code]++
	}
	for code := range count {
		if slices.ContainsFunc(b.options.Mask, func(m genome.Region) bool { return m.Contains(int(code >> 2)) }) {
			delete(count, code)
		}
	}
	return count
}

// shared lists the mutations that enough genomes have.
func shared(count map[uint32]int, carriers int) (codes []uint32) {
	for code, n := range count {
		if n >= carriers {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// group makes the backbones of the mutations that count.
func (s *Set) group(b *Builder, codes []uint32) {
	s.variants, s.backbones = codes, nil
	number := make(map[uint32]uint32, len(codes))
	for n, code := range codes {
		number[code] = uint32(n)
	}
	var all, end []uint32
	order := make([]int32, len(b.subEnd))
	for i := range order {
		order[i] = int32(i)
		for _, code := range slice(b.subs, b.subEnd, i) {
			if n, ok := number[code]; ok {
				all = append(all, n)
			}
		}
		end = append(end, uint32(len(all)))
	}
	slices.SortFunc(order, func(i, j int32) int {
		return cmp.Or(slices.Compare(slice(all, end, int(i)), slice(all, end, int(j))), cmp.Compare(i, j))
	})
	for k, i := range order {
		variants := slice(all, end, int(i))
		n := len(s.backbones)
		if n == 0 || !slices.Equal(s.backbones[n-1].variants, variants) {
			s.backbones = append(s.backbones, backbone{variants: variants, members: order[k:k]})
			n++
		}
		x := &s.backbones[n-1]
		x.members = x.members[:len(x.members)+1] // they follow each other in order
	}
}

// gaps returns the variants that lie in stretches of codes.
func (s *Set) gaps(unknown []gap) (out []gap) {
	for _, u := range unknown {
		lo, _ := slices.BinarySearch(s.variants, u.lo)
		hi, _ := slices.BinarySearch(s.variants, u.hi)
		if lo < hi {
			out = append(out, gap{uint32(lo), uint32(hi)})
		}
	}
	return out
}
