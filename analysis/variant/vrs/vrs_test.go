package vrs_test

import (
	"fmt"
	"os"
	"testing"

	"go.yaml.in/yaml/v3"
	"okazaki/analysis/variant/vrs"
	"okazaki/genome"
	"okazaki/internal/filetest"
	"pgregory.net/rapid"
)

// vectors reads one of the specification's validation files.
func vectors(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filetest.Data(t, "variant/vrs/validation/"+name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func TestFunctions(t *testing.T) {
	var doc struct {
		Digest []struct {
			In  struct{ Blob string }
			Out string
		} `yaml:"sha512t24u"`
	}
	vectors(t, "functions.yaml", &doc)
	if len(doc.Digest) < 2 {
		t.Fatalf("%d vectors", len(doc.Digest))
	}
	for _, v := range doc.Digest {
		if got := vrs.Digest([]byte(v.In.Blob)); got != v.Out {
			t.Errorf("%q: %s, want %s", v.In.Blob, got, v.Out)
		}
		s := vrs.NewSequence()
		for i := range v.In.Blob {
			s.Write([]byte(v.In.Blob)[i : i+1])
		}
		if got := s.Accession(); got != "SQ."+v.Out {
			t.Errorf("%q in pieces: %s", v.In.Blob, got)
		}
	}
}

func TestModels(t *testing.T) {
	var doc map[string][]struct {
		Name string
		In   vrs.Object
		Out  map[string]*string
	}
	vectors(t, "models.yaml", &doc)
	n := 0
	for class, list := range doc {
		for _, v := range list {
			n++
			text, err := vrs.Serialize(v.In)
			if want := v.Out["ga4gh_serialize"]; err != nil || want != nil && string(text) != *want {
				t.Errorf("%s %s: serialized %s, want %v, %v", class, v.Name, text, v.Out, err)
			}
			digest, err := vrs.ObjectDigest(v.In)
			if want := v.Out["ga4gh_digest"]; want == nil && err == nil || want != nil && digest != *want {
				t.Errorf("%s %s: digest %s, %v", class, v.Name, digest, err)
			}
			id, err := vrs.Identify(v.In)
			if want := v.Out["ga4gh_identify"]; want == nil && err == nil || want != nil && id != *want {
				t.Errorf("%s %s: %s, %v", class, v.Name, id, err)
			}
		}
	}
	if n < 15 {
		t.Errorf("%d vectors", n)
	}
	if _, err := vrs.Serialize(vrs.Object{"type": "Genotype"}); err == nil {
		t.Error("a type that isn't VRS 2.0's is serialized")
	}
}

// letters is a sequence in memory.
type letters string

func (l letters) AppendBases(dst []byte, lo, hi int) []byte { return append(dst, l[lo:hi]...) }

func TestNormalize(t *testing.T) {
	for _, c := range []struct {
		ref    string
		lo, hi int
		alt    string
		want   string
	}{
		{"ACGTACGT", 2, 3, "T", "[2,3) T 0"},
		{"ACGTACGT", 1, 4, "CTT", "[2,3) T 0"},
		{"ACGTACGT", 2, 3, "G", "[2,3) G 1"},               // no change
		{"ACGTACGT", 3, 3, "G", "[2,3) GG 1"},              // one G more
		{"GCTCCTCCTA", 1, 1, "CTC", "[1,9) CTCCTCCTCCT 3"}, // a unit more, as NC_000001.11:40819438:CTCCTCCT:CTCCTCCTCCT
		{"GCTCCTCCTA", 6, 6, "CCT", "[1,9) CTCCTCCTCCT 3"},
		{"TTCAAAGTT", 3, 4, "", "[3,6) AA 1"},          // a deletion
		{"ACGT", 1, 3, "", "[1,3)  2"},                 // nowhere else
		{"ACGT", 2, 2, "TTT", "[2,2) TTT 0"},           // nowhere else
		{"GACAG", 2, 2, "CAT", "[2,4) CATCA 0"},        // ambiguous, but the reference doesn't have the unit
		{"TAAAG", 1, 1, "AAAAAA", "[1,4) AAAAAAAAA 3"}, // the largest unit that the reference has
		{"TAAG", 1, 1, "AAA", "[1,3) AAAAA 1"},
		{"AAAA", 4, 4, "A", "[0,4) AAAAA 1"}, // up to both ends
	} {
		a := vrs.Normalize("SQ.x", letters(c.ref), len(c.ref), c.lo, c.hi, []byte(c.alt))
		if got := fmt.Sprintf("%v %s %d", a.Region, a.Sequence, a.Repeat); got != c.want {
			t.Errorf("%s[%d,%d)>%s: %s, want %s", c.ref, c.lo, c.hi, c.alt, got, c.want)
		}
	}
}

// TestSameChangeSameID draws a change and writes it in every way that gives
// the same sequence: all have one identifier, which is also their Object's.
func TestSameChangeSameID(t *testing.T) {
	apply := func(ref string, lo, hi int, alt string) string { return ref[:lo] + alt + ref[hi:] }
	rapid.Check(t, func(t *rapid.T) {
		ref := rapid.StringMatching(`[AC]{1,12}`).Draw(t, "ref")
		lo := rapid.IntRange(0, len(ref)).Draw(t, "lo")
		hi := rapid.IntRange(lo, min(lo+4, len(ref))).Draw(t, "hi")
		alt := rapid.StringMatching(`[AC]{0,5}`).Draw(t, "alt")
		whole := apply(ref, lo, hi, alt)
		if whole == ref {
			return
		}
		a := vrs.Normalize("SQ.x", letters(ref), len(ref), lo, hi, []byte(alt))
		if got := apply(ref, a.Region.Lo, a.Region.Hi, string(a.Sequence)); got != whole {
			t.Fatalf("%s becomes %s, not %s", ref, got, whole)
		}
		if a.Repeat > 0 && a.Region.Len() >= a.Repeat { // the reference holds the unit
			for i := range a.Sequence {
				if a.Sequence[i] != ref[a.Region.Lo+i%a.Repeat] {
					t.Fatalf("%v can't be told from the reference %s", a, ref)
				}
			}
		}
		if id, err := vrs.Identify(a.Object()); err != nil || id != a.ID() {
			t.Fatalf("the object is %s, the allele %s, %v", id, a.ID(), err)
		}
		// The same length of replacement, elsewhere.
		for l := 0; l <= len(ref); l++ {
			h := l + hi - lo
			if h > len(ref) || h-l+len(whole)-len(ref) < 0 {
				continue
			}
			same := whole[l : h+len(whole)-len(ref)]
			if apply(ref, l, h, same) != whole {
				continue
			}
			b := vrs.Normalize("SQ.x", letters(ref), len(ref), l, h, []byte(same))
			pure := len(a.Sequence) != a.Region.Len()
			if pure && isIndel(a) && isIndel(b) && a.ID() != b.ID() {
				t.Fatalf("%s: %v and %v", ref, a, b)
			}
		}
	})
}

// isIndel says whether bases were only added or only taken: replacements of
// several bases by others keep the place that they were given.
func isIndel(a vrs.Allele) bool { return a.Repeat > 0 || a.Region.Len() == 0 }

func ExampleAllele_ID() {
	a := vrs.Allele{Accession: "SQ.IIB53T8CNeJJdUqzn9V_JnRtQadwWCbl", Region: genome.Region{Lo: 44908821, Hi: 44908822}, Sequence: []byte("T")}
	fmt.Println(a.ID())
	// Output: ga4gh:VA.0AePZIWZUNsUlQTamyLrjm2HWUw2opLt
}
