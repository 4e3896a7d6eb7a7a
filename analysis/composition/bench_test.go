package composition_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/composition"
)

// BenchmarkComposition reports bases a second, both stages together, on a
// contig at random.
func BenchmarkComposition(b *testing.B) {
	const bases = 4 << 20
	random := rand.New(rand.NewPCG(1, 2))
	var text bytes.Buffer
	text.WriteString(">random\n")
	line := make([]byte, 64)
	for range bases / len(line) {
		for i := range line {
			line[i] = "ACGT"[random.IntN(4)]
		}
		text.Write(append(line, '\n'))
	}
	in := []analysistest.Input{{Role: "genome", Name: "random.fasta", Bytes: text.Bytes()}}
	for _, tc := range []struct {
		name, params string
		span         int64
	}{
		{"tiles", `{}`, 0},
		{"tiles in 64 spans", `{}`, bases / 64},
		{"step 100, k 3", `{"step": 100, "k": 3}`, 0},
		{"step 100, k 6", `{"step": 100, "k": 6}`, 0},
	} {
		b.Run(tc.name, func(b *testing.B) {
			b.SetBytes(bases)
			b.ReportAllocs()
			for b.Loop() {
				if len(analysistest.Answer(b, composition.Analysis, tc.params, in, tc.span)) != 2 {
					b.Fatal(fmt.Errorf("not two outputs"))
				}
			}
		})
	}
}
