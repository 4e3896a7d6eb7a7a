package bench

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/analysis/guide"
	"okazaki/format/fasta"
	"okazaki/internal/filetest"
)

// chr20 is human chr20, GRCh37, of Debian's package vt-examples.
const chr20 = "/usr/share/doc/vt/examples/ref/20.fa.gz"

// cpu is the processor time that this process has used.
func cpu() time.Duration { return time.Duration(processorTime() * float64(time.Second)) }

func readChr20(b *testing.B) []byte {
	f, err := os.Open(chr20)
	if err != nil {
		b.Skipf("to run it: install vt-examples, a package of Debian: %v", err)
	}
	defer f.Close()
	for rec, err := range fasta.Scan(chr20, f) {
		if err != nil {
			b.Fatal(err)
		}
		return rec.Seq
	}
	return nil
}

func readGuides(b *testing.B, name string) (guides []guide.Guide) {
	f, err := os.Open(filetest.Data(b, "guide/queries/"+name))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		g, err := guide.NewGuide("", strings.Split(in.Text(), "\t")[0], false)
		if err != nil {
			b.Fatal(err)
		}
		guides = append(guides, g)
	}
	return guides
}

var ngg = guide.PAM{Patterns: []string{"NGG"}}

// writeIndex makes an index of chr20, from its compressed FASTA.
func writeIndex(b *testing.B, w io.Writer) int64 {
	builder, err := guide.NewBuilder(ngg, 20)
	if err == nil {
		err = builder.Add("20", readChr20(b), false)
	}
	if err == nil {
		err = builder.Write(context.Background(), w)
	}
	if err != nil {
		b.Fatal(err)
	}
	return builder.Sites()
}

type indexFile struct {
	*os.File
	size int64
}

func (f indexFile) Size() int64 { return f.size }

func openIndex(b *testing.B, path string) *guide.Index {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	x, err := guide.OpenIndex(path, indexFile{f, info.Size()})
	if err != nil {
		b.Fatal(err)
	}
	return x
}

// BenchmarkGuide measures the search of guides on human chr20 in CPU time: by
// index, by scan, and by peers that are installed: bwa aln, which CRISPOR
// searches with and which knows no PAM, and Cas-OFFinder. x-ours is a peer's
// time for a guide divided by our time, by index at k 4.
func BenchmarkGuide(b *testing.B) {
	path := filepath.Join(b.TempDir(), "20.okx")
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			began := cpu()
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			sites := writeIndex(b, f)
			info, _ := f.Stat()
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric((cpu() - began).Seconds(), "cpu-s")
			b.ReportMetric(float64(info.Size())/float64(sites), "B/site")
		}
	})
	if _, err := os.Stat(path); err != nil {
		b.Skip("to run it: install vt-examples, a package of Debian")
	}
	ours := map[string]float64{}
	for _, a := range []guide.Allowance{{Mismatches: 3}, {Mismatches: 4}, {Mismatches: 5}, {Mismatches: 6}, {Mismatches: 4, DNA: 1, RNA: 1, Both: 1}} {
		b.Run("index/"+a.String(), func(b *testing.B) { ours[a.String()] = benchIndex(b, path, a) })
	}
	b.Run("first", func(b *testing.B) { benchFirst(b, path) })
	b.Run("scan/k4", benchScan)
	b.Run("bwa/k4", func(b *testing.B) { benchBWA(b, ours["k4"]) })
	b.Run("cas-offinder/k4", func(b *testing.B) { benchCasOFFinder(b, ours["k4"]) })
}

// benchIndex returns the CPU milliseconds a guide.
func benchIndex(b *testing.B, path string, a guide.Allowance) float64 {
	guides := readGuides(b, "hs20_1000.tsv")
	if a.Both > 0 {
		guides = guides[:50]
	}
	x := openIndex(b, path)
	f, err := x.Finder(ngg, a)
	if err != nil {
		b.Fatal(err)
	}
	hits := 0
	began := cpu()
	for b.Loop() {
		for i := range guides {
			if err := f.Find(&guides[i], func(guide.OffTarget) { hits++ }); err != nil {
				b.Fatal(err)
			}
		}
	}
	n := float64(b.N * len(guides))
	each := (cpu() - began).Seconds() * 1000 / n
	b.ReportMetric(each, "cpu-ms/guide")
	b.ReportMetric(float64(hits)/n, "hits/guide")
	return each
}

// benchFirst measures the first answer after the index is opened.
func benchFirst(b *testing.B, path string) {
	guides := readGuides(b, "hs20_100.tsv")
	worst := time.Duration(0)
	for b.Loop() {
		for i := 1; i < 10; i++ {
			x := openIndex(b, path)
			began := time.Now()
			f, err := x.Finder(ngg, guide.Allowance{Mismatches: 4})
			if err != nil {
				b.Fatal(err)
			}
			if err := f.Find(&guides[i], func(guide.OffTarget) {}); err != nil {
				b.Fatal(err)
			}
			worst = max(worst, time.Since(began))
			_ = x.Close() // it was only read
		}
	}
	b.ReportMetric(worst.Seconds()*1000, "ms-worst")
}

func benchScan(b *testing.B) {
	guides, letters := readGuides(b, "hs20_100.tsv"), readChr20(b)
	for b.Loop() {
		hits := 0
		began := cpu()
		err := guide.Scan(context.Background(), "20", letters, false, guides, ngg, guide.Allowance{Mismatches: 4}, func(int, guide.OffTarget) { hits++ })
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((cpu() - began).Seconds(), "cpu-s")
		b.ReportMetric(float64(hits), "hits")
	}
}

var _ okazaki.File = indexFile{}
