package fasta

import (
	"context"
	"testing"
)

const genomes200k = "virus/sim/y2020_200k.fasta.zst"

func BenchmarkIndex(b *testing.B) {
	src := open(b, data(b, genomes200k))
	b.ReportAllocs()
	for b.Loop() {
		x, err := NewIndex(context.Background(), []Source{src}, IndexOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(x.files[0].plain)
		b.ReportMetric(float64(x.Records())*float64(b.N)/b.Elapsed().Seconds(), "genomes/s")
	}
}

func BenchmarkReader(b *testing.B) {
	src := open(b, data(b, genomes200k))
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
	src := open(b, data(b, genomes200k))
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
