package kit

import "testing"

// However rows are written, the failed ones are counted.
func TestFailures(t *testing.T) {
	for text, want := range map[string]int{
		"":                           0,
		"a\t1\t\n":                   0,
		"a\t\tno\n":                  1,
		"a\t1\t\nb\t\tno\nc\t2\t\n":  1,
		"a\t\tno\nb\t\tno\nc\t\tx\n": 3,
	} {
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				f := failures{last: '\t'}
				for _, piece := range []string{text[:i], text[i:j], text[j:]} {
					if n, err := f.Write([]byte(piece)); n != len(piece) || err != nil {
						t.Fatal(n, err)
					}
				}
				if f.rows != want {
					t.Errorf("%q, cut at %d and %d: %d failures, not %d", text, i, j, f.rows, want)
				}
			}
		}
	}
}
