package virus_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
)

// named returns genomes of one reference under these names, as FASTA, and the
// reference.
func named(names ...string) (genomes, ref analysistest.Input) {
	sequence := letters(rand.New(rand.NewPCG(8, 0)), "ACGT", 600)
	var b strings.Builder
	for i, name := range names {
		q := []byte(sequence)
		q[100+i] = "CGTA"[strings.IndexByte("ACGT", q[100+i])]
		fmt.Fprintf(&b, ">%s\n%s\n", name, q)
	}
	return inMemory("genomes", "genomes.fasta", []byte(b.String())), inMemory("reference", "reference.fasta", []byte(">r\n"+sequence+"\n"))
}

// column returns a column of a table, in the order of its rows.
func column(t *testing.T, table []byte, name string) (out []string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(string(table), "\n"), "\n")
	k := slices.Index(strings.Split(lines[0], "\t"), name)
	if k < 0 {
		t.Fatalf("there is no column %s", name)
	}
	for _, line := range lines[1:] {
		out = append(out, strings.Split(line, "\t")[k])
	}
	return out
}

// The whole header line is a name, and the same name twice ends no job unless
// that is asked for.
func TestDuplicates(t *testing.T) {
	genomes, ref := named("hav | whole", "hav | piece", "hav | whole", "x", "hav | whole")
	for _, test := range []struct {
		duplicates            string
		names, errors, prints []string
	}{
		{"number", []string{"hav | whole", "hav | piece", "hav | whole_2", "x", "hav | whole_3"}, []string{"", "", "", "", ""},
			[]string{"hav | whole", "hav | piece", "hav | whole_2", "x", "hav | whole_3"}},
		{"first", []string{"hav | whole", "hav | piece", "hav | whole_2", "x", "hav | whole_3"},
			[]string{"", "", "left out: an earlier genome has the same name", "", "left out: an earlier genome has the same name"},
			[]string{"hav | whole", "hav | piece", "x"}},
	} {
		out := analysistest.Answer(t, virus.Analysis, `{"fingerprint": true, "duplicates": "`+test.duplicates+`"}`, []analysistest.Input{genomes, ref}, 0)
		if got := column(t, out["mutations.tsv"], "seqName"); !slices.Equal(got, test.names) {
			t.Errorf("%s: %q", test.duplicates, got)
		}
		if got := column(t, out["mutations.tsv"], "errors"); !slices.Equal(got, test.errors) {
			t.Errorf("%s: errors %q", test.duplicates, got)
		}
		if got := column(t, out["fingerprints.tsv"], "seqName"); !slices.Equal(got, test.prints) {
			t.Errorf("%s: fingerprints of %q", test.duplicates, got)
		}
		if n := len(column(t, out["clusters.tsv"], "seqName")); n != len(test.prints) {
			t.Errorf("%s: %d genomes are in clusters", test.duplicates, n)
		}
	}
}

func TestPartialDates(t *testing.T) {
	for _, test := range []struct{ date, want string }{
		{"2021-03-14", "2021-03-14 2021-03-14"},
		{"2021-03-XX", "2021-03-01 2021-03-31"},
		{"2021-03", "2021-03-01 2021-03-31"},
		{"2020-02", "2020-02-01 2020-02-29"},
		{"2021-02-xx", "2021-02-01 2021-02-28"},
		{"2021", "2021-01-01 2021-12-31"},
		{"2021-XX-XX", "2021-01-01 2021-12-31"},
		{"2021-00-00", "2021-01-01 2021-12-31"},
		{"2021-XX-05", "2021-01-01 2021-12-31"},
		{"202X", "2020-01-01 2029-12-31"},
		{"2021-1X", "2021-10-01 2021-12-31"},
		{"2021-03-1X", "2021-03-10 2021-03-19"},
		{"2021-02-3X", ""},
		{"2021-03-01/2021-04", "2021-03-01 2021-04-30"},
		{"2021-04/2021-03", ""},
		{"2021-13-01", ""}, {"2021-02-30", ""}, {"14/03/2021", ""}, {"unknown", ""}, {"", ""}, {"2021-3-4", ""}, {"2021-03-14-15", ""},
	} {
		if got := virus.Dates(test.date); got != test.want {
			t.Errorf("%q: %q, want %q", test.date, got, test.want)
		}
	}
}

// A table of metadata is joined by name, or by first word; what has no partner
// is named, on both sides.
func TestMetadata(t *testing.T) {
	genomes, ref := named("a one", "b two | EPI", "c", "c", "d")
	const header = "virus\tstrain\tdate\tcountry\n"
	for _, test := range []struct{ name, file, table string }{
		{"tabs", "m.tsv", header + "v\ta\t2021-03-XX\tNew Zealand\nv\tb two\t2021\tPeru\nv\tc\t?\t\nv\tzz\t2020\tChad\nv\tc\t2022\tMali\n"},
		{"commas", "m.csv", "\xef\xbb\xbfvirus,strain,date,country\r\nv,a,2021-03-XX,\"New Zealand\"\r\nv,b two,2021,Peru\r\nv,c,?\r\nv,zz,2020,Chad\r\n"},
	} {
		out := analysistest.Answer(t, virus.Analysis, `{"ndjson": true}`, []analysistest.Input{genomes, ref, inMemory("metadata", test.file, []byte(test.table))}, 0)
		for name, want := range map[string][]string{
			"metadata.name": {"a", "b two", "c", "c", ""}, "metadata.country": {"New Zealand", "Peru", "", "", ""}, "metadata.virus": {"v", "v", "v", "v", ""},
			"metadata.dateFrom": {"2021-03-01", "2021-01-01", "", "", ""}, "metadata.dateTo": {"2021-03-31", "2021-12-31", "", "", ""},
		} {
			if got := column(t, out["mutations.tsv"], name); !slices.Equal(got, want) {
				t.Errorf("%s: %s is %q, want %q", test.name, name, got, want)
			}
		}
		if want := "without\tname\nmetadata\td\ngenome\tzz\n"; string(out["unmatched.tsv"]) != want {
			t.Errorf("%s: unmatched %q", test.name, out["unmatched.tsv"])
		}
		if want := []byte(`"metadata":{"name":"a","virus":"v","date":"2021-03-XX","country":"New Zealand","dateFrom":"2021-03-01","dateTo":"2021-03-31"}`); !bytes.Contains(out["mutations.ndjson"], want) {
			t.Errorf("%s: %s", test.name, out["mutations.ndjson"])
		}
		if got, want := column(t, out["clusters.tsv"], "dateFrom"), []string{"2021-01-01", "2021-01-01", "2021-01-01", "2021-01-01", "2021-01-01"}; !slices.Equal(got, want) {
			t.Errorf("%s: clusters from %q", test.name, got)
		}
	}
}

func TestMetadataThatIsNone(t *testing.T) {
	genomes, ref := named("a")
	for _, test := range []struct{ table, want string }{
		{"", "m.tsv: it is empty"},
		{"strain\tdate\na\t2021\textra\n", "m.tsv:2: it has 3 columns, and the header has 2"},
		{"strain\tdate\na\t2021\n\t2021\n", "m.tsv:3: it has no name in the column strain"},
	} {
		job, files, err := analysistest.NewJob(virus.Analysis, "", []analysistest.Input{genomes, ref, inMemory("metadata", "m.tsv", []byte(test.table))})
		if err == nil {
			_, err = virus.Analysis.Open(t.Context(), job, files)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.table, err, test.want)
		}
	}
}
