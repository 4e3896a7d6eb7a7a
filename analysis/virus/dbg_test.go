package virus

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"okazaki/format/gff3"
)

func TestDbg(t *testing.T) {
	q, err := os.ReadFile("/tmp/zq.fa")
	if err != nil {
		t.Skip()
	}
	q = bytes.ReplaceAll(q[bytes.IndexByte(q, '\n'):], []byte("\n"), nil)
	fa, _ := os.ReadFile("/work/shared/data/virus/other/rsv_a.reference.fasta")
	g, _ := os.Open("/work/shared/data/virus/other/rsv_a.genome_annotation.gff3")
	fs, _ := gff3.Read("x", g)
	ref, err := NewReference("x", fa, fs)
	if err != nil {
		t.Fatal(err)
	}
	pj, _ := os.ReadFile("/work/shared/data/virus/other/rsv_a.pathogen.json")
	p, _ := ParseParams("x", pj)
	c := NewCaller(ref, p)
	calls := c.Call(q)
	fmt.Println(calls.Problem, calls.Reverse, len(calls.Substitutions), calls.Deletions)
	for i, s := range c.walker.segs {
		if i < 20 {
			fmt.Println(s, s.diagonal())
		}
	}
}
