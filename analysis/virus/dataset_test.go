package virus_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
	"okazaki/internal/filetest"
)

const sars2Zip = "sars2/nextclade/wuhan-hu-1_orfs_2024-02-16.zip"

// nextclade returns Nextclade's SARS-CoV-2 dataset of 2024-02-16.
func nextclade(tb testing.TB) *virus.Dataset {
	tb.Helper()
	b := all(tb, data(tb, sars2Zip))
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	d, err := virus.ReadDataset("sars2.zip", func(file string) ([]byte, error) {
		f, err := z.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(f)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// Nextclade 0.14.4 scored these genomes with the same thresholds, against an
// older tree: docs/virus.md explains what differs.
func TestQualityIsNextclades(t *testing.T) {
	truth := table(t, data(t, "sars2/ncov/nextclade_0.14.4_example_sequences.tsv"))
	c := nextclade(t).NewCaller()
	n, same := 0, map[string]int{}
	least := map[string]int{
		"clade":                               416,
		"qc.missingData.missingDataThreshold": 417, "qc.missingData.score": 417, "qc.missingData.status": 417, "qc.missingData.totalMissing": 410,
		"qc.mixedSites.mixedSitesThreshold": 417, "qc.mixedSites.score": 416, "qc.mixedSites.status": 417, "qc.mixedSites.totalMixedSites": 416,
		"qc.snpClusters.clusteredSNPs": 416, "qc.snpClusters.score": 417, "qc.snpClusters.status": 417, "qc.snpClusters.totalSNPs": 416,
		"qc.privateMutations.cutoff": 417, "qc.privateMutations.status": 409, "qc.overallStatus": 415,
	}
	records(t, data(t, "sars2/ncov/example_sequences.fasta.gz"), func(rec record) bool {
		want := truth[rec.name]
		if want["errors"] != "" {
			return true
		}
		n++
		got := called(c, rec)
		for column := range least {
			if sameValue(got[column], want[column]) {
				same[column]++
			} else {
				t.Logf("%s: %s %s, 0.14.4 %s", rec.name, column, got[column], want[column])
			}
		}
		return true
	})
	for column, n0 := range least {
		t.Logf("%s: %d of %d genomes have the same", column, same[column], n)
		if same[column] < n0 {
			t.Errorf("%s: want %d", column, n0)
		}
	}
}

// sameValue compares as text, or as numbers to the decimals that are printed.
func sameValue(got, want string) bool {
	g, err1 := strconv.ParseFloat(got, 64)
	w, err2 := strconv.ParseFloat(want, 64)
	return got == want || err1 == nil && err2 == nil && g-w < 1e-6 && w-g < 1e-6
}

func atoi(tb testing.TB, s string) int {
	tb.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func itoa(n int) string { return strconv.Itoa(n) }

func ftoa(f float64) string { return strconv.FormatFloat(f, 'f', 6, 64) }

// list returns a comma-separated list; empty of "".
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func toyReference(tb testing.TB) string {
	tb.Helper()
	b, err := os.ReadFile(toyFile("reference.fasta"))
	if err != nil {
		tb.Fatal(err)
	}
	_, letters, _ := strings.Cut(string(b), "\n")
	return strings.ReplaceAll(letters, "\n", "")
}

// Nextclade's other datasets, of which only the trees are not here.
func TestOtherDatasets(t *testing.T) {
	filetest.Data(t, "virus/other") // or skip all
	for _, set := range []struct {
		name, phenotype, cds string
		enabled              []string
	}{
		{"flu_h3n2_ha", "RBD", "HA1", []string{"mixedSites", "frameShifts", "stopCodons"}},
		{"rsv_a", "escape", "F", []string{"missingData", "mixedSites", "frameShifts", "stopCodons"}},
		{"mpox_iib", "", "", []string{"missingData", "mixedSites", "frameShifts", "stopCodons"}},
	} {
		t.Run(set.name, func(t *testing.T) {
			content := map[string][]byte{}
			for _, file := range []string{"reference.fasta", "genome_annotation.gff3", "pathogen.json"} {
				content[file] = all(t, data(t, "other/"+set.name+"."+file))
			}
			d, err := virus.ReadDataset(set.name, func(file string) ([]byte, error) {
				if b := content[file]; b != nil {
					return b, nil
				}
				return nil, os.ErrNotExist
			})
			if err != nil {
				t.Fatal(err)
			}
			c, n := d.NewCaller(), 0
			records(t, data(t, "other/"+set.name+"_tips.fasta.zst"), func(rec record) bool {
				row := called(c, rec)
				for _, rule := range []string{"missingData", "mixedSites", "privateMutations", "snpClusters", "frameShifts", "stopCodons"} {
					if scored := row["qc."+rule+".status"] != ""; scored != slices.Contains(set.enabled, rule) {
						t.Errorf("%s: %s is scored: %v", rec.name, rule, scored)
					}
				}
				if set.phenotype != "" && row[set.phenotype] == "" {
					t.Errorf("%s has no %s", rec.name, set.phenotype)
				}
				if set.name == "flu_h3n2_ha" { // a difference at each of seven codons counts 1
					want := 0
					for _, m := range list(row["aaSubstitutions"]) {
						if at, ok := strings.CutPrefix(m, "HA1:"); ok && slices.Contains([]string{"145", "155", "156", "158", "159", "189", "193"}, at[1:len(at)-1]) {
							want++
						}
					}
					if !sameValue(row["RBD"], itoa(want)) {
						t.Errorf("%s: RBD %s, want %d", rec.name, row["RBD"], want)
					}
				}
				n++
				return n < 100
			})
		})
	}
}

// A letter that was changed in a zip file is not read as if it were right.
func TestDamagedZip(t *testing.T) {
	var content bytes.Buffer
	z := zip.NewWriter(&content)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "reference.fasta", Method: zip.Store})
	if err == nil {
		_, err = w.Write([]byte(">r\n" + strings.Repeat("ACGTAC", 50)))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Replace(content.Bytes(), []byte(">r\nACG"), []byte(">r\nACT"), 1)
	job, files, err := analysistest.NewJob(virus.Analysis, "", []analysistest.Input{
		inMemory("dataset", "set.zip", damaged), inMemory("genomes", "g.fasta", []byte(">g\n"+strings.Repeat("ACGTAC", 50)))})
	if err == nil {
		_, err = virus.Analysis.Open(t.Context(), job, files)
	}
	if err == nil || !strings.Contains(err.Error(), "it can't be unpacked: zip: checksum error") {
		t.Errorf("error %v", err)
	}
}

// A byte order mark before a dataset's files means nothing, and a value of another
// kind is named as the pathogen.json has it.
func TestOddDatasetFiles(t *testing.T) {
	files := map[string]string{"pathogen.json": `{"alignmentParams": {"minSeedCover": 0.2}}`, "reference.fasta": ">r\n" + letters(rand.New(rand.NewPCG(1, 0)), "ACGT", 300) + "\n",
		"genome_annotation.gff3": "##gff-version 3\nr\t.\tCDS\t1\t9\t.\t+\t0\tID=a;gene=a\n"}
	read := func(file string) ([]byte, error) {
		if content, ok := files[file]; ok {
			return []byte("\ufeff" + content), nil
		}
		return nil, fs.ErrNotExist
	}
	d, err := virus.ReadDataset("d", read)
	if err != nil || len(d.Reference.Genes) != 1 || d.Params.MinCover != 0.2 {
		t.Errorf("%v, want a dataset with a gene", err)
	}
	for pathogen, want := range map[string]string{
		`{"alignmentParams": {"minSeedCover": "0.2"}}`:         "its alignmentParams.minSeedCover has another kind of value: string",
		`{"qc": {"missingData": {"missingDataThreshold":[]}}}`: "missingDataThreshold has another kind of value: array",
		`{`: "it is not a pathogen.json: unexpected end of JSON input",
	} {
		files["pathogen.json"] = pathogen
		if _, err := virus.ReadDataset("d", read); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pathogen, err, want)
		}
	}
}
