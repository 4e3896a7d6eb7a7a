package simulate

import (
	"cmp"
	"slices"

	"okazaki/analysis/virus"
	"okazaki/genome"
)

// Amplicons are laid out as ARTIC's (Quick et al. 2017, Nat. Protoc. 12:1261).
const (
	amplicon     = 400 // letters
	ampliconStep = 301
	badAmplicon  = 0.08 // share of amplicons that drop out more often
	badness      = 8.0  // how much more often
)

// qualities are kinds of samples: how common each is, and how often its
// amplicons drop out, relative to each other.
var qualities = [...]struct{ common, dropout float64 }{{0.7, 0.2}, {0.25, 1.5}, {0.05, 6}}

// endings are how a genome's ends may look.
const (
	cut = iota // the letters are not there
	masked
	tail // the poly-A tail is longer than the reference's
)

// A noise is what a laboratory adds to genomes.
type noise struct {
	drop    [len(qualities)][]chance // by quality and amplicon
	quality weights
	unread  weights // number of runs
	mixed   weights // number of sites
	ragged  chance
	oddity  weights  // index into oddities
	rivals  [][]byte // genomes of other viruses
}

// newNoise draws the noise that is the same for all genomes.
func newNoise(ref *virus.Reference, o Options) *noise {
	src := seeded(o.Seed, actorTiles)
	n := &noise{unread: poisson(o.Unread), mixed: poisson(o.Ambiguous), ragged: chanceOf(o.Ragged)}
	var common []float64
	mean := 0.0
	for _, q := range qualities {
		common = append(common, q.common)
		mean += q.common * q.dropout
	}
	n.quality = weigh(1e-6, common)
	bad := chanceOf(badAmplicon)
	for at := 0; at+amplicon <= len(ref.Sequence); at += ampliconStep {
		p := o.Dropout / mean / (1 + badAmplicon*(badness-1))
		if src.happens(bad) {
			p *= badness
		}
		for q := range n.drop {
			n.drop[q] = append(n.drop[q], chanceOf(p*qualities[q].dropout))
		}
	}
	n.oddity = weigh(1e-9, []float64{max(0, 1-o.Reversed-o.Mixed-o.Foreign), o.Reversed, o.Mixed, o.Foreign})
	src = seeded(o.Seed, actorStrangers)
	for range 3 {
		n.rivals = append(n.rivals, rival(&src, len(ref.Sequence)))
	}
	return n
}

// rival draws the genome of another virus.
func rival(src *source, length int) []byte {
	composition := weigh(1, []float64{10 + float64(src.below(30)), 10 + float64(src.below(30)), 10 + float64(src.below(30)), 10 + float64(src.below(30))})
	seq := make([]byte, src.between(length/3, length))
	for i := range seq {
		seq[i] = "ACGT"[composition.draw(src)]
	}
	return seq
}

// missing appends the runs of N from dropped amplicons and unread bases, not
// yet in order.
func (n *noise) missing(dst []genome.Region, src *source, length int) []genome.Region {
	drop := n.drop[n.quality.draw(src)]
	for i := 0; i < len(drop); i++ {
		if !src.happens(drop[i]) {
			continue
		}
		first := i
		for i+1 < len(drop) && src.happens(drop[i+1]) {
			i++
		}
		// The neighbours that were read cover the overlaps.
		r := genome.Region{Lo: first*ampliconStep + amplicon - ampliconStep, Hi: (i + 1) * ampliconStep}
		if first == 0 {
			r.Lo = 0
		}
		if i == len(drop)-1 {
			r.Hi = length
		}
		dst = append(dst, r)
		i++ // it was read
	}
	for range n.unread.draw(src) {
		lo := src.below(length)
		dst = append(dst, genome.Region{Lo: lo, Hi: min(lo+1+src.below(20), length)})
	}
	return dst
}

// blur makes the calls that are read of a genome: with substitutions and
// indels, and with ambiguous sites if it is a mixture.
func (n *noise) blur(c *virus.Calls, src *source, seq []byte) {
	c.Aligned = genome.Region{Hi: len(seq)}
	c.Missing = n.missing(c.Missing[:0], src, len(seq))
	if src.happens(n.ragged) {
		n.ends(c, src, seq)
	}
	widen(c)
	c.Missing = merged(c.Missing, c.Aligned)
	hide(c)
	for range n.mixed.draw(src) {
		mixSite(c, src, seq)
	}
	settle(c)
}

// ends cuts or masks the ends, or adds to the tail. No site that changes is
// touched.
func (n *noise) ends(c *virus.Calls, src *source, seq []byte) {
	inner := inner(seq)
	lo, hi := src.below(inner.Lo), src.between(inner.Hi+1, len(seq)+1)
	switch src.below(3) {
	case cut:
		c.Aligned.Lo = lo
	case masked:
		c.Missing = append(c.Missing, genome.Region{Hi: lo})
	}
	switch ending := src.below(3); {
	case ending == cut:
		c.Aligned.Hi = hi
	case ending == masked:
		c.Missing = append(c.Missing, genome.Region{Lo: hi, Hi: len(seq)})
	case seq[len(seq)-1] == 'A':
		letters := []byte("AAAAAAAAAAAAAAAAAAAAAAAA")
		c.Insertions = append(c.Insertions, virus.Insertion{Pos: len(seq), Letters: letters[:1+src.below(len(letters))]})
	}
}

// widen makes missing runs that come near an indel hide all around it.
func widen(c *virus.Calls) {
	near := func(r genome.Region) {
		around := genome.Region{Lo: r.Lo - apart*2/3, Hi: r.Hi + apart*2/3}
		if slices.ContainsFunc(c.Missing, around.Overlaps) {
			c.Missing = append(c.Missing, around)
		}
	}
	for _, d := range c.Deletions {
		near(d)
	}
	for _, i := range c.Insertions {
		near(genome.Region{Lo: i.Pos, Hi: i.Pos})
	}
}

// merged returns the regions in order, those that touch joined, inside bounds.
func merged(rs []genome.Region, bounds genome.Region) []genome.Region {
	slices.SortFunc(rs, func(a, b genome.Region) int { return cmp.Or(a.Lo-b.Lo, a.Hi-b.Hi) })
	out := rs[:0]
	for _, r := range rs {
		r = r.Intersect(bounds)
		switch last := len(out) - 1; {
		case r.Len() == 0:
		case last >= 0 && r.Lo <= out[last].Hi:
			out[last].Hi = max(out[last].Hi, r.Hi)
		default:
			out = append(out, r)
		}
	}
	return out
}

// hide drops the calls in missing runs.
func hide(c *virus.Calls) {
	var missing []genome.Region
	hidden := func(p int) bool { // called with p ascending
		for len(missing) > 0 && missing[0].Hi <= p {
			missing = missing[1:]
		}
		return len(missing) > 0 && missing[0].Contains(p)
	}
	missing = c.Missing
	c.Substitutions = slices.DeleteFunc(c.Substitutions, func(s virus.Substitution) bool { return hidden(s.Pos) })
	missing = c.Missing
	c.Ambiguous = slices.DeleteFunc(c.Ambiguous, func(a virus.Ambiguous) bool { return hidden(a.Region.Lo) })
	missing = c.Missing
	c.Deletions = slices.DeleteFunc(c.Deletions, func(d genome.Region) bool { return hidden(d.Lo) })
	missing = c.Missing
	c.Insertions = slices.DeleteFunc(c.Insertions, func(i virus.Insertion) bool {
		return hidden(i.Pos-1) || hidden(i.Pos) // the first, for one at the end
	})
}

// mixSite makes one site ambiguous: half of the time one where there is a
// substitution.
func mixSite(c *virus.Calls, src *source, seq []byte) {
	inner := inner(seq)
	p := src.between(inner.Lo, inner.Hi)
	if len(c.Substitutions) > 0 && src.below(2) == 0 {
		p = c.Substitutions[src.below(len(c.Substitutions))].Pos
	}
	other := seq[p]
	letter := letterAt(c, seq, p)
	for other == letter {
		other = "ACGT"[src.below(4)]
	}
	mixed := genome.BaseOf(letter) | genome.BaseOf(other)
	taken := func(a virus.Ambiguous) bool { return a.Region.Contains(p) }
	if code(seq[p]) < 4 && !inAny(c.Missing, p) && !nearIndel(c, p) && !slices.ContainsFunc(c.Ambiguous, taken) {
		c.Ambiguous = append(c.Ambiguous, virus.Ambiguous{Letter: mixed.Letter(), Region: genome.Region{Lo: p, Hi: p + 1}})
	}
}

// letterAt returns the letter that a genome has at a position that is not
// deleted.
func letterAt(c *virus.Calls, seq []byte, p int) byte {
	i, found := slices.BinarySearchFunc(c.Substitutions, p, func(s virus.Substitution, p int) int { return s.Pos - p })
	if found {
		return c.Substitutions[i].Alt
	}
	return seq[p]
}

// nearIndel says whether a position is deleted or too near an indel.
func nearIndel(c *virus.Calls, p int) bool {
	near := func(r genome.Region) bool { return r.Lo-clear <= p && p < r.Hi+clear }
	return slices.ContainsFunc(c.Deletions, near) ||
		slices.ContainsFunc(c.Insertions, func(i virus.Insertion) bool { return near(genome.Region{Lo: i.Pos, Hi: i.Pos}) })
}

// settle puts ambiguous sites in order, joins runs of the same letter, and
// forgets the substitutions that they hide.
func settle(c *virus.Calls) {
	if len(c.Ambiguous) == 0 {
		return
	}
	slices.SortFunc(c.Ambiguous, func(a, b virus.Ambiguous) int { return a.Region.Lo - b.Region.Lo })
	c.Substitutions = slices.DeleteFunc(c.Substitutions, func(s virus.Substitution) bool {
		_, found := slices.BinarySearchFunc(c.Ambiguous, s.Pos, func(a virus.Ambiguous, p int) int { return a.Region.Lo - p })
		return found
	})
	out := c.Ambiguous[:1]
	for _, a := range c.Ambiguous[1:] {
		if last := &out[len(out)-1]; last.Letter == a.Letter && last.Region.Hi == a.Region.Lo {
			last.Region.Hi = a.Region.Hi
		} else {
			out = append(out, a)
		}
	}
	c.Ambiguous = out
}
