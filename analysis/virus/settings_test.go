package virus_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
	"okazaki/genome"
)

// zippedDataset returns a dataset of Nextclade's in the folder nextclade_more,
// and its example genomes.
func zippedDataset(tb testing.TB, name string) (*virus.Dataset, []byte) {
	tb.Helper()
	b := all(tb, data(tb, "nextclade_more/"+name+".zip"))
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	read := func(file string) ([]byte, error) {
		f, err := z.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(f)
	}
	d, err := virus.ReadDataset(name, read)
	if err != nil {
		tb.Fatal(err)
	}
	examples, err := read("sequences.fasta")
	if err != nil {
		examples, err = read("example_sequences.fasta")
	}
	if err != nil {
		tb.Fatal(err)
	}
	return d, examples
}

// Each example that is a tip of its dataset's own tree has the tip's clade. All
// examples are aligned, except the ones that Nextclade calls too short.
func TestExamplesOfDatasets(t *testing.T) {
	clades := map[string]string{}
	for i, line := range strings.Split(string(all(t, data(t, "nextclade_more/example_clades.tsv"))), "\n") {
		if f := strings.Split(line, "\t"); i > 0 && len(f) > 3 {
			clades[f[0]+"\t"+f[1]] = f[3]
		}
	}
	for _, name := range []string{"enterovirus_cva16", "hav_vp1-2b-junction", "hav_whole-genome", "hmpv_NC_039199",
		"measles_genome_WHO-2012", "mumps_sh", "orov_L_refseq", "prrsv1_orf5"} {
		t.Run(name, func(t *testing.T) {
			d, examples := zippedDataset(t, name)
			c := d.NewCaller()
			known := 0
			records(t, bytes.NewReader(examples), func(rec record) bool {
				row := called(c, rec)
				want, ok := clades[name+"\t"+rec.name]
				if ok {
					known++
				}
				if row["errors"] != "" || ok && row["clade"] != want {
					t.Errorf("%s: clade %q, want %q; error %q", rec.name, row["clade"], want, row["errors"])
				}
				return true
			})
			t.Logf("%d tips", known)
		})
	}
}

// The share of a genome that seeds cover is what Nextclade's own steps give.
func TestCoverIsTheTwins(t *testing.T) {
	for seed := range draws() {
		rng := rand.New(rand.NewPCG(seed, 12))
		ref := reference(rng, 800+rng.IntN(1500))
		q := relative(rng, string(ref.Sequence), 4+rng.IntN(20))
		p := virus.Params{Seeds: virus.Seeds{Word: 10, Distance: 50, Least: 40, Mismatches: 4 + rng.IntN(8), Window: 20 + rng.IntN(20)}}
		c := virus.NewCaller(ref, p)
		twin := virus.NewTwin(c, virus.Seeding{AllowedMismatches: p.Seeds.Mismatches, WindowSize: p.Seeds.Window})
		if got, want := c.Cover(q), twin.Cover(q); got != want {
			t.Errorf("seed %d: %d bases of %d, the twin covers %d", seed, got, len(q), want)
		}
	}
}

// A genome is refused if neither runs that match nor seeds cover enough of it.
func TestMinSeedCover(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	ref := &virus.Reference{Name: "r", Sequence: []byte(letters(rng, "ACGT", 3000))}
	strange := func(share float64) []byte { // so much of it is the reference's
		return append(bytes.Clone(ref.Sequence[:int(3000*share)]), letters(rng, "ACGT", int(3000*(1-share)))...)
	}
	diverged := bytes.Clone(ref.Sequence) // each fifth base is another
	for i := 4; i < len(diverged); i += 5 {
		diverged[i] = "CGTA"[strings.IndexByte("ACGT", diverged[i])]
	}
	for _, test := range []struct {
		name     string
		q        []byte
		pathogen string
		refused  bool
	}{
		{"a third", strange(0.36), `{}`, false},
		{"less", strange(0.30), `{}`, true},
		{"less, and none is asked for", strange(0.2), `{"alignmentParams": {"minSeedCover": 0}}`, false},
		{"less, and little is asked for", strange(0.2), `{"alignmentParams": {"alignmentPreset": "high-diversity"}}`, false},
		{"half unknown", append(bytes.Clone(ref.Sequence[:1500]), strings.Repeat("N", 1500)...), `{"alignmentParams": {"minSeedCover": 0.9}}`, false},
		{"half of it", ref.Sequence[:1500], `{"alignmentParams": {"minSeedCover": 0.9}}`, false},
		{"twice as long", append(bytes.Clone(ref.Sequence), letters(rng, "ACGT", 3000)...), `{"alignmentParams": {"minSeedCover": 0.9}}`, false},
		{"no five bases match", diverged, `{"alignmentParams": {"minSeedCover": 0.8, "allowedMismatches": 8, "kmerLength": 2, "kmerDistance": 5}}`, false},
		{"no five bases match, few may differ", diverged, `{"alignmentParams": {"minSeedCover": 0.8, "allowedMismatches": 2, "kmerLength": 2, "kmerDistance": 5}}`, true},
	} {
		p, err := virus.ParseParams("pathogen.json", []byte(test.pathogen))
		if err != nil {
			t.Fatal(err)
		}
		c := virus.NewCaller(ref, p)
		problem := c.CoverProblem(test.q)
		if refused := strings.Contains(problem, "of the genome is like the reference r, and at least"); refused != test.refused {
			t.Errorf("%s: %q", test.name, problem)
		}
	}
}

func TestParamsOfPathogen(t *testing.T) {
	for _, test := range []struct{ pathogen, want string }{
		{`{"alignmentParams": {"alignmentPreset": "default", "minLength": 15000}}`, ""},
		{`{"alignmentParams": {"alignmentPreset": "short-sequences"}}`, ""},
		{`{"alignmentParams": {"alignmentPreset": "swift"}}`, `alignmentPreset is "swift"; give default, high-diversity or short-sequences`},
		{`{"alignmentParams": {"penaltyGapOpen": -1}}`, "its alignment parameter penaltyGapOpen is -1; penaltyGapOpen lies between 0 and 10000"},
		{`{"alignmentParams": {"kmerDistance": 0}}`, "its alignment parameter kmerDistance is 0"},
		{`{"alignmentParams": {"gapAlignmentSide": "middle"}}`, `gapAlignmentSide is "middle"; give left or right`},
	} {
		_, err := virus.ParseParams("pathogen.json", []byte(test.pathogen))
		if err == nil && test.want != "" || err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.pathogen, err, test.want)
		}
	}
}

// The presets have the values of Nextclade 3.12 (align/params.rs); what a
// dataset says besides counts.
func TestPresetsAreNextclades(t *testing.T) {
	plain := virus.Params{Match: 3, Mismatch: 1, Open: 6, OpenInFrame: 7, OpenOutOfFrame: 8, TerminalBand: 50, MinLength: 100, MinCover: 0.33,
		Seeds: virus.Seeds{Word: 10, Distance: 50, Least: 40, Mismatches: 8, Window: 30}}
	diverse := virus.Params{Match: 3, Mismatch: 1, Open: 10, OpenInFrame: 15, OpenOutOfFrame: 17, TerminalBand: 100, MinLength: 100, MinCover: 0.1,
		Seeds: virus.Seeds{Word: 6, Distance: 25, Least: 30, Mismatches: 15, Window: 30}}
	short := virus.Params{Match: 3, Mismatch: 1, Open: 6, OpenInFrame: 7, OpenOutOfFrame: 8, Extend: 1, TerminalBand: 50, MinLength: 30, MinCover: 0.33,
		Seeds: virus.Seeds{Word: 6, Distance: 3, Least: 20, Mismatches: 5, Window: 20}}
	otherwise := short
	otherwise.Extend, otherwise.MinLength, otherwise.MinCover = 0, 40, 0
	for _, test := range []struct {
		params string
		want   virus.Params
	}{
		{``, plain}, {`"alignmentPreset": "default"`, plain}, {`"alignmentPreset": "high-diversity"`, diverse}, {`"alignmentPreset": "short-sequences"`, short},
		{`"alignmentPreset": "short-sequences", "penaltyGapExtend": 0, "minLength": 40, "minSeedCover": 0`, otherwise},
	} {
		got, err := virus.ParseParams("pathogen.json", []byte(`{"alignmentParams": {`+test.params+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		if want := virus.GivenByDataset(test.want); got != want {
			t.Errorf("{%s}: %+v, want %+v", test.params, got, want)
		}
	}
}

// Pieces of 30 bases and more are aligned with short-sequences.
func TestShortSequencesAlign(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	ref := &virus.Reference{Name: "r", Sequence: []byte(letters(rng, "ACGT", 3000))}
	p, err := virus.ParseParams("pathogen.json", []byte(`{"alignmentParams": {"alignmentPreset": "short-sequences"}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := virus.NewCaller(ref, p)
	for n := 30; n < 100; n += 10 {
		at := rng.IntN(len(ref.Sequence) - n)
		q := bytes.Clone(ref.Sequence[at : at+n])
		q[n/2] = "CGTA"[strings.IndexByte("ACGT", q[n/2])]
		calls := c.Call(q)
		if want := (genome.Region{Lo: at, Hi: at + n}); calls.Problem != "" || calls.Aligned != want || len(calls.Substitutions) != 1 {
			t.Errorf("%d bases: %q, aligned to %v, want %v, %d substitutions", n, calls.Problem, calls.Aligned, want, len(calls.Substitutions))
		}
	}
}

// coded returns a dataset of one gene, the whole reference, with a
// pathogen.json.
func coded(tb testing.TB, sequence, pathogen string) *virus.Dataset {
	tb.Helper()
	d, err := virus.ReadDataset("coded", func(file string) ([]byte, error) {
		switch file {
		case "reference.fasta":
			return []byte(">r\n" + sequence + "\n"), nil
		case "genome_annotation.gff3":
			return []byte("r\t.\tCDS\t1\t" + itoa(len(sequence)) + "\t.\t+\t0\tID=P;Name=P\n"), nil
		case "pathogen.json":
			return []byte(pathogen), nil
		}
		return nil, fs.ErrNotExist
	})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// gene returns random codons, none of them a stop or for N, S and T, but for
// those given by their number.
func gene(rng *rand.Rand, codons int, given map[int]string) string {
	var b strings.Builder
	for i := range codons {
		if codon, ok := given[i]; ok {
			b.WriteString(codon)
			continue
		}
		b.WriteString([]string{"GCA", "TGT", "GAC", "GAA", "TTC", "GGT", "CAC", "ATC", "AAG", "CTG", "ATG", "CCT", "CAA", "CGT", "GTC", "TGG", "TAC"}[rng.IntN(17)])
	}
	return b.String()
}

func TestProteinsEndAtTheirFirstStop(t *testing.T) {
	ref := gene(rand.New(rand.NewPCG(2, 0)), 120, map[int]string{119: "TAA", 30: "GAA", 60: "GAA", 90: "GAA"})
	q := []byte(ref)
	q[30*3], q[60*3], q[90*3] = 'C', 'T', 'C' // E31Q, E61*, E91Q
	q = append(append(bytes.Clone(q[:100*3]), "NNN"...), q[101*3:]...)
	for _, test := range []struct{ pathogen, substitutions, unknown string }{
		{`{"alignmentParams": {"noTranslatePastStop": true}}`, "P:E31Q,P:E61*", ""},
		{`{"alignmentParams": {"noTranslatePastStop": false}}`, "P:E31Q,P:E61*,P:E91Q", "P:101"},
	} {
		row := called(coded(t, ref, test.pathogen).NewCaller(), record{"q", q})
		if row["aaSubstitutions"] != test.substitutions || row["unknownAaRanges"] != test.unknown {
			t.Errorf("%s: %s, unknown %s", test.pathogen, row["aaSubstitutions"], row["unknownAaRanges"])
		}
	}
}

func TestMotifs(t *testing.T) {
	ref := gene(rand.New(rand.NewPCG(4, 0)), 120, map[int]string{119: "TAA", 10: "AAC", 11: "GAA", 12: "AGC", 50: "AAC", 51: "GAA", 52: "ACC", 80: "GAA", 81: "GAA", 82: "ACC"})
	q := []byte(ref)
	copy(q[51*3:], "CCT") // NPT is not a motif
	copy(q[80*3:], "AAC") // a new one
	for _, test := range []struct{ include, want string }{
		{`[]`, "P:11:NES;P:81:NET"},
		{`[{"cds": "P", "ranges": []}]`, "P:11:NES;P:81:NET"},
		{`[{"cds": "P", "ranges": [{"begin": 20, "end": 100}, {"begin": 0, "end": 12}]}]`, "P:81:NET"},
		{`[{"cds": "Q", "ranges": []}]`, ""},
	} {
		d := coded(t, ref, `{"aaMotifs": [{"name": "glycosylation", "motifs": ["N[^P][ST]"], "includeCdses": `+test.include+`}]}`)
		if got := called(d.NewCaller(), record{"q", q})["glycosylation"]; got != test.want {
			t.Errorf("%s: %s, want %s", test.include, got, test.want)
		}
	}
}

// Of influenza's HA each motif lies where the protein, written out, has it.
func TestGlycosylation(t *testing.T) {
	pathogen := all(t, data(t, "other/flu_h3n2_ha.pathogen.json"))
	fasta, genes := all(t, data(t, "other/flu_h3n2_ha.reference.fasta")), all(t, data(t, "other/flu_h3n2_ha.genome_annotation.gff3"))
	d, err := virus.ReadDataset("flu", func(file string) ([]byte, error) {
		if b, ok := map[string][]byte{"pathogen.json": pathogen, "reference.fasta": fasta, "genome_annotation.gff3": genes}[file]; ok {
			return b, nil
		}
		return nil, fs.ErrNotExist
	})
	if err != nil {
		t.Fatal(err)
	}
	c, n := d.NewCaller(), 0
	motif := regexp.MustCompile("N[^P][ST]")
	records(t, data(t, "other/flu_h3n2_ha_tips.fasta.zst"), func(rec record) bool {
		row := called(c, rec)
		if row["insertions"] != "" || row["deletions"] != "" {
			return true
		}
		lo, hi := atoi(t, row["alignmentStart"])-1, atoi(t, row["alignmentEnd"])
		whole := strings.Repeat("N", lo) + string(rec.seq[:hi-lo]) + strings.Repeat("N", len(d.Reference.Sequence)-hi)
		var want []string
		for _, g := range d.Reference.Genes {
			if g.Name != "HA1" && g.Name != "HA2" {
				continue
			}
			protein := g.Translate([]byte(whole))
			if g.Name == "HA2" {
				protein = protein[:186]
			}
			first := bytes.IndexFunc(protein, func(r rune) bool { return r != rune(genome.Unknown) })
			for _, at := range motif.FindAllIndex(protein[first:], -1) {
				want = append(want, g.Name+":"+itoa(first+at[0]+1)+":"+string(protein[first+at[0]:first+at[1]]))
			}
		}
		if got := row["glycosylation"]; got != strings.Join(want, ";") {
			t.Errorf("%s: %s, want %s", rec.name, got, strings.Join(want, ";"))
		}
		n++
		return n < 200
	})
	if n == 0 {
		t.Error("no genome without gaps")
	}
}

// What a dataset says that is not honoured is named.
func TestParametersAreNamed(t *testing.T) {
	pathogen := `{"schemaVersion": "3.0.0", "generalParams": {"includeReference": true}, "future": {"x": 1}, "aaMotifs": [],
		"alignmentParams": {"alignmentPreset": "high-diversity", "penaltyGapExtend": 2, "excessBandwidth": 9, "novel": 7},
		"qc": {"missingData": {"enabled": true, "missingDataThreshold": 10, "novel": 3}, "recombinants": {"enabled": true}}}`
	out := analysistest.Answer(t, virus.Analysis, "", []analysistest.Input{
		inMemory("dataset", "pathogen.json", []byte(pathogen)), input("dataset", "reference.fasta"), input("genomes", "genomes.fasta")}, 0)
	rows := table(t, bytes.NewReader(out["parameters.tsv"]))
	for name, want := range map[string]string{
		"schemaVersion": "true", "aaMotifs": "true", "alignmentParams.penaltyGapExtend": "true", "qc.missingData.enabled": "true",
		"generalParams.includeReference": "false", "future": "false", "alignmentParams.alignmentPreset": "true",
		"alignmentParams.excessBandwidth": "false", "alignmentParams.novel": "false", "qc.missingData.novel": "false", "qc.recombinants": "false",
	} {
		if got := rows[name]; got["honoured"] != want || want == "false" && got["note"] == "" {
			t.Errorf("%s: %v", name, got)
		}
	}
}
