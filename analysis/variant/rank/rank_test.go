package rank_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/rank"
	"okazaki/genome"
)

// forward codes for 100 residues and a stop, in exons of 60, 120, 60 and 63
// bases; 20 bases precede the start.
func transcript(reverse bool) *gene.Transcript {
	t := &gene.Transcript{ID: "T", Gene: "G", Symbol: "SYM", Biotype: "protein_coding", Canonical: true, Reverse: reverse, Coding: genome.Region{Lo: 1020, Hi: 1693},
		Exons: []genome.Region{{Lo: 1000, Hi: 1080}, {Lo: 1200, Hi: 1320}, {Lo: 1500, Hi: 1560}, {Lo: 1630, Hi: 1713}}}
	if reverse {
		for i, e := range t.Exons {
			t.Exons[i] = genome.Region{Lo: 3000 - e.Hi, Hi: 3000 - e.Lo}
		}
		slices.Reverse(t.Exons)
		t.Coding = genome.Region{Lo: 3000 - 1693, Hi: 3000 - 1020}
	}
	return t
}

func list(t testing.TB, text string) *rank.Genes {
	t.Helper()
	g, err := rank.ReadGenes("genes.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestNullVariants(t *testing.T) {
	at := func(cds int32) *consequence.Consequence {
		return &consequence.Consequence{CDS: consequence.Position{First: cds}, CDNA: consequence.Position{First: cds + 20}}
	}
	intron := func(n int32) *consequence.Consequence {
		return &consequence.Consequence{IntronFirst: n, IntronLast: n}
	}
	for _, tt := range []struct {
		name string
		of   rank.Facts
		term consequence.Term
		want string
	}{
		{"stop in the first exon", rank.Facts{Call: at(10)}, consequence.StopGained, "PVS1: the stop comes early enough for the transcript to decay"},
		{"50 bases before the last junction", rank.Facts{Call: at(190)}, consequence.StopGained, "PVS1: the stop comes early enough for the transcript to decay"},
		{"49 bases before it", rank.Facts{Call: at(191)}, consequence.StopGained, "PVS1_strong: the transcript does not decay, but more than 10 % of the protein is lost"},
		{"last residues", rank.Facts{Call: at(295)}, consequence.StopGained, "PVS1_moderate: the transcript does not decay, and no more than 10 % of the protein is lost"},
		{"frameshift whose stop is soon", rank.Facts{Call: at(150), Stop: 60}, consequence.Frameshift, "PVS1: the stop comes early enough for the transcript to decay"},
		{"frameshift whose stop is in the last exon", rank.Facts{Call: at(150), Stop: 90}, consequence.Frameshift, "PVS1_strong: the transcript does not decay, but more than 10 % of the protein is lost"},
		{"frameshift without a stop", rank.Facts{Call: at(150), Stop: -1}, consequence.Frameshift, "PVS1_strong: the transcript does not decay, but more than 10 % of the protein is lost"},
		{"nobody knows where", rank.Facts{Call: at(0)}, consequence.Frameshift, "PVS1_moderate: where in the protein it breaks off is not known"},
		{"start", rank.Facts{Call: at(1)}, consequence.StartLost, "PVS1_supporting: the start codon is lost; another may serve"},
		{"donor of an exon of 120", rank.Facts{Call: intron(2)}, consequence.SpliceDonor, "PVS1_strong: skipping the exon keeps the frame, and more than 10 % of the protein is lost"},
		{"acceptor of the same", rank.Facts{Call: intron(1)}, consequence.SpliceAcceptor, "PVS1_strong: skipping the exon keeps the frame, and more than 10 % of the protein is lost"},
		{"donor of the first exon", rank.Facts{Call: intron(1)}, consequence.SpliceDonor, "PVS1_moderate: the splice site is that of the first or last exon; where splicing goes instead is not known"},
		{"acceptor of the last", rank.Facts{Call: intron(3)}, consequence.SpliceAcceptor, "PVS1_moderate: the splice site is that of the first or last exon; where splicing goes instead is not known"},
		{"site that is kept", rank.Facts{Call: intron(2), SiteKept: rank.Yes}, consequence.SpliceDonor, ""},
		{"whole transcript", rank.Facts{Call: &consequence.Consequence{}}, consequence.TranscriptAblation, "PVS1: the whole transcript is lost"},
		{"stop lost", rank.Facts{Call: at(302)}, consequence.StopLost, "PM4: the stop is lost, and the protein longer"},
	} {
		for _, reverse := range []bool{false, true} {
			tt.of.Call.Transcript, tt.of.Call.Terms = transcript(reverse), consequence.Of(tt.term)
			v := rank.New(rank.Options{Genes: list(t, "SYM\n")}).Evaluate(&tt.of)
			if got := string(v.AppendReasons(nil, &tt.of)); got != tt.want {
				t.Errorf("%s, reverse %v: %s, want %s", tt.name, reverse, got, tt.want)
			}
		}
	}
	// The gene decides too.
	f := rank.Facts{Call: at(10)}
	f.Call.Transcript, f.Call.Terms = transcript(false), consequence.Of(consequence.StopGained)
	for text, want := range map[string]string{
		"OTHER\n":                             "",
		"gene\toe_lof_upper\nSYM\t0.2\n":      "PVS1_strong",
		"gene\toe_lof_upper\nSYM\t1.2\n":      "",
		"gene\tpLI\nSYM\t0.95\n":              "PVS1_strong",
		"gene\tpLI\tmis_z\nSYM\tNA\t4.0\n":    "",
		"gene_id\tinheritance\nG.7\tAD, AR\n": "PVS1",
	} {
		v := rank.New(rank.Options{Genes: list(t, text)}).Evaluate(&f)
		got, _, _ := strings.Cut(string(v.AppendReasons(nil, &f)), ":")
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		if judged := !strings.Contains(string(v.AppendMissing(nil)), "PVS1 is not judged"); judged != (want != "" || strings.Contains(text, "1.2")) {
			t.Errorf("%q: %s", text, v.AppendMissing(nil))
		}
	}
}

func TestCriteria(t *testing.T) {
	facts := func(term consequence.Term, f rank.Facts) *rank.Facts {
		f.Call = &consequence.Consequence{Transcript: transcript(false), Terms: consequence.Of(term), Protein: consequence.Position{First: 37}}
		return &f
	}
	seen := rank.Frequency{Asked: true, Known: true}
	often := func(af float64, n int) rank.Frequency {
		f := seen
		f.Max, f.Number, f.Homozygotes = af, n, 3
		return f
	}
	for _, tt := range []struct {
		name  string
		of    *rank.Facts
		want  string
		class rank.Class
	}{
		{"deep intron, nothing known", facts(consequence.Intron, rank.Facts{}), "", rank.Unjudged},
		{"common", facts(consequence.Missense, rank.Facts{Frequency: often(0.07, 5000)}), "BA1: frequent: 0.07 in a population", rank.Benign},
		{"common, of few", facts(consequence.Missense, rank.Facts{Frequency: often(0.07, 500)}), "", rank.Uncertain},
		{"too frequent", facts(consequence.Missense, rank.Facts{Frequency: often(0.02, 0)}), "BS1: frequent: 0.02 in a population", rank.LikelyBenign},
		{"surely less", facts(consequence.Missense, rank.Facts{Frequency: rank.Frequency{Asked: true, Known: true, Max: 0.02, FAF: 0.004}}), "", rank.Uncertain},
		{"filtered", facts(consequence.Missense, rank.Facts{Frequency: rank.Frequency{Asked: true, Known: true, Max: 0.2, Filtered: true}}), "", rank.Uncertain},
		{"absent", facts(consequence.Missense, rank.Facts{Frequency: rank.Frequency{Asked: true}}), "PM2_supporting: the frequencies don't have it, which may also mean that nobody looked there", rank.Uncertain},
		{"rare", facts(consequence.Missense, rank.Facts{Frequency: often(1.234e-5, 5000)}), "PM2_supporting: rare: at most 1.23e-05 in any population", rank.Uncertain},
		{"absent, in an intron", facts(consequence.Intron, rank.Facts{Frequency: rank.Frequency{Asked: true}}), "", rank.Unjudged},
		{"same change", facts(consequence.Missense, rank.Facts{Residue: rank.Residue{Asked: true, Same: rank.ClinVar{Stars: 3}, Other: rank.ClinVar{Stars: 2}}}), "PS1: ClinVar has the same amino acid change, by other letters, as pathogenic with 3 stars", rank.Uncertain},
		{"same residue", facts(consequence.Missense, rank.Facts{Residue: rank.Residue{Asked: true, Other: rank.ClinVar{Stars: 1}}}), "PM5_supporting: ClinVar has another change of the residue as pathogenic with 1 stars", rank.Uncertain},
		{"in order", facts(consequence.Missense, rank.Facts{Frequency: rank.Frequency{Asked: true}, Residue: rank.Residue{Asked: true, Other: rank.ClinVar{Stars: 2}}, Hotspot: rank.Yes, Scores: rank.Scores{REVEL: rank.Score{Known: true, Value: 0.99}}}),
			"PM1: it lies in a hot spot; PM2_supporting: the frequencies don't have it, which may also mean that nobody looked there; PM5: ClinVar has another change of the residue as pathogenic with 2 stars; PP3_moderate: REVEL 0.99", rank.LikelyPathogenic},
		{"harmless score", facts(consequence.Missense, rank.Facts{Scores: rank.Scores{REVEL: rank.Score{Known: true, Value: 0.1}}}), "BP4_moderate: REVEL 0.1", rank.LikelyBenign},
		{"harmless score, but spliced", facts(consequence.Missense, rank.Facts{Scores: rank.Scores{REVEL: rank.Score{Known: true, Value: 0.1}, SpliceAI: rank.Score{Known: true, Value: 0.8}}}), "PP3: SpliceAI 0.8", rank.Uncertain},
		{"CADD instead", facts(consequence.Missense, rank.Facts{Scores: rank.Scores{CADD: rank.Score{Known: true, Value: 30}}}), "PP3_moderate: CADD 30", rank.Uncertain},
		{"insertion", facts(consequence.InframeInsertion, rank.Facts{Repeat: rank.No}), "PM4: the protein's length changes, outside of a repeat", rank.Uncertain},
		{"insertion in a repeat", facts(consequence.InframeInsertion, rank.Facts{Repeat: rank.Yes}), "BP3: the protein's length changes within a repeat", rank.LikelyBenign},
		{"synonymous", facts(consequence.Synonymous, rank.Facts{}), "BP7: synonymous, away from splice sites", rank.LikelyBenign},
		{"synonymous, spliced", facts(consequence.Synonymous, rank.Facts{Scores: rank.Scores{SpliceAI: rank.Score{Known: true, Value: 0.3}}}), "PP3: SpliceAI 0.3", rank.Uncertain},
		{"de novo", facts(consequence.Missense, rank.Facts{Inheritance: rank.Inheritance{DeNovo: rank.Yes}}), "PM6: both parents were called without it", rank.Uncertain},
		{"de novo, in an intron", facts(consequence.Intron, rank.Facts{Inheritance: rank.Inheritance{DeNovo: rank.Yes}}), "", rank.Unjudged},
	} {
		v := rank.New(rank.Options{}).Evaluate(tt.of)
		if got := string(v.AppendReasons(nil, tt.of)); got != tt.want || v.Class != tt.class || v.Key.Class() != v.Class || v.Key.Points() != v.Points {
			t.Errorf("%s: %v, %d points: %s; want %v: %s", tt.name, v.Class, v.Points, got, tt.class, tt.want)
		}
	}
	f := facts(consequence.Missense, rank.Facts{Frequency: often(0.07, 5000)})
	f.Call.Transcript.Symbol = "GJB2"
	if v := rank.New(rank.Options{BS2: 2, Parentage: true}).Evaluate(f); v.Class != rank.LikelyBenign || string(v.AppendReasons(nil, f)) != "BS2: 3 people are homozygous for it" || !strings.Contains(string(v.AppendMissing(nil)), "BA1 is not met") {
		t.Errorf("GJB2 V37I: %v: %s; %s", v.Class, v.AppendReasons(nil, f), v.AppendMissing(nil))
	}
}

func TestPointsToClasses(t *testing.T) {
	for points, want := range map[int]rank.Class{12: rank.Pathogenic, 10: rank.Pathogenic, 9: rank.LikelyPathogenic, 6: rank.LikelyPathogenic, 5: rank.Uncertain, 0: rank.Uncertain, -1: rank.LikelyBenign, -6: rank.LikelyBenign, -7: rank.Benign} {
		if got := rank.ClassOf(points); got != want {
			t.Errorf("%d points: %v, want %v", points, got, want)
		}
	}
}

// TestRanksAreInOrder lists variants as they have to come.
func TestRanksAreInOrder(t *testing.T) {
	call := func(term consequence.Term) *consequence.Consequence {
		return &consequence.Consequence{Transcript: transcript(false), Terms: consequence.Of(term), CDS: consequence.Position{First: 10}, CDNA: consequence.Position{First: 30}}
	}
	af := func(v float64) rank.Frequency { return rank.Frequency{Asked: true, Known: true, Max: v} }
	known := func(s rank.Significance, stars int) rank.ClinVar { return rank.ClinVar{Significance: s, Stars: stars} }
	e := rank.New(rank.Options{Genes: list(t, "SYM\n")})
	order := []struct {
		name string
		f    rank.Facts
	}{
		{"pathogenic in ClinVar, null", rank.Facts{Call: call(consequence.StopGained), ClinVar: known(rank.ClinVarPathogenic, 2)}},
		{"pathogenic in ClinVar, missense", rank.Facts{Call: call(consequence.Missense), ClinVar: known(rank.ClinVarPathogenic, 3)}},
		{"with fewer stars", rank.Facts{Call: call(consequence.Missense), ClinVar: known(rank.ClinVarPathogenic, 1)}},
		{"null", rank.Facts{Call: call(consequence.StopGained)}},
		{"de novo missense", rank.Facts{Call: call(consequence.Missense), Inheritance: rank.Inheritance{DeNovo: rank.Yes, Mode: rank.ModeDeNovo}}},
		{"rare missense", rank.Facts{Call: call(consequence.Missense), Frequency: af(0.00001)}},
		{"conflicting missense", rank.Facts{Call: call(consequence.Missense), ClinVar: known(rank.ClinVarConflicting, 1)}},
		{"missense of 0.5 %", rank.Facts{Call: call(consequence.Missense), Frequency: af(0.005)}},
		{"missense of 0.9 %", rank.Facts{Call: call(consequence.Missense), Frequency: af(0.009)}},
		{"intron", rank.Facts{Call: call(consequence.Intron)}},
		{"synonymous", rank.Facts{Call: call(consequence.Synonymous)}},
		{"benign in ClinVar", rank.Facts{Call: call(consequence.Missense), ClinVar: known(rank.ClinVarBenign, 2)}},
		{"common", rank.Facts{Call: call(consequence.Missense), Frequency: af(0.3)}},
	}
	last := rank.Key(1<<32 - 1)
	for _, o := range order {
		v := e.Evaluate(&o.f)
		if v.Key >= last {
			t.Errorf("%s doesn't come after the one before it", o.name)
		}
		last = v.Key
	}
}

func TestSignificances(t *testing.T) {
	for text, want := range map[string]rank.Significance{
		"": rank.NotInClinVar, "Pathogenic": rank.ClinVarPathogenic, "Pathogenic/Likely_pathogenic": rank.ClinVarPathogenic, "Likely_pathogenic": rank.ClinVarLikelyPathogenic,
		"Likely_pathogenic,_low_penetrance": rank.ClinVarLikelyPathogenic, "Pathogenic/Likely_pathogenic/Pathogenic,_low_penetrance": rank.ClinVarPathogenic,
		"Conflicting_classifications_of_pathogenicity|association|risk_factor": rank.ClinVarConflicting, "Benign/Likely_benign": rank.ClinVarLikelyBenign, "Benign": rank.ClinVarBenign,
		"Uncertain_significance": rank.ClinVarUncertain, "drug_response": rank.ClinVarOther, "Benign|drug_response": rank.ClinVarBenign, "not_provided": rank.ClinVarOther,
	} {
		if got := rank.ParseSignificance(text); got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
}

// TestAnyFactsHaveAVerdict looks for panics, and for a class that doesn't
// follow from the points.
func TestAnyFactsHaveAVerdict(t *testing.T) {
	genes := list(t, "gene\tpLI\tmis_z\tinheritance\nSYM\t1\t5\tAR\n")
	rapid.Check(t, func(t *rapid.T) {
		answer := rapid.SampledFrom([]rank.Answer{rank.Unknown, rank.No, rank.Yes})
		number := rapid.Int32Range(-1, 400)
		score := rapid.Custom(func(t *rapid.T) rank.Score {
			return rank.Score{Known: rapid.Bool().Draw(t, "known"), Value: rapid.Float64Range(-1, 40).Draw(t, "value")}
		})
		f := rank.Facts{Stop: int(number.Draw(t, "stop")), Repeat: answer.Draw(t, "repeat"), SiteKept: answer.Draw(t, "kept"), Hotspot: answer.Draw(t, "hotspot"),
			Frequency: rank.Frequency{Asked: true, Known: rapid.Bool().Draw(t, "known"), Max: rapid.Float64Range(0, 1).Draw(t, "max"), FAF: rapid.Float64Range(0, 0.1).Draw(t, "faf"), Homozygotes: 9},
			ClinVar:   rank.ClinVar{Significance: rank.Significance(rapid.IntRange(0, 7).Draw(t, "significance")), Stars: rapid.IntRange(0, 4).Draw(t, "stars")},
			Residue:   rank.Residue{Asked: rapid.Bool().Draw(t, "asked"), Same: rank.ClinVar{Stars: rapid.IntRange(0, 4).Draw(t, "same")}, Other: rank.ClinVar{Stars: rapid.IntRange(0, 4).Draw(t, "other")}},
			Scores:    rank.Scores{REVEL: score.Draw(t, "revel"), CADD: score.Draw(t, "cadd"), SpliceAI: score.Draw(t, "splice")}, Inheritance: rank.Inheritance{DeNovo: answer.Draw(t, "de novo"), Mode: rank.Mode(rapid.IntRange(0, 7).Draw(t, "mode"))}}
		if rapid.Bool().Draw(t, "call") {
			f.Call = &consequence.Consequence{Terms: consequence.Terms(rapid.Uint64Range(1, 1<<41-1).Draw(t, "terms")), IntronFirst: number.Draw(t, "intron"), CDS: consequence.Position{First: number.Draw(t, "cds")}, CDNA: consequence.Position{First: number.Draw(t, "cdna")}}
			if rapid.Bool().Draw(t, "transcript") {
				f.Call.Transcript = transcript(rapid.Bool().Draw(t, "reverse"))
			}
		}
		f.Call = sane(f.Call)
		v := rank.New(rank.Options{Genes: genes, Panel: genes, BS2: 5}).Evaluate(&f)
		points := 0
		alone := false
		for _, a := range v.Applied() {
			switch {
			case a.Criterion == rank.BA1:
				alone = true
			case a.Criterion > rank.BA1:
				points -= int(a.Strength)
			default:
				points += int(a.Strength)
			}
		}
		if points != v.Points || alone != (v.Class == rank.Benign && rank.ClassOf(points) != rank.Benign) && !alone || !alone && v.Class != rank.Unjudged && v.Class != rank.ClassOf(points) {
			t.Fatalf("%v with %d points: %s", v.Class, points, v.AppendReasons(nil, &f))
		}
		if v.Key.Points() != points || v.Key.Class() != v.Class || v.Key.Mode() != f.Inheritance.Mode {
			t.Fatalf("the key has %d points, %v, %v", v.Key.Points(), v.Key.Class(), v.Key.Mode())
		}
	})
}

// sane has numbers as consequence gives them.
func sane(c *consequence.Consequence) *consequence.Consequence {
	if c != nil {
		c.IntronFirst, c.CDS.First, c.CDNA.First = max(c.IntronFirst, 0), max(c.CDS.First, 0), max(c.CDNA.First, 0)
	}
	return c
}

func TestEvaluateAllocatesNothing(t *testing.T) {
	e := rank.New(rank.Options{Genes: list(t, "SYM\n"), Panel: list(t, "SYM\n")})
	for name, f := range map[string]*rank.Facts{
		"intergenic": {Call: &consequence.Consequence{Terms: consequence.Of(consequence.Intergenic)}, Frequency: rank.Frequency{Asked: true}},
		"intron":     {Call: &consequence.Consequence{Transcript: transcript(false), Terms: consequence.Of(consequence.Intron)}, Frequency: rank.Frequency{Asked: true}},
		"missense":   {Call: &consequence.Consequence{Transcript: transcript(true), Terms: consequence.Of(consequence.Missense)}, Frequency: rank.Frequency{Asked: true}},
	} {
		var v rank.Verdict
		if n := testing.AllocsPerRun(100, func() { v = e.Evaluate(f) }); n > 0 {
			t.Errorf("%s: %v allocations (%v)", name, n, v.Class)
		}
	}
}

func TestDocumentHasEveryCriterion(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/variant-ranking.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rank.Rules() {
		if !strings.Contains(string(doc), "| "+r.Code+" |") {
			t.Errorf("docs/variant-ranking.md has no row of %s", r.Code)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	e := rank.New(rank.Options{Genes: list(b, "SYM\n"), Panel: list(b, "SYM\n")})
	f := rank.Facts{Call: &consequence.Consequence{Transcript: transcript(false), Terms: consequence.Of(consequence.Intron)}, Frequency: rank.Frequency{Asked: true, Known: true, Max: 0.3}}
	b.ReportAllocs()
	for b.Loop() {
		e.Evaluate(&f)
	}
}
