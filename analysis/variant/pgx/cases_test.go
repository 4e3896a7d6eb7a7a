package pgx

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Where the expectation of a case comes from. PharmCAT's tests are its
// repository's src/test/java/org/pharmgkb/pharmcat; the cases' definitions have
// been renewed since some were written.
const (
	fileName   = "the file's name"
	fileHeader = "the file's ##PharmCATnamedAlleles, among the best"
	theirTest  = "PharmCAT's test of that gene"
	theirRule  = "PharmCAT's rule for what is missing or unknown, as the brute-force twin of TestTwin works it out on the 2025-11 definitions"
	renewed    = "the file's name, for alleles that the 2025-11 definitions have renamed or split"
)

// cases are the files of pgx/cases whose gene is their folder, under the
// definitions of the release, and all diplotypes that score best.
var cases = map[string]struct {
	want string // the diplotypes, with blanks between
	from string
}{
	"SLCO1B1/s1s1":                  {"*1/*1", fileName},
	"SLCO1B1/s2s2":                  {"*2/*2", fileName},
	"SLCO1B1/s1s15":                 {"*1/*15", fileName}, // *5/*37 explains it too, with 4 positions instead of 37
	"SLCO1B1/s1s44":                 {"*1/*44", fileName},
	"SLCO1B1/s5s15":                 {"*5/*15", fileName},
	"SLCO1B1/s5s45":                 {"*5/*45", fileName}, // the header is another file's
	"SLCO1B1/multi":                 {"", theirTest},      // PipelineTest.testSlco1b1UncalledOverride
	"SLCO1B1/s1as15s1bs5missing":    {"*1/*15", theirTest},
	"SLCO1B1/s1as15s1bs5twomissing": {"*1/*15", theirTest},
	"SLCO1B1/SLCO1B1_s1_s14_t1":     {"*1/*14", fileHeader},
	"SLCO1B1/SLCO1B1_s1_s15_t1":     {"*1/*15", fileHeader},
	"SLCO1B1/SLCO1B1_s1_s25_t1":     {"*1/*25", fileHeader},
	"SLCO1B1/SLCO1B1_s14_s19_t1":    {"*4/*20 *14/*19", fileHeader},
	"SLCO1B1/SLCO1B1_s37_s40_t1":    {"*5/*20 *15/*19 *37/*40 *40/*52 *40/*56 *40/*57", fileHeader},
	"SLCO1B1/SLCO1B1_s5_s14_t1":     {"*4/*15 *5/*14", fileHeader}, // and NamedAlleleMatcherSlco1b1Test.slco1b1s5s14
	"SLCO1B1/SLCO1B1_s15_s45_t1":    {"*1/*45", theirTest},         // PipelineTest.testSlco1b1Test5: the header's *15/*45 scores less
	"SLCO1B1/SLCO1B1_s19_s37_t1":    {"*1/*20", theirRule},         // the header's *19/*37 scores less than one with the reference

	"TPMT/s1s1":                      {"*1/*1", fileName},
	"TPMT/s1s1s":                     {"*1/*1", renewed}, // *1S is not an allele any more
	"TPMT/s1ss1ss3":                  {"*1/*3A", theirTest},
	"TPMT/hom1s_het3a":               {"*1/*3A", theirTest},
	"TPMT/het3a":                     {"*1/*3A", fileName},
	"TPMT/s3bs3c":                    {"*1/*3A", theirTest},
	"TPMT/s3as3b":                    {"*3A/*3B", fileName},
	"TPMT/s16s22":                    {"*16/*22", fileName},
	"TPMT/s15offdata":                {"*1/*1", theirRule}, // an unknown insertion counts as the reference in TPMT
	"TPMT/unexpected.allele":         {"*1/*1", theirRule},
	"TPMT/unexpected.allele.with.s9": {"*9/*9", theirRule},

	"UGT1A1/s1s1":                            {"*1/*1", fileName},
	"UGT1A1/s6s6":                            {"*6/*6", fileName},
	"UGT1A1/s28s37":                          {"*28/*37", fileName},
	"UGT1A1/s28het":                          {"*1/*28", fileName},
	"UGT1A1/s28s60hom":                       {"*1/*28", renewed}, // *60 is not an allele any more
	"UGT1A1/s1s60s80unphased":                {"*1/*80", theirTest},
	"UGT1A1/s1s60s80phased":                  {"*1/*80", theirTest},
	"UGT1A1/s1s28s60s80unphased":             {"*1/*80+*28", theirTest},
	"UGT1A1/s28s80unphased":                  {"*1/*80+*28", theirTest},
	"UGT1A1/s28s80phased":                    {"*1/*80+*28", theirTest},
	"UGT1A1/s28s80s6s60phased":               {"*6/*80+*28", theirTest},
	"UGT1A1/s28s80s6s60unphased":             {"*6/*80+*28", theirTest},
	"UGT1A1/s1s37s80s60phased":               {"*1/*80+*37", theirTest},
	"UGT1A1/s6s60s80s28missingunphased":      {"*6/*80 *6/*80+*28 *6/*80+*37", theirTest},
	"UGT1A1/s6s60s80s28missingphased":        {"*6/*80 *6/*80+*28 *6/*80+*37", theirTest},
	"UGT1A1/s80s28missing":                   {"*1/*80 *1/*80+*28 *1/*80+*37", theirRule},
	"UGT1A1/s27s28unphaseds80s60missing":     {"*27/*28 *27/*80+*28", theirRule},
	"UGT1A1/s28hets60homounphaseds80missing": {"*1/*28 *1/*80+*28", theirRule},
	"UGT1A1/s28s28unphaseds60s80miss":        {"*28/*28 *28/*80+*28 *80+*28/*80+*28", theirRule},
	"UGT1A1/s28s37unphaseds80s60missing":     {"*28/*37 *28/*80+*37 *37/*80+*28 *80+*28/*80+*37", theirRule},
	"UGT1A1/s1s60s80s28s6phased":             {"", theirRule}, // *6, *28 and *80 on one strand: no allele, see the combinations
	"UGT1A1/s1s60s80s6phased":                {"", theirRule},
	"UGT1A1/s1s80s27s60s28missingphased":     {"", theirRule},
	"UGT1A1/HG00436":                         {"", theirTest},
	"UGT1A1/NA12717_UGT1A1":                  {"*80/*80+*28", theirRule},
	"UGT1A1/NA18868_UGT1A1":                  {"*80/*80+*28", theirRule},
	"UGT1A1/NA19785_UGT1A1":                  {"*80/*80+*28", theirRule},

	"cyp2c19/s1s1":                              {"*1/*1", fileName},
	"cyp2c19/s1s2":                              {"*1/*2", fileName},
	"cyp2c19/s2s2":                              {"*2/*2", fileName},
	"cyp2c19/s2s3":                              {"*2/*3", fileName},
	"cyp2c19/s1s28":                             {"*1/*28", fileName},
	"cyp2c19/s1s17":                             {"*1/*17 *17/*38", renewed}, // written before *38, without the position that tells it from *1
	"cyp2c19/s1s35":                             {"*1/*35 *35/*38", renewed},
	"cyp2c19/s15s28":                            {"*15/*28 *28/*39", renewed},
	"cyp2c19/s1s4b":                             {"*1/*4", renewed}, // *4A and *4B are *4
	"cyp2c19/s1s4s17":                           {"*1/*4", renewed},
	"cyp2c19/s4as4b":                            {"*4/*4", renewed},
	"cyp2c19/s4bs17":                            {"*4/*17", renewed},
	"cyp2c19/s4s17het":                          {"*4/*17", fileName},        // PipelineTest.testCyp2c19s1s4het
	"cyp2c19/s4s17missingS1":                    {"*1/*4 *4/*38", theirTest}, // PipelineTest.testCyp2c19s1s4missingS1
	"cyp2c19/s4bs17rs28399504missing":           {"*4/*4 *4/*17 *17/*17", theirTest},
	"cyp2c19/s1s17s1s4bmissing":                 {"*1/*4 *1/*17", theirTest},
	"cyp2c19/s1s17s1s4bmissingmore":             {"*1/*4 *1/*17", theirTest},
	"cyp2c19/s1s1rs12248560missing":             {"*1/*1", theirTest},
	"cyp2c19/s1s2rs58973490het":                 {"*1/*2", theirTest},
	"cyp2c19/s1s2rs3758581missing":              {"*1/*2 *2/*38", theirRule},
	"cyp2c19/s1s2rs3758581missingRs58973490het": {"*1/*2", fileName},
	"cyp2c19/rs12769205missingrs4244285het":     {"*1/*2", theirTest},
	"cyp2c19/rs12769205only":                    {"*1/*2 *1/*35 *2/*38 *35/*38", theirRule},
	"cyp2c19/rs12769205call":                    {"*1/*35", theirRule},
	"cyp2c19/rs12769205ref":                     {"*1/*35 *35/*38", theirRule},
	"cyp2c19/noCall":                            {"", theirTest},
	"cyp2c19/sUnks17":                           {"", theirTest},

	"cyp2c9/s1s1":           {"*1/*1", fileName},
	"cyp2c9/s2s3":           {"*2/*3", fileName},
	"cyp2c9/s2s24":          {"*2/*24", fileName},
	"cyp2c9/s24s24":         {"*24/*24", fileName},
	"cyp2c9/s2s25":          {"*2/*25", fileName},
	"cyp2c9/s1s61":          {"*1/*61", fileName},
	"cyp2c9/s2s24only":      {"", theirTest},
	"cyp2c9/s24s2pluss24":   {"", theirTest},
	"cyp2c9/s3s18m94981296": {"*1/*18", theirRule}, // *3's own position is missing
}

// TestCases compares every case whose folder names its gene with its
// expectation, and fails for a file without one.
func TestCases(t *testing.T) {
	d := release(t)
	files, err := filepath.Glob(filepath.Join(shared(t), "cases", "*", "*.vcf"))
	if err != nil || len(files) < len(cases) {
		t.Fatalf("%d files for %d cases, %v", len(files), len(cases), err)
	}
	for _, f := range files {
		gene := filepath.Base(filepath.Dir(f))
		id := gene + "/" + strings.TrimSuffix(filepath.Base(f), ".vcf")
		c, ok := cases[id]
		if !ok {
			t.Errorf("%s: no call is expected for it", id)
			continue
		}
		got := names(callFile(t, d, f, Options{}), strings.ToUpper(gene))
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %q, want %q, from %s", id, s, c.want, c.from)
		}
	}
}

// TestMatcherCases compares PharmCAT's NamedAlleleMatcher-* cases with the
// diplotypes of their tests in NamedAlleleMatcherTest.java, which look for
// combinations and partial alleles. Each case uses the definition of its
// test.
func TestMatcherCases(t *testing.T) {
	dir := filepath.Join(shared(t), "cases")
	for _, c := range []struct {
		vcf, definition, gene string
		want                  []string
	}{
		{"haplotyper.vcf", "haplotyper.json", "CYP3A5", []string{"*1/*2"}},
		{"NamedAlleleMatcher-combinationBaseline.vcf", "NamedAlleleMatcher-combination.json", "UGT1A1", []string{"*1/*1"}},
		{"NamedAlleleMatcher-combinationPhased.vcf", "NamedAlleleMatcher-combination.json", "UGT1A1", []string{"*1/[*6 + *27 + *28 + *80]"}},
		{"NamedAlleleMatcher-combinationUnphased.vcf", "NamedAlleleMatcher-combination.json", "UGT1A1", []string{
			"*1/[*6 + *27 + *28 + *80]", "*6/[*27 + *28 + *80]", "*27/[*6 + *28 + *80]", "*28/[*6 + *27 + *80]", "*80/[*6 + *27 + *28]",
			"[*6 + *27]/[*28 + *80]", "[*6 + *28]/[*27 + *80]", "[*6 + *80]/[*27 + *28]"}},
		{"NamedAlleleMatcher-partial.vcf", "NamedAlleleMatcher-combination.json", "UGT1A1", []string{"*6/[*6 + g.233760973C>T]"}},
		{"NamedAlleleMatcher-partialWithCombination.vcf", "NamedAlleleMatcher-combination.json", "UGT1A1", []string{
			"*1/[*6 + *28 + g.233760973C>T]", "*6/[*28 + g.233760973C>T]", "*28/[*6 + g.233760973C>T]", "g.233760973C>T/[*6 + *28]"}},
		{"NamedAlleleMatcher-combinationLongestScore.vcf", "NamedAlleleMatcher-cyp2b6.json", "CYP2B6", []string{"*13/[*6 + *14]"}},
		{"NamedAlleleMatcher-partialReferenceUnphased.vcf", "NamedAlleleMatcher-cyp2b6.json", "CYP2B6", []string{"*1/[*9 + g.41012316T>G]", "*9/g.41012316T>G"}},
		{"NamedAlleleMatcher-partialReferencePhased.vcf", "NamedAlleleMatcher-cyp2b6.json", "CYP2B6", []string{"*9/[g.41006968T>A + g.41012316T>G]"}},
		{"NamedAlleleMatcher-partialReferenceDouble.vcf", "NamedAlleleMatcher-cyp2b6.json", "CYP2B6", []string{"g.41006968T>A/g.41006968T>A"}},
		{"NamedAlleleMatcher-partial2Unphased.vcf", "NamedAlleleMatcher-cyp2c19.json", "CYP2C19", []string{"*2/[*17 + g.94781859G>A]"}},
		{"NamedAlleleMatcher-mismatchedRefAllele.vcf", "NamedAlleleMatcher-mismatchedRefAllele.json", "CYP2C9", []string{"*1/*2"}},
		{"NamedAlleleMatcher-cyp2d6.vcf", "NamedAlleleMatcher-cyp2d6.json", "CYP2D6", []string{"*1/*1"}},
	} {
		d := single(t, filepath.Join(dir, c.definition))
		rows := callFile(t, d, filepath.Join(dir, c.vcf), Options{Combinations: true, CYP2D6: true})
		if got := names(rows, c.gene); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.vcf, got, c.want)
		}
	}
}

// TestReaderCases runs PharmCAT's VcfReader cases: what is left out of a
// file, and said so.
func TestReaderCases(t *testing.T) {
	dir := filepath.Join(shared(t), "cases")
	filters := single(t, filepath.Join(dir, "VcfReaderTest-filters.json"))
	for _, c := range []struct {
		vcf  string
		d    *Definitions
		want []string // parts of the notes, one each
	}{
		{"NamedAlleleMatcher-mismatchedRefAllele.vcf", single(t, filepath.Join(dir, "NamedAlleleMatcher-mismatchedRefAllele.json")),
			[]string{"chr10:94942205 left out: REF is C,", "chr10:94949281 left out: REF is G,"}},
		{"VcfReaderTest-filters.vcf", filters, []string{"chr10:94938683 left out: REF is G, the definition has A", "chr10:94938828 T is in no allele's definition (G)",
			"chr10:94941982 left out: REF is GA, the definition has G", "no two alleles"}},
		{"VcfReaderTest-AD.vcf", filters, []string{"chr10:94942254 left out: GT 0/1 is heterozygous, but AD 91,0", "chr10:94942255 left out: GT 0/1 is heterozygous, but AD 0,91", "no two alleles"}},
		{"VcfReaderTest-AD-missing.vcf", filters, []string{"chr10:94942254 left out", "chr10:94942255 left out", "no two alleles"}},
		{"VcfReaderTest-AD-unknown.vcf", filters, []string{"no two alleles"}},
		{"VcfReaderTest-AD-invalid.vcf", filters, []string{"no two alleles"}},
	} {
		rows := callFile(t, c.d, filepath.Join(dir, c.vcf), Options{})
		if len(rows) > 0 {
			rows[0].Notes = slices.DeleteFunc(rows[0].Notes, func(n string) bool { return strings.HasPrefix(n, "the definitions have no phenotypes") })
		}
		if len(rows) == 0 || len(rows[0].Notes) != len(c.want) {
			t.Errorf("%s: rows %+v, want notes %q", c.vcf, rows, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(rows[0].Notes[i], want) {
				t.Errorf("%s: note %q, want %q", c.vcf, rows[0].Notes[i], want)
			}
		}
	}
	// In this file only the sample that is asked for has a genotype with an unknown base.
	rows := callFile(t, single(t, filepath.Join(dir, "NamedAlleleMatcher-ryr1.json")), filepath.Join(dir, "NamedAlleleMatcher-unknownAltMultisample.vcf"), Options{})
	for _, r := range rows {
		if r.Sample == "Sample_2" && (r.Diplotype != "Reference/Reference" || slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "in no allele") })) {
			t.Errorf("Sample_2: %+v", r)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "VcfReaderTest-badAllele.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	h, rs := records(t, data)
	c, err := release(t).NewCollector("bad.vcf", h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Add(rs[0]); err == nil || !strings.Contains(err.Error(), `GT "0/2", but there are 1 ALT alleles`) {
		t.Errorf("an allele that isn't there: %v", err)
	}
}

// TestExamples compares with what PharmCAT 3.1.0 called for its examples:
// diplotypes, and phenotypes where the definitions at hand give them.
func TestExamples(t *testing.T) {
	d := release(t)
	dir := filepath.Join(shared(t), "examples")
	var reports [2]map[string]geneReport
	var doc struct {
		GeneReports map[string]geneReport
		Genes       map[string]geneReport
	}
	for i, name := range []string{"pharmcat.example.phenotype.json", "pharmcat.example2.report.json"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		doc.GeneReports, doc.Genes = nil, nil
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		reports[i] = doc.GeneReports
		if reports[i] == nil {
			reports[i] = doc.Genes
		}
	}
	two := callFile(t, d, filepath.Join(dir, "multisample.vcf"), Options{})
	for i, rows := range [][]Row{
		callFile(t, d, filepath.Join(dir, "pharmcat.example.vcf"), Options{}),
		callFile(t, d, filepath.Join(dir, "pharmcat.example2.vcf"), Options{}),
		slices.DeleteFunc(slices.Clone(two), func(r Row) bool { return r.Sample != "Sample_1" }),
		slices.DeleteFunc(slices.Clone(two), func(r Row) bool { return r.Sample != "Sample_2" }),
	} {
		n := 0
		for _, r := range rows {
			want, ok := reports[i%2][r.Gene]
			if !ok || r.Gene == "CYP2D6" || len(want.SourceDiplotypes) != 1 {
				continue
			}
			n++
			w := want.SourceDiplotypes[0]
			label := strings.ReplaceAll(w.Label, "Reference/Reference", d.gene(r.Gene).Alleles[d.gene(r.Gene).reference].Name+"/"+d.gene(r.Gene).Alleles[d.gene(r.Gene).reference].Name)
			if r.Diplotype != label {
				t.Errorf("example %d, %s: %s, PharmCAT says %s", i, r.Gene, r.Diplotype, label)
			}
			phenotype := strings.Join(w.Phenotypes, "; ")
			if d.gene(r.Gene).Phenotypes != nil && phenotype != "n/a" && r.Phenotype != phenotype {
				t.Errorf("example %d, %s: %s, PharmCAT says %s", i, r.Gene, r.Phenotype, phenotype)
			}
			if w.ActivityScore != nil && r.ActivityScore != *w.ActivityScore {
				t.Errorf("example %d, %s: activity %s, PharmCAT says %s", i, r.Gene, r.ActivityScore, *w.ActivityScore)
			}
		}
		if n < 19 {
			t.Errorf("example %d: %d genes compared", i, n)
		}
	}
}

type geneReport struct {
	SourceDiplotypes []struct {
		Label         string
		Phenotypes    []string
		ActivityScore *string
	}
}

// gene is the gene with the name.
func (d *Definitions) gene(name string) *Gene {
	return d.Genes[slices.IndexFunc(d.Genes, func(g *Gene) bool { return g.Name == name })]
}
