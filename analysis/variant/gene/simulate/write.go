package simulate

import (
	"fmt"

	"okazaki/genome"
)

// gene writes a gene in the manner of Ensembl, release 110.
func (w *writer) gene(contig string, g gene) {
	strand := "+"
	if g.reverse {
		strand = "-"
	}
	extent := g.forms[0].extent()
	for _, f := range g.forms {
		e := f.extent()
		extent = genome.Region{Lo: min(extent.Lo, e.Lo), Hi: max(extent.Hi, e.Hi)}
	}
	id := fmt.Sprintf("SIMG%s%06d", contig, g.number)
	name := fmt.Sprintf("GENE%s.%d", contig, g.number)
	kind := "gene"
	if g.biotype != "protein_coding" {
		kind = "ncRNA_gene"
	}
	w.three(contig, kind, extent, strand, ".", fmt.Sprintf("ID=gene:%s;Name=%s;biotype=%s;gene_id=%s;version=1", id, name, g.biotype, id))
	ofGene := fmt.Sprintf(`gene_id "%s"; gene_version "1"; `, id)
	about := fmt.Sprintf(`gene_name "%s"; gene_source "simulated"; gene_biotype "%s";`, name, g.biotype)
	w.two(contig, "gene", extent, strand, ".", ofGene+about)
	for i := range g.forms {
		f := &g.forms[i]
		t := fmt.Sprintf("SIMT%s%06d%02d", contig, g.number, i+1)
		kind := map[string]string{"lncRNA": "lnc_RNA", "miRNA": "miRNA", "snoRNA": "snoRNA"}[g.biotype]
		biotype := g.biotype
		switch {
		case f.coding.Len() > 0:
			kind = "mRNA"
		case g.biotype == "protein_coding":
			kind, biotype = "transcript", "processed_transcript"
		}
		tags, list := "", ""
		for _, tag := range []struct {
			name string
			has  bool
		}{{"Ensembl_canonical", i == 0}, {"cds_start_NF", f.noStart}, {"cds_end_NF", f.noStop}} {
			if tag.has {
				tags += fmt.Sprintf(` tag "%s";`, tag.name)
				list += "," + tag.name
			}
		}
		if list != "" {
			list = ";tag=" + list[1:]
		}
		w.three(contig, kind, f.extent(), strand, ".", fmt.Sprintf("ID=transcript:%s;Parent=gene:%s;biotype=%s%s;transcript_id=%s;version=2", t, id, biotype, list, t))
		of := ofGene + fmt.Sprintf(`transcript_id "%s"; transcript_version "2"; `, t) + about + fmt.Sprintf(` transcript_biotype "%s";`, biotype) + tags
		w.two(contig, "transcript", f.extent(), strand, ".", of)
		w.parts(contig, strand, t, of, f)
	}
}

// parts writes exons, the coding sequence and its first and last codon.
func (w *writer) parts(contig, strand, t, of string, f *form) {
	for i, e := range f.inOrder(strand == "-") {
		w.three(contig, "exon", e, strand, ".", fmt.Sprintf("Parent=transcript:%s;rank=%d", t, i+1))
		w.two(contig, "exon", e, strand, ".", of)
	}
	if f.coding.Len() == 0 {
		return
	}
	protein := "SIMP" + t[4:]
	total := 0
	for _, e := range f.exons {
		total += e.Intersect(f.coding).Len()
	}
	stop := 0 // bases of the stop codon, which GTF leaves out
	if !f.noStop {
		stop = 3
	}
	read := 0
	for _, e := range f.inOrder(strand == "-") {
		e = e.Intersect(f.coding)
		if e.Len() == 0 {
			continue
		}
		phase := fmt.Sprint((f.phase + 3*read - read) % 3)
		w.three(contig, "CDS", e, strand, phase, fmt.Sprintf("ID=CDS:%s;Parent=transcript:%s;protein_id=%s", protein, t, protein))
		of := of + fmt.Sprintf(` protein_id "%s"; protein_version "1";`, protein)
		w.part(contig, "CDS", e, strand, phase, of, read, 0, total-stop)
		if !f.noStart {
			w.part(contig, "start_codon", e, strand, "", of, read, 0, 3)
		}
		w.part(contig, "stop_codon", e, strand, "", of, read, total-stop, total)
		read += e.Len()
	}
}

// part writes to the GTF the part of an exon that holds bases [from, to) of
// the coding sequence; read of its bases come before the exon.
func (w *writer) part(contig, kind string, e genome.Region, strand, phase, of string, read, from, to int) {
	r := genome.Region{Lo: from - read, Hi: to - read}.Intersect(genome.Region{Hi: e.Len()})
	if r.Len() == 0 {
		return
	}
	if phase == "" {
		phase = fmt.Sprint((3 - (read+r.Lo-from)%3) % 3)
	}
	if strand == "-" {
		r = genome.Region{Lo: e.Hi - r.Hi, Hi: e.Hi - r.Lo}
	} else {
		r = genome.Region{Lo: e.Lo + r.Lo, Hi: e.Lo + r.Hi}
	}
	w.two(contig, kind, r, strand, phase, of)
}

func (w *writer) three(contig, kind string, r genome.Region, strand, phase, attributes string) {
	fmt.Fprintf(w.gff3, "%s\tsimulated\t%s\t%d\t%d\t.\t%s\t%s\t%s\n", contig, kind, r.Lo+1, r.Hi, strand, phase, attributes)
}

func (w *writer) two(contig, kind string, r genome.Region, strand, phase, attributes string) {
	fmt.Fprintf(w.gtf, "%s\tsimulated\t%s\t%d\t%d\t.\t%s\t%s\t%s\n", contig, kind, r.Lo+1, r.Hi, strand, phase, attributes)
}

// extent is from the first exon to the last.
func (f *form) extent() genome.Region {
	return genome.Region{Lo: f.exons[0].Lo, Hi: f.exons[len(f.exons)-1].Hi}
}

// inOrder are the exons in the order of transcription.
func (f *form) inOrder(reverse bool) []genome.Region {
	if !reverse {
		return f.exons
	}
	var turned []genome.Region
	for i := len(f.exons) - 1; i >= 0; i-- {
		turned = append(turned, f.exons[i])
	}
	return turned
}
