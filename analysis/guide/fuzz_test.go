package guide

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"okazaki"
	"okazaki/internal/filetest"
)

// one opens the same bytes for every input.
type one []byte

func (b one) Open(context.Context, okazaki.Input) (okazaki.File, error) {
	return filetest.Memory(b), nil
}

// FuzzAlleles reads any bytes as a VCF: alleles lie in order, and what is
// wrong is the user's to mend.
func FuzzAlleles(f *testing.F) {
	f.Add([]byte("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nc\t3\t.\tACG\tA,ACGG,<DEL>\t.\n"))
	f.Add([]byte("##x\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts\tt\nc\t3\t.\tA\tC,G\t.\t.\tAF=0.1,0.2;AFR_AF=0,1\tGT:PS\t1|2:3\t./1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := (&request{}).readAlleles(t.Context(), one(b), okazaki.Input{Name: "v"}, []string{"c", "d"})
		all := []allele{}
		if err == nil {
			all = set.list
		}
		var mend *okazaki.Error
		if err != nil && !errors.As(err, &mend) && len(b) < maxVCFLine {
			t.Fatalf("%v is no *okazaki.Error", err)
		}
		for i := range all {
			if a := &all[i]; a.at < 0 || a.end < a.at || i > 0 && all[i-1].compare(a) >= 0 {
				t.Fatalf("allele %d is %+v", i, *a)
			}
		}
	})
}

// FuzzHeader reads any bytes as an index's header.
func FuzzHeader(f *testing.F) {
	h := &header{PAM: PAM{Patterns: []string{"NGG"}}, Length: 20, Width: 6, Core: 20}
	f.Add(h.marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := OpenIndex("x", filetest.Memory(b))
		var mend *okazaki.Error
		if err != nil && !errors.As(err, &mend) {
			t.Fatalf("%v is no *okazaki.Error", err)
		}
	})
}

// FuzzRecords reads any bytes as the records of guides and of variant hits.
func FuzzRecords(f *testing.F) {
	h := hit{locus: locus{Name: "c", Anchor: 7}, mismatches: 2, lo: 5, pam: "AGG"}
	own := &tally{candidate: Candidate{Letters: "ACGT"}, home: &home{locus: h.locus, pam: "AGG"}, hits: []hit{h}}
	own.counts[kind(2, 0, 0)] = 1
	f.Add(own.append(nil))
	f.Add((&variantHit{hit: h, label: "c:1:A>C"}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = eachTally(bytes.NewReader(b), func(own *tally) error {
			return eachTally(bytes.NewReader(own.append(nil)), func(*tally) error { return nil })
		})
		if err := eachVariantHit(bytes.NewReader(b), func(*alleleCounts) {}, func(*variantHit) error { return nil }); err == io.EOF {
			t.Fatal("the end of the bytes is not an error")
		}
	})
}
