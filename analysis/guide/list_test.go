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
