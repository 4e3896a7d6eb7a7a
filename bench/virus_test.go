package bench

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"okazaki"
	"okazaki/analysis/virus"
	"okazaki/client"
	"okazaki/format/fasta"
	"okazaki/internal/filetest"
)

// BenchmarkVirusCall calls genomes on one core, from sequences in memory to
// rows of the table, and has minimap2 align the first of them. Both are
// reported per CPU second. minimap2 writes alignments, no mutations and no
// proteins, so it has less to do.
func BenchmarkVirusCall(b *testing.B) {
	const most, ofPeer = 5000, 200
	for _, set := range []struct{ name, file string }{
		{"mat43k", "sars2/derived/sars2_mat43k.fasta.zst"},
		{"ncov", "sars2/ncov/example_sequences.fasta.gz"},
		{"y2020", "sim/y2020_200k.fasta.zst"},
	} {
		b.Run(set.name, func(b *testing.B) {
			genomes := genomesOf(b, set.file, most)
			first := virus.SARS2Dataset().NewCaller()
			var row []byte
			before, n := processorTime(), 0
			for b.Loop() {
				c := first.Clone() // it has seen none of them
				for i, g := range genomes {
					row = c.AppendRow(row[:0], int64(i), g.name, c.Call(g.letters))
				}
				n += len(genomes)
			}
			own := float64(n) / (processorTime() - before)
			b.ReportMetric(own, "genomes/cpu-s")
			if peer := minimap2(b, genomes[:min(ofPeer, len(genomes))]); peer > 0 {
				b.ReportMetric(peer, "minimap2-genomes/cpu-s")
				b.ReportMetric(own/peer, "times-minimap2")
			}
		})
	}
}

// minimap2 returns how many genomes minimap2 aligns in a CPU second; 0 if it
// is not installed. The time to read the reference is not counted.
func minimap2(b *testing.B, genomes []namedGenome) float64 {
	b.Helper()
	path := installed("minimap2")
	if path == "" {
		b.Log("no minimap2 here to compare with; Debian has it as the package minimap2")
		return 0
	}
	reference := writeGenomes(b, []namedGenome{{"reference", virus.SARS2().Sequence}})
	align := func(genomes []namedGenome) float64 {
		return commandTime(b, path, "-t", "1", "-a", "-x", "asm20", "--sam-hit-only", "--secondary=no", "--score-N=0",
			reference, writeGenomes(b, genomes))
	}
	return float64(len(genomes)) / (align(genomes) - align(nil))
}

// BenchmarkVirusWhole runs a file of genomes as the command does, with its
// defaults and a store in memory: reads it, calls each genome, compares all
// with all and writes the tables. The physical limit beside it is zstd, which
// only unpacks and checks the file.
func BenchmarkVirusWhole(b *testing.B) {
	const most = 20_000
	path := firstGenomes(b, "sim/y2020_200k.fasta.zst", most)
	cpu := whole(b, virus.Analysis, client.Inputs{"genomes": {path}}, nil)
	b.ReportMetric(most/cpu, "genomes/cpu-s")
	if z := installed("zstd"); z != "" {
		peer := commandTime(b, z, "-t", "-q", path)
		b.ReportMetric(peer, "zstd-cpu-s")
		b.ReportMetric(cpu/peer, "times-zstd")
	}
}

// whole asks a question as the command does, with its default limits and a store
// in memory, and returns how many CPU seconds it took.
func whole(b *testing.B, a okazaki.Analysis, inputs client.Inputs, params map[string]any) (cpu float64) {
	forgetPeak()
	before := processorTime()
	for b.Loop() {
		job, err := client.Submit(b.Context(), a, inputs, client.Options{Store: "mem:", Params: params})
		if err != nil {
			b.Fatal(err)
		}
		if _, err = job.Wait(b.Context()); err == nil {
			_, err = job.Answer()
		}
		if err == nil {
			err = job.Render(b.Context(), noOutputs{})
		}
		job.Close()
		if err != nil {
			b.Fatal(err)
		}
	}
	cpu = (processorTime() - before) / float64(b.N)
	b.ReportMetric(cpu, "cpu-s/op")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "wall-s/op")
	if mb := peakMemory(); mb > 0 {
		b.ReportMetric(mb, "peak-MB")
	}
	return cpu
}

// noOutputs are outputs that are discarded.
type noOutputs struct{ io.Writer }

func (noOutputs) Create(string) (io.WriteCloser, error) { return noOutputs{io.Discard}, nil }
func (noOutputs) Note(okazaki.Note)                     {}
func (noOutputs) Close() error                          { return nil }

// A namedGenome is a record of a FASTA file.
type namedGenome struct {
	name    string
	letters []byte
}

// openVirus opens a file of the test data's virus sets, or skips the benchmark.
func openVirus(b *testing.B, file string) *os.File {
	b.Helper()
	f, err := os.Open(filetest.Data(b, "virus/"+file))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return f
}

// eachGenome calls f with the first records of a file of the test data.
func eachGenome(b *testing.B, file string, most int, f func(*fasta.Record)) {
	b.Helper()
	n := 0
	for rec, err := range fasta.Scan(file, openVirus(b, file)) {
		if err != nil {
			b.Fatal(err)
		}
		f(rec)
		if n++; n == most {
			return
		}
	}
}

func genomesOf(b *testing.B, file string, most int) (genomes []namedGenome) {
	b.Helper()
	eachGenome(b, file, most, func(rec *fasta.Record) {
		genomes = append(genomes, namedGenome{rec.Name, bytes.Clone(rec.Seq)})
	})
	return genomes
}

// writeGenomes writes a FASTA file that is gone after the benchmark.
func writeGenomes(b *testing.B, genomes []namedGenome) string {
	b.Helper()
	var all bytes.Buffer
	for _, g := range genomes {
		fmt.Fprintf(&all, ">%s\n%s\n", g.name, g.letters)
	}
	path := filepath.Join(b.TempDir(), "genomes.fasta")
	if err := os.WriteFile(path, all.Bytes(), 0o666); err != nil {
		b.Fatal(err)
	}
	return path
}

// firstGenomes is a zstd file of the first records of another.
func firstGenomes(b *testing.B, file string, most int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "genomes.fasta.zst")
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	z, err := zstd.NewWriter(out)
	if err != nil {
		b.Fatal(err)
	}
	eachGenome(b, file, most, func(rec *fasta.Record) { fmt.Fprintf(z, ">%s\n%s\n", rec.Name, rec.Seq) })
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}
