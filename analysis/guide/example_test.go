package guide_test

import (
	"context"
	"fmt"
	"os"

	"okazaki/analysis/guide"
	"okazaki/format/fasta"
)

func ExampleScan() {
	f, err := os.Open("testdata/example.fa")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	pam, _ := guide.NewPAM("NGG", false)
	for rec, err := range fasta.Scan("example.fa", f) {
		if err != nil {
			panic(err)
		}
		g, _ := guide.NewGuide("", rec.Description, false) // the example's records say which guide to search
		_ = guide.Scan(context.Background(), rec.Name, rec.Seq, false, []guide.Guide{g}, pam, guide.Allowance{Mismatches: 3}, func(_ int, o guide.OffTarget) {
			fmt.Println(o.Contig, o.Anchor, o.Reverse, o.Mismatches)
		})
	}
	// Output:
	// chr1 50 false 0
	// chr2 8 true 2
}
