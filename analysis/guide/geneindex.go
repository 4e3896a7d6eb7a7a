package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"okazaki/format/gff3"
	"okazaki/genome"
)

// A geneIndex finds the genes and the transcripts of an annotation by their
// names.
type geneIndex struct {
	nodes map[string]*geneNode // by contig and identifier
	names [nameKinds]map[string][]*geneNode
}

// The kinds of names, the surest first. A name of one kind is looked for only
// where there is none of the kinds before.
const (
	ownNames  = iota // as the annotation has them
	plainIDs         // identifiers without their prefix and version, or with the version that stands apart
	synonyms         // other names of the gene
	nameKinds        // the number of kinds
)

// A geneNode is a gene, a transcript, or another feature that may have parts.
type geneNode struct {
	id       string
	contig   string
	reverse  bool
	region   genome.Region // of the feature and its own exons
	exons    []genome.Region
	coding   []genome.Region
	parents  []*geneNode
	children []*geneNode
	named    bool
}

func newGeneIndex() *geneIndex {
	x := &geneIndex{nodes: map[string]*geneNode{}}
	for i := range x.names {
		x.names[i] = map[string][]*geneNode{}
	}
	return x
}

// isExon says whether a type of features is an exon: TAIR and SGD have
// pseudogenic_exon and noncoding_exon, too.
func isExon(kind string) bool { return kind == "exon" || strings.HasSuffix(kind, "_exon") }

// add takes a feature. Its parents may come after it.
func (x *geneIndex) add(f *gff3.Feature) {
	a := attributesOf(f)
	exon, coding := isExon(f.Type), f.Type == "CDS"
	if !exon && !coding && (f.Type == "intron" || f.Type == "stop_codon") {
		return
	}
	for _, n := range x.owners(f, a, exon || coding) {
		n.take(f.Region, f.Strand == '-')
		switch {
		case exon:
			n.exons = append(n.exons, f.Region)
		case coding:
			n.coding = append(n.coding, f.Region)
			x.name(plainIDs, n, a["protein_id"])
		}
	}
}

// owners returns the nodes that a feature is, or of which it is a part.
func (x *geneIndex) owners(f *gff3.Feature, a map[string]string, part bool) []*geneNode {
	id, parents := a["ID"], splitParents(a["Parent"])
	switch {
	case id == "" && parents == nil && cmp.Or(a["gene_id"], a["transcript_id"]) != "":
		return []*geneNode{x.ofGTF(f, a)}
	case part && parents != nil:
		var list []*geneNode
		for _, parent := range parents {
			list = append(list, x.node(f.SeqID, parent))
		}
		return list
	case id == "":
		id = fmt.Sprintf("line %d", f.Line)
	}
	n := x.node(f.SeqID, id)
	for _, parent := range parents {
		n.partOf(x.node(f.SeqID, parent))
	}
	x.nameAll(n, a, "ID", "Name", "gene", "gene_name", "gene_id", "transcript_id", "transcript_name", "locus_tag")
	return []*geneNode{n}
}

// ofGTF returns the node of the gene or of the transcript that a line of GTF is
// about.
func (x *geneIndex) ofGTF(f *gff3.Feature, a map[string]string) *geneNode {
	gene := x.node(f.SeqID, "gene "+a["gene_id"])
	gene.id = cmp.Or(a["gene_id"], a["transcript_id"])
	if !gene.named {
		x.nameAll(gene, a, "gene_id", "gene_name", "gene", "locus_tag")
	}
	if a["transcript_id"] == "" || f.Type == "gene" {
		return gene
	}
	n := x.node(f.SeqID, "transcript "+a["gene_id"]+" "+a["transcript_id"])
	if n.id = a["transcript_id"]; !n.named {
		n.partOf(gene)
		x.nameAll(n, a, "transcript_id", "transcript_name")
	}
	return n
}

func splitParents(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// node returns the node with an identifier on a contig. It makes one if there
// is none.
func (x *geneIndex) node(contig, id string) *geneNode {
	key := contig + "\t" + id
	n := x.nodes[key]
	if n == nil {
		n = &geneNode{id: id, contig: contig}
		x.nodes[key] = n
	}
	return n
}

func (n *geneNode) partOf(parent *geneNode) {
	if !slices.Contains(n.parents, parent) {
		n.parents, parent.children = append(n.parents, parent), append(parent.children, n)
	}
}

func (n *geneNode) take(r genome.Region, reverse bool) {
	if n.reverse = reverse; n.region.Len() > 0 {
		r = genome.Region{Lo: min(r.Lo, n.region.Lo), Hi: max(r.Hi, n.region.Hi)}
	}
	n.region = r
}

// identifierPrefixes are what Ensembl, NCBI and others put before identifiers.
var identifierPrefixes = []string{"gene:", "gene-", "transcript:", "rna-", "rna:", "mRNA:", "CDS:", "cds-", "Gene:", "Transcript:"}

func withoutPrefix(id string) string {
	for _, prefix := range identifierPrefixes {
		if plain, ok := strings.CutPrefix(id, prefix); ok {
			return plain
		}
	}
	return id
}

// withoutVersion returns an identifier without its version: ENSG00000128191.8.
func withoutVersion(id string) string {
	if at := strings.LastIndexByte(id, '.'); at > 0 && at+1 < len(id) && isDigits(id[at+1:]) {
		return id[:at]
	}
	return id
}

// nameAll adds the names that a node has by some tags, and its other names.
func (x *geneIndex) nameAll(n *geneNode, a map[string]string, tags ...string) {
	n.named = true
	for _, tag := range tags {
		x.name(ownNames, n, a[tag])
	}
	for _, tag := range []string{"ID", "gene_id", "transcript_id"} {
		if slices.Contains(tags, tag) {
			plain := withoutPrefix(a[tag])
			x.name(plainIDs, n, plain)
			x.name(plainIDs, n, withoutVersion(plain))
			if version := a[strings.Replace(tag, "_id", "_version", 1)]; tag != "ID" && version != "" {
				x.name(plainIDs, n, plain+"."+version)
			}
		}
	}
	for _, tag := range []string{"Alias", "gene_synonym", "old_locus_tag"} {
		for other := range strings.SplitSeq(a[tag], ",") {
			x.name(synonyms, n, strings.TrimSpace(other))
		}
	}
}

func (x *geneIndex) name(kind int, n *geneNode, name string) {
	if list := x.names[kind][name]; name != "" && !slices.Contains(list, n) {
		x.names[kind][name] = append(list, n)
	}
}

// find returns the nodes with a name, of the surest kind, whose contig is fit.
// Then it tries the name without a prefix of identifiers.
func (x *geneIndex) find(name string, fit func(contig string) bool) []*geneNode {
	for _, spelling := range []string{name, withoutPrefix(name)} {
		for kind := range x.names {
			list := slices.DeleteFunc(slices.Clone(x.names[kind][spelling]), func(n *geneNode) bool { return !fit(n.contig) })
			if len(list) > 0 {
				return list
			}
		}
	}
	return nil
}

// spellings returns all names that can be asked for.
func (x *geneIndex) spellings() (all []string) {
	for name := range x.names[ownNames] {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// top returns the gene that a node belongs to.
func (n *geneNode) top() *geneNode {
	for range 8 { // annotations have up to four levels; a circle of parents ends too
		if len(n.parents) == 0 {
			break
		}
		n = n.parents[0]
	}
	return n
}

// below calls f for a node and all that are part of it, each once.
func below(nodes []*geneNode, f func(*geneNode)) {
	seen := map[*geneNode]bool{}
	var visit func(n *geneNode)
	visit = func(n *geneNode) {
		if seen[n] {
			return
		}
		seen[n] = true
		f(n)
		for _, child := range n.children {
			visit(child)
		}
	}
	for _, n := range nodes {
		visit(n)
	}
}

// A geneBody is what nodes have on the genome.
type geneBody struct {
	exons       []genome.Region // or coding sequences, where a transcript has no exons
	transcripts []genome.Region
	leaves      []genome.Region // what has neither parts nor exons
	extent      genome.Region
	reverse     bool
}

func bodyOf(nodes []*geneNode) *geneBody {
	b := &geneBody{}
	whole := &geneNode{}
	below(nodes, func(n *geneNode) {
		if n.region.Len() > 0 {
			whole.take(n.region, n.reverse)
		}
		parts := n.exons
		if len(parts) == 0 {
			parts = n.coding
		}
		switch {
		case len(parts) > 0:
			b.exons, b.transcripts = append(b.exons, parts...), append(b.transcripts, n.region)
		case len(n.children) == 0 && n.region.Len() > 0:
			b.leaves = append(b.leaves, n.region)
		}
	})
	b.extent, b.reverse = whole.region, whole.reverse
	if len(b.exons) == 0 {
		b.exons, b.transcripts = b.leaves, b.leaves
	}
	return b
}

// A genePlace is nodes of one name at one place.
type genePlace struct {
	nodes []*geneNode
	body  *geneBody
}

// places returns the nodes, those together that overlap or belong to one gene.
// Those without exons are left out if others have some.
func places(nodes []*geneNode) (all []genePlace) {
	byGene := map[*geneNode][]*geneNode{}
	var genes []*geneNode
	for _, n := range nodes {
		top := n.top()
		if byGene[top] == nil {
			genes = append(genes, top)
		}
		byGene[top] = append(byGene[top], n)
	}
	for _, gene := range genes {
		all = append(all, genePlace{byGene[gene], bodyOf(byGene[gene])})
	}
	empty := func(p genePlace) bool { return len(p.body.leaves) == len(p.body.exons) }
	if !slices.ContainsFunc(all, func(p genePlace) bool { return !empty(p) }) {
		return joinedPlaces(all)
	}
	return joinedPlaces(slices.DeleteFunc(all, empty))
}

// joinedPlaces joins places that overlap on one strand.
func joinedPlaces(all []genePlace) (joined []genePlace) {
	slices.SortFunc(all, func(a, b genePlace) int {
		return cmp.Or(strings.Compare(a.nodes[0].contig, b.nodes[0].contig), cmp.Compare(a.body.extent.Lo, b.body.extent.Lo), strings.Compare(a.nodes[0].id, b.nodes[0].id))
	})
	for _, p := range all {
		if i := slices.IndexFunc(joined, func(o genePlace) bool {
			return o.nodes[0].contig == p.nodes[0].contig && o.body.reverse == p.body.reverse && o.body.extent.Lo < p.body.extent.Hi && p.body.extent.Lo < o.body.extent.Hi
		}); i >= 0 {
			nodes := append(joined[i].nodes, p.nodes...)
			joined[i] = genePlace{nodes, bodyOf(nodes)}
			continue
		}
		joined = append(joined, p)
	}
	return joined
}
