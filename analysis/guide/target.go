package guide

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/unpack"
	"okazaki/genome"
)

// maxCandidates is the most guides of one job.
const maxCandidates = 1 << 20

// candidates are the guides to search, in order.
func (e *engine) candidates(ctx context.Context, g genomeText) (*candidates, error) {
	list := newCandidates(e.request.length, e.request.pam.FivePrime)
	var err error
	if e.request.target != "" {
		err = e.ofTarget(ctx, g, list)
	} else {
		err = e.ofFile(ctx, list)
	}
	if err == nil && list.len() > maxCandidates {
		err = &okazaki.Error{Message: fmt.Sprintf("there are %d guides to search, more than %d", list.len(), maxCandidates), Hint: "give a smaller target"}
	}
	return list, err
}

// ofFile are the guides of --guides, or of a file that --target names: FASTA or
// a list of guides.
func (e *engine) ofFile(ctx context.Context, list *candidates) error {
	in := e.input("target")
	target := in != nil
	if !target {
		in = e.input("guides")
	}
	f, err := e.files.Open(ctx, *in)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := unpack.Open(in.Name, f)
	if err != nil {
		return err
	}
	text := bufio.NewReader(analysis.Reader(ctx, r))
	switch fasta := isFASTA(text); {
	case fasta && !target:
		return &okazaki.Error{File: in.Name, Message: "this is FASTA, not a list of guides", Hint: "for the guides of its sequences give it as --target"}
	case fasta:
		return e.ofSequences(ctx, in.Name, f, list)
	}
	l, err := readList(in.Name, text)
	if err != nil {
		return err
	}
	return l.candidates(list)
}

// isFASTA says whether a text's first letter, but for spaces, is >.
func isFASTA(text *bufio.Reader) bool {
	head, _ := text.Peek(text.Size()) // a shorter text is seen whole
	return bytes.HasPrefix(bytes.TrimLeft(head, byteOrder+" \t\r\n"), []byte(">"))
}

// byteOrder is what some programs begin a text with.
const byteOrder = "\ufeff"

// located says in which line of a file an error is.
func located(err error, file string, line int64) error {
	if mend, ok := err.(*okazaki.Error); ok {
		at := *mend
		at.File, at.Line = file, line
		return &at
	}
	return err
}

// ofSequences are the guides of FASTA records.
func (e *engine) ofSequences(ctx context.Context, name string, f okazaki.File, list *candidates) error {
	number := 0
	return eachRecord(ctx, name, f, func(c *contig) {
		t := &target{of: c.Name, regions: []genome.Region{{Lo: 0, Hi: int(c.Length)}}}
		e.request.within(c, number, t, func(g *Guide, at *locus, of string) { list.add(g, of, fromRecord, at) })
		number++
	})
}

// within calls found for the guides whose cut lies in the target's regions of a
// contig, which ascend and don't overlap.
func (r *request) within(c *contig, number int, t *target, found func(g *Guide, at *locus, of string)) {
	lister := newLister(r.pam, r.length)
	around := int64(r.length + r.pam.Len())
	for i, region := range t.regions {
		of := t.part(i)
		from, to := max(0, int64(region.Lo)-around), min(c.Length, int64(region.Hi)+around)
		lister.each(c.text, c.Halo+from, c.Halo+to, func(s *site) {
			at := locus{Contig: number, Anchor: s.anchor - c.Halo, Reverse: s.reverse}
			cut := at.cut(r.pam, r.cut)
			if s.other&(1<<r.length-1) != 0 || cut < int64(region.Lo) || cut >= int64(region.Hi) {
				return
			}
			mask := uint32(1)<<r.length - 1
			found(&Guide{lo: s.lo & mask, hi: s.hi & mask}, &at, of)
		})
	}
}

// context is what efficiency is read from, of a locus of an enzyme that has such
// scores; else empty.
func (c *contig) context(at *locus, r *request) string {
	before, after := int64(0), int64(0) // of the PAM, on the protospacer's strand
	switch {
	case r.isNGG():
		before, after = scored+crisprScanBefore, crisprScanAfter-3
	case r.isCas12a():
		before, after = enPAMBefore, enPAMLength+enPAMAfter
	default:
		return ""
	}
	if at.Reverse {
		before, after = after, before
	}
	return string(c.text.append(nil, c.Halo+at.Anchor-before, c.Halo+at.Anchor+int64(r.pam.Len())+after, at.Reverse))
}

// A genomeText answers contigs by their number. Many goroutines may ask at
// once.
type genomeText interface {
	names() []string
	letters() int64 // of all contigs
	text(ctx context.Context, number int) (*contig, error)
}

// ofTarget adds the guides of a region, contig:start-end from 1 with its ends
// included, of a whole contig, or of a gene.
func (e *engine) ofTarget(ctx context.Context, g genomeText, list *candidates) error {
	t, err := e.resolve(ctx, g.names())
	if err != nil {
		return err
	}
	for number, name := range g.names() {
		if name != t.contig {
			continue
		}
		c, err := g.text(ctx, number)
		if err != nil {
			return err
		}
		if t.regions == nil {
			t.regions = []genome.Region{{Lo: 0, Hi: int(c.Length)}}
		}
		if last := t.regions[len(t.regions)-1]; int64(last.Hi) > c.Length {
			return &okazaki.Error{Message: fmt.Sprintf("the target %s ends at %d, but %s has %d letters", e.request.target, last.Hi, name, c.Length),
				Hint: "give a region of the contig"}
		}
		e.request.within(c, number, t, func(g *Guide, at *locus, of string) { list.add(g, of, fromGenome, at) })
		return nil
	}
	return &okazaki.Error{Message: fmt.Sprintf("the genome has no contig %q", t.contig), Hint: nearest(t.contig, g.names())}
}

// A target is regions of a contig; none for all of it.
type target struct {
	contig, of string
	regions    []genome.Region
	exons      bool // they are a gene's
	reverse    bool // the gene is on the - strand
}

// part is what region i of the target is called: exons are numbered along
// the gene.
func (t *target) part(i int) string {
	if !t.exons {
		return t.of
	}
	if t.reverse {
		i = len(t.regions) - 1 - i
	}
	return fmt.Sprintf("%s exon %d", t.of, i+1)
}

// resolve finds what --target names.
func (e *engine) resolve(ctx context.Context, contigs []string) (*target, error) {
	name, genes := e.request.target, e.input("genes")
	if slices.Contains(contigs, name) {
		if genes != nil {
			if _, err := e.gene(ctx, *genes, name); err == nil {
				return nil, &okazaki.Error{Message: fmt.Sprintf("the target %q is a contig and a gene", name), Hint: "give contig:start-end, or the gene's identifier"}
			}
		}
		return &target{contig: name, of: name}, nil
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 {
		if region, ok := parseRegion(name[i+1:]); ok {
			if region.Lo < 0 || region.Hi <= region.Lo {
				return nil, &okazaki.Error{Message: fmt.Sprintf("the target %s is no region", name), Hint: "give contig:start-end, from 1, with both ends included"}
			}
			return &target{contig: name[:i], of: name, regions: []genome.Region{region}}, nil
		}
	}
	if genes == nil {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the target %q is no region of the genome and no file", name),
			Hint: "give contig:start-end; for a gene give its genes with --genes"}
	}
	return e.gene(ctx, *genes, name)
}

// parseRegion reads start-end, from 1 with its ends included; commas in the
// numbers don't count.
func parseRegion(s string) (genome.Region, bool) {
	from, to, ok := strings.Cut(strings.ReplaceAll(s, ",", ""), "-")
	lo, err1 := strconv.Atoi(from)
	hi, err2 := strconv.Atoi(to)
	return genome.Region{Lo: lo - 1, Hi: hi}, ok && err1 == nil && err2 == nil
}
