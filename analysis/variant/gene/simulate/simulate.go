// Package simulate invents a genome with genes, and writes it as a reference
// and as annotation, for tests and demonstrations.
//
// Its one invariant: the same Genome gives the same bytes, and its GFF3 and
// its GTF describe the same genes.
package simulate

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"

	"okazaki/genome"
)

// A Genome says what to invent. Contigs 24, Letters 125,000,000 and Genes 850
// give a genome of the human's size.
type Genome struct {
	Seed     uint64
	Contigs  int // named 1, 2, …
	Letters  int // of each contig
	Genes    int // of each contig; fewer if the bases don't suffice
	Isoforms int // transcripts of a gene, at most; 0 means 3
	// Mitochondrion adds a contig MT whose genes are read by NCBI's code 2.
	Mitochondrion bool
}

// Outputs are what a genome is written to; those that are nil are left out.
type Outputs struct {
	FASTA, GFF3, GTF io.Writer
}

// Write invents the genome. It holds one contig at a time.
func (g Genome) Write(out Outputs) error {
	w := newWriter(out)
	for i := range g.Contigs {
		w.contig(g.invent(fmt.Sprint(i+1), uint64(i), g.Letters, g.Genes, genome.Standard))
	}
	if g.Mitochondrion {
		w.contig(g.invent("MT", 1<<32, 16569, 20, genome.VertebrateMitochondrial))
	}
	return w.flush()
}

// A contig is one sequence with its genes.
type contig struct {
	name    string
	letters []byte
	genes   []gene
}

// A gene has one strand, and transcripts that share what they code for.
type gene struct {
	number  int
	reverse bool
	biotype string
	forms   []form
}

// A form is a transcript. Its coding sequence, stop codon included, is what
// its exons hold within coding.
type form struct {
	exons   []genome.Region
	coding  genome.Region // empty if it codes for nothing
	phase   int
	noStart bool
	noStop  bool
}

// invent makes a contig: bases, then genes over them in their slots.
func (g Genome) invent(name string, stream uint64, length, genes int, code genome.Code) *contig {
	r := rand.New(rand.NewPCG(g.Seed, stream))
	c := &contig{name: name, letters: make([]byte, length)}
	for i := 0; i < length; {
		for bits, end := r.Uint64(), min(i+32, length); i < end; i++ {
			c.letters[i] = "ACGT"[bits&3]
			bits >>= 2
		}
	}
	slot := length / max(genes, 1)
	for i := range genes {
		in := genome.Region{Lo: i*slot + slot/8, Hi: (i + 1) * slot}
		if in.Len() < 300 {
			break
		}
		c.genes = append(c.genes, c.gene(r, len(c.genes)+1, in, code, g.Isoforms))
	}
	for i := range min(10_000, slot/8) {
		c.letters[i] = 'N' // the telomere, before any gene
	}
	return c
}

// gene places one gene, and writes its sequence into the contig.
func (c *contig) gene(r *rand.Rand, number int, in genome.Region, code genome.Code, isoforms int) gene {
	g := gene{number: number, reverse: r.IntN(2) == 0, biotype: "protein_coding"}
	if number%5 == 0 {
		g.biotype = []string{"lncRNA", "miRNA", "snoRNA"}[number/5%3]
	}
	count := 1 + r.IntN(9)
	if code != genome.Standard || g.biotype == "miRNA" || g.biotype == "snoRNA" {
		count = 1
	}
	exons := place(r, in, count)
	all := form{exons: exons}
	if g.biotype == "protein_coding" {
		all.coding = c.code(r, exons, g.reverse, code)
	}
	g.forms = []form{all}
	if isoforms == 0 {
		isoforms = 3
	}
	for len(exons) > 1 && len(g.forms) < isoforms {
		g.forms = append(g.forms, all.variant(r, g.reverse))
	}
	return g
}

// place lays n exons into a region, with introns between that can be spliced.
func place(r *rand.Rand, in genome.Region, n int) (exons []genome.Region) {
	n = min(n, in.Len()/300)
	slot := in.Len() / n
	for i := range n {
		length := min(slot-100, 60+r.IntN(240))
		lo := in.Lo + i*slot + r.IntN(slot-length-80)
		exons = append(exons, genome.Region{Lo: lo, Hi: lo + length})
	}
	return exons
}

// code writes a coding sequence into the bases of the exons and returns where
// it lies. Introns begin with GT and end with AG.
func (c *contig) code(r *rand.Rand, exons []genome.Region, reverse bool, code genome.Code) genome.Region {
	var at []int // of each base of the transcript
	for _, e := range exons {
		for p := e.Lo; p < e.Hi; p++ {
			at = append(at, p)
		}
	}
	if reverse {
		for i, j := 0, len(at)-1; i < j; i, j = i+1, j-1 {
			at[i], at[j] = at[j], at[i]
		}
	}
	put := func(p int, letter byte) {
		if reverse {
			letter = genome.Complement(letter)
		}
		c.letters[p] = letter
	}
	for i := 1; i < len(exons); i++ {
		donor, acceptor := exons[i-1].Hi, exons[i].Lo
		site := []byte("GTAG")
		if reverse {
			site = genome.AppendReverseComplement(nil, site)
		}
		copy(c.letters[donor:], site[:2])
		copy(c.letters[acceptor-2:], site[2:])
	}
	first := r.IntN(len(at) / 3)
	codons := (len(at) - first) / 3 * (2 + r.IntN(2)) / 3
	for i := range codons {
		codon := genome.Codon([]byte("ATG"))
		if last := i == codons-1; i > 0 {
			for codon = draw(r); (code.AminoAcid(codon) == genome.Stop) != last; codon = draw(r) {
			}
		}
		for k, letter := range codon {
			put(at[first+3*i+k], letter)
		}
	}
	lo, hi := at[first], at[first+3*codons-1]
	return genome.Region{Lo: min(lo, hi), Hi: max(lo, hi) + 1}
}

func draw(r *rand.Rand) (codon genome.Codon) {
	for k := range codon {
		codon[k] = "ACGT"[r.IntN(4)]
	}
	return codon
}

// variant is the same transcript with an end that is missing, or with other
// untranslated bases.
func (f form) variant(r *rand.Rand, reverse bool) form {
	v := f
	k := 1 + r.IntN(len(f.exons)-1) // exons [k:] or [:k] are left
	low := r.IntN(2) == 0
	if low {
		v.exons = f.exons[k:]
	} else {
		v.exons = f.exons[:k]
	}
	if f.coding.Len() == 0 {
		return v
	}
	span := genome.Region{Lo: v.exons[0].Lo, Hi: v.exons[len(v.exons)-1].Hi}
	v.coding = f.coding.Intersect(span)
	left := 0 // bases of the coding sequence that come before, in the order of translation
	for _, e := range f.exons {
		e = e.Intersect(f.coding)
		if reverse && e.Lo >= v.coding.Hi || !reverse && e.Hi <= v.coding.Lo {
			left += e.Len()
		}
	}
	letters := 0
	for _, e := range v.exons {
		letters += e.Intersect(v.coding).Len()
	}
	if v.coding.Len() == 0 || letters < 6 {
		v.coding = genome.Region{}
		return v
	}
	v.noStart = left > 0
	v.phase = (3 - left%3) % 3
	v.noStop = reverse && v.coding.Lo > f.coding.Lo || !reverse && v.coding.Hi < f.coding.Hi
	return v
}

// A writer writes contigs in all formats.
type writer struct {
	fasta, gff3, gtf *bufio.Writer
}

func newWriter(out Outputs) *writer {
	buffered := func(w io.Writer) *bufio.Writer {
		if w == nil {
			w = io.Discard
		}
		return bufio.NewWriterSize(w, 1<<16)
	}
	w := &writer{fasta: buffered(out.FASTA), gff3: buffered(out.GFF3), gtf: buffered(out.GTF)}
	fmt.Fprint(w.gff3, "##gff-version 3\n#!genome-build simulated\n")
	fmt.Fprint(w.gtf, "#!genome-build simulated\n")
	return w
}

func (w *writer) flush() error {
	for _, b := range []*bufio.Writer{w.fasta, w.gff3, w.gtf} {
		if err := b.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) contig(c *contig) {
	fmt.Fprintf(w.fasta, ">%s\n", c.name)
	for i := 0; i < len(c.letters); i += 60 {
		w.fasta.Write(c.letters[i:min(i+60, len(c.letters))])
		w.fasta.WriteByte('\n')
	}
	for _, g := range c.genes {
		w.gene(c.name, g)
	}
}
