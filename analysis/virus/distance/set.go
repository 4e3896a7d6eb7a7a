package distance

import (
	"fmt"

	"okazaki"
)

// A Set is the genomes of one question, ready to be compared. It is immutable;
// many goroutines may use it at once.
//
// Genomes that no distance can tell apart are one group. Groups lie in the
// order of the walk.
type Set struct {
	length  int
	options Options
	genomes int

	groupOf   []uint32 // by genome, its group
	members   []uint32 // genomes by group, ascending
	memberEnd []uint32 // by group

	letters   []uint32 // the variants of all groups, ascending in each
	letterEnd []uint32
	unknown   []gap // stretches of variants, disjoint and ascending in each group
	gapEnd    []uint32

	// A variant is a letter that is not the commonest at its position, with
	// at least one carrier. They are numbered by position: the variants at one
	// position, and the variants of any stretch, have adjacent numbers.
	siteLo, siteHi []uint32 // by variant, all variants at its position

	most   int               // the most variants of any group
	bounds []func() []uint16 // by block, the groups'; see bound
	digest [8]byte
}

// Len returns the number of genomes.
func (s *Set) Len() int { return s.genomes }

// Groups returns the number of groups of genomes that no distance tells apart.
func (s *Set) Groups() int { return len(s.memberEnd) }

// Farthest returns a distance that no pair exceeds.
func (s *Set) Farthest() int { return 2 * s.most }

// Members returns the genomes of a group, ascending. The first stands for it.
func (s *Set) Members(group int) []uint32 { return slice(s.members, s.memberEnd, group) }

func (s *Set) variants(group int) []uint32 { return slice(s.letters, s.letterEnd, group) }
func (s *Set) gaps(group int) []gap        { return slice(s.unknown, s.gapEnd, group) }
func (s *Set) weight(group int) int        { return len(s.Members(group)) }
func (s *Set) first(group int) uint32      { return s.Members(group)[0] }

// slice returns part i of what ends says how to cut.
func slice[T any](all []T, ends []uint32, i int) []T {
	lo := uint32(0)
	if i > 0 {
		lo = ends[i-1]
	}
	return all[lo:ends[i]]
}

// check returns an error unless the span lies on the axis.
func (s *Set) check(span okazaki.Span) error {
	if span.Lo < 0 || span.Hi < span.Lo || span.Hi > s.Tiles() {
		return fmt.Errorf("span %v of %d tiles", span, s.Tiles())
	}
	return nil
}
