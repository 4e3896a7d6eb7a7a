package lineages

import "testing"

func FuzzParse(f *testing.F) {
	f.Add(table)
	f.Add([]byte("lineage\nB\t\t2020-04\tx\tA1C,\t5-4\t:A"))
	f.Fuzz(func(t *testing.T, tsv []byte) {
		all, err := parse(tsv)
		if err != nil {
			return
		}
		for _, l := range all {
			for _, d := range l.Calls.Deletions {
				if d.Lo < 0 || d.Len() < 1 {
					t.Errorf("deletion %v", d)
				}
			}
			for _, s := range l.Calls.Substitutions {
				if s.Pos < 0 {
					t.Errorf("substitution %v", s)
				}
			}
		}
	})
}
