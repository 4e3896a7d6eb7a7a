package bench

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"okazaki/internal/filetest"
)

// program builds the command, as its user runs it.
func program(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "okazaki")
	commandTime(b, installed("go"), "build", "-o", path, "okazaki/cmd/okazaki")
	return path
}

// median returns the middle one of an odd number of measurements.
func median(n int, measure func() float64) float64 {
	var all []float64
	for range n {
		all = append(all, measure())
	}
	slices.Sort(all)
	return all[n/2]
}

// worm writes a genome like ce10's: seven contigs of 100 Mb, a third of it G and
// C, an eighth of it copies of elsewhere.
func worm(b *testing.B, path string) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var to io.Writer = f
	if strings.HasSuffix(path, ".gz") {
		z := gzip.NewWriter(f)
		defer z.Close()
		to = z
	}
	w := bufio.NewWriterSize(to, 1<<20)
	defer w.Flush()
	rng := rand.New(rand.NewPCG(10, 7))
	for i, length := range []int{15_072_423, 15_279_345, 13_783_700, 17_493_793, 20_924_149, 17_718_866, 13_794} {
		seq := make([]byte, length)
		for at := range seq {
			seq[at] = "AATTCAGTATGC"[rng.IntN(12)]
		}
		for range length / 8000 {
			from, to := rng.IntN(length-1000), rng.IntN(length-1000)
			copy(seq[to:to+1000], seq[from:from+1000])
		}
		fmt.Fprintf(w, ">chr%d\n", i+1)
		for line := range slices.Chunk(seq, 60) {
			w.Write(line)
			w.WriteByte('\n')
		}
	}
}

// wormGuides writes a list of guides that chr1 of the worm has, from each step of
// its bases the next one beside NGG.
func wormGuides(b *testing.B, genome, path string, n int) {
	b.Helper()
	f, err := os.Open(genome)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var guides []string
	lines := bufio.NewScanner(f)
	for number := 0; lines.Scan() && len(guides) < n; number++ {
		line := lines.Text()
		if number%2000 < 40 && len(line) == 60 {
			if at := strings.Index(line[21:], "GG"); at >= 0 {
				guides = append(guides, line[at:at+20])
			}
		}
	}
	if len(guides) < n {
		b.Fatalf("%d guides of %d", len(guides), n)
	}
	if err := os.WriteFile(path, []byte("guide\n"+strings.Join(guides, "\n")+"\n"), 0o666); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGuideWorkers scans a genome of seven contigs with one and with two
// workers: no worker reads again what another has read. The goal is 1.1 times the
// CPU time of one.
func BenchmarkGuideWorkers(b *testing.B) {
	okazaki, dir := program(b), b.TempDir()
	list, plain := filepath.Join(dir, "guides.tsv"), filepath.Join(dir, "worm.fa")
	worm(b, plain)
	wormGuides(b, plain, list, 10)
	for _, name := range []string{"worm.fa", "worm.fa.gz"} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(dir, name)
			if path != plain {
				worm(b, path)
			}
			scan := func(workers string) float64 {
				return commandTime(b, okazaki, "guide", "-q", "--store", "mem:", "--genome", path, "--guides", list, "--workers", workers, "-o", filepath.Join(b.TempDir(), "out"))
			}
			for b.Loop() {
				var ones []float64
				ratio := median(5, func() float64 {
					one := scan("1")
					ones = append(ones, one)
					return scan("2") / one
				})
				slices.Sort(ones)
				b.ReportMetric(ones[2], "cpu-s-of-one")
				b.ReportMetric(ratio, "two/one")
			}
		})
	}
}

// BenchmarkGuideProcess looks 100 guides up in the index of a genome of 100 Mb,
// with up to 4 mismatches. The goal is 0.1 CPU seconds, once the index's digest is
// known.
func BenchmarkGuideProcess(b *testing.B) {
	okazaki, dir := program(b), b.TempDir()
	genome, list, index := filepath.Join(dir, "worm.fa"), filepath.Join(dir, "guides.tsv"), filepath.Join(dir, "worm.okx")
	worm(b, genome)
	wormGuides(b, genome, list, 100)
	commandTime(b, okazaki, "index", "guide", "-q", "-o", index, genome)
	time.Sleep(3 * time.Second) // a file that is younger is hashed each time
	for b.Loop() {
		b.ReportMetric(median(5, func() float64 {
			return commandTime(b, okazaki, "guide", "-q", "--store", "mem:", "--index", index, "--guides", list, "--k", "4", "-o", filepath.Join(b.TempDir(), "out"))
		}), "cpu-s/process")
	}
}

// BenchmarkVirusProcess calls the mutations of 43,576 genomes as a whole process,
// beside what only unpacks the file and counts its lines. The goal is 1.5 times its
// CPU time.
func BenchmarkVirusProcess(b *testing.B) {
	zstd, shell := installed("zstd"), installed("sh")
	if zstd == "" {
		b.Skip("to run it: install zstd")
	}
	genomes := filetest.Data(b, "virus/sars2/derived/sars2_mat43k.fasta.zst")
	okazaki := program(b)
	for b.Loop() {
		ratio := median(5, func() float64 {
			limit := commandTime(b, shell, "-c", `zstd -dc "$1" | wc -l`, "sh", genomes)
			return commandTime(b, okazaki, "virus", "-q", "--store", "mem:", "--only", "mutations", "-o", filepath.Join(b.TempDir(), "out"), genomes) / limit
		})
		b.ReportMetric(ratio, "times-zstd-wc")
	}
}
