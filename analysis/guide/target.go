package guide

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/unpack"
	"okazaki/genome"
)

// maxCandidates is the most guides of one job.
const maxCandidates = 1 << 20

// candidates returns the guides to search, in order.
func (e *engine) candidates(ctx context.Context, g genomeText) (*candidates, error) {
	list := newCandidates(e.request.length, e.request.pam.FivePrime)
	var err error
	if e.request.target != "" {
		err = e.ofTargets(ctx, g, splitTargets(e.request.target), list)
	} else {
		err = e.ofFile(ctx, g, list)
	}
	if err == nil && list.len() > maxCandidates {
		err = &okazaki.Error{Message: fmt.Sprintf("there are %d guides to search, more than %d", list.len(), maxCandidates), Hint: "give a smaller target"}
	}
	return list, err
}

// ofFile adds the guides of --guides, or of a file that --target names: FASTA,
// a list of guides, or a list of genes and regions.
func (e *engine) ofFile(ctx context.Context, g genomeText, list *candidates) error {
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
	defer r.Close()
	text := bufio.NewReader(analysis.Reader(ctx, r))
	fasta := isFASTA(text)
	switch {
	case fasta && !target:
		return &okazaki.Error{File: in.Name, Message: "this is FASTA, not a list of guides", Hint: "for the guides of its sequences give it as --target"}
	case fasta && e.request.deletes():
		return noFlanks(in.Name)
	case fasta:
		return e.ofSequences(ctx, in.Name, f, list)
	}
	l, err := readList(in.Name, text)
	if err != nil {
		return err
	}
	if target {
		contigs := genome.NewContigNames(g.names())
		names, err := l.targets(func(name string) bool { _, ok := contigs.Find(name); return ok })
		if err != nil {
			return err
		}
		if names != nil {
			return e.ofTargets(ctx, g, names, list)
		}
	}
	if e.request.deletes() {
		return noFlanks(in.Name)
	}
	return l.candidates(list)
}

func noFlanks(file string) error {
	return &okazaki.Error{File: file, Message: "--pairs deletion needs a target in the genome, for guides on both sides of it", Hint: "give contig:start-end, or a gene of --genes, as --target"}
}

// isFASTA says whether a text's first character, after spaces, is >.
func isFASTA(text *bufio.Reader) bool {
	head, _ := text.Peek(text.Size()) // a shorter text is seen whole
	return bytes.HasPrefix(bytes.TrimLeft(head, byteOrder+" \t\r\n"), []byte(">"))
}

// byteOrder is the mark with which some programs begin a text.
const byteOrder = "\ufeff"

// located adds the file and the line to an error.
func located(err error, file string, line int64) error {
	if mend, ok := err.(*okazaki.Error); ok {
		at := *mend
		at.File, at.Line = file, line
		return &at
	}
	return err
}

// ofSequences adds the guides of FASTA records.
func (e *engine) ofSequences(ctx context.Context, name string, f okazaki.File, list *candidates) error {
	number := 0
	return eachRecord(ctx, name, f, func(c *contig) {
		t := &target{of: c.Name, regions: []genome.Region{{Lo: 0, Hi: int(c.Length)}}}
		e.request.within(c, number, t, func(g *Guide, at *locus, part string) { list.add(g, t.of, part, fromRecord, at) })
		number++
	})
}

// within calls found for the guides whose cut lies in the target's regions of a
// contig, with the part of the target. The regions ascend and don't overlap.
func (r *request) within(c *contig, number int, t *target, found func(g *Guide, at *locus, part string)) {
	lister := newLister(r.pam, r.length)
	around := int64(r.length + r.pam.Len())
	for i, region := range t.regions {
		part := t.part(i)
		from, to := max(0, int64(region.Lo)-around), min(c.Length, int64(region.Hi)+around)
		lister.each(c.text, c.Halo+from, c.Halo+to, func(s *site) {
			at := locus{Contig: number, Anchor: s.anchor - c.Halo, Reverse: s.reverse}
			cut := at.cut(r.pam, r.cut)
			if s.nonACGT&(1<<r.length-1) != 0 || cut < int64(region.Lo) || cut >= int64(region.Hi) {
				return
			}
			mask := uint32(1)<<r.length - 1
			found(&Guide{lo: s.lo & mask, hi: s.hi & mask}, &at, part)
		})
	}
}

// context returns the bases from which the efficiency of a locus is predicted.
// It returns none if the enzyme has no such scores.
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

// A genomeText returns contigs by their number. Many goroutines may use it at
// once.
type genomeText interface {
	names() []string
	letters() int64          // of all contigs
	length(number int) int64 // of a contig
	text(ctx context.Context, number int) (*contig, error)
}

// parseRegion reads start-end, from 1 with its ends included; commas in the
// numbers don't count.
func parseRegion(s string) (genome.Region, bool) {
	from, to, ok := strings.Cut(strings.ReplaceAll(s, ",", ""), "-")
	lo, err1 := strconv.Atoi(from)
	hi, err2 := strconv.Atoi(to)
	return genome.Region{Lo: lo - 1, Hi: hi}, ok && err1 == nil && err2 == nil
}
