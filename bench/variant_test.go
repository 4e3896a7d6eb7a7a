package bench

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"okazaki/analysis/variant"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/simulate"
	"okazaki/client"
	"okazaki/format/bgzf"
	"okazaki/format/unpack"
	"okazaki/format/vcf"
)

// BenchmarkVariantYeast annotates 260,526 substitutions of yeast, as the
// command does with its defaults and a store in memory: the ranked table, and
// the VCF with CSQ and HGVS. bcftools csq -l beside it gives the coding
// consequences on each transcript, without HGVS and without upstream and
// downstream variants.
func BenchmarkVariantYeast(b *testing.B) {
	folder := os.Getenv("OKAZAKI_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "shared", "data")
	}
	folder = filepath.Join(folder, "variant", "yeast")
	variants, gff := filepath.Join(folder, "yeast.vcf.gz"), filepath.Join(folder, "yeast.ensembl109.gff3.gz")
	fasta := plainCopy(b, filepath.Join(folder, "Saccharomyces_cerevisiae.R64-1-1.dna.primary_assembly.fa.gz"))
	model := compileGenes(b, gff, fasta)
	own := map[string]float64{}
	for _, format := range []string{"table", "vcf"} {
		b.Run(format, func(b *testing.B) {
			own[format] = benchVariants(b, variants, map[string]any{"format": format}, model)
		})
	}
	b.Run("bcftools", func(b *testing.B) {
		path := installed("bcftools")
		if path == "" {
			b.Skip("to run it: install bcftools, a package of Debian")
		}
		out := filepath.Join(b.TempDir(), "csq.vcf.gz")
		seconds := 0.0
		for b.Loop() {
			seconds += commandTime(b, path, "csq", "-l", "-f", fasta, "-g", gff, "-Oz", "-o", out, variants)
		}
		peer := float64(countRecords(b, variants)) * float64(b.N) / seconds
		b.ReportMetric(peer, "variants/cpu-s")
		for format, ours := range own {
			b.ReportMetric(ours/peer, format+"-times-bcftools")
		}
	})
}

// BenchmarkVariantWhole ranks a simulated person by consequence, ClinVar and
// frequencies, on a genome of 100 Mb, or of OKAZAKI_BENCH_BASES. vcfanno beside
// it only joins the same sources.
func BenchmarkVariantWhole(b *testing.B) {
	o := simulate.Options{Seed: 1, Bases: 100_000_000}
	if s := os.Getenv("OKAZAKI_BENCH_BASES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		o.Bases = n
	}
	p := simulatePerson(b, o)
	var own float64
	b.Run("ranked", func(b *testing.B) { own = benchVariants(b, p.variants, nil, p.model, p.sources...) })
	b.Run("vcfanno", func(b *testing.B) {
		path, tabix := installed("vcfanno"), installed("tabix")
		if path == "" || tabix == "" {
			b.Skip("to run it: install vcfanno and tabix, packages of Debian")
		}
		config := filepath.Join(b.TempDir(), "config.toml")
		text := fmt.Sprintf("[[annotation]]\nfile=%q\nfields=[\"CLNSIG\",\"CLNREVSTAT\",\"CLNDN\"]\nops=[\"self\",\"self\",\"self\"]\nnames=[\"a\",\"b\",\"c\"]\n"+
			"[[annotation]]\nfile=%q\nfields=[\"AF_grpmax\",\"AN\",\"nhomalt\"]\nops=[\"max\",\"max\",\"max\"]\nnames=[\"d\",\"e\",\"f\"]\n", p.clinvar, p.gnomad)
		if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
			b.Fatal(err)
		}
		for _, f := range []string{p.clinvar, p.gnomad, p.variants} {
			commandTime(b, tabix, "-f", "-p", "vcf", f)
		}
		seconds := 0.0
		for b.Loop() {
			seconds += commandTime(b, path, "-p", "2", config, p.variants)
		}
		peer := float64(countRecords(b, p.variants)) * float64(b.N) / seconds
		b.ReportMetric(peer, "variants/cpu-s")
		if own > 0 {
			b.ReportMetric(own/peer, "times-vcfanno")
		}
	})
}

// benchVariants annotates a VCF, and returns the variants per CPU second.
func benchVariants(b *testing.B, variants string, params map[string]any, model string, sources ...string) float64 {
	n := float64(countRecords(b, variants))
	cpu := whole(b, variant.Analysis, client.Inputs{"variants": {variants}, "genes": {model}, "known": sources}, params)
	b.ReportMetric(n/cpu, "variants/cpu-s")
	return n / cpu
}

func countRecords(b *testing.B, path string) (n int) {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	defer f.Close()
	r, err := vcf.NewReader(path, f)
	if err != nil {
		b.Fatal(err)
	}
	for _, err := range r.Records() {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

// plainCopy is a file unpacked, which bcftools may put its index beside.
func plainCopy(b *testing.B, path string) string {
	b.Helper()
	in, err := os.Open(path)
	if err != nil {
		b.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	defer in.Close()
	z, err := unpack.NewReader(path, in)
	if err != nil {
		b.Fatal(err)
	}
	return writeFile(b, "genome.fa", func(w io.Writer) error { _, err := io.Copy(w, z); return err })
}

func writeFile(b *testing.B, name string, write func(io.Writer) error) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := write(f); err != nil {
		b.Fatal(err)
	}
	return path
}

func compileGenes(b *testing.B, gff, fasta string) string {
	b.Helper()
	var texts []gene.Text
	for _, path := range []string{gff, fasta} {
		f, err := os.Open(path)
		if err != nil {
			b.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
		}
		defer f.Close()
		texts = append(texts, gene.Text{Name: path, Reader: f})
	}
	m, err := gene.Compile(texts[0], texts[1])
	if err != nil {
		b.Fatal(err)
	}
	return writeFile(b, "model.okg", m.Write)
}

// A simulatedPerson is the files of one.
type simulatedPerson struct {
	variants, model, clinvar, gnomad string
	sources                          []string
}

func simulatePerson(b *testing.B, o simulate.Options) *simulatedPerson {
	b.Helper()
	dir := b.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	p := &simulatedPerson{variants: path("variants.vcf.gz"), clinvar: path("clinvar.vcf.gz"), gnomad: path("gnomad.vcf.gz")}
	var to []io.Writer
	var closers []io.Closer
	for _, name := range []string{path("genome.fa"), path("genes.gff3"), p.variants, p.clinvar, p.gnomad} {
		f, err := os.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		closers = append([]io.Closer{f}, closers...)
		var w io.Writer = f
		if filepath.Ext(name) == ".gz" {
			z, err := bgzf.NewWriter(f, 6, 2)
			if err != nil {
				b.Fatal(err)
			}
			closers, w = append([]io.Closer{z}, closers...), z
		}
		to = append(to, w)
	}
	if err := simulate.Write(b.Context(), o, simulate.Files{Genome: to[0], Genes: to[1], Variants: to[2], Clinvar: to[3], Frequencies: to[4]}); err != nil {
		b.Fatal(err)
	}
	for _, c := range closers {
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	p.model = compileGenes(b, path("genes.gff3"), path("genome.fa"))
	for recipe, name := range map[string]string{"clinvar": p.clinvar, "gnomad": p.gnomad} {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		p.sources = append(p.sources, writeFile(b, recipe+".okk", func(w io.Writer) error {
			_, err := known.Build(b.Context(), name, bytes.NewReader(text), known.Options{Recipe: recipe, Assembly: "simulated"}, w)
			return err
		}))
	}
	return p
}
