package gene_test

import (
	"bytes"
	"fmt"
	"os"

	"okazaki/analysis/variant/gene"
	"okazaki/internal/filetest"
)

// An annotation and its reference are compiled once, written, and opened for
// each question.
func Example() {
	annotation, err := os.Open("testdata/gencode.gtf")
	if err != nil {
		panic(err)
	}
	defer annotation.Close()
	reference, err := os.Open("testdata/ucsc.fa")
	if err != nil {
		panic(err)
	}
	defer reference.Close()
	compiled, err := gene.Compile(gene.Text{Name: "gencode.gtf", Reader: annotation}, gene.Text{Name: "ucsc.fa", Reader: reference})
	if err != nil {
		panic(err)
	}
	var file bytes.Buffer
	if err := compiled.Write(&file); err != nil {
		panic(err)
	}
	model, err := gene.Open("model.okg", filetest.Memory(file.Bytes()))
	if err != nil {
		panic(err)
	}
	defer model.Close()
	contig, _ := model.Contig("22")
	if err := contig.Load(); err != nil {
		panic(err)
	}
	fmt.Println(contig.Name, contig.Refget)
	for _, t := range contig.Near(231, 232, 0, nil) {
		fmt.Println(t.ID, t.Symbol, t.Biotype, t.Exons, t.Coding)
	}
	fmt.Printf("%s\n", contig.AppendBases(nil, 232, 235))
	// Output:
	// chr22 SQ.BVgrOyezZsis8hRqVqZsGm3ccEwVGPDr
	// ENST00000000001.4 AAA protein_coding [[100,160) [200,260)] [120,235)
	// ENST00000000002.1 AAA nonsense_mediated_decay [[120,160) [200,240)] [121,235)
	// TAA
}
