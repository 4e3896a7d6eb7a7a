package rank_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/rank"
	"okazaki/internal/filetest"
)

const siteHead = "##fileformat=VCFv4.2\n##reference=GRCh38\n##INFO=<ID=AF,Number=A,Type=Float,Description=\"\">\n##INFO=<ID=AF_grpmax,Number=A,Type=Float,Description=\"\">\n##INFO=<ID=AN,Number=1,Type=Integer,Description=\"\">\n" +
	"##INFO=<ID=nhomalt,Number=A,Type=Integer,Description=\"\">\n##INFO=<ID=fafmax_faf95_max,Number=A,Type=Float,Description=\"\">\n##INFO=<ID=REVEL,Number=A,Type=Float,Description=\"\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"

func indexed(t *testing.T, name, text string, o known.Options) *known.Source {
	t.Helper()
	var w bytes.Buffer
	if _, err := known.Build(context.Background(), name, strings.NewReader(text), o, &w); err != nil {
		t.Fatal(err)
	}
	s, err := known.Open(name, filetest.Memory(w.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFactsAreFilled(t *testing.T) {
	sources := []*known.Source{
		source(t, "1\t10\t.\tA\tC\t.\t.\tCLNSIG=Pathogenic;CLNREVSTAT=reviewed_by_expert_panel\n"),
		indexed(t, "a.vcf", siteHead+"1\t10\t.\tA\tC,G\t.\tPASS\tAF=0.01,0.2;AF_grpmax=0.03,0.4;AN=5000;nhomalt=2,9;fafmax_faf95_max=0.025,0.35\n", known.Options{Recipe: "gnomad"}),
		indexed(t, "b.vcf", siteHead+"1\t10\t.\tA\tC\t.\tAC0\tAF=0.9\n1\t20\t.\tA\tC\t.\tAC0\tAF=0.5\n", known.Options{Recipe: "gnomad"}),
		indexed(t, "c.vcf", siteHead+"1\t10\t.\tA\tC\t.\t.\tREVEL=0.7\n", known.Options{}),
		indexed(t, "hot.bed", "1\t5\t12\n", known.Options{Name: "hotspots", Assembly: "GRCh38"}),
		indexed(t, "d.vcf", siteHead+"2\t10\t.\tA\tC\t.\tPASS\tAF=0.9\n", known.Options{Recipe: "gnomad"}),
	}
	k := rank.NewKnowledge(sources)
	var cursors []*known.Cursor
	var contigs []int
	for _, s := range sources {
		cursors = append(cursors, s.Cursor())
		n, ok := s.Contig("1")
		if !ok {
			n = -1
		}
		contigs = append(contigs, n)
	}
	for _, tt := range []struct {
		pos  int
		alt  string
		want rank.Facts
	}{
		{9, "C", rank.Facts{ClinVar: rank.ClinVar{Significance: rank.ClinVarPathogenic, Stars: 3}, Frequency: rank.Frequency{Asked: true, Known: true, Max: 0.03, FAF: 0.025, Number: 5000, Homozygotes: 2}, Scores: rank.Scores{REVEL: rank.Score{Known: true, Value: 0.7}}, Hotspot: rank.Yes}},
		{9, "G", rank.Facts{Frequency: rank.Frequency{Asked: true, Known: true, Max: 0.4, FAF: 0.35, Number: 5000, Homozygotes: 9}, Hotspot: rank.Yes}},
		{19, "C", rank.Facts{Frequency: rank.Frequency{Asked: true, Known: true, Max: 0.5, Filtered: true}, Hotspot: rank.No}},
		{29, "C", rank.Facts{Frequency: rank.Frequency{Asked: true}, Hotspot: rank.No}},
	} {
		key, _ := known.MakeKey(tt.pos, []byte("A"), []byte(tt.alt))
		found := make([]bool, len(sources))
		for i, s := range sources {
			switch {
			case contigs[i] < 0:
			case s.Intervals():
				found[i] = cursors[i].Overlap(contigs[i], region(tt.pos)) > 0
			default:
				found[i] = cursors[i].Find(contigs[i], key)
			}
		}
		var f rank.Facts
		k.Fill(&f, cursors, contigs, found)
		if f != tt.want {
			t.Errorf("%d %s: %+v, want %+v", tt.pos, tt.alt, f, tt.want)
		}
	}
}

func TestStopOf(t *testing.T) {
	for name, want := range map[string]int{"ENSP1.2:p.Arg97ProfsTer23": 119, "p.(Arg97ProfsTer2)": 98, "p.Arg97ProfsTer?": -1, "ENSP1:p.Arg97Ter": 0, "": 0, "p.Met1?": 0} {
		if got := rank.StopOf([]byte(name)); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}
