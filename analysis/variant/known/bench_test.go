package known_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okazaki/analysis/variant/known"
)

// onDisk is a file that can be mapped.
type onDisk struct {
	*os.File
	size int64
}

func (f onDisk) Size() int64 { return f.size }

func mapped(b *testing.B, content []byte) *known.Source {
	path := filepath.Join(b.TempDir(), "x.okk")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	s, err := known.Open(path, onDisk{f, int64(len(content))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = s.Close(), f.Close() })
	return s
}

// population is like gnomAD: a change every four bases.
func population(n int) string {
	rng := rand.New(rand.NewPCG(5, 6))
	var text strings.Builder
	text.WriteString(vcfHead)
	for i, pos := 0, 1; i < n; i++ {
		pos += rng.IntN(8)
		ref := rng.IntN(4)
		fmt.Fprintf(&text, "1\t%d\t.\t%c\t%c\t.\t.\tAF=%.6g\n", pos, "ACGT"[ref], "ACGT"[(ref+1+rng.IntN(3))%4], rng.ExpFloat64()*1e-4)
	}
	return text.String()
}

// BenchmarkJoin asks a dense source about 1 of 170 places, as a whole genome
// asks gnomAD, and about 1 of 4.
func BenchmarkJoin(b *testing.B) {
	const n = 2_000_000
	content, _ := build(b, "x.vcf", population(n), known.Options{})
	s := mapped(b, content)
	b.Logf("%d rows take %.1f bytes each", n, float64(len(content))/n)
	for _, every := range []int{680, 4} {
		b.Run(fmt.Sprintf("every%d", every), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(7, 8))
			var keys []known.Key
			for pos := 1; pos < 7*n/2; pos += 1 + rng.IntN(2*every-1) {
				ref := rng.IntN(4)
				k, _ := known.MakeKey(pos, []byte{"ACGT"[ref]}, []byte{"ACGT"[(ref+1+rng.IntN(3))%4]})
				keys = append(keys, k)
			}
			found, sum := 0, 0.0
			b.ReportAllocs()
			for b.Loop() {
				c := s.Cursor()
				for _, k := range keys {
					if c.Find(0, k) {
						v, _ := c.Number(0)
						sum += v
						found++
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(keys)), "ns/variant")
			b.ReportMetric(float64(b.N*len(keys))/b.Elapsed().Seconds()/1e6, "Mvariants/s")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	text := population(200_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := known.Build(context.Background(), "x.vcf", strings.NewReader(text), known.Options{}, discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
