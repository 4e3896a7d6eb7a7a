package gff3_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"okazaki"
	"okazaki/format/gff3"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

func TestReadTheLooseDialect(t *testing.T) {
	fs, err := gff3.Read("map.gff", strings.NewReader("# a gene map\n.\t.\tgene\t26245\t26472\t.\t+\t.\t gene_name=E\r\n\n"+
		"EPI1\tfeature\tgene\t1\t48\t.\t-\t2\tgene_name=\"SigPep\";Note=a%3Bb%2Cc;flag\n##FASTA\nnot a feature\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(fs) != 2 {
		t.Fatalf("%d features, want 2", len(fs))
	}
	if f := fs[0]; f.Get("gene_name") != "E" || f.Region != (genome.Region{Lo: 26244, Hi: 26472}) || f.Phase != -1 || f.Line != 2 {
		t.Errorf("first feature %+v", f)
	}
	if f := fs[1]; f.First("gene", "gene_name") != "SigPep" || f.Get("Note") != "a;b,c" || f.Strand != '-' || f.Phase != 2 {
		t.Errorf("second feature %+v", f)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	good := "chr\t.\tCDS\t1\t9\t.\t+\t0\tID=x"
	for _, bad := range []string{
		"chr\t.\tCDS\t1\t9\t.\t+\t0", good + "\tmore",
		strings.Replace(good, "\t1\t", "\t0\t", 1), strings.Replace(good, "\t9\t", "\tnine\t", 1),
		strings.Replace(good, "\t1\t", "\t10\t", 1), strings.Replace(good, "+", "forward", 1),
		strings.Replace(good, "\t0\t", "\t3\t", 1), strings.Replace(good, "CDS", "", 1),
	} {
		_, err := gff3.Read("genes.gff3", strings.NewReader("##gff-version 3\n"+good+"\n"+bad+"\n"))
		var e *okazaki.Error
		if !errors.As(err, &e) || e.File != "genes.gff3" || e.Line != 3 {
			t.Errorf("%q: %v, want an error at genes.gff3:3", bad, err)
		}
	}
}

func TestReadWhatNextstrainPublishes(t *testing.T) {
	for path, want := range map[string]int{
		"virus/sars2/ncov/annotation.gff":                12,
		"virus/sars2/nextclade/genome_annotation.gff3":   12,
		"virus/other/flu_h3n2_ha.genome_annotation.gff3": 3,
		"virus/other/rsv_a.genome_annotation.gff3":       13,
		"virus/other/mpox_iib.genome_annotation.gff3":    0,
	} {
		f, err := os.Open(filetest.Data(t, path))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fs, err := gff3.Read(path, f)
		if err != nil || len(fs) < want || want > 0 && len(fs) != want {
			t.Errorf("%s: %d features, %v; want %d", path, len(fs), err, want)
		}
	}
}

func TestLooseMendsWhatItCan(t *testing.T) {
	r := gff3.NewReader("cut.gff3", strings.NewReader("#!genome-build x\n1\t.\tgene\t-15\t9\t.\t+\t.\tID=g;description=sterile\talpha;version=6\n#late\n"+
		"1\t.\texon\t1\t9\t.\t+\t.\tParent=g\n1\t.\texon\t-3\t0\t.\t+\t.\tParent=g\n"))
	r.Loose = true
	f, err := r.Read()
	if err != nil || f.Region != (genome.Region{Lo: 0, Hi: 9}) || f.Get("description") != "sterile alpha" || f.Get("version") != "6" {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = r.Read(); err != nil || r.Mended != 1 || len(r.Comments()) != 1 {
		t.Errorf("%+v, %v, %d mended, comments %q", f, err, r.Mended, r.Comments())
	}
	if _, err = r.Read(); err == nil {
		t.Error("a region that ends before the first position is read")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("##gff-version 3\nchr\t.\tCDS\t1\t9\t.\t+\t0\tID=x;Note=a%3Bb\n")
	f.Add(".\t.\tgene\t26245\t26472\t.\t+\t.\t gene_name=E\n")
	f.Fuzz(func(t *testing.T, text string) {
		fs, err := gff3.Read("fuzz", strings.NewReader(text))
		if err != nil {
			var e *okazaki.Error
			if !errors.As(err, &e) || e.Line < 1 {
				t.Fatalf("the error names no line: %v", err)
			}
			return
		}
		for _, f := range fs {
			if f.Region.Lo < 0 || f.Region.Len() < 1 {
				t.Fatalf("region %v", f.Region)
			}
		}
	})
}

func ExampleRead() {
	fs, _ := gff3.Read("genes.gff3", strings.NewReader("chr\t.\tCDS\t266\t13468\t.\t+\t0\tgene=ORF1a\n"))
	fmt.Println(fs[0].Get("gene"), fs[0].Region)
	// Output: ORF1a [265,13468)
}
