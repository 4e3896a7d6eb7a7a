package guide

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
)

func TestListsAreReadAsPeopleKeepThem(t *testing.T) {
	const a, b = "ACGTACGTACGTACGTACGT", "TTTACGTTCGTACGTACGTA"
	of := func(id, gene string) string { return id + "/" + gene }
	for name, c := range map[string]struct {
		list string
		want []string // id/gene of a, then of b
	}{
		"guides alone":             {a + "\n\n# more\n" + b + "\n", []string{of("", ""), of("", "")}},
		"id first":                 {"g1\t" + a + "\ng2\t" + b, []string{of("g1", ""), of("g2", "")}},
		"id last, blanks":          {a + "  g1\n" + b + " g2", []string{of("g1", ""), of("g2", "")}},
		"MAGeCK":                   {"sgRNA,sequence,gene\ns_1," + a + ",TP53\ns_2," + b + ",BRCA1\n", []string{of("s_1", "TP53"), of("s_2", "BRCA1")}},
		"MAGeCK without a head":    {"s_1," + a + ",TP53\ns_2," + b + ",BRCA1\n", []string{of("s_1", ""), of("s_2", "")}},
		"GeCKO":                    {"gene_id,UID,seq\nA1BG,HGLibA_00001," + a + "\nA1CF,HGLibA_00002," + b + "\n", []string{of("HGLibA_00001", "A1BG"), of("HGLibA_00002", "A1CF")}},
		"Brunello":                 {"Target Gene ID\tTarget Gene Symbol\tsgRNA Target Sequence\tPAM Sequence\n1\tA1BG\t" + a + "\tCGG\n29974\tA1CF\t" + b + "\tTGG\n", []string{of("1", "A1BG"), of("29974", "A1CF")}},
		"named after its place":    {"pam;protospacer;name\nTGG;" + a + ";x\nAGG;" + b + ";y\n", []string{of("x", ""), of("y", "")}},
		"columns that are swapped": {"id,sequence,pam\n" + a + ",g1,x\n" + b + ",g2,y\n", []string{of("g1", ""), of("g2", "")}},
		"head with #":              {"#guide\tname\n" + a + "\tone\n" + b + "\ttwo\n", []string{of("one", ""), of("two", "")}},
		"quotes, CRLF, byte order": {"\ufeff\"name\",\"guide\"\r\n\"one, a\",\"" + a + "\"\r\n\"two\"," + b + "\r\n", []string{of("one, a", ""), of("two", "")}},
	} {
		l, err := readList("l.tsv", strings.NewReader(c.list))
		list := newCandidates(20, false)
		if err == nil {
			err = l.candidates(list)
		}
		if err != nil || list.len() != 2 || list.at(0).Letters != a || list.at(1).Letters != b {
			t.Errorf("%s: %v, %v", name, list, err)
			continue
		}
		for i := range list.len() {
			g := list.at(i)
			if of(g.Name, g.Of) != c.want[i] {
				t.Errorf("%s: guide %d is %s, not %s", name, i, of(g.Name, g.Of), c.want[i])
			}
		}
	}
}

// TestNoLineOfAListIsDropped makes one line of a list into no guide, wherever
// it is: it is named.
func TestNoLineOfAListIsDropped(t *testing.T) {
	wrong := []string{"ACGTRCGTACGTACGTACGT", "ACGTXCGTACGTACGTACGT", "ACGT", "guide_1", "g1\tACGTACGTACGTACGTACG-", "guide1\tACGTACGTACGT", "mine", "N", "g1\t"}
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for i := range rapid.IntRange(2, 5).Draw(t, "lines") {
			lines = append(lines, fmt.Sprintf("ACGTACGTACGTACGTACG%c", "ACGT"[i%4]))
		}
		if rapid.Bool().Draw(t, "head") {
			lines = append([]string{"guide\tname"}, lines...)
		}
		at := rapid.IntRange(0, len(lines)-1).Draw(t, "at")
		if lines[at][:5] == "guide" {
			return
		}
		lines[at] = rapid.SampledFrom(wrong).Draw(t, "wrong")
		l, err := readList("l.tsv", strings.NewReader(strings.Join(lines, "\n")))
		if err == nil {
			err = l.candidates(newCandidates(20, false))
		}
		if e, ok := err.(*okazaki.Error); !ok || e.File != "l.tsv" || e.Line != int64(at+1) {
			t.Fatalf("%q: %v", lines, err)
		}
	})
}

func TestListsOfTargetsAreReadAsPeopleKeepThem(t *testing.T) {
	isContig := func(name string) bool { return name == "chr1" || name == "1" }
	for name, c := range map[string]struct{ file, list, want string }{
		"genes":                 {"l.txt", "TP53\nMYC", "TP53 MYC"},
		"contigs and regions":   {"l.txt", "chr1\n1:1,001-1,400\n", "chr1 1:1,001-1,400"},
		"commas":                {"l.txt", "TP53,MYC,1:1-9", "TP53 MYC 1:1-9"},
		"BED":                   {"l.bed", "browser x\ntrack name=x\nchr1\t100\t300\tx\t0\t+\nchr1\t0\t5\n", "chr1:101-300 chr1:1-5"},
		"BED, compressed":       {"l.BED.gz", "chr1\t100\t300\n", "chr1:101-300"},
		"a named column":        {"l.csv", "id,gene,weight\n1,TP53,3\n2,MYC,4\n", "TP53 MYC"},
		"byte order, CRLF":      {"l.tsv", "\ufeffid\tlocus_tag\r\n1\tb0001", "b0001"},
		"more columns":          {"l.tsv", "TP53\ttumour protein\n", "TP53"},
		"places without a name": {"l.tsv", "chr1\t100\t300\n", "l.tsv:1: chr1, 100 and 300 may count from 0, as in BED, or from 1"},
		"numbers before genes":  {"l.tsv", "x\ty\n1\tTP53\n", "l.tsv:2: 1 is a whole contig, and there are more columns"},
		"not BED":               {"l.bed", "chr1\t100\n", "l.bed:1: this is not a line of BED"},
		"an empty cell":         {"l.csv", "id,gene\n1,TP53\n2,\n", "l.csv:3: there is no target in column 2"},
	} {
		l, err := readList(c.file, strings.NewReader(c.list))
		var names []string
		if err == nil {
			names, err = l.targets(isContig)
		}
		if got := strings.Join(names, " "); err == nil && got != c.want || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}
