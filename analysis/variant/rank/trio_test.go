package rank_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/rank"
	"okazaki/format/vcf"
)

func TestPedigreesThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "x.ped: the pedigree has nobody",
		"f kid dad mum 1":                    "x.ped:1: the line has 5 columns of 6",
		"# c\nf kid dad mum boy 2":           `x.ped:2: "boy" is not a sex`,
		"f kid dad mum 1 ill":                `x.ped:1: "ill" is not an affection`,
		"f kid kid mum 1 2":                  "x.ped:1: kid is a parent of itself",
		"f kid dad dad 1 2":                  "x.ped:1: dad is both parents of kid",
		"f kid 0 0 1 2\nf kid 0 0 1 2":       "x.ped:2: kid is there a second time",
		"f kid dad mum 1 2\nf dad 0 0 2 1":   "x.ped:1: dad, the father of kid, is female in line 2",
		"f kid dad mum 1 2\nf mum 0 0 1 1":   "x.ped:1: mum, the mother of kid, is male in line 2",
		"f kid dad mum 1 2\ng dad 0 0 1 1":   "x.ped:1: a parent of kid is in another family",
		"f kid dad mum 1 2\nf dad kid 0 1 1": "x.ped:1: kid is an ancestor of itself",
		"f a b 0 1 1\nf b c 0 1 1\nf c d 0 1 1\nf d b 0 1 1": "x.ped:2: b is an ancestor of itself",
	} {
		_, err := rank.ReadPed("x.ped", strings.NewReader(text))
		if _, ok := errors.AsType[*okazaki.Error](err); !ok || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestTrios(t *testing.T) {
	p, err := rank.ReadPed("x.ped", strings.NewReader("#fam id pat mat sex phen\nf kid dad mum 1 2\nf dad 0 0 1 1\nf\tmum\t0\t0\tfemale\t-9\nf sis dad mum 2 1\ng other 0 0 0 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	trio, err := p.Trio([]string{"mum", "kid", "dad", "sis"}, "")
	if err != nil || *trio != (rank.Trio{Child: 1, Mother: 0, Father: 2, Male: true, ChildAffected: rank.Yes, FatherAffected: rank.No}) {
		t.Errorf("%+v, %v", trio, err)
	}
	if trio, err := p.Trio([]string{"mum", "sis"}, "sis"); err != nil || trio.Father != -1 || trio.Child != 1 {
		t.Errorf("%+v, %v", trio, err)
	}
	for _, tt := range []struct{ samples, child, want string }{
		{"kid", "", "nobody in the pedigree is affected and in the VCF together with a parent; the VCF has kid"},
		{"mum", "kid", "kid is not both in the pedigree and in the VCF"},
	} {
		if _, err := p.Trio([]string{tt.samples}, tt.child); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

func sample(gt string) *rank.Sample {
	s := &rank.Sample{Depth: -1, Set: -1}
	gt, depth, ok := strings.Cut(gt, ":")
	if ok {
		fmt.Sscan(depth, &s.Depth)
	}
	if gt != "" {
		s.Genotype = &vcf.Genotype{}
		s.Genotype.Parse([]byte(gt))
	}
	return s
}

func TestModes(t *testing.T) {
	for _, tt := range []struct {
		child, mother, father string
		onX, girl             bool
		mother2               rank.Answer // is the mother affected
		want                  rank.Mode
		from                  rank.Origin
		impossible            bool
	}{
		{child: "0/0", mother: "0/1", father: "0/1", want: rank.ModeUnknown},
		{child: "0/1", mother: "0/0", father: "0/0", want: rank.ModeDeNovo},
		{child: "0/1", mother: "0/0:30", father: "0/0:9", want: rank.ModeInherited}, // too few reads
		{child: "0/1", mother: "0/0", father: "./.", want: rank.ModeInherited},
		{child: "0/1", mother: "0/0", father: "", want: rank.ModeInherited},
		{child: "1/1", mother: "0/0", father: "0/0", want: rank.ModeDeNovo, impossible: true},
		{child: "0/1", mother: "0/1", father: "0/0", want: rank.ModeInherited, from: rank.FromMother},
		{child: "0/1", mother: "0/0", father: "0/1", want: rank.ModeInherited, from: rank.FromFather},
		{child: "0/1", mother: "0/1", father: "0/1", want: rank.ModeInherited},
		{child: "0/1", mother: "0/1", father: "./.", want: rank.ModeInherited},
		{child: "0/1", mother: "0/1", father: "0/0", mother2: rank.Yes, want: rank.ModeDominant, from: rank.FromMother},
		{child: "0/1", mother: "0/0", father: "0/1", mother2: rank.Yes, want: rank.ModeInherited, from: rank.FromFather},
		{child: "1/1", mother: "0/1", father: "0/1", want: rank.ModeRecessive},
		{child: "1/1", mother: "1/1", father: "0/1", mother2: rank.No, want: rank.ModeInherited},
		{child: "1/1", mother: "0/1", father: "0/0", want: rank.ModeRecessive, impossible: true},
		{child: "1", mother: "0/1", father: "0", onX: true, want: rank.ModeXLinked, from: rank.FromMother},
		{child: "1/1", mother: "0/1", father: "0/0", onX: true, want: rank.ModeXLinked, from: rank.FromMother},
		{child: "1", mother: "0/0", father: "1", onX: true, want: rank.ModeDeNovo},
		{child: "0/1", mother: "0/0", father: "1", onX: true, girl: true, want: rank.ModeInherited, from: rank.FromFather},
		{child: "0/1", want: rank.ModeUnknown},
		{child: "1/1", want: rank.ModeRecessive},
		{child: "1", onX: true, girl: true, want: rank.ModeXLinked},
		{child: "1/2", mother: "0/2", father: "0/1", want: rank.ModeInherited, from: rank.FromFather},
	} {
		trio := &rank.Trio{Male: !tt.girl, MotherAffected: tt.mother2}
		in := trio.Observe(sample(tt.child), sample(tt.mother), sample(tt.father), 1, tt.onX)
		if in.Mode != tt.want || in.From != tt.from || in.Impossible != tt.impossible || (in.DeNovo == rank.Yes) != (tt.want == rank.ModeDeNovo) {
			t.Errorf("%s of %s and %s: %v from %d, impossible %v", tt.child, tt.mother, tt.father, in.Mode, in.From, in.Impossible)
		}
	}
	child := sample("0|1")
	child.Set = 77
	if in := new(rank.Trio).Observe(child, new(rank.Sample), new(rank.Sample), 1, false); in.Haplotype != 1 || in.Set != 77 || in.From != rank.UnknownOrigin {
		t.Errorf("%+v", in)
	}
	for _, tt := range []struct {
		assembly, contig string
		pos              int
		want             bool
	}{{"GRCh38", "chrX", 10000, false}, {"hg38", "X", 2781479, true}, {"hg38", "X", 2781478, false}, {"GRCh37", "X", 154931043, false}, {"hg19", "chrX", 50000000, true}, {"hg19", "chr7", 50000000, false}, {"", "X", 20000, true}} {
		if got := rank.OnlyX(tt.assembly, tt.contig, tt.pos); got != tt.want {
			t.Errorf("%s %s:%d: %v", tt.assembly, tt.contig, tt.pos, got)
		}
	}
}

// TestPairsDoNotDependOnTheCut joins the candidates in any order of spans.
func TestPairsDoNotDependOnTheCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []rank.Candidate
		var parts [][]byte
		for i := range rapid.IntRange(0, 12).Draw(t, "n") {
			c := rank.Candidate{Gene: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "gene"), ID: fmt.Sprint("v", i), Key: rank.Key(rapid.Uint32Range(0, 3).Draw(t, "key")),
				ClinVar: rank.ClinVar{Significance: rank.Significance(rapid.IntRange(0, 7).Draw(t, "significance")), Stars: rapid.IntRange(0, 2).Draw(t, "stars")},
				From:    rank.Origin(rapid.IntRange(0, 2).Draw(t, "from")), Set: rapid.IntRange(-1, 1).Draw(t, "set"), Recessive: true}
			if c.Set >= 0 {
				c.Haplotype = rapid.IntRange(0, 1).Draw(t, "haplotype")
			}
			all = append(all, c)
			parts = append(parts, c.Append(nil))
		}
		in := slices.Concat(parts...)
		got, err := rank.Pair(in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := rank.Pair(slices.Concat(rapid.Permutation(parts).Draw(t, "order")...))
		if err != nil || !maps.Equal(got, again) {
			t.Fatalf("%v, in another order %v, %v", got, again, err)
		}
		for i, a := range all {
			some, trans := false, false
			for k, b := range all {
				samePhase := a.Set >= 0 && a.Set == b.Set
				byParent := !samePhase && a.From > 0 && b.From > 0
				cis := samePhase && a.Haplotype == b.Haplotype || byParent && a.From == b.From
				if i == k || a.Gene != b.Gene || cis {
					continue
				}
				some, trans = true, trans || samePhase || byParent
			}
			p, ok := got[a.ID]
			if ok != some || p.Trans != trans {
				t.Fatalf("%+v has the partner %+v, want some %v, trans %v", a, p, some, trans)
			}
			pathogenic := p.ClinVar.Significance.Pathogenic() && p.ClinVar.Stars > 0
			if want := map[bool]int{true: 2, false: 1}[trans]; ok && (p.Points > 0) != pathogenic || pathogenic && p.Points != want {
				t.Fatalf("%+v has %d points", p, p.Points)
			}
		}
		for cut := range in {
			_, _ = rank.Pair(in[:cut]) // whatever it says, it doesn't panic
		}
	})
}

func TestCandidatesAndPartners(t *testing.T) {
	e := rank.New(rank.Options{Panel: list(t, "gene\tmode\nSYM\tAR\n")})
	het := func(term consequence.Term, c rank.ClinVar) *rank.Facts {
		return &rank.Facts{Call: &consequence.Consequence{Transcript: transcript(false), Terms: consequence.Of(term)}, ClinVar: c, Inheritance: rank.Inheritance{Copies: 1, Mode: rank.ModeInherited, Set: -1}}
	}
	var parts []byte
	keys := map[string]rank.Key{}
	for id, f := range map[string]*rank.Facts{
		"1:10 A>C": het(consequence.Missense, rank.ClinVar{}), "1:20 A>C": het(consequence.Frameshift, rank.ClinVar{Significance: rank.ClinVarPathogenic, Stars: 2}),
		"1:30 A>C": het(consequence.Intron, rank.ClinVar{}), "1:40 A>C": het(consequence.Missense, rank.ClinVar{Significance: rank.ClinVarBenign, Stars: 1}),
	} {
		f.Inheritance.From = rank.FromMother
		if id == "1:20 A>C" {
			f.Inheritance.From = rank.FromFather
		}
		v := e.Evaluate(f)
		if c, ok := e.Candidate(f, &v, id); ok {
			parts = c.Append(parts)
			keys[id] = v.Key
		}
	}
	got, err := rank.Pair(parts)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	p := got["1:10 A>C"]
	if want := "PM3: beside 1:20 A>C, pathogenic in ClinVar with 2 stars, on the other copy: each is of one parent"; string(p.Append(nil)) != want {
		t.Errorf("%s", p.Append(nil))
	}
	k := p.Key(keys["1:10 A>C"])
	if k.Points() != 2 || k.Mode() != rank.ModeCompound || k.Class() != rank.Uncertain || k <= keys["1:10 A>C"] {
		t.Errorf("%d points, %v, %v", k.Points(), k.Mode(), k.Class())
	}
}

func TestListsThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "p.txt: the list has no genes",
		"# only\n\n":                 "p.txt: the list has no genes",
		"BRCA1\nBRCA2, TP53\n":       `p.txt:2: "BRCA2, TP53" is not a gene's name`,
		"gene\tmoi\nBRCA1\tAD\n\tAR": "p.txt:3: the row names no gene",
		strings.Repeat("x", 1<<21):   "p.txt:1: the line is longer than 1 MiB",
	} {
		_, err := rank.ReadGenes("p.txt", strings.NewReader(text))
		if _, ok := errors.AsType[*okazaki.Error](err); !ok || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}

func FuzzLists(f *testing.F) {
	f.Add("gene\tmoi\nBRCA1\tAD\n")
	f.Add("f kid dad mum 1 2\nf dad 0 0 1 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, err := range []error{
			func() error { _, err := rank.ReadGenes("x", strings.NewReader(text)); return err }(),
			func() error { _, err := rank.ReadPed("x", strings.NewReader(text)); return err }(),
		} {
			if _, ok := errors.AsType[*okazaki.Error](err); err != nil && !ok {
				t.Fatal(err)
			}
		}
	})
}
