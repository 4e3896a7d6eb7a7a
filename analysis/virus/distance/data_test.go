package distance_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/virus/distance"
	"okazaki/genome"
	"okazaki/internal/filetest"

	"github.com/klauspost/compress/zstd"
)

const (
	referenceFile = "sars2/ncov/reference_seq.fasta"
	mat43k        = "sars2/derived/sars2_mat43k.truth.tsv.zst"
	y2020         = "sim/y2020_200k.truth.tsv.zst"
	ncov          = "sars2/ncov/nextclade_0.14.4_example_sequences.tsv"
	sarsLength    = 29903
)

// data opens a file of the virus test data, unpacked, or skips.
func data(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(filetest.Data(t, "virus/"+name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	var r io.Reader = f
	switch filepath.Ext(name) {
	case ".zst":
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(z.Close)
		r = z
	case ".gz":
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// A truth is a genome of a truth table.
type truth struct {
	name    string
	subs    []distance.Substitution
	unknown []genome.Region
}

// readTruth calls f with the rows of a truth table; f keeps nothing.
func readTruth(t testing.TB, name string, f func(i int, g *truth)) {
	t.Helper()
	lines := bufio.NewScanner(data(t, name))
	lines.Buffer(nil, 1<<20)
	var columns []string
	var g truth
	for i := -1; lines.Scan(); i++ {
		if i < 0 {
			columns = strings.Split(lines.Text(), "\t")
			continue
		}
		g.subs, g.unknown = g.subs[:0], g.unknown[:0]
		for k, v := range strings.Split(lines.Text(), "\t") {
			switch {
			case columns[k] == "name" || columns[k] == "seqName":
				g.name = v
			case v == "":
			case columns[k] == "alignmentStart" && v != "0":
				g.addUnknown(t, "1-"+v)
			case columns[k] == "alignmentEnd":
				if end, err := strconv.Atoi(v); err == nil && end < sarsLength {
					g.unknown = append(g.unknown, genome.Region{Lo: end, Hi: sarsLength})
				}
			case columns[k] == "nonACGTNs":
				for x := range strings.SplitSeq(v, ",") {
					g.addUnknown(t, x[2:]) // R:123
				}
			case columns[k] == "substitutions":
				g.addSubstitutions(t, v)
			case columns[k] == "deletions" || columns[k] == "missing":
				g.addUnknown(t, v)
			}
		}
		f(i, &g)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func (g *truth) addSubstitutions(t testing.TB, list string) {
	for v := range strings.SplitSeq(list, ",") {
		pos, err := strconv.Atoi(v[1 : len(v)-1])
		if err != nil {
			t.Fatal(err)
		}
		g.subs = append(g.subs, distance.Substitution{Pos: int32(pos - 1), Alt: v[len(v)-1]})
	}
}

func (g *truth) addUnknown(t testing.TB, list string) {
	for v := range strings.SplitSeq(list, ",") {
		first, last, two := strings.Cut(v, "-")
		if !two {
			last = first
		}
		lo, err1 := strconv.Atoi(first)
		hi, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		// One of Nextclade 0.14.4's rows has an N at 29904.
		g.unknown = append(g.unknown, genome.Region{Lo: min(lo-1, sarsLength), Hi: min(hi, sarsLength)})
	}
}

// row returns the genome as a row of an alignment.
func (g *truth) row(reference []byte) []byte {
	r := bytes.Clone(reference)
	for _, s := range g.subs {
		r[s.Pos] = s.Alt
	}
	for i, u := range g.unknown {
		copy(r[u.Lo:u.Hi], bytes.Repeat([]byte{"Nn-R"[i%4]}, u.Len()))
	}
	return r
}

// truthSet prepares the first n genomes of a table. Dropouts of them in a
// hundred don't tell a stretch of 400 to 10,000 letters more.
func truthSet(t testing.TB, name string, n, dropouts int, o distance.Options) *distance.Set {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	b, err := distance.NewBuilder(sarsLength, o)
	if err != nil {
		t.Fatal(err)
	}
	readTruth(t, name, func(i int, g *truth) {
		if i < n {
			if random.IntN(100) < dropouts {
				lo, long := random.IntN(sarsLength-10000), 400+random.IntN(9600)
				g.unknown = append(g.unknown, genome.Region{Lo: lo, Hi: lo + long})
			}
			if err := b.Add(g.subs, g.unknown); err != nil {
				t.Fatal(g.name, err)
			}
		}
	})
	s, err := b.Set()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reference returns the letters of the reference.
func reference(t testing.TB) []byte {
	t.Helper()
	all, err := io.ReadAll(data(t, referenceFile))
	if err != nil {
		t.Fatal(err)
	}
	_, seq, _ := bytes.Cut(all, []byte("\n"))
	seq = bytes.ReplaceAll(seq, []byte("\n"), nil)
	if len(seq) != sarsLength {
		t.Fatalf("the reference has %d letters", len(seq))
	}
	return seq
}

// sampled says whether genome i is one of about n of total, drawn by its
// number.
func sampled(i, n, total int) bool {
	return rand.New(rand.NewPCG(uint64(i), 7)).IntN(total) < n
}
