package client_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"okazaki/analysis/composition"
	"okazaki/client"
)

// Ask what a genome is made of, and print the answer's main table.
func ExampleRun() {
	folder, err := os.MkdirTemp("", "okazaki-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	ctx := context.Background()
	answer, err := client.Run(ctx, composition.Analysis, client.Inputs{"genome": {"testdata/genome.fasta"}}, client.Options{
		Store: "dir:" + folder, Budget: client.USD(5), Params: map[string]any{"window": 40, "k": 1},
		Progress: func(p client.Progress) {
			if p.End != nil {
				fmt.Println("the job is", p.End.State)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Close()
	if err := answer.Copy(ctx, os.Stdout, ""); err != nil {
		log.Fatal(err)
	}
	// Output:
	// the job is done
	// # windows of 40 bases, one each 40; start and end are 0-based, half-open
	// contig	start	end	gc	gc_skew	entropy	divergence	A	C	G	T	N	other
	// chr1	0	40	0.0000	NA	0.9982	0.7372	19	0	0	21	0	0
	// chr1	40	80	1.0000	0.1000	0.9928	1.3219	0	18	22	0	0	0
	// chr1	80	100	0.0000	NA	1.0000	0.7378	10	0	0	10	0	0
}
