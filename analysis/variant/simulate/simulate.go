// Package simulate makes a genome with genes, a person's variants, and two
// sources that know variants: input for an analysis of any size.
//
// Its one invariant: the same Options give the same bytes, on any machine.
package simulate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"

	"okazaki"
	"okazaki/genome"
)

// Options say how much to make. The zero value of a field stands for its
// default.
type Options struct {
	Seed     uint64
	Bases    int // of the genome; by default 1,000,000
	Contigs  int // by default 24 if there are 10,000,000 bases or more, otherwise 2
	Genes    int // by default one for every 90,000 bases, as in the human genome, and at least 10
	Variants int // of the person; by default one for every 690 bases
	Phased   bool
}

func (o Options) defaults() (Options, error) {
	if o.Bases == 0 {
		o.Bases = 1_000_000
	}
	if o.Contigs == 0 {
		o.Contigs = 2
		if o.Bases >= 10_000_000 {
			o.Contigs = len(shares)
		}
	}
	if o.Genes == 0 {
		o.Genes = max(10, o.Bases/90_000)
	}
	if o.Variants == 0 {
		o.Variants = max(1, o.Bases/690)
	}
	const least = 10_000 // bases of a contig
	switch {
	case o.Contigs < 1 || o.Contigs > len(shares) || o.Bases < least*o.Contigs || o.Bases > 1<<33:
		return o, &okazaki.Error{Message: fmt.Sprintf("%d bases can't be cut into %d contigs", o.Bases, o.Contigs),
			Hint: fmt.Sprintf("make 1 to %d contigs, of %d bases or more each", len(shares), least)}
	case o.Genes < 0 || o.Genes > o.Bases/3000:
		return o, &okazaki.Error{Message: fmt.Sprintf("%d genes have no room in %d bases", o.Genes, o.Bases), Hint: "make one for every 3,000 bases at most"}
	case o.Variants < 1 || o.Variants > o.Bases/30:
		return o, &okazaki.Error{Message: fmt.Sprintf("%d variants have no room in %d bases", o.Variants, o.Bases), Hint: "make one for every 30 bases at most"}
	}
	return o, nil
}

// shares are the lengths of human chromosomes, in megabases.
var shares = []int{248, 242, 198, 190, 182, 171, 159, 145, 138, 134, 135, 133, 114, 107, 102, 90, 83, 80, 59, 64, 47, 51, 156, 57}

func contigName(i, n int) string {
	if n == len(shares) && i >= 22 {
		return "XY"[i-22 : i-21]
	}
	return strconv.Itoa(i + 1)
}

// Files are where to write to. None of them is closed.
type Files struct {
	Genome      io.Writer // FASTA
	Genes       io.Writer // GFF3, in Ensembl's manner
	Variants    io.Writer // VCF of one sample
	Clinvar     io.Writer // VCF of sites, with the keys of ClinVar
	Frequencies io.Writer // VCF of sites, with the keys of gnomAD
}

// A maker makes one contig after the other.
type maker struct {
	o     Options
	r     *rand.Rand
	out   [5]*bufio.Writer
	name  string
	seq   []byte
	genes int // made so far
	rs    int
	genic []genome.Region // coding, of the contig
}

// The places of Files in out.
const (
	fasta = iota
	gff
	person
	clinvar
	gnomad
)

// Write makes everything. Options that can't be met give an *okazaki.Error.
func Write(ctx context.Context, o Options, f Files) error {
	o, err := o.defaults()
	if err != nil {
		return err
	}
	m := &maker{o: o, r: rand.New(rand.NewPCG(o.Seed, 0x6f6b617a616b69))}
	for i, w := range []io.Writer{f.Genome, f.Genes, f.Variants, f.Clinvar, f.Frequencies} {
		m.out[i] = bufio.NewWriterSize(w, 1<<20)
	}
	lengths := m.lengths()
	m.heads(lengths)
	genes, variants, bases := 0, 0, 0
	for i, n := range lengths {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.name = contigName(i, len(lengths))
		m.letters(n)
		// The contigs together have the number that was asked for.
		bases += n
		g := int(math.Round(float64(o.Genes)*float64(bases)/float64(o.Bases))) - genes
		v := int(math.Round(float64(o.Variants)*float64(bases)/float64(o.Bases))) - variants
		genes, variants = genes+g, variants+v
		m.placeGenes(g)
		m.writeFasta()
		m.placeVariants(v)
	}
	for _, w := range m.out {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// lengths share out the bases.
func (m *maker) lengths() (lengths []int) {
	all := 0
	for _, s := range shares[:m.o.Contigs] {
		all += s
	}
	left := m.o.Bases
	for i, s := range shares[:m.o.Contigs] {
		n := max(10_000, m.o.Bases/all*s+m.o.Bases%all*s/all)
		if i == m.o.Contigs-1 {
			n = left
		}
		left -= n
		lengths = append(lengths, n)
	}
	return lengths
}

func (m *maker) heads(lengths []int) {
	fmt.Fprintf(m.out[gff], "##gff-version 3\n")
	for i, n := range lengths {
		fmt.Fprintf(m.out[gff], "##sequence-region %s 1 %d\n", contigName(i, len(lengths)), n)
	}
	for _, k := range []int{person, clinvar, gnomad} {
		w := m.out[k]
		fmt.Fprintf(w, "##fileformat=VCFv4.2\n##source=okazaki simulate variant\n##reference=simulated\n")
		for i, n := range lengths {
			fmt.Fprintf(w, "##contig=<ID=%s,length=%d,assembly=simulated>\n", contigName(i, len(lengths)), n)
		}
		w.WriteString(infos[k])
		w.WriteString("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
		if k == person {
			w.WriteString("\tFORMAT\tperson")
		}
		w.WriteByte('\n')
	}
}

var infos = map[int]string{
	person: `##FILTER=<ID=PASS,Description="All filters passed">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Copies of the allele">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles called">
##INFO=<ID=DP,Number=1,Type=Integer,Description="Reads">
##INFO=<ID=END,Number=1,Type=Integer,Description="End of the variant">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads of each allele">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Reads">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality of the genotype">
`,
	clinvar: `##INFO=<ID=ALLELEID,Number=1,Type=Integer,Description="the ClinVar Allele ID">
##INFO=<ID=CLNDN,Number=.,Type=String,Description="ClinVar's preferred disease name">
##INFO=<ID=CLNREVSTAT,Number=.,Type=String,Description="ClinVar review status">
##INFO=<ID=CLNSIG,Number=.,Type=String,Description="Aggregate germline classification">
`,
	gnomad: `##INFO=<ID=AC,Number=A,Type=Integer,Description="Alternate allele count">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Total number of alleles">
##INFO=<ID=AF,Number=A,Type=Float,Description="Alternate allele frequency">
##INFO=<ID=AF_grpmax,Number=A,Type=Float,Description="Largest allele frequency of a population">
##INFO=<ID=nhomalt,Number=A,Type=Integer,Description="Homozygous individuals">
`,
}

// letters makes the contig's sequence.
func (m *maker) letters(n int) {
	if cap(m.seq) < n {
		m.seq = make([]byte, n)
	}
	m.seq = m.seq[:n]
	for i := 0; i < n; {
		for bits, k := m.r.Uint64(), 0; k < 32 && i < n; i, k = i+1, k+1 {
			m.seq[i] = "ACGT"[bits&3]
			bits >>= 2
		}
	}
	m.genic = m.genic[:0]
}

func (m *maker) writeFasta() {
	const width = 60
	w := m.out[fasta]
	fmt.Fprintf(w, ">%s simulated\n", m.name)
	for rest := m.seq; len(rest) > 0; {
		n := min(len(rest), width)
		w.Write(rest[:n])
		w.WriteByte('\n')
		rest = rest[n:]
	}
}
