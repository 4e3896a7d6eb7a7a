package guide

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// The purposes of pairs of guides.
const (
	deletionPairs = "deletion" // two that cut on both sides of a target
	nickasePairs  = "nickase"  // two that a nickase nicks both strands with
)

// A pairing is the request for pairs.
type pairing struct {
	kind     string
	flank    int64 // bases on both sides of a target, for a deletion
	min, max int64 // offset, for nickases: bases between the ends of the protospacers that are far from the PAM
	most     int   // pairs of a target
}

// deletes says whether pairs for deletions are asked for.
func (r *request) deletes() bool { return r.pairing != nil && r.pairing.kind == deletionPairs }

// The flanks of a target, each with guides.
const (
	leftFlank  = "left flank"
	rightFlank = "right flank"
)

// parseOffset reads min:max.
func parseOffset(s string) (lo, hi int64, err error) {
	from, to, ok := strings.Cut(s, ":")
	lo, err1 := strconv.ParseInt(from, 10, 32)
	hi, err2 := strconv.ParseInt(to, 10, 32)
	if !ok || err1 != nil || err2 != nil || lo > hi || lo < -MaxLength || hi > 1000 {
		return 0, 0, &okazaki.Error{Message: fmt.Sprintf("--offset %q is not a range", s), Hint: "give the bases between the two protospacers, from and to, such as -4:20"}
	}
	return lo, hi, nil
}

// flanks replaces a target by the bases on both sides of it: a cut in each
// removes all of it.
func (p *pairing) flanks(t *target, length int64) error {
	lo, hi := int64(t.regions[0].Lo), int64(t.regions[len(t.regions)-1].Hi)
	if lo <= 0 && hi >= length {
		return &okazaki.Error{Message: fmt.Sprintf("the target %s is a whole contig, so nothing lies beside it", t.of), Hint: "for --pairs deletion give contig:start-end, or a gene"}
	}
	t.exons, t.parts = false, []string{leftFlank, rightFlank}
	t.regions = []genome.Region{{Lo: int(max(0, lo-p.flank)), Hi: int(lo) + 1}, {Lo: int(hi), Hi: int(min(length, hi+p.flank+1))}}
	return nil
}

// A placed is a guide with its place, from which pairs are made.
type placed struct {
	standing
	contig  int
	cut     int64
	reverse bool
	right   bool // of a flank, the right one
}

// A guidePair is two placed guides, the left one first.
type guidePair struct {
	a, b        *placed
	least, cfd  float64 // of both together
	efficiency  float64 // of the weaker one
	offs        int64
	length, gap int64 // between the cuts, and between the protospacers
}

// specificityOfBoth returns the specificity of two guides, whose off-targets
// add up.
func specificityOfBoth(a, b float64) float64 { return 1 / (1/a + 1/b - 1) }

func (r *request) pair(a, b *placed) guidePair {
	reasons := float64(int(1) << (a.reasons + b.reasons))
	return guidePair{a: a, b: b, least: specificityOfBoth(a.least, b.least) / reasons, cfd: specificityOfBoth(a.cfd, b.cfd), efficiency: min(a.efficiency, b.efficiency),
		offs: a.offs + b.offs, length: b.cut - a.cut, gap: b.cut - a.cut - 2*int64(r.length-r.cut)}
}

// compare orders pairs of a target, the best first. It compares as for guides,
// by the values that both have together. Then the pair that lies closer is
// first.
func (p *guidePair) compare(o *guidePair) int {
	return cmp.Or(-cmp.Compare(p.least, o.least), cmp.Compare(p.a.reasons+p.b.reasons, o.a.reasons+o.b.reasons), -cmp.Compare(p.cfd, o.cfd),
		cmp.Compare(p.offs, o.offs), -cmp.Compare(p.efficiency, o.efficiency), cmp.Compare(p.length, o.length),
		cmp.Compare(p.a.number, o.a.number), cmp.Compare(p.b.number, o.b.number))
}

// placed returns a guide with its place: in the target's sequence if that is
// FASTA, else at its own site. It returns false if it has none. The target's
// number is not set.
func (e *engine) placed(s *summary) (placed, bool) {
	at := s.candidate.Within
	if at == nil {
		if s.home == nil {
			return placed{}, false
		}
		at = &s.home.locus
	}
	own := placed{standing: s.standing(), contig: at.Contig, cut: at.cut(e.request.pam, e.request.cut), reverse: at.Reverse, right: s.candidate.Part == rightFlank}
	own.least = s.least
	return own, true
}

// pairs returns each target's best pairs, target after target, the number of
// pairs in all, and the targets that have guides and no pairs. It holds 72
// bytes of each guide.
func (e *engine) pairs(ctx context.Context, result okazaki.Result) (best []guidePair, all int64, without []string, err error) {
	var guides []placed
	targets := numbers{}
	err = e.kept(ctx, result, func(s *summary) error {
		target := targets.of(s.candidate.Of)
		if own, ok := e.placed(s); ok {
			own.target = target
			guides = append(guides, own)
		}
		return nil
	})
	if err != nil {
		return nil, 0, nil, err
	}
	best, all, err = e.pairsOf(ctx, guides)
	paired := map[int32]bool{}
	for i := range best {
		paired[best[i].a.target] = true
	}
	for name, number := range targets {
		if !paired[number] {
			without = append(without, cmp.Or(name, "the list"))
		}
	}
	slices.Sort(without)
	return best, all, without, err
}

// pairsOf returns the pairs of placed guides, as pairs does.
func (e *engine) pairsOf(ctx context.Context, guides []placed) (best []guidePair, all int64, err error) {
	slices.SortFunc(guides, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.contig, b.contig), cmp.Compare(a.cut, b.cut), cmp.Compare(a.number, b.number))
	})
	for len(guides) > 0 && err == nil {
		n := sort.Search(len(guides), func(i int) bool { return guides[i].target > guides[0].target })
		of := &pairsOfTarget{most: e.request.pairing.most}
		if e.request.pairing.kind == deletionPairs {
			e.request.deletions(guides[:n], of)
		} else {
			e.request.nicks(guides[:n], of)
		}
		best, all, guides = append(best, of.trim()...), all+of.all, guides[n:]
		err = ctx.Err()
	}
	return best, all, err
}

// pairsOfTarget keeps the best pairs.
type pairsOfTarget struct {
	most int
	all  int64
	list []guidePair
}

func (p *pairsOfTarget) add(one guidePair) {
	p.all++
	if p.list = append(p.list, one); len(p.list) >= 2*p.most+64 {
		p.trim()
	}
}

func (p *pairsOfTarget) trim() []guidePair {
	slices.SortFunc(p.list, func(a, b guidePair) int { return a.compare(&b) })
	p.list = p.list[:min(len(p.list), p.most)]
	return p.list
}

// deletions pairs each guide of the left flank with each of the right one.
func (r *request) deletions(guides []placed, of *pairsOfTarget) {
	for i := range guides {
		for j := range guides {
			if a, b := &guides[i], &guides[j]; !a.right && b.right {
				of.add(r.pair(a, b))
			}
		}
	}
}

// nicks pairs the guides whose PAMs lie outside, at the offsets that are asked
// for. The guides come by contig and cut.
func (r *request) nicks(guides []placed, of *pairsOfTarget) {
	apart := 2 * int64(r.length-r.cut) // cuts at an offset of 0
	for i := range guides {
		a := &guides[i]
		if !a.reverse {
			continue
		}
		from, to := a.cut+apart+r.pairing.min, a.cut+apart+r.pairing.max
		first := sort.Search(len(guides), func(i int) bool {
			return cmp.Or(cmp.Compare(guides[i].contig, a.contig), cmp.Compare(guides[i].cut, from)) >= 0
		})
		for j := range guides[first:] {
			b := &guides[first+j]
			if b.contig != a.contig || b.cut > to {
				break
			}
			if !b.reverse {
				of.add(r.pair(a, b))
			}
		}
	}
}

// orientation returns how a pair's guides lie to each other.
func (p *guidePair) orientation(fivePrime bool) string {
	// whose PAM lies on the left
	left, right := !leftward(p.a.reverse, fivePrime), !leftward(p.b.reverse, fivePrime)
	switch {
	case left == right:
		return "same"
	case left:
		return "pam_out"
	}
	return "pam_in"
}
