package fasta_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"okazaki/format/fasta"
)

func ExampleScan() {
	f, err := os.Open("testdata/genomes.fasta")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for rec, err := range fasta.Scan(f.Name(), f) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s (%s) has %d letters\n", rec.Name, rec.Description, len(rec.Seq))
	}
	// Output:
	// toy/1 (of three) has 14 letters
	// toy/2 () has 7 letters
	// toy/3 (not a genome) has 6 letters
}

func ExampleReader() {
	src, err := fasta.Open("testdata/genomes.fasta")
	if err != nil {
		log.Fatal(err)
	}
	defer src.File.Close()
	sources := []fasta.Source{src}
	ctx := context.Background()
	x, err := fasta.NewIndex(ctx, sources, fasta.IndexOptions{})
	if err != nil {
		log.Fatal(err)
	}
	r := fasta.NewReader(sources, x)
	defer r.Close()
	for rec, err := range r.Records(ctx, 1, x.Records()) {
		if err != nil {
			log.Fatal(err)
		}
		if rec.Err != nil {
			fmt.Println(rec.Err)
			continue
		}
		fmt.Printf("%s: %s\n", rec.Name, rec.Seq)
	}
	// Output:
	// toy/2: ACG-TTT
	// testdata/genomes.fasta:7: record "toy/3": 'E' at base 2 is no letter of a nucleotide; the letters are ACGTU, RYSWKMBDHVN and for gaps -.*?
}

func ExampleNewIndex() {
	src, err := fasta.Open("testdata/genomes.fasta")
	if err != nil {
		log.Fatal(err)
	}
	defer src.File.Close()
	x, err := fasta.NewIndex(context.Background(), []fasta.Source{src}, fasta.IndexOptions{Lengths: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Records(), x.Names(), x.Lengths())
	// Output: 3 [toy/1 toy/2 toy/3] [14 7 6]
}
