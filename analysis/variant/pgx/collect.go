package pgx

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"okazaki"
)

// A Record is what is needed of a line of a VCF file. Its slices are only
// looked at during the call.
type Record struct {
	File    string // as the user named it, for errors
	Line    int64
	Chrom   []byte
	Pos     int // of REF's first letter, 0-based
	End     int // where a reference block of a gVCF ends; 0 if it isn't one
	Ref     []byte
	Alt     []byte // as written: letters with commas between, or "."
	Format  []byte
	Samples [][]byte
}

// A Collector picks out the records at defined positions. One goroutine may
// use it at a time; use one for each piece of a file, and Merge their parts.
type Collector struct {
	d     *Definitions
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
var lengths37 = map[string]string{
	"1": "249250621", "2": "243199373", "4": "191154276", "6": "171115067", "7": "159138663", "8": "146364022", "10": "135534747",
	"12": "133851895", "13": "115169878", "16": "90354753", "19": "59128983", "22": "51304566", "X": "155270560",
}

// NewCollector is a collector for the file with this header: its lines that begin
// with '#'. A header that names another assembly than the definitions' is an error.
func (d *Definitions) NewCollector(file string, header []byte) (*Collector, error) {
	c := &Collector{d: d, depth: true}
	var n int64
	for l := range bytes.Lines(header) {
		n++
		l := strings.TrimRight(string(l), "\r\n")
		switch {
		case strings.HasPrefix(l, "##FORMAT=<ID=AD,"):
			c.depth = strings.Contains(l, "Number=R")
		case strings.HasPrefix(l, "##contig=<"):
			id, length, assembly := attribute(l, "ID"), attribute(l, "length"), attribute(l, "assembly")
			is37 := strings.Contains(assembly, "37") || strings.Contains(assembly, "hg19") || length != "" && lengths37[plainChrom(id)] == length
			if is37 && major(d.Build) == "GRCh38" {
				return nil, &okazaki.Error{File: file, Line: n, Message: "the variants are on GRCh37, and the star alleles are defined on " + d.Build,
					Hint: "lift the file over to GRCh38, or leave out --pgx"}
			}
		}
	}
	return c, nil
}

// attribute is the value of a key of a structured header line.
func attribute(l, key string) string {
	for _, before := range []string{"<", ","} {
		if _, rest, ok := strings.Cut(l, before+key+"="); ok {
			if i := strings.IndexAny(rest, ",>"); i >= 0 {
				return strings.Trim(rest[:i], `"`)
			}
		}
	}
	return ""
}

// Add takes the record if it is at a defined position, and says whether it
// was. Records may come in any order, but sorted ones are passed over fastest.
func (c *Collector) Add(r *Record) (bool, error) {
	if string(r.Chrom) != c.chrom {
		c.chrom, c.last = string(r.Chrom), 0
		c.next = c.d.starts[plainChrom(c.chrom)]
	}
	if c.next == nil {
		return false, nil
	}
	end := max(r.End, r.Pos+1)
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

// calls is GT:PS:AD of each sample, a tab before each.
func (c *Collector) calls(r *Record) (string, error) {
	var b strings.Builder
	want := [3]int{-1, -1, -1}
	n := 0
	for key := range strings.SplitSeq(string(r.Format), ":") {
		if k := slices.Index([]string{"GT", "PS", "AD"}, key); k >= 0 && (k < 2 || c.depth) {
			want[k] = n
		}
		n++
	}
	alleles := 1
	if string(r.Alt) != "." {
		alleles += 1 + bytes.Count(r.Alt, []byte(","))
	}
	for _, sample := range r.Samples {
		fields := strings.Split(string(sample), ":")
		sep := byte('\t')
		for k, w := range want {
			value := "."
			if w >= 0 && w < len(fields) && fields[w] != "" {
				value = fields[w]
			}
			if k == 0 {
				if err := checkGenotype(r, value, alleles); err != nil {
					return "", err
				}
			}
			b.WriteByte(sep)
			b.WriteString(value)
			sep = ':'
		}
	}
	return b.String(), nil
}

func checkGenotype(r *Record, gt string, alleles int) error {
	for _, index := range strings.FieldsFunc(gt, func(c rune) bool { return c == '/' || c == '|' }) {
		if index == "." {
			continue
		}
		n, err := strconv.Atoi(index)
		if err != nil || n < 0 || n >= alleles {
			return &okazaki.Error{File: r.File, Line: r.Line, Message: fmt.Sprintf("GT %q, but there are %d ALT alleles", gt, alleles-1), Hint: "mend the genotype"}
		}
	}
	return nil
}

// Part is what has been collected: lines of text, sorted by position, those
// of one position in the file's order.
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

// Merge joins the part of a piece of a file with that of the piece after it.
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
