package rank

import (
	"bytes"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/known"
	"okazaki/genome"
)

// Letters of an exon and an intron at a splice site that has to stay as it is.
const (
	exonSide   = 2
	intronSide = 5
	around     = 40
)

// KeepsSite says whether an insertion or deletion that touches the first or
// last two bases of an intron leaves the splice site there all the same: as
// in a repeat, where others take their place. For other changes it is
// Unknown.
func KeepsSite(contig known.Reference, c *consequence.Consequence, k known.Key) Answer {
	donor := c.Terms.Has(consequence.SpliceDonor)
	if t := c.Transcript; len(k.Ref) == len(k.Alt) || t == nil || len(k.Ref)+len(k.Alt) > around || c.IntronFirst == 0 || c.IntronLast != c.IntronFirst ||
		int(c.IntronFirst) >= len(t.Exons) || donor == c.Terms.Has(consequence.SpliceAcceptor) {
		return Unknown
	}
	before, after := exonAt(c.Transcript, int(c.IntronFirst)), exonAt(c.Transcript, int(c.IntronFirst)+1)
	if c.Transcript.Reverse {
		before, after = after, before
	}
	site := genome.Region{Lo: before.Hi - exonSide, Hi: before.Hi + intronSide} // at the intron's left
	if donor == c.Transcript.Reverse {
		site = genome.Region{Lo: after.Lo - intronSide, Hi: after.Lo + exonSide}
	}
	lo, hi := min(site.Lo, k.Pos)-around, max(site.Hi, k.Pos+len(k.Ref))+around
	if lo < 0 {
		return Unknown
	}
	window := bytes.ToUpper(contig.AppendBases(nil, lo, hi))
	if len(window) != hi-lo {
		return Unknown
	}
	want := window[site.Lo-lo : site.Hi-lo]
	changed := append(append(bytes.Clone(window[:k.Pos-lo]), bytes.ToUpper(k.Alt)...), window[k.Pos-lo+len(k.Ref):]...)
	// It is kept where it was, counted from either end.
	shift := len(changed) - len(window)
	for _, at := range []int{site.Lo - lo, site.Lo - lo + shift} {
		if at >= 0 && at+len(want) <= len(changed) && bytes.Equal(changed[at:at+len(want)], want) {
			return Yes
		}
	}
	return No
}
