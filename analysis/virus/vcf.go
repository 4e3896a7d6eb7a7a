package virus

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"okazaki/genome"
)

// maxSamples is the most genomes of a VCF. The file grows with the number of
// genomes times the number of sites.
const maxSamples = 50_000

// A vcfFile is the differences of all genomes by site (VCF 4.3, haploid), with
// one column per genome. It has one line for a base's substitutions, and one
// for each deletion and insertion. A genome's allele is '.' where it lacks a
// base, or has another letter than A, C, G and T.
type vcfFile struct {
	w       *bufio.Writer
	d       *Dataset
	names   []string
	unknown [][]genome.Region // by sample, ascending
	found   []found
	alts    []string // that found.alt counts
	number  map[string]int32
	line    []byte
	alleles []int32 // by sample: of the line at hand; 0 the reference's, -1 unknown
}

// found is what one sample has in place of the reference's bases [lo, hi): a
// base, or for a deletion or insertion the base before it and the rest.
type found struct{ lo, hi, alt, sample int32 }

func (f *vcfFile) substitution(x *found) bool { return x.hi == x.lo+1 && len(f.alts[x.alt]) == 1 }

func newVCFFile(d *Dataset, w io.Writer) *vcfFile {
	return &vcfFile{w: bufio.NewWriterSize(w, 1<<20), d: d, number: map[string]int32{}}
}

// add notes what a sample has in place of bases [lo, hi).
func (f *vcfFile) add(lo, hi int, alt []byte) {
	k, ok := f.number[string(alt)]
	if !ok {
		k = int32(len(f.alts))
		f.alts = append(f.alts, string(alt))
		f.number[f.alts[k]] = k
	}
	f.found = append(f.found, found{int32(lo), int32(hi), k, int32(len(f.names) - 1)})
}

func (f *vcfFile) row(t *Table) error {
	calls, err := t.Calls()
	if err != nil || calls.Problem != "" {
		return err
	}
	ref := f.d.Reference.Sequence
	f.names = append(f.names, t.Name())
	unknown := slices.Concat(calls.Missing, calls.Deletions)
	for _, a := range calls.Ambiguous {
		unknown = append(unknown, a.Region)
	}
	unknown = append(unknown, genome.Region{Hi: calls.Aligned.Lo}, genome.Region{Lo: calls.Aligned.Hi, Hi: len(ref)})
	slices.SortFunc(unknown, func(a, b genome.Region) int { return cmp.Compare(a.Lo, b.Lo) })
	f.unknown = append(f.unknown, slices.DeleteFunc(unknown, func(r genome.Region) bool { return r.Len() == 0 }))
	for _, s := range calls.Substitutions {
		f.add(s.Pos, s.Pos+1, []byte{s.Alt})
	}
	for _, x := range calls.Deletions {
		if x.Lo > 0 {
			f.add(x.Lo-1, x.Hi, ref[x.Lo-1:x.Lo])
		}
	}
	for _, x := range calls.Insertions {
		if x.Pos > calls.Aligned.Lo && x.Pos < calls.Aligned.Hi { // others overhang
			f.add(x.Pos-1, x.Pos, append([]byte{ref[x.Pos-1]}, x.Letters...))
		}
	}
	return nil
}

func (f *vcfFile) end() error {
	f.header()
	slices.SortFunc(f.found, f.compare)
	f.alleles = make([]int32, len(f.names))
	passed := make([]int, len(f.names))
	for rest := f.found; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(x found) bool { return !f.together(&rest[0], &x) })
		if n < 0 {
			n = len(rest)
		}
		f.site(rest[:n], passed)
		if _, err := f.w.Write(f.line); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return f.w.Flush()
}

// compare orders by site, and there substitutions first.
func (f *vcfFile) compare(a, b found) int {
	kind := func(x *found) int {
		if f.substitution(x) {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(kind(&a), kind(&b)), cmp.Compare(a.hi, b.hi),
		strings.Compare(f.alts[a.alt], f.alts[b.alt]), cmp.Compare(a.sample, b.sample))
}

// together says whether two alleles share a line.
func (f *vcfFile) together(a, b *found) bool {
	if a.lo != b.lo || a.hi != b.hi || f.substitution(a) != f.substitution(b) {
		return false
	}
	return a.alt == b.alt || f.substitution(a)
}

func (f *vcfFile) header() {
	ref := f.d.Reference
	fmt.Fprintf(f.w, "##fileformat=VCFv4.3\n##contig=<ID=%s,length=%d>\n", ref.Name, len(ref.Sequence))
	f.w.WriteString("##INFO=<ID=AC,Number=A,Type=Integer,Description=\"Genomes with the allele\">\n" +
		"##INFO=<ID=AN,Number=1,Type=Integer,Description=\"Genomes that have a letter here\">\n")
	f.w.WriteString("##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Allele; . where the genome has no letter\">\n" +
		"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT")
	for _, name := range f.names {
		f.w.WriteString("\t" + name)
	}
	f.w.WriteString("\n")
}

// site fills the line of the samples' alleles at one site. passed is, by
// sample, the number of its unknown regions that end before the site.
func (f *vcfFile) site(at []found, passed []int) {
	lo, hi := int(at[0].lo), int(at[0].hi)
	ref := f.d.Reference
	b := append(append(f.line[:0], ref.Name...), '\t')
	b = append(appendInt(b, lo+1), "\t.\t"...)
	b = append(append(b, ref.Sequence[lo:hi]...), '\t')
	if !f.substitution(&at[0]) {
		hi = max(hi, lo+2) // an insertion lies between two bases
	}
	known := f.cover(lo, hi, passed)
	var alts []string
	var counts []byte
	for len(at) > 0 {
		n := 0
		for ; n < len(at) && at[n].alt == at[0].alt; n++ {
			if f.alleles[at[n].sample] < 0 {
				known++ // a deletion's own bases
			}
			f.alleles[at[n].sample] = int32(len(alts) + 1)
		}
		alts = append(alts, f.alts[at[0].alt])
		counts = appendInt(append(counts, ','), n)
		at = at[n:]
	}
	b = append(append(b, strings.Join(alts, ",")...), "\t.\t.\tAC="...)
	b = appendInt(append(append(b, counts[1:]...), ";AN="...), known)
	b = append(b, "\tGT"...)
	for _, a := range f.alleles {
		if b = append(b, '\t'); a < 0 {
			b = append(b, '.')
		} else {
			b = appendInt(b, int(a))
		}
	}
	f.line = append(b, '\n')
}

// cover makes each sample's allele the reference's, or unknown if one of the
// bases [lo, hi) is. It returns the number of known ones.
func (f *vcfFile) cover(lo, hi int, passed []int) int {
	known := len(f.names)
	for s, regions := range f.unknown {
		k := passed[s]
		for k < len(regions) && regions[k].Hi <= lo {
			k++
		}
		passed[s], f.alleles[s] = k, 0
		if k < len(regions) && regions[k].Lo < hi {
			f.alleles[s] = -1
			known--
		}
	}
	return known
}
