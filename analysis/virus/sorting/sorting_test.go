package sorting_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"okazaki/analysis/virus/sorting"
	"okazaki/genome"
)

func letters(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = "ACGT"[rng.IntN(4)]
	}
	return b
}

// mutated returns a sequence of which one base in each is drawn anew.
func mutated(rng *rand.Rand, s []byte, each int) []byte {
	s = bytes.Clone(s)
	for i := range s {
		if rng.IntN(each) == 0 {
			s[i] = "ACGT"[rng.IntN(4)]
		}
	}
	return s
}

// Records of segments, whole, cut, turned and changed, go to their segment.
// Records of none go to none.
func TestSegments(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	s := &sorting.Sorter{}
	var segments [][]byte
	for i, n := range []int{2341, 2341, 2233, 1778, 1565, 1413, 1027, 890} {
		segments = append(segments, letters(rng, n))
		s.Add(fmt.Sprint("segment", i+1), segments[i])
	}
	f := s.Finder()
	for i, seg := range segments {
		for name, seq := range map[string][]byte{
			"itself": seg, "half of it": seg[len(seg)/2:], "200 bases": seg[300:500], "turned": genome.AppendReverseComplement(nil, seg),
			"lower case": bytes.ToLower(seg), "RNA": bytes.ReplaceAll(seg, []byte("T"), []byte("U")), "with gaps": append(append(bytes.Clone(seg[:400]), "----"...), seg[400:]...),
			"one in eight differs": mutated(rng, seg, 6), "with Ns": append(append(bytes.Clone(seg[:300]), bytes.Repeat([]byte("N"), 400)...), seg[700:]...),
		} {
			if best, _ := f.Sort(seq); best.Reference != i {
				t.Errorf("segment %d, %s: of %d", i, name, best.Reference)
			}
		}
	}
	for _, n := range []int{0, 10, 100, 2000, 30000} {
		if best, _ := f.Sort(letters(rng, n)); best.Reference >= 0 {
			t.Errorf("%d strange bases belong to %d: %+v", n, best.Reference, best)
		}
	}
}

// A piece of a genome belongs to the dataset of that piece, a genome to the
// genome's, though each shares all words with both.
func TestLengthDecides(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	whole := letters(rng, 7000)
	s := &sorting.Sorter{}
	s.Add("piece", whole[3000:3350], whole)
	s.Add("whole", whole, whole[3000:3350])
	f := s.Finder()
	for _, test := range []struct {
		name string
		seq  []byte
		want int
	}{
		{"the genome", whole, 1}, {"half of it", whole[:3500], 1}, {"the piece", whole[3000:3350], 0}, {"another piece", whole[5000:5350], 1},
	} {
		if best, _ := f.Sort(test.seq); best.Reference != test.want {
			t.Errorf("%s belongs to %d", test.name, best.Reference)
		}
	}
}

// Datasets are found in folders, in folders of these, and in zip files.
func TestAddDatasets(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	reference := func() []byte { return []byte(">r\n" + string(letters(rng, 500)) + "\n") }
	var content bytes.Buffer
	z := zip.NewWriter(&content)
	for name, b := range map[string][]byte{"inner/pathogen.json": []byte(`{"files": {"reference": "ref.fa"}}`), "inner/ref.fa": reference()} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{
		"a/pathogen.json": {Data: []byte("{}")}, "a/reference.fasta": {Data: reference()},
		"flu/ha/pathogen.json": {Data: []byte("{}")}, "flu/ha/reference.fasta": {Data: reference()}, "flu/ha/sequences.fasta": {Data: reference()},
		"b.zip": {Data: content.Bytes()},
	}
	s := &sorting.Sorter{}
	if err := s.AddDatasets("all", folder); err != nil || fmt.Sprint(s.Names) != "[a b flu/ha]" {
		t.Errorf("%v, %v", s.Names, err)
	}
	one := &sorting.Sorter{}
	if err := one.AddDatasets("one", fstest.MapFS{"pathogen.json": {Data: []byte("{}")}, "reference.fasta": {Data: reference()}}); err != nil || fmt.Sprint(one.Names) != "[one]" {
		t.Errorf("%v, %v", one.Names, err)
	}
	for want, folder := range map[string]fstest.MapFS{
		"there is no Nextclade dataset in it":       {"x": {Data: []byte("y")}},
		"its pathogen.json is not JSON":             {"pathogen.json": {Data: []byte("{")}},
		"it is not a whole zip file":                {"x.zip": {Data: []byte("PK")}},
		"there are two references of this name":     {"a/pathogen.json": {Data: []byte("{}")}, "a/reference.fasta": {Data: reference()}, "a.zip": {Data: content.Bytes()}},
		"open reference.fasta: file does not exist": {"pathogen.json": {Data: []byte("{}")}},
	} {
		s := &sorting.Sorter{}
		if err := s.AddDatasets("it", folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
