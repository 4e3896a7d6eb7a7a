package gene

import (
	"slices"
	"strings"

	"okazaki/genome"
)

// transcripts makes the transcripts of all nodes, in the order of the file,
// and says on which contig of the annotation each lies.
func (a *annotation) transcripts(each func(contig string, t *Transcript, p *parts)) {
	for _, n := range a.order {
		if parent := a.nodes[n.parent]; parent != nil && parent != n {
			parent.children = append(parent.children, n)
		}
	}
	taken := map[string]bool{}
	for _, n := range a.order {
		p := a.parts[n.id]
		gene := a.nodes[n.parent]
		switch {
		case a.nodes[n.id] != n, taken[n.id]:
			continue // an id that was used twice
		case p == nil && (gene == nil || !transcribed(n.kind)):
			continue // a gene, or nothing that is transcribed
		case slices.ContainsFunc(n.children, func(c *node) bool { return a.parts[c.id] != nil }) && gene == nil:
			continue // a gene whose exons are those of its transcripts
		case gene != nil && strings.EqualFold(n.kind, "miRNA") && a.parts[gene.id] != nil:
			continue // a mature part, told of with its precursor
		}
		taken[n.id] = true
		if p == nil {
			p = &parts{contig: n.contig, strand: n.strand, line: n.line, exons: []genome.Region{n.region}}
		}
		if t := a.transcript(n, gene, p); t != nil {
			each(n.contig, t, p)
		}
	}
}

// transcribed says whether features of a type are transcripts.
func transcribed(kind string) bool {
	kind = strings.ToLower(kind)
	return strings.HasSuffix(kind, "rna") || strings.Contains(kind, "transcript") || strings.HasSuffix(kind, "gene_segment") ||
		kind == "processed_pseudogene"
}

// transcript is what a node and its parts say.
func (a *annotation) transcript(n, gene *node, p *parts) *Transcript {
	t := &Transcript{Region: n.region, Reverse: n.strand == '-', Biotype: biotype(n, gene)}
	t.ID = bare(first(n.attributes["transcript_id"], n.id))
	t.Version = first(n.attributes["transcript_version"], n.attributes["version"])
	t.Gene = geneID(n, gene)
	t.Symbol = first(n.attributes["gene_name"], n.attributes["gene"])
	if t.Symbol == "" && gene != nil {
		t.Symbol = first(gene.attributes["Name"], gene.attributes["gene_name"])
	}
	t.Exons = slices.Clone(p.exons)
	sortRegions(t.Exons)
	t.Exons = slices.Compact(t.Exons)
	t.coding(p)
	if len(t.Exons) == 0 {
		t.Exons = []genome.Region{n.region}
	}
	return t
}

// coding takes over the coding sequence.
func (t *Transcript) coding(p *parts) {
	if len(p.cds) == 0 {
		return
	}
	slices.SortFunc(p.cds, func(x, y segment) int {
		if x.Lo != y.Lo {
			return x.Lo - y.Lo
		}
		return x.Hi - y.Hi
	})
	start := p.cds[0]
	t.Coding = start.Region
	for _, s := range p.cds {
		t.Coding.Lo, t.Coding.Hi = min(t.Coding.Lo, s.Lo), max(t.Coding.Hi, s.Hi)
		if t.Reverse && s.Hi > start.Hi {
			start = s
		}
	}
	for _, s := range p.stops {
		t.Coding.Lo, t.Coding.Hi = min(t.Coding.Lo, s.Lo), max(t.Coding.Hi, s.Hi)
	}
	t.Phase = max(start.phase, 0)
	t.Protein = p.attributes["protein_id"]
}

// geneID is the gene's identifier, found where VEP looks for it.
func geneID(n, gene *node) string {
	if id := n.attributes["gene_id"]; id != "" {
		return id
	}
	for ref := range strings.SplitSeq(n.attributes["Dbxref"], ",") {
		if id, ok := strings.CutPrefix(ref, "GeneID:"); ok {
			return id
		}
	}
	if gene == nil {
		gene = n // its parts have no transcript between
	}
	return bare(first(gene.attributes["gene_id"], gene.id))
}

// biotype is what VEP takes it to be: what the annotation says, else what the
// type of the feature lets one guess.
func biotype(n, gene *node) string {
	at := n.attributes
	if b := first(at["biotype"], at["transcript_biotype"], at["transcript_type"]); b != "" {
		return b
	}
	kind := strings.ToLower(n.kind)
	guess := ""
	switch {
	case gene == nil && at["gene_biotype"] != "":
		guess = at["gene_biotype"]
	case kind == "mrna", kind == "cds":
		guess = "protein_coding"
	case kind == "ncrna":
		guess = at["ncrna_class"]
	case strings.HasSuffix(kind, "_gene_segment"):
		guess = "IG_" + strings.ToUpper(strings.TrimSuffix(kind, "_gene_segment")) + "_gene"
	case gene != nil && strings.HasPrefix(gene.attributes["description"], "microRNA"):
		guess = "miRNA"
	default:
		guess = at["gbkey"]
	}
	return first(guess, n.kind)
}

// bare is an id without Ensembl's "gene:" and "transcript:".
func bare(id string) string {
	for _, prefix := range []string{"gene:", "transcript:"} {
		if len(id) > len(prefix) && strings.EqualFold(id[:len(prefix)], prefix) {
			return id[len(prefix):]
		}
	}
	return id
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

func sortRegions(rs []genome.Region) {
	slices.SortFunc(rs, func(a, b genome.Region) int {
		if a.Lo != b.Lo {
			return a.Lo - b.Lo
		}
		return a.Hi - b.Hi
	})
}
