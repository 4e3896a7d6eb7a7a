package gene

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// lay gives the transcript its exons and its coding sequence.
func (t *Transcript) lay(p *parts, doubts *doubts) {
	t.Exons = slices.Clone(p.exons)
	if len(t.Exons) == 0 && len(p.cds) > 0 {
		for _, s := range p.cds {
			t.Exons = append(t.Exons, s.Region)
		}
		t.Exons = union(append(t.Exons, p.stops...), true)
	}
	if len(t.Exons) == 0 {
		t.Exons = append(t.Exons, t.Region)
	}
	sortRegions(t.Exons)
	t.Exons = slices.Compact(t.Exons)
	if apart := union(t.Exons, false); len(apart) < len(t.Exons) {
		doubts.add("exons that overlap one another, joined", t.ID)
		t.Exons = apart
	}
	if len(p.cds) > 0 {
		t.code(p, doubts)
	}
	t.Region = genome.Region{Lo: t.Exons[0].Lo, Hi: t.Exons[len(t.Exons)-1].Hi}
	t.Mature = slices.DeleteFunc(union(t.Mature, false), func(r genome.Region) bool { return beyond([]genome.Region{r}, []genome.Region{t.Region}) })
	if len(t.Mature) == 0 {
		t.Mature = nil
	}
}

// union joins regions that overlap or, if touching is set, touch.
func union(rs []genome.Region, touching bool) (all []genome.Region) {
	sortRegions(rs)
	for _, r := range rs {
		last := len(all) - 1
		if last >= 0 && (r.Lo < all[last].Hi || touching && r.Lo == all[last].Hi) {
			all[last].Hi = max(all[last].Hi, r.Hi)
		} else {
			all = append(all, r)
		}
	}
	return all
}

// code finds the coding sequence's extent and phase, and how it differs from
// the bases of the exons within.
func (t *Transcript) code(p *parts, doubts *doubts) {
	segments := slices.Clone(p.cds)
	slices.SortStableFunc(segments, func(a, b segment) int { return a.Lo - b.Lo })
	segments = slices.CompactFunc(segments, func(a, b segment) bool { return a.Region == b.Region })
	t.Coding = segments[0].Region
	covered := slices.Clone(p.stops)
	for i, s := range segments {
		covered = append(covered, s.Region)
		if i == 0 {
			continue
		}
		switch before := t.Coding.Hi; {
		case s.Lo == before-1:
			t.Slips = append(t.Slips, s.Lo)
		case s.Lo < before:
			doubts.add("coding sequences with segments that overlap by more than one base, read once", t.ID)
		case s.Lo > before:
			t.pass(genome.Region{Lo: before, Hi: s.Lo}, doubts)
		}
		t.Coding.Hi = max(t.Coding.Hi, s.Hi)
	}
	for _, s := range p.stops {
		t.Coding.Lo, t.Coding.Hi = min(t.Coding.Lo, s.Lo), max(t.Coding.Hi, s.Hi)
	}
	if t.Reverse {
		slices.Reverse(t.Slips)
		slices.Reverse(t.Skips)
		slices.Reverse(segments)
	}
	p.cds = segments // in the order of translation
	t.Phase = max(segments[0].phase, 0)
	if covered = union(covered, false); beyond(covered, t.Exons) {
		doubts.add("coding sequences beyond their exons, which are made to hold them", t.ID)
		t.Exons = union(append(t.Exons, covered...), false)
	}
	t.redefine(p)
}

// beyond says whether some base of the regions is in none of the exons.
func beyond(regions, exons []genome.Region) bool {
	n := 0
	for _, r := range regions {
		n += r.Len()
		for _, e := range exons {
			n -= r.Intersect(e).Len()
		}
	}
	return n > 0
}

// addStop makes the stop codon that follows the coding sequence in the
// transcript a part of it, if one does and it has none.
func (t *Transcript) addStop(c *Contig) bool {
	before := t.spliced(c)
	if len(before) < 3+t.Phase || (len(before)-t.Phase)%3 != 0 || t.Code.AminoAcid(genome.Codon(before[len(before)-3:])) == genome.Stop {
		return false
	}
	whole, left := *t, 3
	for i := range t.Exons {
		if !t.Reverse {
			if e := t.Exons[i]; e.Hi > t.Coding.Hi && left > 0 {
				lo := max(e.Lo, t.Coding.Hi)
				n := min(left, e.Hi-lo)
				whole.Coding.Hi, left = lo+n, left-n
			}
		} else if e := t.Exons[len(t.Exons)-1-i]; e.Lo < t.Coding.Lo && left > 0 {
			hi := min(e.Hi, t.Coding.Lo)
			n := min(left, hi-e.Lo)
			whole.Coding.Lo, left = hi-n, left-n
		}
	}
	after := whole.spliced(c)
	if left > 0 || t.Code.AminoAcid(genome.Codon(after[len(after)-3:])) != genome.Stop {
		return false
	}
	t.Coding = whole.Coding
	return true
}

// pass finds the bases of exons that a coding sequence leaves out.
func (t *Transcript) pass(gap genome.Region, doubts *doubts) {
	var letters []int
	for _, e := range t.Exons {
		out := e.Intersect(gap)
		if out.Len() > 2 {
			doubts.add("coding sequences that leave out more than two bases of an exon, read all the same", t.ID)
			return
		}
		for i := out.Lo; i < out.Hi; i++ {
			letters = append(letters, i)
		}
	}
	t.Skips = append(t.Skips, letters...)
}

// redefine finds the stop codons that are read as selenocysteine.
func (t *Transcript) redefine(p *parts) {
	regions := slices.Clone(p.redefined)
	p.attributes.exceptions(func(amino string, r genome.Region) {
		if amino == "Sec" {
			regions = append(regions, r)
		}
	})
	regions = union(regions, false)
	if t.Reverse {
		slices.Reverse(regions)
	}
	read := 0 // bases read so far: a codon may lie on two exons
	for _, r := range regions {
		r = r.Intersect(t.Coding)
		for i := range r.Len() {
			if read%3 == 0 && t.Reverse {
				t.Selenocysteines = append(t.Selenocysteines, r.Hi-1-i)
			} else if read%3 == 0 {
				t.Selenocysteines = append(t.Selenocysteines, r.Lo+i)
			}
			read++
		}
	}
}

// exceptions calls each with the parts of RefSeq's transl_except: the amino
// acid of a codon, TERM for a stop codon that only the poly(A) tail
// completes. It is written (pos:complement(123..125),aa:Sec).
func (as attributes) exceptions(each func(amino string, r genome.Region)) {
	for entry := range strings.SplitSeq(as.get("transl_except"), "(pos:") {
		pos, amino, ok := strings.Cut(entry, ",aa:")
		if !ok {
			continue
		}
		amino = strings.TrimRight(amino, "), ")
		pos = strings.TrimPrefix(strings.TrimPrefix(pos, "complement("), "join(")
		for part := range strings.SplitSeq(strings.TrimRight(pos, ")"), ",") {
			from, to, _ := strings.Cut(part, "..")
			lo, err1 := strconv.Atoi(from)
			hi, err2 := strconv.Atoi(first(to, from))
			if err1 == nil && err2 == nil && 0 < lo && lo <= hi && hi-lo < 3 {
				each(amino, genome.Region{Lo: lo - 1, Hi: hi})
			}
		}
	}
}

// phases compares the phase of each segment, in the order of translation,
// with the bases that the segments before it leave over. An error names the
// line.
func (p *parts) phases(id string) error {
	before := -max(p.cds[0].phase, 0)
	for _, s := range p.cds {
		want := (3 - before%3) % 3
		if before < 0 {
			want = -before
		}
		if s.phase >= 0 && s.phase != want {
			return &okazaki.Error{Line: s.line,
				Message: fmt.Sprintf("the phase of this segment of %s's coding sequence is %d, but the segments before it leave %d bases to its first whole codon", id, s.phase, want),
				Hint:    "get the annotation again from where it comes from, or mend the phases"}
		}
		before += s.Len()
	}
	return nil
}
