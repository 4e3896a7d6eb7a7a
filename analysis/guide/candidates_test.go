package guide

import "testing"

func TestTargetsAndPartsAreToldApart(t *testing.T) {
	l := newCandidates(scored, false)
	g, err := NewGuide("g", "ACGTACGTACGTACGTACGT", false)
	if err != nil {
		t.Fatal(err)
	}
	of := [][2]string{{"", ""}, {"TP53", ""}, {"TP53", "exon 2"}, {"exon 2", "TP53"}, {"a\tb", ""}, {"a\tb", "exon 1"}, {"b", "a"}, {"", "exon 1"}}
	for _, o := range of {
		l.add(&g, o[0], o[1], fromNowhere, nil)
	}
	r := newReader(l.append(nil))
	read := r.candidates(scored, false)
	if r.end() != nil || read.len() != len(of) {
		t.Fatalf("%d candidates are read: %v", read.len(), r.Err())
	}
	for i, o := range of {
		if c := read.at(i); c.Of != o[0] || c.Part != o[1] || c.Letters != g.Letters {
			t.Errorf("%q is read as target %q, part %q", o, c.Of, c.Part)
		}
	}
}
