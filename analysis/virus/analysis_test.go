package virus_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
)

func toyFile(name string) string { return filepath.Join("testdata", "toy", name) }

func input(role, name string) analysistest.Input {
	return analysistest.Input{Role: role, Name: name, Path: toyFile(name)}
}

// toyFolder returns a dataset's folder as the command line gives it.
func toyFolder() []analysistest.Input {
	return []analysistest.Input{input("dataset", "genome_annotation.gff3"), input("dataset", "genomes.fasta"), input("dataset", "pathogen.json"),
		input("dataset", "reference.fasta"), input("dataset", "tree.json"), input("genomes", "genomes.fasta")}
}

// toyZip returns the same dataset as a zip file, in each of these folders of
// it.
func toyZip(t testing.TB, folders ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 4 * len(folders) {
		name := []string{"tree.json", "pathogen.json", "reference.fasta", "genome_annotation.gff3"}[i%4]
		content, err := os.ReadFile(toyFile(name))
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(folders[i/4] + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnalysis(t *testing.T) {
	genomes := input("genomes", "genomes.fasta")
	plain := []analysistest.Input{genomes, input("reference", "reference.fasta"), input("annotation", "genome_annotation.gff3")}
	zipped := toyZip(t, "toy")
	folder := func(name, content string) []analysistest.Input { // a dataset with one file of another content
		in := toyFolder()
		for i := range in {
			if in[i].Name == name && in[i].Role == "dataset" {
				in[i] = analysistest.Input{Role: "dataset", Name: name, Bytes: []byte(content)}
			}
		}
		return in
	}
	dataset := func(content []byte) []analysistest.Input {
		return []analysistest.Input{genomes, {Role: "dataset", Name: "toy.zip", Bytes: content}}
	}
	analysistest.Run(t, virus.Analysis,
		analysistest.Case{Name: "reference", Inputs: plain, Broken: []analysistest.Broken{
			{Name: "no genomes", Inputs: plain[1:], Want: "genomes is missing"},
			{Name: "no genes", Inputs: append(plain[:2:2], analysistest.Input{Role: "annotation", Name: "none.gff3", Bytes: []byte("##gff-version 3\n")}),
				Want: "none.gff3: it has no coding sequence"},
			{Name: "dataset and reference", Inputs: append(toyFolder(), plain[1]), Want: "together with reference"},
			{Name: "a genome twice", Params: `{"duplicates": "error"}`, Inputs: append(toyFolder(), genomes), Want: "the name was used before"},
		}},
		analysistest.Case{Name: "folder", Params: `{"aligned": true, "vcf": true, "ndjson": true}`, Inputs: toyFolder(),
			Check: allFiles, Broken: []analysistest.Broken{
				{Name: "no reference", Inputs: append(toyFolder()[:3:3], genomes), Want: "it has no reference.fasta"},
				{Name: "Nextclade v2", Inputs: []analysistest.Input{genomes, input("dataset", "reference.fasta"),
					{Role: "dataset", Name: "tag.json", Bytes: []byte("{}")}}, Want: "tag.json and no pathogen.json, as datasets of Nextclade v2"},
				{Name: "no tree in it", Inputs: folder("tree.json", "{}"), Want: "tree.json: it has no tree"},
				{Name: "no JSON", Inputs: folder("tree.json", "tree"), Want: "not a tree in Auspice's JSON"},
				{Name: "another tree", Inputs: folder("tree.json", `{"tree": {"name": "r", "branch_attrs": {"mutations": {"nuc": ["A1C", "A1G"]}}}}`), Want: "starts from another letter"},
				{Name: "a tree of a longer genome", Inputs: folder("tree.json", `{"tree": {"name": "r", "branch_attrs": {"mutations": {"nuc": ["A801C"]}}}}`), Want: "outside the reference's 800 letters"},
				{Name: "no pathogen", Inputs: folder("pathogen.json", "[]"), Want: "it is not a pathogen.json: json"},
				{Name: "no threshold", Inputs: folder("pathogen.json", `{"qc": {"mixedSites": {"enabled": true}}}`), Want: "mixedSitesThreshold is not positive"},
				{Name: "a label of nothing", Inputs: folder("pathogen.json", `{"mutLabels": {"nucMutLabelMap": {"T": ["x"]}}}`), Want: `"T" does not name a mutation`},
			}},
		analysistest.Case{Name: "zip", Inputs: dataset(zipped), Check: sameAsFolder, Broken: []analysistest.Broken{
			{Name: "half a zip", Inputs: dataset(zipped[:len(zipped)/2]), Want: "not a complete zip file: zip"},
			{Name: "two datasets", Inputs: dataset(toyZip(t, "a", "b")), Want: "toy.zip: it has a/pathogen.json and b/pathogen.json"},
			{Name: "no zip file", Inputs: dataset([]byte("zip")), Want: "toy.zip: it has no reference.fasta"},
		}},
		analysistest.Case{Name: "aligned", Params: `{"aligned": true}`, Inputs: plain},
		analysistest.Case{Name: "vcf", Params: `{"vcf": true}`, Inputs: plain},
		analysistest.Case{Name: "ndjson", Params: `{"ndjson": true}`, Inputs: plain},
	)
}

// sameAsFolder wants the table that the dataset's folder gives.
func sameAsFolder(t testing.TB, outputs map[string][]byte) {
	want := analysistest.Answer(t, virus.Analysis, "", toyFolder(), 0)
	if !bytes.Equal(outputs["mutations.tsv"], want["mutations.tsv"]) {
		t.Error("the zip file's table is not the folder's")
	}
}

// allFiles holds the other outputs against the table.
func allFiles(t testing.TB, outputs map[string][]byte) {
	if got, want := string(outputs[analysistest.Notes]), "1 of 45 genomes could not be aligned; see column errors\n"; got != want {
		t.Errorf("the notes are %q, want %q", got, want)
	}
	rows := table2(outputs["mutations.tsv"])
	var failed int
	for _, row := range rows {
		if row["errors"] != "" {
			failed++
		}
	}
	if n := bytes.Count(outputs["aligned.fasta"], []byte(">")); n != len(rows)-failed || failed != 1 {
		t.Errorf("aligned.fasta has %d genomes, the table %d, %d of them failed", n, len(rows), failed)
	}
	checkAligned(t, rows, outputs["aligned.fasta"])
	checkVCF(t, rows, outputs["mutations.vcf"])
	checkJSON(t, rows, outputs["mutations.ndjson"])
}

// table2 returns a table's rows in order, by column.
func table2(content []byte) (rows []map[string]string) {
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, "\t") {
			row[head[i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// checkAligned compares each genome's letters with the calls read anew.
func checkAligned(t testing.TB, rows []map[string]string, aligned []byte) {
	ref := toyReference(t)
	records := strings.Split(string(aligned), ">")[1:]
	for _, row := range rows {
		if row["errors"] != "" {
			continue
		}
		name, letters, _ := strings.Cut(records[0], "\n")
		records = records[1:]
		letters = strings.TrimSuffix(letters, "\n")
		if len(letters) != len(ref) || !strings.HasPrefix(row["seqName"], name[:1]) {
			t.Fatalf("%s has %d letters, the reference %d", name, len(letters), len(ref))
		}
		calls := parse(row["substitutions"], row["deletions"], len(ref))
		want := []byte(ref)
		for _, s := range calls.Substitutions {
			want[s.Pos] = s.Alt
		}
		for _, d := range calls.Deletions {
			copy(want[d.Lo:d.Hi], strings.Repeat("-", d.Len()))
		}
		for i := range want {
			if letters[i] != want[i] && !strings.ContainsRune("N-RYKM", rune(letters[i])) {
				t.Errorf("%s: letter %d is %c, want %c", name, i+1, letters[i], want[i])
			}
		}
		if n := strings.Count(strings.Trim(letters, "-"), "N"); n != atoi(t, row["totalMissing"]) {
			t.Errorf("%s has %d Ns, the table says %s", name, n, row["totalMissing"])
		}
	}
}

// checkVCF rebuilds every genome's changes from its column.
func checkVCF(t testing.TB, rows []map[string]string, vcf []byte) {
	var names []string
	subs, indels := map[string][]string{}, map[string]int{}
	for line := range strings.Lines(string(vcf)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "##"):
			continue
		case strings.HasPrefix(line, "#"):
			names = f[9:]
			continue
		}
		alts, known := strings.Split(f[4], ","), 0
		for i, gt := range f[9:] {
			if gt != "." {
				known++
			}
			if gt == "." || gt == "0" {
				continue
			}
			alt := alts[atoi(t, gt)-1]
			if len(f[3]) == 1 && len(alt) == 1 {
				subs[names[i]] = append(subs[names[i]], f[3]+f[1]+alt)
			} else {
				indels[names[i]]++
			}
		}
		if !strings.HasSuffix(f[7], ";AN="+itoa(known)) {
			t.Errorf("%s:%s: %s, %d genomes are known", f[0], f[1], f[7], known)
		}
	}
	k := 0
	for _, row := range rows {
		if row["errors"] != "" {
			continue
		}
		name := names[k]
		k++
		if got := strings.Join(subs[name], ","); got != row["substitutions"] {
			t.Errorf("%s: substitutions %s, the table has %s", name, got, row["substitutions"])
		}
		n := len(list(row["deletions"]))
		for _, x := range list(row["insertions"]) {
			at, _, _ := strings.Cut(x, ":")
			if p := atoi(t, at); p >= atoi(t, row["alignmentStart"]) && p < atoi(t, row["alignmentEnd"]) {
				n++
			}
		}
		if indels[name] != n {
			t.Errorf("%s: %d deletions and insertions, the table has %d", name, indels[name], n)
		}
	}
}

// checkJSON compares the objects' totals and lists with the table.
func checkJSON(t testing.TB, rows []map[string]string, ndjson []byte) {
	lines := strings.Split(strings.TrimSuffix(string(ndjson), "\n"), "\n")
	if len(lines) != len(rows) {
		t.Fatalf("%d objects, %d rows", len(lines), len(rows))
	}
	for i, line := range lines {
		var g struct {
			Index                int
			Clade                string
			CustomNodeAttributes map[string]string
			TotalSubstitutions   int
			Substitutions        []struct{ Pos int }
			Deletions            []struct{ Range struct{ Begin, End int } }
			AASubstitutions      []struct{ CDSName, RefAA, QryAA string }
			PrivateNucMutations  struct {
				LabeledSubstitutions []struct{ Labels []string }
			}
			QC struct {
				OverallScore float64
				StopCodons   *struct{ StopCodons []struct{ Codon int } }
			}
			Errors []string
		}
		if err := json.Unmarshal([]byte(line), &g); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		row, deleted := rows[i], 0
		if len(g.Errors) > 0 {
			if row["errors"] != g.Errors[0] || strings.Contains(line, "substitutions") {
				t.Errorf("%s of a genome with the error %q", line, row["errors"])
			}
			continue
		}
		for _, d := range g.Deletions {
			deleted += d.Range.End - d.Range.Begin
		}
		if g.Index != i || g.Clade != row["clade"] || g.CustomNodeAttributes["who"] != row["who"] || itoa(deleted) != row["totalDeletions"] ||
			itoa(len(g.Substitutions)) != row["totalSubstitutions"] || itoa(len(g.AASubstitutions)) != row["totalAminoacidSubstitutions"] ||
			itoa(len(g.PrivateNucMutations.LabeledSubstitutions)) != row["privateNucMutations.totalLabeledSubstitutions"] ||
			!sameValue(ftoa(g.QC.OverallScore), row["qc.overallScore"]) || g.QC.StopCodons == nil ||
			itoa(len(g.QC.StopCodons.StopCodons)) != row["qc.stopCodons.totalStopCodons"] {
			t.Errorf("%s\nof the row %v", line, row)
		}
	}
}
