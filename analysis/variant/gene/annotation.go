package gene

import (
	"strconv"
	"strings"

	"okazaki/format/gff3"
	"okazaki/genome"
)

// An annotation is what is kept of a file's features until all are read:
// children may come before their parents.
type annotation struct {
	name  string // of the file
	nodes map[string]*node
	order []*node // in the order of the file
	parts map[string]*parts
	other map[string]string // a contig's name by another one that the file gives it
	texts map[string]string // one copy of each text, so that lines can be forgotten
}

// A node is a gene, a transcript, or what else may have parts.
type node struct {
	id, parent string
	kind       string // the feature's type
	contig     string
	region     genome.Region
	strand     byte
	line       int64
	attributes map[string]string // those of kept
	tags       []string
	children   []*node
}

// parts are the exons and the coding sequence of a node.
type parts struct {
	contig     string
	strand     byte
	line       int64
	tangled    bool // they lie on several contigs or both strands
	exons      []genome.Region
	cds        []segment
	stops      []genome.Region // stop codons
	redefined  []genome.Region // stop codons read as selenocysteine
	attributes map[string]string
	tags       []string
}

// A segment is one line of a coding sequence.
type segment struct {
	genome.Region
	phase int // -1 if the line doesn't say
	line  int64
}

// kept are the attributes that are remembered.
var kept = []string{
	"Name", "gene_id", "gene_name", "gene", "biotype", "gene_biotype", "gene_type", "transcript_id", "transcript_biotype",
	"transcript_type", "transcript_version", "version", "transcript_support_level", "ccdsid", "ccds_id", "protein_id",
	"description", "ncrna_class", "gbkey", "Dbxref", "transl_except", "transl_table", "partial", "start_range", "end_range",
	"exception", "locus_tag",
}

func newAnnotation(name string) *annotation {
	return &annotation{name: name, nodes: map[string]*node{}, parts: map[string]*parts{},
		other: map[string]string{}, texts: map[string]string{}}
}

// keep answers a text that doesn't share a line's memory.
func (a *annotation) keep(s string) string {
	if t, ok := a.texts[s]; ok {
		return t
	}
	t := strings.Clone(s)
	a.texts[t] = t
	return t
}

// keepAll are the attributes worth remembering.
func (a *annotation) keepAll(f *gff3.Feature) (map[string]string, []string) {
	var m map[string]string
	for _, tag := range kept {
		if v := f.Get(tag); v != "" {
			if m == nil {
				m = map[string]string{}
			}
			m[tag] = a.keep(v)
		}
	}
	var tags []string
	for _, at := range f.Attributes {
		if at.Tag == "tag" {
			for tag := range strings.SplitSeq(at.Value, ",") {
				tags = append(tags, a.keep(strings.ReplaceAll(strings.TrimSpace(tag), " ", "_")))
			}
		}
	}
	return m, tags
}

// add takes a feature of GFF3.
func (a *annotation) add(f *gff3.Feature) {
	parents := strings.Split(f.First("Parent", "parent"), ",")
	switch strings.ToLower(f.Type) {
	case "exon", "cds", "stop_codon", "stop_codon_redefined_as_selenocysteine", "selenocysteine":
		for _, parent := range parents {
			if parent = strings.TrimSpace(parent); parent == "" {
				parent = a.alone(f)
			}
			a.part(a.keep(parent), f)
		}
		return
	case "region", "chromosome", "contig", "supercontig", "scaffold":
		a.region(f)
		return
	case "five_prime_utr", "three_prime_utr", "utr", "intron", "start_codon", "biological_region":
		return
	}
	a.node(own(f), strings.TrimSpace(parents[0]), f)
}

// own is a feature's id.
func own(f *gff3.Feature) string {
	return first(f.First("ID", "Name", "id", "name"), "line "+strconv.FormatInt(f.Line, 10))
}

// node takes a gene, a transcript, or what else may have parts.
func (a *annotation) node(id, parent string, f *gff3.Feature) {
	n := &node{id: a.keep(id), parent: a.keep(parent), kind: a.keep(f.Type), contig: a.keep(f.SeqID),
		region: f.Region, strand: f.Strand, line: f.Line}
	n.attributes, n.tags = a.keepAll(f)
	a.order = append(a.order, n)
	if a.nodes[n.id] == nil {
		a.nodes[n.id] = n
	}
}

// alone makes a coding sequence or an exon without a parent, as in a virus' or
// a bacterium's annotation, the part of a node of its own.
func (a *annotation) alone(f *gff3.Feature) string {
	id := own(f)
	if n := a.nodes[id]; n == nil {
		a.node(id, "", f)
	} else {
		n.region.Lo, n.region.Hi = min(n.region.Lo, f.Region.Lo), max(n.region.Hi, f.Region.Hi)
	}
	return id
}

// part takes an exon, a segment of a coding sequence, or a stop codon of the
// node with that id.
func (a *annotation) part(id string, f *gff3.Feature) {
	p := a.parts[id]
	if p == nil {
		p = &parts{contig: a.keep(f.SeqID), strand: f.Strand, line: f.Line}
		a.parts[id] = p
	}
	if p.contig != f.SeqID || p.strand != f.Strand {
		p.tangled = true
	}
	switch strings.ToLower(f.Type) {
	case "exon":
		p.exons = append(p.exons, f.Region)
	case "stop_codon":
		p.stops = append(p.stops, f.Region)
	case "cds":
		p.cds = append(p.cds, segment{f.Region, f.Phase, f.Line})
		if p.attributes == nil {
			p.attributes, p.tags = a.keepAll(f)
		}
	default:
		p.redefined = append(p.redefined, f.Region)
	}
}

// region takes a contig's own line, which in RefSeq's files says what else
// the contig is called.
func (a *annotation) region(f *gff3.Feature) {
	if f.Region.Lo != 0 || f.Get("gbkey") != "Src" {
		return
	}
	if name := f.Get("Name"); name != "" && f.Get("genome") != "genomic" {
		a.other[a.keep(f.SeqID)] = a.keep(name)
	}
}
