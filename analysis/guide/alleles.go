package guide

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/unpack"
)

// An allele replaces the letters [at, end) of a contig by others.
type allele struct {
	contig  int
	at, end int64
	letters string // upper case, of ACGT; may be none
	label   string // contig:position:REF>ALT, as the VCF has them
	line    int64  // of the VCF
	ref     string // what the VCF says is there, from start
	start   int64
}

// maxVCFLine is the longest line of a VCF, bytes.
const maxVCFLine = 64 << 20

// readAlleles reads the alleles of a VCF (version 4, section 1.6), by contig
// and place, each once. Alleles that are no sequence (<DEL>, *, breakends) and
// those of N are left out.
func readAlleles(ctx context.Context, files okazaki.Files, in okazaki.Input, contigs []string) ([]allele, error) {
	f, err := files.Open(ctx, in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := unpack.Open(in.Name, f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	numbers := map[string]int{}
	for i, name := range contigs {
		numbers[name] = i
	}
	lines := bufio.NewScanner(analysis.Reader(ctx, r))
	lines.Buffer(nil, maxVCFLine)
	var all []allele
	for n := int64(1); lines.Scan(); n++ {
		if line := lines.Bytes(); len(line) > 0 && line[0] != '#' {
			fields := strings.Split(string(line[:columnsEnd(line, 5)]), "\t")
			if all, err = appendAlleles(all, fields, numbers); err != nil {
				return nil, located(err, in.Name, n)
			}
			for i := len(all) - 1; i >= 0 && all[i].line == 0; i-- {
				all[i].line = n
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	slices.SortStableFunc(all, func(a, b allele) int { return a.compare(&b) })
	return slices.CompactFunc(all, func(a, b allele) bool { return a.compare(&b) == 0 }), nil
}

func (a *allele) compare(b *allele) int {
	return cmp.Or(cmp.Compare(a.contig, b.contig), cmp.Compare(a.at, b.at), cmp.Compare(a.end, b.end), cmp.Compare(a.letters, b.letters))
}

// columnsEnd is where the first columns of a line end.
func columnsEnd(line []byte, columns int) int {
	end := 0
	for range columns {
		i := bytes.IndexByte(line[end:], '\t')
		if i < 0 {
			return len(bytes.TrimRight(line, "\r"))
		}
		end += i + 1
	}
	return end - 1
}

// appendAlleles adds those of one record: CHROM, POS, ID, REF, ALT.
func appendAlleles(all []allele, f []string, numbers map[string]int) ([]allele, error) {
	if len(f) < 5 {
		return nil, &okazaki.Error{Message: fmt.Sprintf("there are %d columns", len(f)), Hint: "a VCF has CHROM, POS, ID, REF, ALT and more, separated by tabs"}
	}
	contig, ok := numbers[f[0]]
	if !ok {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the genome has no contig %q", f[0]), Hint: "give a VCF of this genome; chr20 and 20 are not the same name"}
	}
	pos, err := strconv.ParseInt(f[1], 10, 64)
	ref := strings.ToUpper(f[3])
	if err != nil || pos < 1 || ref == "" || strings.Trim(ref, "ACGTNRYSWKMBDHV") != "" {
		return nil, &okazaki.Error{Message: fmt.Sprintf("POS %q and REF %q say no place", f[1], f[3]), Hint: "check that the file is a VCF"}
	}
	for alt := range strings.SplitSeq(strings.ToUpper(f[4]), ",") {
		if alt == "" || strings.Trim(alt, "ACGT") != "" || alt == ref {
			continue
		}
		r, a, at := ref, alt, pos-1
		for len(r) > 0 && len(a) > 0 && r[len(r)-1] == a[len(a)-1] {
			r, a = r[:len(r)-1], a[:len(a)-1]
		}
		for len(r) > 0 && len(a) > 0 && r[0] == a[0] {
			r, a, at = r[1:], a[1:], at+1
		}
		all = append(all, allele{contig: contig, at: at, end: at + int64(len(r)), letters: a,
			label: fmt.Sprintf("%s:%d:%s>%s", f[0], pos, ref, alt), ref: ref, start: pos - 1})
	}
	return all, nil
}

// checkAlleles refuses alleles whose REF is not what the contigs have.
func checkAlleles(ctx context.Context, name string, all []allele, g genomeText) error {
	var c *contig
	for i := range all {
		a := &all[i]
		if c == nil || i > 0 && all[i-1].contig != a.contig {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if c, err = g.text(ctx, a.contig); err != nil {
				return err
			}
		}
		end := a.start + int64(len(a.ref))
		there := string(c.text.append(nil, c.Halo+a.start, c.Halo+min(end, c.Length), false))
		if there != a.ref {
			return &okazaki.Error{File: name, Line: a.line, Message: fmt.Sprintf("REF is %s at %s:%d, but the genome has %q there", a.ref, c.Name, a.start+1, there),
				Hint: "give a VCF of this genome"}
		}
	}
	return nil
}

// maxTogether is the most alleles of one haplotype that are tried together.
const maxTogether = 3

// together calls f for the sets of alleles that begin with number i, in which
// each is beside the one before and at most width letters from the first.
func together(all []allele, i int, width int64, f func(set []int)) {
	var grow func(set []int)
	grow = func(set []int) {
		f(set)
		first, last := &all[set[0]], &all[set[len(set)-1]]
		for j := set[len(set)-1] + 1; j < len(all) && len(set) < maxTogether; j++ {
			next := &all[j]
			if next.contig != first.contig || next.at >= first.end+width {
				break
			}
			if next.at >= last.end && (next.at > last.at || last.end > last.at) {
				grow(append(set[:len(set):len(set)], j))
			}
		}
	}
	grow([]int{i})
}

// A haplotype is a stretch of a contig with some alleles.
type haplotype struct {
	text  *text
	from  int64   // place in the contig of the first letter
	parts []piece // the alleles, ascending
}

// A piece is where an allele's letters lie in a haplotype.
type piece struct {
	at, end int64
	allele  *allele
}

// haplotype is that of a set of alleles, none for the reference, with width
// letters of the contig on both sides of [from, to).
func (c *contig) haplotype(all []allele, set []int, from, to, width int64) *haplotype {
	h := &haplotype{from: max(from-width, -c.Halo)}
	end := min(to+width, c.Length+c.Halo)
	var letters []byte
	at := h.from
	for _, i := range set {
		a := &all[i]
		letters = c.text.append(letters, c.Halo+at, c.Halo+a.at, false)
		begin := int64(len(letters))
		letters = append(letters, a.letters...)
		h.parts = append(h.parts, piece{begin, int64(len(letters)), a})
		at = a.end
	}
	h.text = newText(c.text.append(letters, c.Halo+at, c.Halo+end, false))
	return h
}

// place is where a letter of the haplotype lies in the contig. Those of an
// insertion lie at the letter that follows it, and not exactly.
func (h *haplotype) place(i int64) (at int64, exact bool) {
	at = h.from + i
	for _, p := range h.parts {
		a := p.allele
		if i < p.at {
			break
		}
		if own := i - p.at; i < p.end {
			return a.at + min(own, max(0, a.end-a.at-1)), own < a.end-a.at
		}
		at = a.end + i - p.end
	}
	return at, true
}

// touches says whether the letters [from, to) show all alleles.
func (h *haplotype) touches(from, to int64) bool {
	for _, p := range h.parts {
		if p.at == p.end && !(from < p.at && p.at < to) || p.at < p.end && !(from < p.end && p.at < to) {
			return false
		}
	}
	return true
}
