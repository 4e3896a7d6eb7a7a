package gene

import (
	"slices"
	"strconv"
	"strings"

	"okazaki/format/gff3"
	"okazaki/genome"
)

// An annotation keeps a file's features until all are read: children may come
// before their parents.
type annotation struct {
	nodes map[string]*node
	order []*node // in the order of the file
	parts map[string]*parts
	other map[string]string // the name that the file gives a contig besides its own
	ncbi  map[string]bool   // NCBI's own line describes the contig: a code that isn't the standard one is with each coding sequence
	round map[string]bool   // the file says that the contig is circular
	texts map[string]string // one copy of each text, so that lines can be forgotten
	stops bool              // stop codons have lines, or are in the coding sequences
}

// A node is a gene, a transcript, or what else may have parts.
type node struct {
	id, parent string // as key makes them
	kind       string // the feature's type
	contig     string
	region     genome.Region
	strand     byte
	line       int64
	implied    bool // it has no line of its own: its parts name it
	attributes attributes
	children   []*node
}

// parts are the exons and the coding sequence of a node.
type parts struct {
	contig     string
	strand     byte
	line       int64
	tangled    bool   // they lie on both strands
	of         string // the protein, if the node codes for several
	exons      []genome.Region
	cds        []segment
	stops      []genome.Region // stop codons
	redefined  []genome.Region // stop codons read as selenocysteine
	attributes attributes      // of the first line of the coding sequence
	cut        [2]bool         // the coding sequence goes on beyond its low end, its high end
}

// A segment is one line of a coding sequence.
type segment struct {
	genome.Region
	phase   int // -1 if the line doesn't say
	line    int64
	protein string // its identifier, if the line says
}

// attributes are the attributes of a feature that are remembered.
type attributes []gff3.Attribute

// kept are the tags that are remembered.
var kept = []string{
	"Name", "gene_id", "gene_name", "gene", "biotype", "gene_biotype", "gene_type", "transcript_id", "transcript_biotype",
	"transcript_type", "transcript_version", "version", "transcript_support_level", "ccdsid", "ccds_id", "protein_id",
	"description", "ncrna_class", "gbkey", "Dbxref", "db_xref", "transl_except", "transl_table", "exception", "locus_tag", "tag",
}

// get is the value of the first attribute that has one of the tags.
func (as attributes) get(tags ...string) string {
	for _, tag := range tags {
		for _, a := range as {
			if a.Tag == tag {
				return a.Value
			}
		}
	}
	return ""
}

// tagged says whether "tag", which may be given again and hold a list, has a value.
func (as attributes) tagged(value string) bool {
	for _, a := range as {
		if a.Tag != "tag" {
			continue
		}
		for v := range strings.SplitSeq(a.Value, ",") {
			if v = strings.TrimSpace(v); v == value || strings.ReplaceAll(v, " ", "_") == value {
				return true
			}
		}
	}
	return false
}

// all calls each with the values of all attributes that have the tag, lists
// taken apart.
func (as attributes) all(tag string, each func(value string)) {
	for _, a := range as {
		if a.Tag == tag {
			for v := range strings.SplitSeq(a.Value, ",") {
				each(strings.TrimSpace(v))
			}
		}
	}
}

func newAnnotation() *annotation {
	return &annotation{nodes: map[string]*node{}, parts: map[string]*parts{}, other: map[string]string{}, ncbi: map[string]bool{},
		round: map[string]bool{}, texts: map[string]string{}}
}

// keep returns a copy of a text that doesn't share a line's memory.
func (a *annotation) keep(s string) string {
	if t, ok := a.texts[s]; ok {
		return t
	}
	t := strings.Clone(s)
	a.texts[t] = t
	return t
}

func (a *annotation) keepAll(f *gff3.Feature) (as attributes) {
	for _, at := range f.Attributes {
		if at.Value != "" && slices.Contains(kept, at.Tag) {
			as = append(as, gff3.Attribute{Tag: a.keep(at.Tag), Value: a.keep(at.Value)})
		}
	}
	return as
}

// add takes a feature of GFF3.
func (a *annotation) add(f *gff3.Feature) {
	a.stops = true
	parents := strings.Split(f.First("Parent", "parent", "Derives_from"), ",")
	switch kind := strings.ToLower(f.Type); kind {
	case "exon", "cds", "stop_codon", "stop_codon_redefined_as_selenocysteine", "selenocysteine":
		for _, parent := range parents {
			parent = key(f, strings.TrimSpace(parent))
			if parent == "" {
				parent = own(f) // as in a virus' or a bacterium's annotation
				a.imply(parent, "", f)
			}
			a.part(a.keep(parent), kind, f)
		}
	case "region", "chromosome", "contig", "supercontig", "scaffold":
		a.contig(f)
	case "five_prime_utr", "three_prime_utr", "utr", "intron", "start_codon", "biological_region":
	default:
		a.node(own(f), key(f, strings.TrimSpace(parents[0])), f)
	}
}

// addGTF takes a feature of GTF, which says what it belongs to by naming it.
func (a *annotation) addGTF(f *gff3.Feature) {
	gene, transcript := key(f, "gene", f.Get("gene_id")), key(f, "transcript", f.Get("transcript_id"))
	switch kind := strings.ToLower(f.Type); kind {
	case "gene":
		a.node(first(gene, own(f)), "", f)
	case "transcript", "mrna":
		a.node(first(transcript, own(f)), gene, f)
	case "exon", "cds", "stop_codon", "selenocysteine":
		transcript = first(transcript, gene, own(f))
		a.imply(transcript, gene, f)
		a.part(a.keep(transcript), kind, f)
	}
}

// key is what tells a node from others: those on X and on Y may share an id,
// and so may genes and transcripts of GTF. It is "" if the last part of the
// name is.
func key(f *gff3.Feature, name ...string) string {
	if name[len(name)-1] == "" {
		return ""
	}
	return f.SeqID + "\t" + strings.Join(name, "\t")
}

// own is the key of a feature itself.
func own(f *gff3.Feature) string {
	return key(f, first(f.First("ID", "Name", "id", "name"), "line "+strconv.FormatInt(f.Line, 10)))
}

// node takes a gene, a transcript, or what else may have parts.
func (a *annotation) node(id, parent string, f *gff3.Feature) {
	n := &node{id: a.keep(id), parent: a.keep(parent), kind: a.keep(f.Type), contig: a.keep(f.SeqID),
		region: f.Region, strand: f.Strand, line: f.Line, attributes: a.keepAll(f)}
	switch old := a.nodes[id]; {
	case old == nil:
		a.order = append(a.order, n)
		a.nodes[n.id] = n
	case old.implied:
		*old = *n
	}
}

// imply makes a node that no line has described yet.
func (a *annotation) imply(id, parent string, f *gff3.Feature) {
	n := a.nodes[id]
	switch {
	case n == nil:
		a.node(id, parent, f)
		a.nodes[id].implied = true
	case n.implied:
		n.region.Lo, n.region.Hi = min(n.region.Lo, f.Region.Lo), max(n.region.Hi, f.Region.Hi)
	}
}

// part takes an exon, a segment of a coding sequence, or a stop codon of the
// node with that id.
func (a *annotation) part(id, kind string, f *gff3.Feature) {
	p := a.parts[id]
	if p == nil {
		p = &parts{contig: a.keep(f.SeqID), strand: f.Strand, line: f.Line}
		a.parts[id] = p
	}
	p.tangled = p.tangled || p.strand != f.Strand
	switch kind {
	case "exon":
		p.exons = append(p.exons, f.Region)
	case "stop_codon":
		a.stops = true
		p.stops = append(p.stops, f.Region)
	case "cds":
		p.cds = append(p.cds, segment{f.Region, f.Phase, f.Line, a.keep(f.Get("protein_id"))})
		if p.attributes == nil {
			p.attributes = a.keepAll(f)
		}
		p.cut[0] = p.cut[0] || strings.HasPrefix(f.Get("start_range"), ".,")
		p.cut[1] = p.cut[1] || strings.HasSuffix(f.Get("end_range"), ",.")
	default:
		p.redefined = append(p.redefined, f.Region)
	}
}

// contig takes a contig's own line, which in RefSeq's files says what else it
// is called.
func (a *annotation) contig(f *gff3.Feature) {
	if f.Region.Lo != 0 || f.Get("gbkey") != "Src" {
		return
	}
	a.round[a.keep(f.SeqID)] = f.Get("Is_circular") == "true"
	a.ncbi[a.keep(f.SeqID)] = true
	if name := f.Get("Name"); f.Get("genome") != "genomic" && name != "" {
		a.other[a.keep(f.SeqID)] = a.keep(name)
	}
}

// first is the first text that isn't empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
