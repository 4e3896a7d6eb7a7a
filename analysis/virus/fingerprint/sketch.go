package fingerprint

import (
	"math"
	"slices"

	"okazaki/genome"
)

// MaxHash returns the largest hash that a sketch keeps, as sourmash computes
// it.
func MaxHash(scaled int) uint64 {
	if scaled <= 1 {
		return math.MaxUint64
	}
	return uint64(math.Round(math.MaxUint64 / float64(scaled)))
}

// A sketcher sketches genomes. One goroutine may use it.
type sketcher struct {
	ref     *Reference
	strands []byte  // a piece of a genome and its reverse complement, padding after each
	lost    []int32 // by hash of the reference's sketch, while in use
	gained  []uint64
}

// each calls f with the hashes that a sketch keeps, of the canonical k-mers
// that start in [lo, hi).
func (s *sketcher) each(seq []byte, lo, hi int, f func(at int, hash uint64)) {
	k := s.ref.params.Sketch
	lo = max(lo, 0)
	hi = min(hi, len(seq)-k+1)
	if lo >= hi {
		return
	}
	piece := seq[lo : hi+k-1]
	// Both strands in one slice: a canonical k-mer is a place in it.
	s.strands = append(append(s.strands[:0], piece...), make([]byte, padding)...)
	s.strands = append(genome.AppendReverseComplement(s.strands, piece), make([]byte, padding)...)
	h, most, last := &s.ref.hasher, s.ref.maxHash, len(s.strands)-padding-1
	mask, top := ^uint64(0)>>(64-2*k), 2*(k-1)
	var forward, reverse uint64
	good := 0 // letters that end here
	for i, l := range piece {
		c := uint64(codes[l])
		if c == 4 {
			good = 0
			continue
		}
		forward = (forward<<2 | c) & mask
		reverse = reverse>>2 | (3-c)<<top
		if good++; good < k {
			continue
		}
		place, other := i-k+1, last-i
		if reverse < forward {
			place = other
		}
		var hash uint64
		if k >= 16 && k < 32 {
			hash = h.sum32((*[32]byte)(s.strands[place:]))
		} else {
			hash = h.sum(s.strands[place:])
		}
		if hash <= most {
			f(lo+i-k+1, hash)
		}
	}
}

// delta appends the sketch of a genome: the reference's, but for the k-mers
// that touch the gaps.
func (s *sketcher) delta(dst []uint64, seq []byte, gaps []gap) []uint64 {
	k, ref := s.ref.params.Sketch, s.ref
	s.gained = s.gained[:0]
	seen, gone, kept := 0, 0, ref.kept
	for _, g := range gaps {
		s.each(seq, max(seen, g.q.Lo-k+1), g.q.Hi, func(_ int, hash uint64) {
			if i, found := slices.BinarySearch(ref.sketch, hash); found {
				s.lost[i]--
			} else {
				s.gained = append(s.gained, hash)
			}
		})
		seen = max(seen, g.q.Hi)
		lo := max(gone, g.ref.Lo-k+1)
		for len(kept) > 0 && int(kept[0].pos) < lo {
			kept = kept[1:]
		}
		for ; len(kept) > 0 && int(kept[0].pos) < g.ref.Hi; kept = kept[1:] {
			s.lost[kept[0].hash]++
		}
		gone = max(gone, g.ref.Hi)
	}
	slices.Sort(s.gained)
	gained := slices.Compact(s.gained)
	for i, hash := range ref.sketch {
		for len(gained) > 0 && gained[0] < hash {
			dst = append(dst, gained[0])
			gained = gained[1:]
		}
		if s.lost[i] < ref.counts[i] {
			dst = append(dst, hash)
		}
	}
	clear(s.lost)
	return append(dst, gained...)
}

// Sketch appends the hashes of a genome's sketch, ascending: as Print does,
// but looking at every k-mer.
func (p *Printer) Sketch(dst []uint64, seq []byte) []uint64 {
	if !plain(seq) {
		p.clean = normal(p.clean[:0], seq)
		seq = p.clean
	}
	at := len(dst)
	p.sketch.each(seq, 0, len(seq), func(_ int, hash uint64) { dst = append(dst, hash) })
	slices.Sort(dst[at:])
	return append(dst[:at], slices.Compact(dst[at:])...)
}
