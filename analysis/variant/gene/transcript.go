package gene

import (
	"slices"
	"strconv"
	"strings"

	"okazaki/genome"
)

// transcripts calls each with every node that is a transcript, its gene or
// nil, and its parts, in the order of the file.
func (a *annotation) transcripts(each func(n, gene *node, p *parts)) {
	for _, n := range a.order {
		if parent := a.nodes[n.parent]; parent != nil && parent != n {
			parent.children = append(parent.children, n)
		}
	}
	for _, n := range a.order {
		p, gene := a.parts[n.id], a.nodes[n.parent]
		hasParts := func(c *node) bool { return a.parts[c.id] != nil }
		switch {
		case gene != nil && strings.EqualFold(n.kind, "miRNA") && (hasParts(gene) || transcribed(gene.kind)):
			// a mature part, described with its precursor
		case p != nil && gene == nil && slices.ContainsFunc(n.children, hasParts):
			// a gene whose exons belong to its transcripts
		case p != nil:
			for _, p := range p.proteins() {
				each(n, gene, p)
			}
		case gene != nil && transcribed(n.kind):
			each(n, gene, &parts{contig: n.contig, strand: n.strand, line: n.line, exons: []genome.Region{n.region}})
		}
	}
}

// proteins are the parts taken apart by protein: a virus' gene may code for
// several, each with lines of its own.
func (p *parts) proteins() []*parts {
	var ids []string
	for _, s := range p.cds {
		if !slices.Contains(ids, s.protein) {
			ids = append(ids, s.protein)
		}
	}
	if len(ids) < 2 || slices.Contains(ids, "") {
		return []*parts{p}
	}
	var all []*parts
	for _, id := range ids {
		one := *p
		one.of = id
		one.cds = slices.DeleteFunc(slices.Clone(p.cds), func(s segment) bool { return s.protein != id })
		all = append(all, &one)
	}
	return all
}

// transcribed says whether features of a type are transcripts.
func transcribed(kind string) bool {
	kind = strings.ToLower(kind)
	return strings.HasSuffix(kind, "rna") || strings.Contains(kind, "transcript") || strings.HasSuffix(kind, "gene_segment") ||
		kind == "processed_pseudogene"
}

// named returns a transcript with all that its node and its parts say besides
// its place.
func (a *annotation) named(n, gene *node, p *parts) *Transcript {
	at := n.attributes
	t := &Transcript{Region: n.region, Reverse: n.strand == '-', Biotype: biotype(n, gene, p)}
	t.ID = bare(first(at.get("transcript_id"), n.id))
	t.Version = at.get("transcript_version", "version")
	if strings.HasSuffix(t.ID, "."+t.Version) {
		t.Version = ""
	}
	t.Gene = geneID(n, gene)
	t.Symbol = at.get("gene_name", "gene")
	if t.Symbol == "" && gene != nil {
		t.Symbol = gene.attributes.get("gene_name", "Name")
	}
	t.Protein = p.attributes.get("protein_id")
	if p.of != "" {
		t.Protein = p.of
		t.ID += ":" + p.of
	}
	t.Canonical = at.tagged("Ensembl_canonical")
	t.NoStart = at.tagged("cds_start_NF") || p.cut[end(t.Reverse, 0)]
	t.NoStop = at.tagged("cds_end_NF") || p.cut[end(t.Reverse, 1)]
	partner := "yes"
	at.all("Dbxref", func(ref string) {
		if id, ok := strings.CutPrefix(ref, "Ensembl:"); ok {
			partner = id
		}
	})
	if at.tagged("MANE_Select") {
		t.ManeSelect = partner
	}
	if at.tagged("MANE_Plus_Clinical") {
		t.ManePlus = partner
	}
	t.TSL = at.get("transcript_support_level")
	t.CCDS = at.get("ccdsid", "ccds_id")
	at.all("tag", func(tag string) {
		if level, ok := strings.CutPrefix(tag, "appris_principal"); ok {
			t.APPRIS = "P" + strings.Trim(level, "_")
		} else if level, ok := strings.CutPrefix(tag, "appris_alternative"); ok {
			t.APPRIS = "A" + strings.Trim(level, "_")
		}
	})
	for _, c := range n.children {
		if strings.EqualFold(c.kind, "miRNA") {
			if of := a.parts[c.id]; of != nil {
				t.Mature = append(t.Mature, of.exons...)
			} else {
				t.Mature = append(t.Mature, c.region)
			}
		}
	}
	if table, err := strconv.ParseUint(p.attributes.get("transl_table"), 10, 8); err == nil && genome.Code(table).Known() {
		t.Code = genome.Code(table)
	}
	return t
}

// end is which end of a region comes first (0) or last (1) in transcription:
// 0 is its Lo, 1 its Hi.
func end(reverse bool, which int) int {
	if reverse {
		return 1 - which
	}
	return which
}

// geneID is the gene's identifier, found where VEP looks for it.
func geneID(n, gene *node) string {
	id := n.attributes.get("gene_id")
	n.attributes.all("Dbxref", func(ref string) {
		if number, ok := strings.CutPrefix(ref, "GeneID:"); ok && id == "" {
			id = number
		}
	})
	switch {
	case id != "":
		return id
	case gene != nil:
		return bare(first(gene.attributes.get("gene_id"), gene.id))
	case n.parent != "":
		return bare(n.parent) // it has no line of its own
	}
	return bare(n.id)
}

// biotype returns the biotype that VEP takes: the annotation's, else a guess
// from the type of the feature.
func biotype(n, gene *node, p *parts) string {
	at := n.attributes
	if b := at.get("biotype", "transcript_biotype", "transcript_type"); b == "mRNA" {
		return "protein_coding" // NCBI's GTF
	} else if b != "" {
		return b
	}
	guess := ""
	switch kind := strings.ToLower(n.kind); {
	case (gene == nil || n.implied) && at.get("gene_biotype", "gene_type") != "":
		guess = at.get("gene_biotype", "gene_type")
	case kind == "mrna", (gene == nil || n.implied) && len(p.cds) > 0:
		guess = "protein_coding"
	case kind == "ncrna":
		guess = at.get("ncrna_class")
	case strings.HasSuffix(kind, "_gene_segment"):
		guess = "IG_" + strings.ToUpper(strings.TrimSuffix(kind, "_gene_segment")) + "_gene"
	case gene != nil && strings.HasPrefix(gene.attributes.get("description"), "microRNA"):
		guess = "miRNA"
	default:
		guess = at.get("gbkey")
	}
	return first(guess, n.kind)
}

// bare is the id in a key, without Ensembl's "gene:" and "transcript:", and
// without the "gene-" that RefSeq puts before the name of a gene.
func bare(id string) string {
	id = id[strings.LastIndexByte(id, '\t')+1:]
	for _, prefix := range []string{"gene:", "transcript:", "gene-"} {
		if len(id) > len(prefix) && strings.EqualFold(id[:len(prefix)], prefix) {
			return id[len(prefix):]
		}
	}
	return id
}

func sortRegions(rs []genome.Region) {
	slices.SortFunc(rs, func(a, b genome.Region) int {
		if a.Lo != b.Lo {
			return a.Lo - b.Lo
		}
		return a.Hi - b.Hi
	})
}
