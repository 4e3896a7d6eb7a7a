package pgx

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/format/vcf"
)

// A Collector picks out the records at defined positions. One goroutine may
// use it at a time; use one for each piece of a file, and Merge their parts.
type Collector struct {
	d     *Definitions
	file  string
	depth bool // AD can be trusted
	chrom string
	next  []int // the sites of chrom that are left, as [lo, hi)
	last  int
	part  []line
}

type line struct {
	site int
	text string
}

// lengths37 are lengths of chromosomes in GRCh37, by which a header betrays it.
var lengths37 = map[string]int{
	"1": 249250621, "2": 243199373, "4": 191154276, "6": 171115067, "7": 159138663, "8": 146364022, "10": 135534747,
	"12": 133851895, "13": 115169878, "16": 90354753, "19": 59128983, "22": 51304566, "X": 155270560,
}

// NewCollector is a collector for the file with this header. A header that
// names another assembly than the definitions' is an error.
func (d *Definitions) NewCollector(file string, h *vcf.Header) (*Collector, error) {
	ad, defined := h.Format["AD"]
	c := &Collector{d: d, file: file, depth: !defined || ad.Number == "R"}
	for _, contig := range h.Contigs {
		length, known := lengths37[plainChrom(contig.Name)]
		is37 := strings.Contains(contig.Assembly, "37") || strings.Contains(contig.Assembly, "hg19") || known && length == contig.Length
		if is37 && major(d.Build) == "GRCh38" {
			return nil, &okazaki.Error{File: file, Record: contig.Name, Message: "the variants are on GRCh37, and the star alleles are defined on " + d.Build,
				Hint: "lift the file over to GRCh38, or leave out --pgx"}
		}
	}
	return c, nil
}

// Add takes the record if it is at a defined position, and says whether it
// was. Records may come in any order, but sorted ones are passed over fastest.
func (c *Collector) Add(r *vcf.Record) (bool, error) {
	if string(r.Chrom) != c.chrom {
		c.chrom, c.last = string(r.Chrom), 0
		c.next = c.d.starts[plainChrom(c.chrom)]
	}
	if c.next == nil {
		return false, nil
	}
	end := r.Pos + 1
	if isBlock(r) {
		end = max(r.End(), end)
	}
	if end <= c.d.sites[c.next[0]].pos || r.Pos > c.d.sites[c.next[1]-1].pos {
		return false, nil
	}
	i := max(c.last, c.next[0])
	if i > c.next[0] && c.d.sites[i-1].pos >= r.Pos || i < c.next[1] && c.d.sites[i].pos < r.Pos {
		i = c.next[0]
		n, _ := slices.BinarySearchFunc(c.d.sites[i:c.next[1]], r.Pos, func(s site, pos int) int { return cmp.Compare(s.pos, pos) })
		i += n
	}
	c.last = i
	if i == c.next[1] || c.d.sites[i].pos >= end {
		return false, nil
	}
	calls, err := c.calls(r)
	if err != nil {
		return true, err
	}
	for ; i < c.next[1] && c.d.sites[i].pos < end; i++ {
		ref, alt := string(r.Ref), string(r.Alt)
		if end > r.Pos+1 {
			ref, alt = ".", strconv.Itoa(end-c.d.sites[i].pos)
		}
		c.part = append(c.part, line{i, ref + "\t" + alt + calls})
	}
	return true, nil
}

// isBlock says whether the record holds bases like the reference, one or, in
// a gVCF, many.
func isBlock(r *vcf.Record) bool {
	return string(r.Alt) == "." || string(r.Alt) == "<NON_REF>" || string(r.Alt) == "<*>"
}

// calls is GT:PS:AD of each sample, a tab before each.
func (c *Collector) calls(r *vcf.Record) (string, error) {
	var b strings.Builder
	want := [3]int{r.FieldIndex("GT"), r.FieldIndex("PS"), -1}
	if c.depth {
		want[2] = r.FieldIndex("AD")
	}
	alleles := 1
	for range r.Alts() {
		alleles++
	}
	for _, sample := range r.Samples() {
		sep := byte('\t')
		for k, place := range want {
			value := vcf.Value(sample, place)
			if len(value) == 0 {
				value = []byte{'.'}
			}
			if k == 0 {
				if err := c.check(r, string(value), alleles); err != nil {
					return "", err
				}
			}
			b.WriteByte(sep)
			b.Write(value)
			sep = ':'
		}
	}
	return b.String(), nil
}

// check says whether a genotype's alleles are there.
func (c *Collector) check(r *vcf.Record, gt string, alleles int) error {
	for _, index := range strings.FieldsFunc(gt, func(c rune) bool { return c == '/' || c == '|' }) {
		if index == "." {
			continue
		}
		n, err := strconv.Atoi(index)
		if err != nil || n < 0 || n >= alleles {
			return &okazaki.Error{File: c.file, Line: r.Line, Message: fmt.Sprintf("GT %q, but there are %d ALT alleles", gt, alleles-1), Hint: "mend the genotype"}
		}
	}
	return nil
}

// Part returns what has been collected: lines of text, sorted by position,
// and at one position in the file's order.
func (c *Collector) Part() []byte {
	slices.SortStableFunc(c.part, func(a, b line) int { return cmp.Compare(a.site, b.site) })
	var b bytes.Buffer
	for _, l := range c.part {
		b.WriteString(strconv.Itoa(l.site))
		b.WriteByte('\t')
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// Merge joins the part of a piece of a file with the part of the next piece.
// It is associative, and the empty part joins with any.
func Merge(before, after []byte) ([]byte, error) {
	a, err := readPart(before)
	if err != nil {
		return nil, err
	}
	b, err := readPart(after)
	if err != nil {
		return nil, err
	}
	return (&Collector{part: append(a, b...)}).Part(), nil
}

func readPart(part []byte) ([]line, error) {
	var lines []line
	for l := range bytes.Lines(part) {
		number, rest, ok := strings.Cut(strings.TrimSuffix(string(l), "\n"), "\t")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 {
			return nil, fmt.Errorf("a part of star alleles holds %q", l)
		}
		lines = append(lines, line{n, rest})
	}
	return lines, nil
}
