package beacon

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"okazaki/format/vcf"
	"okazaki/genome"
)

// A query is a request to g_variants, checked.
type query struct {
	contig   string // as the request calls it, or the human chromosome of its accession; "" for every one
	assembly string // GRCh37 and the like; "" if the request doesn't say
	start    []int  // one or two; none if it doesn't say
	end      []int
	ref, alt *string // nil if not given; "" is a trimmed deletion or insertion
	kinds    []string
	min, max int // lengths; max < 0 if not given
	mate     string
	gene     bool // a gene is asked for: only its places
	places   []Place
	id       string // a variant's own identifier
}

// in calls visit with the alleles of the dataset that the query asks for, by
// contig and position, until it returns false or ctx ends.
func (q *query) in(ctx context.Context, d *Dataset, visit func(*contig, *variant) bool) {
	if q.assembly != "" && d.Assembly != "" && q.assembly != sameAssembly(d.Assembly) {
		return
	}
	for _, name := range d.ordered {
		c := d.contigs[name]
		if q.contig != "" && c != d.find(q.contig) {
			continue
		}
		seen := whole.Lo // an allele that starts before was seen in the region before
		for _, r := range q.regions(d, c) {
			more, looked := true, 0
			c.over(r, func(v *variant) bool {
				if looked++; looked%65536 == 0 {
					more = ctx.Err() == nil
				}
				if more && int(v.start) >= seen && q.matches(c, v) {
					more = visit(c, v)
				}
				return more
			})
			if !more {
				return
			}
			seen = r.Hi
		}
	}
}

// whole is more than any contig.
var whole = genome.Region{Lo: -1, Hi: 1 << 31}

// regions returns the regions of the contig in which the query's alleles lie,
// without overlaps.
func (q *query) regions(d *Dataset, c *contig) []genome.Region {
	r := whole
	switch {
	case len(q.start) == 2:
		r = genome.Region{Lo: q.start[0], Hi: q.start[1]}
	case len(q.start) == 1 && len(q.end) == 1:
		r = genome.Region{Lo: q.start[0], Hi: q.end[0]}
	case len(q.start) == 1:
		// The same change may be written with other bases around it.
		at := q.start[0]
		if q.ref != nil && q.alt != nil {
			at, _, _ = trim(at, []byte(*q.ref), []byte(*q.alt))
		}
		r = genome.Region{Lo: q.start[0] - 1, Hi: at + 1}
	}
	if !q.gene {
		return []genome.Region{r}
	}
	var list []genome.Region
	for _, p := range q.places {
		if d.find(p.Contig) == c {
			if cut := p.Region.Intersect(r); cut.Len() > 0 {
				list = append(list, cut)
			}
		}
	}
	slices.SortFunc(list, func(a, b genome.Region) int { return a.Lo - b.Lo })
	var joined []genome.Region
	for _, r := range list {
		if n := len(joined); n > 0 && r.Lo <= joined[n-1].Hi {
			joined[n-1].Hi = max(joined[n-1].Hi, r.Hi)
		} else {
			joined = append(joined, r)
		}
	}
	return joined
}

// matches says whether an allele in the right region is one that the query
// asks for.
func (q *query) matches(c *contig, v *variant) bool {
	return q.placed(c, v) &&
		(q.id == "" || q.id == identifier(c, v)) &&
		(len(q.kinds) == 0 || slices.Contains(q.kinds, kindName(c, v))) &&
		(q.min == 0 || length(c, v) >= q.min) && (q.max < 0 || length(c, v) <= q.max) &&
		(q.mate == "" || q.mate == mate(c.alt(v)))
}

// placed says whether the allele has the place and the bases that the query
// asks for.
func (q *query) placed(c *contig, v *variant) bool {
	start, end := int(v.start), int(v.end)
	switch {
	case len(q.start) == 2:
		return q.start[0] <= start && start < q.start[1] && q.end[0] <= end && end < q.end[1] && q.letters(c, v)
	case len(q.start) == 1 && len(q.end) == 0:
		return q.exact(c, v)
	}
	return q.letters(c, v)
}

// letters says whether REF and ALT match the query, as written or trimmed.
func (q *query) letters(c *contig, v *variant) bool {
	if q.ref == nil && q.alt == nil {
		return true
	}
	if v.kind != vcf.Sequence {
		return false
	}
	ref, alt := c.ref(v), c.alt(v)
	if like(q.ref, ref) && like(q.alt, alt) {
		return true
	}
	_, ref, alt = trim(int(v.start), ref, alt)
	return like(q.ref, ref) && like(q.alt, alt)
}

// exact says whether the allele matches a sequence query: at start, as
// written, or the same change written with other bases around it.
func (q *query) exact(c *contig, v *variant) bool {
	if q.alt == nil { // a query by type or length
		return int(v.start) == q.start[0] && q.letters(c, v)
	}
	if v.kind != vcf.Sequence {
		return false
	}
	ref, alt := c.ref(v), c.alt(v)
	if int(v.start) == q.start[0] && like(q.ref, ref) && like(q.alt, alt) {
		return true
	}
	start, ref, alt := trim(int(v.start), ref, alt)
	if start == q.start[0] && like(q.ref, ref) && like(q.alt, alt) {
		return true
	}
	if q.ref == nil {
		return false
	}
	at, r, a := trim(q.start[0], []byte(*q.ref), []byte(*q.alt))
	return at == start && bytes.Equal(r, ref) && bytes.Equal(a, alt)
}

// like says whether letters match a pattern, in which IUPAC letters stand for
// several bases; a nil pattern matches all.
func like(pattern *string, letters []byte) bool {
	if pattern == nil {
		return true
	}
	p := *pattern
	if p == "-" || p == "." {
		p = ""
	}
	if len(p) != len(letters) {
		return false
	}
	for i, b := range letters {
		if p[i] != b && strings.IndexByte(iupac[p[i]], b) < 0 {
			return false
		}
	}
	return true
}

var iupac = [256]string{'R': "AG", 'Y': "CT", 'S': "CG", 'W': "AT", 'K': "GT", 'M': "AC", 'B': "CGT", 'D': "AGT", 'H': "ACT", 'V': "ACG", 'N': "ACGT", 'U': "T"}

// trim removes the bases that both share, at the end and then at the start.
func trim(start int, ref, alt []byte) (int, []byte, []byte) {
	for len(ref) > 0 && len(alt) > 0 && ref[len(ref)-1] == alt[len(alt)-1] {
		ref, alt = ref[:len(ref)-1], alt[:len(alt)-1]
	}
	for len(ref) > 0 && len(alt) > 0 && ref[0] == alt[0] {
		start, ref, alt = start+1, ref[1:], alt[1:]
	}
	return start, ref, alt
}

// length is how long a variant is: the longer of its trimmed alleles, or
// what a structural one spans after the base before it.
func length(c *contig, v *variant) int {
	if v.kind != vcf.Sequence {
		return max(int(v.end-v.start)-1, 1)
	}
	_, ref, alt := trim(int(v.start), c.ref(v), c.alt(v))
	return max(len(ref), len(alt))
}

// kindName is a variant's type as the Beacon names it.
func kindName(c *contig, v *variant) string {
	switch v.kind {
	case vcf.Breakend:
		return "BND"
	case vcf.Symbolic:
		name, _, _ := strings.Cut(strings.Trim(string(c.alt(v)), "<>"), ":")
		return name
	}
	_, ref, alt := trim(int(v.start), c.ref(v), c.alt(v))
	switch {
	case len(ref) == 1 && len(alt) == 1:
		return "SNP"
	case len(ref) == 0:
		return "INS"
	case len(alt) == 0:
		return "DEL"
	case len(ref) == len(alt):
		return "MNP"
	}
	return "INDEL"
}

// kindsOf are the types that a request's word stands for.
func kindsOf(word string) []string {
	switch w := strings.ToUpper(word); w {
	case "SNV", "SNP", "SO:0001483":
		return []string{"SNP"}
	case "DEL", "SO:0000159", "EFO:0030067", "EFO:0030068", "EFO:0030069":
		return []string{"DEL"}
	case "INS", "SO:0000667":
		return []string{"INS"}
	case "DUP", "SO:1000035", "EFO:0030070", "EFO:0030071", "EFO:0030072", "EFO:0030073":
		return []string{"DUP"}
	case "MNP", "MNV", "SO:0002007":
		return []string{"MNP"}
	case "INDEL", "DELINS", "SO:1000032":
		return []string{"INDEL", "INS", "DEL"}
	case "INV", "SO:1000036":
		return []string{"INV"}
	case "CNV", "SO:0001019":
		return []string{"CNV", "DEL", "DUP"}
	case "BND", "SO:0000199":
		return []string{"BND"}
	default:
		return []string{w}
	}
}

// mate is the plain name of the contig that a breakend joins, as in G]17:198982].
func mate(alt []byte) string {
	i := bytes.IndexAny(alt, "[]")
	if i < 0 {
		return ""
	}
	name, _, _ := bytes.Cut(alt[i+1:], alt[i:i+1])
	if colon := bytes.LastIndexByte(name, ':'); colon >= 0 {
		name = name[:colon]
	}
	return genome.PlainContig(string(name))
}

// identifier names an allele as gnomAD does: contig, POS as in the file, REF
// and ALT.
func identifier(c *contig, v *variant) string {
	b := append([]byte(genome.PlainContig(c.name)), '-')
	b = strconv.AppendInt(b, int64(v.start)+1, 10)
	b = append(append(append(b, '-'), c.ref(v)...), '-')
	return string(append(b, c.alt(v)...))
}

var identifierPattern = regexp.MustCompile(`^(.+?)-([0-9]{1,10})-([A-Z]+)-(.+)$`)

// byIdentifier is the query for one allele; false if id can't be one.
func byIdentifier(id string) (*query, bool) {
	m := identifierPattern.FindStringSubmatch(id)
	if m == nil {
		return nil, false
	}
	pos, err := strconv.Atoi(m[2])
	if err != nil || pos < 1 || pos >= whole.Hi {
		return nil, false
	}
	contig, assembly := reference(m[1])
	canonical := genome.PlainContig(contig) + strings.TrimPrefix(id, m[1])
	return &query{contig: contig, assembly: assembly, id: canonical, start: []int{pos - 1}, end: []int{pos}, max: -1}, true
}

var hgvsPattern = regexp.MustCompile(`^([^:]+):g\.([0-9]{1,10})(?:_([0-9]{1,10}))?(?:([ACGTN])>([ACGTN])|(del)([ACGTN]*)(?:ins([ACGTN]+))?|ins([ACGTN]+))$`)

// hgvs reads a genomic HGVS name into the query: substitutions, deletions,
// insertions and both, at the place that they name.
func (q *query) hgvs(name string) bool {
	m := hgvsPattern.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	q.contig, q.assembly = reference(m[1])
	first, _ := strconv.Atoi(m[2])
	last := first
	if m[3] != "" {
		last, _ = strconv.Atoi(m[3])
	}
	if first < 1 || last < first || last >= whole.Hi {
		return false
	}
	q.start = []int{first - 1}
	switch {
	case m[4] != "":
		q.ref, q.alt = &m[4], &m[5]
		return last == first
	case m[6] == "":
		empty := ""
		q.start, q.ref, q.alt = []int{first}, &empty, &m[9]
		return last == first+1
	}
	if m[7] == "" {
		m[7] = strings.Repeat("N", min(last-first+1, maxLetters))
	}
	q.ref, q.alt = &m[7], &m[8]
	return len(m[7]) == last-first+1
}
