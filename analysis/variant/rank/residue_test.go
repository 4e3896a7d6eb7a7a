package rank_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/rank"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

func region(pos int) genome.Region { return genome.Region{Lo: pos, Hi: pos + 1} }

// letters is a contig.
type letters string

func (l letters) AppendBases(dst []byte, lo, hi int) []byte {
	return append(dst, l[min(max(lo, 0), len(l)):min(max(hi, 0), len(l))]...)
}

func source(t interface{ Fatal(...any) }, records string) *known.Source {
	var w bytes.Buffer
	head := "##fileformat=VCFv4.1\n##reference=GRCh38\n##INFO=<ID=CLNSIG,Number=.,Type=String,Description=\"\">\n##INFO=<ID=CLNREVSTAT,Number=.,Type=String,Description=\"\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
	if _, err := known.Build(context.Background(), "clinvar.vcf", strings.NewReader(head+records), known.Options{Recipe: "clinvar"}, &w); err != nil {
		t.Fatal(err)
	}
	s, err := known.Open("clinvar.okk", filetest.Memory(w.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// protein is what a transcript codes for, by a way of its own.
func protein(t *gene.Transcript, contig string) string {
	c := genome.CDS{Reverse: t.Reverse, Phase: t.Phase}
	for _, e := range t.Exons {
		if s := e.Intersect(t.Coding); s.Len() > 0 {
			c.Segments = append(c.Segments, s)
		}
	}
	if t.Reverse {
		slices.Reverse(c.Segments)
	}
	return string(c.Translate([]byte(contig)))
}

// TestNeighboursAgainstWholeProteins translates the whole protein for each
// record of ClinVar.
func TestNeighboursAgainstWholeProteins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contig := rapid.StringOfN(rapid.SampledFrom([]rune("ACGT")), 120, 120, -1).Draw(t, "contig")
		tr := &gene.Transcript{Gene: "G", Reverse: rapid.Bool().Draw(t, "reverse"), Phase: rapid.IntRange(0, 2).Draw(t, "phase")}
		for at := rapid.IntRange(0, 10).Draw(t, "start"); at < 100; {
			n := rapid.IntRange(1, 12).Draw(t, "exon")
			tr.Exons = append(tr.Exons, genome.Region{Lo: at, Hi: at + n})
			at += n + rapid.IntRange(1, 9).Draw(t, "intron")
		}
		first, last := tr.Exons[0], tr.Exons[len(tr.Exons)-1]
		tr.Coding = genome.Region{Lo: rapid.IntRange(first.Lo, first.Hi-1).Draw(t, "coding"), Hi: last.Hi}
		type record struct {
			pos, stars int
			alt        byte
			pathogenic bool
		}
		var records []record
		var text strings.Builder
		for p := range contig {
			for _, alt := range []byte("ACGT") {
				if alt == contig[p] || rapid.IntRange(0, 3).Draw(t, "known") > 0 {
					continue
				}
				r := record{p, rapid.IntRange(0, 2).Draw(t, "stars"), alt, rapid.Bool().Draw(t, "pathogenic")}
				status := []string{"no_assertion_criteria_provided", "criteria_provided,_single_submitter", "criteria_provided,_multiple_submitters,_no_conflicts"}[r.stars]
				sig := "Benign"
				if r.pathogenic {
					sig = "Likely_pathogenic"
				}
				fmt.Fprintf(&text, "1\t%d\t.\t%c\t%c\t.\t.\tCLNSIG=%s;CLNREVSTAT=%s\n", p+1, contig[p], alt, sig, status)
				records = append(records, r)
			}
		}
		s := source(t, text.String())
		number, ok := s.Contig("chr1")
		n := rank.NewNeighbours(s)
		before := protein(tr, contig)
		for p := range contig {
			alt := "ACGT"[rapid.IntRange(0, 3).Draw(t, "alt")]
			change := func(p int, alt byte) string {
				return protein(tr, contig[:p]+string(alt)+contig[p+1:])
			}
			after := change(p, alt)
			at := 0
			for at < len(before) && before[at] == after[at] {
				at++
			}
			if at == len(before) {
				continue // not missense
			}
			want := rank.Residue{Asked: ok, From: before[at], To: after[at]}
			for _, r := range records {
				if r.pos == p && r.alt == alt || !r.pathogenic {
					continue
				}
				other := change(r.pos, r.alt)
				if other[at] == before[at] || other[at] == '*' {
					continue
				}
				c := &want.Other
				if other[at] == after[at] {
					c = &want.Same
				}
				if c.Significance == rank.NotInClinVar || r.stars > c.Stars {
					*c = rank.ClinVar{Significance: rank.ClinVarLikelyPathogenic, Stars: r.stars}
				}
			}
			if got, found := n.Find(letters(contig), number, tr, p, alt); !found || got != want {
				t.Fatalf("%d to %c: %+v, want %+v", p, alt, got, want)
			}
		}
	})
}

func TestRepeats(t *testing.T) {
	contig := letters("GATTACAGGGGGCTCTCTCTCTAACGACGACGACGTTTGCATGCA")
	for _, tt := range []struct {
		pos      int
		ref, alt string
		want     rank.Answer
	}{
		{7, "G", "", rank.Yes}, {7, "", "GG", rank.Yes}, {7, "", "A", rank.No}, {12, "CT", "", rank.Yes}, {12, "", "CTCT", rank.Yes}, {20, "CT", "", rank.Yes},
		{23, "ACG", "", rank.Yes}, {23, "", "AAG", rank.No}, {0, "GAT", "", rank.No}, {35, "TTT", "", rank.No}, {7, "GG", "T", rank.No}, {44, "A", "", rank.No},
	} {
		k := known.Key{Pos: tt.pos, Ref: []byte(tt.ref), Alt: []byte(tt.alt)}
		if got := rank.InRepeat(contig, k); got != tt.want {
			t.Errorf("%d %s>%s: %d, want %d", tt.pos, tt.ref, tt.alt, got, tt.want)
		}
	}
}

func TestSitesThatAreKept(t *testing.T) {
	exons := []genome.Region{{Lo: 100, Hi: 160}, {Lo: 260, Hi: 320}}
	contig := strings.Repeat("C", 155) + "AACAG" + "GTAAGTAAGTCC" + strings.Repeat("C", 80) + "TTTCAGAG" + "GCA" + strings.Repeat("C", 200)
	mirror := string(genome.AppendReverseComplement(nil, []byte(contig)))
	for _, tt := range []struct {
		name, ref, alt string
		pos            int
		term           consequence.Term
		want           rank.Answer
	}{
		{"one of the repeated GTAA is lost", "GTAA", "", 160, consequence.SpliceDonor, rank.Yes},
		{"GT is lost", "GT", "", 160, consequence.SpliceDonor, rank.No},
		{"the donor is doubled", "", "GTAAG", 160, consequence.SpliceDonor, rank.Yes},
		{"AG is lost", "AG", "", 258, consequence.SpliceAcceptor, rank.No},
		{"a substitution", "G", "A", 160, consequence.SpliceDonor, rank.Unknown},
	} {
		for _, reverse := range []bool{false, true} {
			c := &consequence.Consequence{Transcript: &gene.Transcript{Exons: slices.Clone(exons)}, Terms: consequence.Of(tt.term), IntronFirst: 1, IntronLast: 1}
			k, of := known.Key{Pos: tt.pos, Ref: []byte(tt.ref), Alt: []byte(tt.alt)}, contig
			if reverse {
				n := len(contig)
				c.Transcript.Reverse, of = true, mirror
				c.Transcript.Exons = []genome.Region{{Lo: n - 320, Hi: n - 260}, {Lo: n - 160, Hi: n - 100}}
				k = known.Key{Pos: n - tt.pos - len(tt.ref), Ref: genome.AppendReverseComplement(nil, k.Ref), Alt: genome.AppendReverseComplement(nil, k.Alt)}
			}
			if got := rank.KeepsSite(letters(of), c, k); got != tt.want {
				t.Errorf("%s, reverse %v: %d, want %d", tt.name, reverse, got, tt.want)
			}
		}
	}
}
