package variant_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/variant"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/simulate"
	"okazaki/format/bgzf"
)

// A person is a simulated one, with what is known.
type person struct {
	genome, genes, model, clinvar, gnomad []byte
	variants                              []byte // plain
}

func simulated(tb testing.TB, o simulate.Options) *person {
	tb.Helper()
	var genome, genes, variants, clinvar, gnomad bytes.Buffer
	if err := simulate.Write(context.Background(), o, simulate.Files{Genome: &genome, Genes: &genes, Variants: &variants, Clinvar: &clinvar, Frequencies: &gnomad}); err != nil {
		tb.Fatal(err)
	}
	p := &person{genome: genome.Bytes(), genes: genes.Bytes(), variants: variants.Bytes()}
	m, err := gene.Compile(gene.Text{Name: "genes.gff3", Reader: bytes.NewReader(p.genes)}, gene.Text{Name: "genome.fa", Reader: bytes.NewReader(p.genome)})
	if err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		tb.Fatal(err)
	}
	p.model = b.Bytes()
	for _, s := range []struct {
		recipe string
		from   *bytes.Buffer
		to     *[]byte
	}{{"clinvar", &clinvar, &p.clinvar}, {"gnomad", &gnomad, &p.gnomad}} {
		var b bytes.Buffer
		options := known.Options{Recipe: s.recipe, Assembly: "simulated", Reference: func(name string) known.Reference {
			if c, ok := m.Contig(name); ok {
				return c
			}
			return nil
		}}
		if _, err := known.Build(tb.Context(), s.recipe+".vcf", s.from, options, &b); err != nil {
			tb.Fatal(err)
		}
		*s.to = b.Bytes()
	}
	return p
}

// packed returns a VCF as BGZF, in blocks of block bytes.
func packed(tb testing.TB, plain []byte, block int) []byte {
	tb.Helper()
	var b bytes.Buffer
	z, err := bgzf.NewWriter(&b, 1, 1)
	if err != nil {
		tb.Fatal(err)
	}
	for rest := plain; len(rest) > 0; {
		n := min(len(rest), block)
		if _, err := z.Write(rest[:n]); err != nil {
			tb.Fatal(err)
		}
		if err := z.Flush(); err != nil {
			tb.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// sources with a byte changed in the chunks of the first.
func (p *person) damagedSources() []analysistest.Input {
	s := p.sources()
	s[0].Bytes = bytes.Clone(s[0].Bytes)
	s[0].Bytes[len(s[0].Bytes)/3] ^= 0x10
	return s
}

// damagedModel returns inputs with a byte of the genome changed.
func (p *person) damagedModel(variants []byte) []analysistest.Input {
	in := p.inputs(variants)
	in[1].Bytes = bytes.Clone(p.model)
	in[1].Bytes[len(p.model)-9] ^= 0x10
	return in
}

// damaged returns BGZF with one byte of the second half's blocks changed.
func damaged(z []byte) []byte {
	z = bytes.Clone(z)
	at := len(z) / 2
	at += bytes.Index(z[at:], []byte("BC\x02\x00")) + 20
	z[at] ^= 0x10
	return z
}

// inputs returns the inputs of a job.
func (p *person) inputs(variants []byte, more ...analysistest.Input) []analysistest.Input {
	return append([]analysistest.Input{
		{Role: "variants", Name: "person.vcf.gz", Bytes: variants},
		{Role: "genes", Name: "model.okg", Bytes: p.model},
	}, more...)
}

func (p *person) sources() []analysistest.Input {
	return []analysistest.Input{{Role: "known", Name: "clinvar.okk", Bytes: p.clinvar}, {Role: "known", Name: "gnomad.okk", Bytes: p.gnomad}}
}

// small are the options of a person that is worked thousands of times.
var small = simulate.Options{Seed: 5, Bases: 40_000, Genes: 12, Variants: 160}

func TestVariant(t *testing.T) {
	p := simulated(t, small)
	foreign := simulated(t, simulate.Options{Bases: 30_000})
	z := packed(t, p.variants, 700)
	records := bytes.Count(p.variants, []byte("\n")) - bytes.Count(p.variants, []byte("\n#")) - 1
	head, body, _ := strings.Cut(string(p.variants), "#CHROM")
	columns, rows, _ := strings.Cut(body, "\n")
	columns = "#CHROM" + columns + "\n"
	first, rest, _ := strings.Cut(rows, "\n")
	cell := strings.Split(first, "\t")
	with := func(i int, s string) string {
		c := append([]string(nil), cell...)
		c[i] = s
		return head + columns + strings.Join(c, "\t") + "\n" + rest
	}
	plain := func(text string) []analysistest.Input { return p.inputs([]byte(text), p.sources()...) }
	lines := int64(strings.Count(head, "\n") + 2)
	analysistest.Run(t, variant.Analysis,
		analysistest.Case{Name: "table", Inputs: p.inputs(z, p.sources()...),
			Check: func(t testing.TB, out map[string][]byte) { ranked(t, out["ranked.tsv"], p.variants) },
			Broken: []analysistest.Broken{
				{Name: "no header", Inputs: plain(rows), Want: "there is no line of columns"},
				{Name: "a line that is none", Inputs: plain(head + columns + "1\t17\n" + rows), Want: fmt.Sprintf("person.vcf.gz:%d: this is not a record of a VCF", lines)},
				{Name: "unsorted", Inputs: plain(head + columns + rest + first + "\n"), Want: "the records are not sorted"},
				{Name: "cut short", Inputs: p.inputs(z[:len(z)-len(bgzf.End)]), Want: "the empty block that marks their end is missing"},
				{Name: "damaged in a block", Inputs: p.inputs(damaged(z)), Want: "the BGZF data are damaged near byte"},
				{Name: "damaged knowledge", Inputs: p.inputs(z, p.damagedSources()...), Want: "clinvar.okk: the file of knowledge is damaged: a chunk has another checksum"},
				{Name: "a damaged model", Inputs: p.damagedModel(z), Want: "model.okg: the gene model is damaged: a contig has another checksum"},
				{Name: "beyond the contig's end", Inputs: plain(head + columns + rows + strings.Join(append([]string{"2", "99999"}, cell[2:]...), "\t") + "\n"), Want: "and the contig ends at 1"},
				{Name: "other contigs", Inputs: plain(strings.ReplaceAll(head, "contig=<ID=", "contig=<ID=scaffold") + columns + rows), Want: "none of the header's 2 contigs"},
				{Name: "contigs that no header names", Inputs: plain("##fileformat=VCFv4.2\n" + columns + "scaffold\t17\t.\tA\tC\t.\t.\t.\tGT\t0/1\n"), Want: "none of the 1 records is on a contig that the genes know"},
				{Name: "other lengths", Inputs: plain(strings.Replace(head, "length=", "length=9", 1) + columns + rows), Want: "these are different assemblies"},
				{Name: "REF", Inputs: plain(with(3, other(cell[3]))), Want: fmt.Sprintf("person.vcf.gz:%d: REF is not the reference's in 1 of %d records; of the first, 1:%s, it is %s", lines, records, cell[1], other(cell[3]))},
				{Name: "knowledge of another assembly", Inputs: p.inputs(z, foreign.sources()...), Want: "this is another assembly"},
				{Name: "knowledge of another than the header's", Inputs: append(p.inputs([]byte("##reference=hg19.fa\n"+string(p.variants))), named(t, "GRCh38")), Want: "the source is for GRCh38"},
				{Name: "unsorted elsewhere", Inputs: plain(head + columns + rows + first + "\n"), Want: fmt.Sprintf("person.vcf.gz:%d: the records are not sorted: 1 comes again after 2", strings.Count(string(p.variants), "\n")+1)},
				{Name: "two files", Inputs: append(p.inputs(z), analysistest.Input{Role: "variants", Name: "b.vcf", Bytes: z}), Want: "a second VCF is given"},
				{Name: "no such sample", Params: `{"sample": "nobody"}`, Want: `there is no sample "nobody"; the samples are person`},
				{Name: "no model", Inputs: []analysistest.Input{{Role: "variants", Name: "a.vcf", Bytes: z}, {Role: "genes", Name: "genes.gff3", Bytes: p.genes}}, Want: "genes.gff3"},
			}},
		analysistest.Case{Name: "vcf", Params: `{"format": "vcf"}`, Inputs: p.inputs(z, p.sources()...),
			Check: func(t testing.TB, out map[string][]byte) { annotated(t, out, p.variants) }},
		analysistest.Case{Name: "tsv", Params: `{"format": "tsv"}`, Inputs: []analysistest.Input{
			{Role: "variants", Name: "person.vcf", Bytes: p.variants},
			{Role: "genes", Name: "genes.gff3", Bytes: p.genes}, {Role: "fasta", Name: "genome.fa", Bytes: p.genome}}},
		analysistest.Case{Name: "json", Params: `{"format": "json"}`, Inputs: p.inputs(p.variants, p.sources()...),
			Check: func(t testing.TB, out map[string][]byte) { objects(t, out["variants.ndjson"], p.variants) }},
	)
}

// named is a source that names its assembly, and no lengths.
func named(tb testing.TB, assembly string) analysistest.Input {
	tb.Helper()
	var b bytes.Buffer
	if _, err := known.Build(tb.Context(), "a.bed", strings.NewReader("1\t10\t20\n"), known.Options{Assembly: assembly}, &b); err != nil {
		tb.Fatal(err)
	}
	return analysistest.Input{Role: "known", Name: "named.okk", Bytes: b.Bytes()}
}

// other returns ref with another first base.
func other(ref string) string {
	if ref[0] == 'A' {
		return "C" + ref[1:]
	}
	return "A" + ref[1:]
}
