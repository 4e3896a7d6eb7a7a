package fasta

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const genomes200k = "virus/sim/y2020_200k.fasta.zst"

func BenchmarkIndex(b *testing.B) {
	src := openTest(b, data(b, genomes200k))
	b.ReportAllocs()
	var records int64
	for b.Loop() {
		x, err := NewIndex(context.Background(), []Source{src}, IndexOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(x.files[0].plain)
		records = x.Records()
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}

// BenchmarkScan reads a plain file from memory: no decompressor is in its way.
func BenchmarkScan(b *testing.B) {
	for _, width := range []int{60, 80, 30000} {
		b.Run(fmt.Sprint("width=", width), func(b *testing.B) {
			text := genomes(500, width)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range Scan("f", strings.NewReader(text)) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
		})
	}
}

// genomes is FASTA of n random sequences of 30,000 letters.
func genomes(n, width int) string {
	rng := rand.New(rand.NewPCG(1, 1))
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, ">genome/%d\n", i)
		for at := range 30000 {
			text.WriteByte("ACGT"[rng.IntN(4)])
			if at%width == width-1 {
				text.WriteByte('\n')
			}
		}
	}
	return text.String()
}

// BenchmarkReaderPacked reads 1,000 genomes of each way to compress.
func BenchmarkReaderPacked(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	text := strings.Repeat(genomes(100, 80), 10)
	for _, p := range packers {
		b.Run(p.name, func(b *testing.B) {
			src := []Source{source("f", string(p.pack(b, rng, text)))}
			x, err := NewIndex(context.Background(), src, IndexOptions{AllowDuplicates: true})
			if err != nil {
				b.Fatal(err)
			}
			r := NewReader(src, x)
			defer r.Close()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range r.Records(context.Background(), 0, x.Records()) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(x.Records())*float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
		})
	}
}

func BenchmarkReader(b *testing.B) {
	src := openTest(b, data(b, genomes200k))
	x, err := NewIndex(context.Background(), []Source{src}, IndexOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(x.files[0].plain)
	b.ReportAllocs()
	r := NewReader([]Source{src}, x)
	defer r.Close()
	for b.Loop() {
		for _, err := range r.Records(context.Background(), 0, x.Records()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(x.Records())*float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
}

func BenchmarkReaderSkip(b *testing.B) {
	src := openTest(b, data(b, genomes200k))
	x, err := NewIndex(context.Background(), []Source{src}, IndexOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(x.files[0].plain)
	r := NewReader([]Source{src}, x)
	defer r.Close()
	for b.Loop() {
		for _, err := range r.Records(context.Background(), x.Records()-1, x.Records()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkReaderSpans reads all genomes in spans of 1,000, each taken by the
// next of two workers that is free.
func BenchmarkReaderSpans(b *testing.B) {
	src := openTest(b, data(b, genomes200k))
	x, err := NewIndex(context.Background(), []Source{src}, IndexOptions{})
	if err != nil {
		b.Fatal(err)
	}
	r := NewReader([]Source{src}, x)
	defer r.Close()
	b.SetBytes(x.files[0].plain)
	for b.Loop() {
		var next atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for {
					lo := next.Add(1000) - 1000
					if lo >= x.Records() {
						return
					}
					for _, err := range r.Records(context.Background(), lo, lo+1000) {
						if err != nil {
							b.Error(err)
							return
						}
					}
				}
			})
		}
		wg.Wait()
	}
}
