package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"okazaki/analysis/virus"
	"okazaki/client"
)

// Compare genomes of a virus with their reference, and write all tables.
func ExampleAnswer_Folder() {
	folder, err := os.MkdirTemp("", "okazaki-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	ctx := context.Background()
	answer, err := client.Run(ctx, virus.Analysis, client.Inputs{
		"genomes":    {"../analysis/virus/testdata/small/genomes.fasta"},
		"reference":  {"../analysis/virus/testdata/small/reference.fasta"},
		"annotation": {"../analysis/virus/testdata/small/genes.gff3"},
	}, client.Options{Store: "dir:" + filepath.Join(folder, "store"), Budget: client.USD(5), Params: map[string]any{"cluster": 1}})
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Close()
	paths, err := answer.Folder(ctx, filepath.Join(folder, "answer"))
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range paths {
		fmt.Println(filepath.Base(path))
	}
	for _, n := range answer.Notes {
		fmt.Println(n.Text)
	}
	// Output:
	// mutations.tsv
	// distances.tsv
	// neighbours.tsv
	// clusters.tsv
	// 4 of 42 genomes could not be aligned; see column errors
}
