package consequence_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"os"
	"strconv"
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
)

// A variant is one record with one alternative.
type variant struct {
	pos      int
	ref, alt []byte
}

// variants reads the records of a VCF file, by contig.
func variants(t testing.TB, name string) map[string][]variant {
	t.Helper()
	f, err := os.Open(data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if magic, _ := in.Peek(1); magic[0] == 0x1f {
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = bufio.NewReader(z)
	}
	out := map[string][]variant{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		line := bytes.Clone(lines.Bytes())
		if line[0] == '#' {
			continue
		}
		col := bytes.SplitN(line, []byte("\t"), 6)
		pos, _ := strconv.Atoi(string(col[1]))
		out[string(col[0])] = append(out[string(col[0])], variant{pos - 1, col[3], col[4]})
	}
	return out
}

func benchmark(b *testing.B, m *gene.Model, vs map[string][]variant, csq bool) {
	n, rows, size := 0, 0, 0
	for b.Loop() {
		for name, list := range vs {
			c, ok := m.Contig(name)
			if !ok {
				continue
			}
			caller := consequence.New(c)
			var alleles []consequence.Allele
			var out []byte
			for _, v := range list {
				alleles = consequence.Alleles(alleles[:0], v.pos, v.ref, v.alt)
				out = out[:0]
				calls := caller.Call(&alleles[0])
				rows += len(calls)
				if csq {
					for i := range calls {
						out = caller.AppendCSQ(out, &calls[i])
					}
				}
				size += len(out)
				n++
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "variants/s")
	b.ReportMetric(float64(rows)/float64(n), "rows/variant")
	b.ReportMetric(float64(size)/float64(n), "bytes/variant")
}

func BenchmarkCall(b *testing.B) {
	human := compile(b, "human/chr22_slice.gff3.gz", "human/chr22_slice.fa.gz")
	yeast := compile(b, "yeast/yeast.ensembl109.gff3.gz", "yeast/Saccharomyces_cerevisiae.R64-1-1.dna.primary_assembly.fa.gz")
	for _, c := range []struct {
		name  string
		m     *gene.Model
		input string
	}{
		{"human", human, "human/chr22_slice.uniform200k.vcf.gz"},
		{"systematic", human, "human/chr22_slice.systematic.vcf"},
		{"yeast", yeast, "yeast/yeast.vcf.gz"},
	} {
		vs := variants(b, c.input)
		b.Run(c.name+"/terms", func(b *testing.B) { b.ReportAllocs(); benchmark(b, c.m, vs, false) })
		b.Run(c.name+"/csq", func(b *testing.B) { b.ReportAllocs(); benchmark(b, c.m, vs, true) })
	}
}
