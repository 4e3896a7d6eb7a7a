package guide

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"okazaki/format/fasta"
)

// chr20Path is human chr20, GRCh37, of Debian's package vt-examples.
const chr20Path = "/usr/share/doc/vt/examples/ref/20.fa.gz"

// shared is where the guides and the published scores are: the folder guide of
// the shared data.
var shared = func() string {
	if dir := os.Getenv("OKAZAKI_DATA"); dir != "" {
		return filepath.Join(dir, "guide")
	}
	return "../../../shared/data/guide"
}()

var loadChr20 = sync.OnceValues(func() (*contig, error) {
	f, err := os.Open(chr20Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for rec, err := range fasta.Scan(chr20Path, f) {
		if err != nil {
			return nil, err
		}
		return newContig(rec.Name, rec.Seq, false), nil
	}
	return nil, os.ErrNotExist
})

func chr20(t testing.TB) *contig {
	t.Helper()
	if testing.Short() {
		t.Skip("to run it: leave out -short, it reads a whole chromosome")
	}
	c, err := loadChr20()
	if err != nil {
		t.Skipf("to run it: install vt-examples, a package of Debian: %v", err)
	}
	return c
}

// queries returns the guides of a shared file.
func queries(t testing.TB, name string) []Guide {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "queries", name))
	if err != nil {
		t.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	defer f.Close()
	var guides []Guide
	for in := bufio.NewScanner(f); in.Scan(); {
		g, err := NewGuide("", strings.Split(in.Text(), "\t")[0], false)
		if err != nil {
			t.Fatal(err)
		}
		guides = append(guides, g)
	}
	return guides
}

// truth are the hits with at most k mismatches on chr20 that brute
// force, Cas-OFFinder 2.4.1 and 3.0b, GuideScan2 and CRISPRitz agree on.
var truth = []struct {
	guides, pam string
	k           int
	hits        int
}{
	{"hs20_100.tsv", "NGG", 3, 123_088},
	{"hs20_100.tsv", "NGG", 4, 177_171},
	{"hs20_100.tsv", "NGG", 5, 243_790},
	{"hs20_100.tsv", "NRG", 3, 140_938},
	{"hs20_100.tsv", "NRG", 4, 209_489},
	{"hs20_1000.tsv", "NGG", 3, 1_164_865},
	{"hs20_1000.tsv", "NGG", 4, 1_667_371},
	{"hs20_1000.tsv", "NGG", 5, 2_278_513},
}

// TestScanCountsAreThePeers scans once for the rows of the same guides and PAM.
func TestScanCountsAreThePeers(t *testing.T) {
	c := chr20(t)
	for i, row := range truth {
		if i+1 < len(truth) && truth[i+1].guides == row.guides && truth[i+1].pam == row.pam {
			continue // the next has the larger k
		}
		pam, _ := NewPAM(row.pam, false)
		s := newScanner(queries(t, row.guides), 20, pam, Allowance{Mismatches: row.k})
		var hits [MaxMismatches + 1]int // by the most mismatches
		err := s.scan(context.Background(), c.text, 0, c.Length, func(_ int, _ *site, a Alignment) {
			for k := a.Mismatches; k < len(hits); k++ {
				hits[k]++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range truth[:i+1] {
			if of.guides == row.guides && of.pam == row.pam && hits[of.k] != of.hits {
				t.Errorf("%s %s k=%d: %d hits, want %d", of.guides, of.pam, of.k, hits[of.k], of.hits)
			}
		}
	}
}

var indexChr20 = sync.OnceValues(func() (*Index, error) { return buildChr20("NRG") })

func buildChr20(patterns string) (*Index, error) {
	c, err := loadChr20()
	if err != nil {
		return nil, err
	}
	pam, err := NewPAM(patterns, false)
	if err != nil {
		return nil, err
	}
	b, err := NewBuilder(pam, 20)
	if err != nil {
		return nil, err
	}
	if err := b.Add("20", c.text.append(nil, 0, c.Length, false), false); err != nil {
		return nil, err
	}
	path := filepath.Join(os.TempDir(), "okazaki-chr20-"+patterns+".okx")
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer os.Remove(path)
	defer f.Close()
	if err := b.Write(context.Background(), f); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return OpenIndex(path, &disk{f, info.Size()})
}

type disk struct {
	*os.File
	size int64
}

func (d *disk) Size() int64 { return d.size }

func TestIndexCountsAreThePeers(t *testing.T) {
	chr20(t)
	x, err := indexChr20()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range truth {
		pam, _ := NewPAM(row.pam, false)
		s := x.searcher(pam, Allowance{Mismatches: row.k})
		n := 0
		for _, g := range queries(t, row.guides) {
			if err := s.search(&g, func(int, *site, Alignment) { n++ }); err != nil {
				t.Fatal(err)
			}
		}
		if n != row.hits {
			t.Errorf("%s %s k=%d: %d hits, want %d", row.guides, row.pam, row.k, n, row.hits)
		}
	}
}

func BenchmarkIndexChr20(b *testing.B) {
	chr20(b)
	x, err := buildChr20("NGG")
	if err != nil {
		b.Fatal(err)
	}
	pam, _ := NewPAM("NGG", false)
	for _, a := range []Allowance{{Mismatches: 3}, {Mismatches: 4}, {Mismatches: 5}, {Mismatches: 6}, {4, 1, 1, 1}} {
		b.Run(a.String(), func(b *testing.B) {
			guides := queries(b, "hs20_1000.tsv")
			if a.bulges() {
				guides = guides[:20]
			}
			s := x.searcher(pam, a)
			n := 0
			for b.Loop() {
				for i := range guides {
					_ = s.search(&guides[i], func(int, *site, Alignment) { n++ }) // it was just made
				}
			}
			each := float64(b.N * len(guides))
			b.ReportMetric(float64(n)/each, "hits/guide")
			b.ReportMetric(b.Elapsed().Seconds()*1000/each, "ms/guide")
		})
	}
}

func BenchmarkBuildChr20(b *testing.B) {
	chr20(b)
	for b.Loop() {
		x, err := buildChr20("NGG")
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(x.h.Size)/float64(x.Sites()), "B/site")
	}
}

func BenchmarkScanChr20(b *testing.B) {
	c := chr20(b)
	guides := queries(b, "hs20_10.tsv")
	pam, _ := NewPAM("NGG", false)
	for _, a := range []Allowance{{Mismatches: 4}, {Mismatches: 6}, {4, 1, 1, 1}} {
		b.Run(a.String(), func(b *testing.B) {
			for b.Loop() {
				s := newScanner(guides, 20, pam, a)
				n := 0
				_ = s.scan(context.Background(), c.text, 0, c.Length, func(int, *site, Alignment) { n++ })
				b.ReportMetric(float64(n), "hits")
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/scan")
		})
	}
}

func BenchmarkSites(b *testing.B) {
	c := chr20(b)
	pam, _ := NewPAM("NGG", false)
	l := newLister(pam, 20)
	for b.Loop() {
		n := 0
		l.each(c.text, 0, c.Length, func(*site) { n++ })
		b.ReportMetric(float64(n), "sites")
	}
}
