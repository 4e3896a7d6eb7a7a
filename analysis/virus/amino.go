package virus

import (
	"cmp"
	"slices"

	"okazaki/genome"
)

// An edit is a deletion or an insertion within a coding sequence.
type edit struct {
	at       int    // offset of the first base deleted, or of the base that follows the insertion
	deleted  int    // bases of the reference
	inserted []byte // bases of the genome, on the reference's strand
}

func (e edit) end() int { return e.at + e.deleted }

// amino turns nucleotide changes into changes of the proteins. Genes without
// deletions and insertions are compared codon by codon where they changed.
// Around deletions and insertions the protein is aligned again, as Nextclade
// does.
type amino struct {
	touched [][]int32         // by gene: codons with a base that changed
	edits   [][]edit          // by gene
	missing [][]genome.Region // by gene: codons with an N, in the order of the genome
	unknown []genome.Region   // codons of the gene at hand
	covered []genome.Region   // offsets of the gene that the genome has bases for
	grid    grid
	segs    []segment
	shifts  []shift // around the edits being looked at
	coding  []byte
	protein []byte
}

func (a *amino) call(c *Caller) {
	for g := range a.touched {
		a.touched[g], a.edits[g], a.missing[g] = a.touched[g][:0], a.edits[g][:0], a.missing[g][:0]
	}
	for _, s := range c.calls.Substitutions {
		a.touch(c.sites.at(s.Pos))
	}
	for _, r := range c.calls.Ambiguous {
		for p := r.Region.Lo; p < r.Region.Hi; p++ {
			a.touch(c.sites.at(p))
		}
	}
	for _, m := range c.calls.Missing {
		a.miss(c, m)
	}
	for _, d := range c.calls.Deletions {
		a.delete(c, d)
	}
	for _, i := range c.calls.Insertions {
		if i.Pos > c.calls.Aligned.Lo && i.Pos < c.calls.Aligned.Hi {
			a.insert(c, i)
		}
	}
	for g := range a.touched {
		if t := a.touched[g]; !slices.IsSorted(t) {
			slices.Sort(t)
		}
		before := c.calls.mark()
		a.begin(c, g)
		if len(a.edits[g]) == 0 {
			a.codons(c, g, genome.Region{Hi: 1 << 30})
		} else {
			a.edited(c, g)
		}
		a.end(c, g)
		if c.params.ToStop {
			c.toStop(g, before)
		}
	}
}

func (a *amino) touch(sites []site) {
	for _, s := range sites {
		t, codon := a.touched[s.gene], s.offset/3
		if k := len(t); k == 0 || t[k-1] != codon {
			a.touched[s.gene] = append(t, codon)
		}
	}
}

// delete notes a deletion in the genes that lose a base by it.
func (a *amino) delete(c *Caller, d genome.Region) {
	for g := range c.ref.Genes {
		cds := &c.ref.Genes[g]
		before := -cds.Phase
		for _, s := range cds.Segments {
			if x := s.Intersect(d); x.Len() > 0 {
				at := before + x.Lo - s.Lo
				if cds.Reverse {
					at = before + s.Hi - x.Hi
				}
				a.edits[g] = append(a.edits[g], edit{at: max(at, 0), deleted: x.Len() + min(at, 0)})
			}
			before += s.Len()
		}
	}
}

// insert notes an insertion in the genes that gain bases by it.
func (a *amino) insert(c *Caller, i Insertion) {
	for g := range c.ref.Genes {
		cds := &c.ref.Genes[g]
		before := -cds.Phase
		for _, s := range cds.Segments {
			if s.Lo < i.Pos && i.Pos < s.Hi {
				at := before + i.Pos - s.Lo
				if cds.Reverse {
					at = before + s.Hi - i.Pos
				}
				if at > 0 {
					a.edits[g] = append(a.edits[g], edit{at: at, inserted: i.Letters})
				}
			}
			before += s.Len()
		}
	}
}

// codons compares the touched codons of a gene that lie in the region.
func (a *amino) codons(c *Caller, g int, in genome.Region) {
	last := int32(-1)
	for _, codon := range a.touched[g] {
		if codon == last || !in.Contains(int(codon)) {
			continue
		}
		last = codon
		a.change(c, g, int(codon), c.codon(g, int(codon)).AminoAcid())
	}
	a.unread(c, g, in)
}

// change notes the genome's amino acid at a codon of the reference.
func (a *amino) change(c *Caller, g, codon int, alt byte) {
	m := AminoChange{Gene: g, Codon: codon, Ref: c.sites.proteins[g].letters[codon], Alt: alt}
	switch {
	case alt == genome.Unknown:
		a.unknown = extend(a.unknown, codon, codon+1)
	case alt == '-':
		c.calls.AminoDeletions = append(c.calls.AminoDeletions, m)
	case alt != m.Ref && m.Ref != genome.Unknown:
		c.calls.AminoSubstitutions = append(c.calls.AminoSubstitutions, m)
	}
}

// codon returns the genome's codon at a codon of the reference. Beyond the
// genome's ends there are Ns.
func (c *Caller) codon(g, codon int) (t genome.Codon) {
	for k := range t {
		t[k] = c.coding(g, codon*3+k)
	}
	return t
}

// coding returns the genome's letter at an offset, on the gene's strand.
func (c *Caller) coding(g, offset int) byte {
	cds := &c.ref.Genes[g]
	p := cds.Position(offset)
	switch {
	case !c.calls.Aligned.Contains(p):
		return 'N'
	case cds.Reverse:
		return genome.Complement(c.aligned[p])
	}
	return c.aligned[p]
}

// edited compares a gene with deletions or insertions.
func (a *amino) edited(c *Caller, g int) {
	out := &c.calls
	subs, dels := len(out.AminoSubstitutions), len(out.AminoDeletions)
	length := c.ref.Genes[g].Codons() * 3
	edits := a.edits[g]
	slices.SortFunc(edits, func(x, y edit) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.deleted, y.deleted)) })
	edits = a.trim(edits, length)
	if len(edits) == 1 && edits[0].deleted >= length {
		return // no part of the protein is left
	}
	done := 0 // codons that are compared
	for len(edits) > 0 {
		a.shifts = a.shifts[:0]
		group := a.head(edits, length)
		r := a.around(group, length)
		for len(group) < len(edits) {
			next := a.head(edits[len(group):], length)
			if around := a.around(next, length); around.Lo < r.Hi {
				r.Hi = max(r.Hi, around.Hi)
				group = edits[:len(group)+len(next)]
				continue
			}
			a.shifts = slices.DeleteFunc(a.shifts, func(s shift) bool { return s.letters.Lo >= next[0].at })
			break
		}
		a.codons(c, g, genome.Region{Lo: done, Hi: r.Lo})
		a.realign(c, g, group, r)
		edits, done = edits[len(group):], r.Hi
	}
	a.codons(c, g, genome.Region{Lo: done, Hi: length / 3})
	byCodon := func(x, y AminoChange) int { return cmp.Compare(x.Codon, y.Codon) }
	slices.SortFunc(out.AminoSubstitutions[subs:], byCodon)
	slices.SortFunc(out.AminoDeletions[dels:], byCodon)
}

// trim cuts deletions that reach beyond an end of the gene. The rest of the
// first codon there is unknown: the frame is the reference's.
func (a *amino) trim(edits []edit, length int) []edit {
	for len(edits) > 0 && edits[len(edits)-1].at >= length {
		edits = edits[:len(edits)-1]
	}
	if len(edits) == 0 {
		return edits
	}
	if e := &edits[0]; e.at == 0 && e.deleted > 0 && e.deleted < length {
		if e.deleted -= e.deleted % 3; e.deleted == 0 {
			a.unknown = extend(a.unknown, 0, 1)
			return a.trim(edits[1:], length)
		}
	}
	if e := &edits[len(edits)-1]; e.end() > length {
		e.deleted = length - e.at
	}
	return edits
}

// head returns the first edits, up to where the frame is the reference's again.
// If bases are read in another frame between them, it notes the shift.
func (a *amino) head(edits []edit, length int) []edit {
	frame, lo, from := 0, -1, edits[0].at
	for k, e := range edits {
		if k == 0 || edits[k-1].end() < e.at {
			from = e.at // edits that touch are one
		}
		if frame += e.deleted - len(e.inserted); frame%3 == 0 && e.end() < length {
			if lo >= 0 {
				a.shift(edits[0].at, lo, from, e.end())
			}
			return edits[:k+1]
		}
		if lo < 0 && (k+1 == len(edits) || edits[k+1].at > e.end()) {
			lo = e.end()
		}
	}
	if lo < length { // else the gene ends with the edits
		a.shift(edits[0].at, lo, length, length)
	}
	return edits
}

// A shift is a run of bases of a gene that are read in another frame.
type shift struct {
	letters genome.Region // offsets in the coding sequence
	codons  genome.Region // that hold one of these bases: unknown
	mask    genome.Region // these codons, and the codons that the gaps at the ends delete
}

// shift notes that bases [lo, hi) are read in another frame, between edits that
// start at from and end at to.
func (a *amino) shift(from, lo, hi, to int) {
	a.shifts = append(a.shifts, shift{letters: genome.Region{Lo: lo, Hi: hi},
		codons: genome.Region{Lo: lo / 3, Hi: (hi + 2) / 3}, mask: genome.Region{Lo: from / 3, Hi: (to + 2) / 3}})
}

// flank is the number of codons around an edit that are aligned again.
const flank = 10

// around returns the codons to align again for a group of edits.
func (a *amino) around(group []edit, length int) genome.Region {
	to := group[len(group)-1].end()
	if k := len(a.shifts) - 1; k >= 0 && a.shifts[k].letters.Lo >= group[0].at {
		to = max(to, a.shifts[k].letters.Hi)
	}
	return genome.Region{Lo: max(0, group[0].at/3-flank), Hi: min(length/3, (to+2)/3+flank)}
}

// masked says whether an insertion at an offset, or else the base there, is
// read in another frame.
func (a *amino) masked(offset int, insertion bool) bool {
	for _, s := range a.shifts {
		if s.letters.Contains(offset) && !(insertion && offset == s.letters.Lo) {
			return true
		}
	}
	return false
}

// realign aligns the protein again in the codons r around a group of edits.
func (a *amino) realign(c *Caller, g int, group []edit, r genome.Region) {
	length := c.ref.Genes[g].Codons() * 3
	first, last := group[0], group[len(group)-1]
	a.read(c, g, group, r)
	a.protein = genome.AppendTranslation(a.protein[:0], a.coding)
	s := c.sites.proteins[g]
	b := box{r0: r.Lo, r1: r.Hi, q1: len(a.protein), freeStart: first.at == 0, freeEnd: last.end() >= length}
	b.lo, b.hi = min(r.Lo, r.Hi-b.q1)-flank, max(r.Lo, r.Hi-b.q1)+flank
	if b.cells() > maxCells {
		return
	}
	a.segs = append(a.grid.solve(s, a.protein, b, a.segs[:0]), segment{r: r.Hi, q: len(a.protein)})
	codon, at := r.Lo, 0
	for _, seg := range a.segs {
		for ; codon < seg.r; codon++ {
			a.compare(c, g, codon, '-')
		}
		if seg.q > at {
			a.insertion(c, g, codon, a.protein[at:seg.q])
		}
		for k := range seg.n {
			a.compare(c, g, codon+k, a.protein[seg.q+k])
		}
		codon, at = seg.r+seg.n, seg.q+seg.n
	}
	for _, x := range a.shifts {
		c.calls.FrameShifts = append(c.calls.FrameShifts, FrameShift{Gene: g, Codons: x.codons})
	}
}

// read fills coding with the genome's bases for the codons r, without gaps.
// Bases that are read in another frame are masked.
func (a *amino) read(c *Caller, g int, group []edit, r genome.Region) {
	a.coding = a.coding[:0]
	for offset := r.Lo * 3; offset < r.Hi*3; offset++ {
		for len(group) > 0 && group[0].at <= offset {
			e, at := group[0], len(a.coding)
			if c.ref.Genes[g].Reverse {
				a.coding = genome.AppendReverseComplement(a.coding, e.inserted)
			} else {
				a.coding = append(a.coding, e.inserted...)
			}
			for k := at; k < len(a.coding) && a.masked(e.at, true); k++ {
				a.coding[k] = 'N'
			}
			offset += e.deleted
			group = group[1:]
		}
		if offset >= r.Hi*3 {
			return
		}
		l := c.coding(g, offset)
		if l == '-' || a.masked(offset, false) { // a deletion that was trimmed, a shift
			l = 'N'
		}
		a.coding = append(a.coding, l)
	}
}

// compare is change, except for the codons of a frame shift. They are unknown,
// and the codons at the shift's ends deleted, wherever the alignment puts them.
func (a *amino) compare(c *Caller, g, codon int, alt byte) {
	for _, s := range a.shifts {
		switch {
		case s.codons.Contains(codon):
			alt = genome.Unknown
		case s.mask.Contains(codon):
			alt = '-'
		}
	}
	a.change(c, g, codon, alt)
}

func (a *amino) insertion(c *Caller, g, codon int, letters []byte) {
	out := &c.calls
	at := len(out.amino)
	out.amino = append(out.amino, letters...)
	out.AminoInsertions = append(out.AminoInsertions, AminoInsertion{Gene: g, Codon: codon, Letters: out.amino[at:]})
}
