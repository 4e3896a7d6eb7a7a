package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okazaki/analysis/guide"
)

// A simulator draws chromosomes with repeats as the human genome has them:
// short ones of 300 bases (a tenth of it, 12 % diverged) and long ones of
// 6,000 (a sixth, 15 % diverged), at 41 % of G and C.
type simulator struct {
	r           *rand.Rand
	short, long [][]byte
}

func newSimulator(seed uint64) *simulator {
	s := &simulator{r: rand.New(rand.NewPCG(seed, 1))}
	for range 4 {
		s.short = append(s.short, s.draw(300))
	}
	for range 20 {
		s.long = append(s.long, s.draw(6000))
	}
	return s
}

func (s *simulator) draw(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 8 {
		v := s.r.Uint64()
		for j := i; j < min(i+8, n); j++ {
			b[j] = "AAAAAAAAATTTTTTTTTTCCCCCCGGGGGGG"[v&31]
			v >>= 8
		}
	}
	return b
}

// chromosome returns n bases, overwritten in part by repeats.
func (s *simulator) chromosome(n int) []byte {
	b := s.draw(n)
	lay := func(families [][]byte, share, diverged float64) {
		size := len(families[0])
		for range int(share * float64(n) / float64(size)) {
			at := s.r.IntN(n - size)
			copy(b[at:], families[s.r.IntN(len(families))])
			for range int(diverged * float64(size)) {
				b[at+s.r.IntN(size)] = "ACGT"[s.r.IntN(4)]
			}
		}
	}
	lay(s.long, 0.17, 0.15)
	lay(s.short, 0.10, 0.12)
	return b
}

// BenchmarkGuideHuman measures a simulated genome of the size of the human. It
// takes minutes, 8 GB of memory and 5 GB of disk, and runs only if
// OKAZAKI_HUMAN is the megabases to simulate, such as 3100.
func BenchmarkGuideHuman(b *testing.B) {
	megabases := 0
	if _, err := fmt.Sscan(os.Getenv("OKAZAKI_HUMAN"), &megabases); err != nil {
		b.Skip("to run it: set OKAZAKI_HUMAN to the megabases to simulate")
	}
	path := filepath.Join(b.TempDir(), "human.okx")
	var guides []guide.Guide
	b.Run("build", func(b *testing.B) { guides = buildHuman(b, path, megabases) })
	for _, k := range []int{3, 4} {
		b.Run(fmt.Sprintf("k%d", k), func(b *testing.B) { benchHuman(b, path, guides, k) })
	}
}

// buildHuman makes the index and returns guides of each chromosome.
func buildHuman(b *testing.B, path string, megabases int) (guides []guide.Guide) {
	for b.Loop() {
		builder, err := guide.NewBuilder(ngg, 20)
		if err != nil {
			b.Fatal(err)
		}
		s := newSimulator(1)
		began, drawn := cpu(), time.Duration(0)
		for done := 0; done < megabases; done += 125 {
			before := cpu()
			letters := s.chromosome(min(125, megabases-done) * 1_000_000)
			drawn += cpu() - before
			if err := builder.Add(fmt.Sprintf("chr%d", 1+done/125), letters, false); err != nil {
				b.Fatal(err)
			}
			guides = append(guides, drawGuides(s.r, letters, 8)...)
		}
		f, err := os.Create(path)
		if err == nil {
			err = builder.Write(context.Background(), f)
		}
		if err != nil {
			b.Fatal(err)
		}
		info, err := f.Stat()
		if err = errors.Join(err, f.Close()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((cpu() - began - drawn).Seconds(), "cpu-s")
		b.ReportMetric(peak(), "peak-GB")
		b.ReportMetric(float64(info.Size())/1e9, "GB")
		b.ReportMetric(float64(builder.Sites())/1e6, "Msites")
	}
	return guides
}

func benchHuman(b *testing.B, path string, guides []guide.Guide, k int) {
	f, err := openIndex(b, path).Finder(ngg, guide.Allowance{Mismatches: k})
	if err != nil {
		b.Fatal(err)
	}
	for i := range guides { // the file's pages come from the disk once
		if err := f.Find(&guides[i], func(guide.OffTarget) {}); err != nil {
			b.Fatal(err)
		}
	}
	hits := 0
	began := cpu()
	for b.Loop() {
		for i := range guides {
			if err := f.Find(&guides[i], func(guide.OffTarget) { hits++ }); err != nil {
				b.Fatal(err)
			}
		}
	}
	n := float64(b.N * len(guides))
	b.ReportMetric((cpu()-began).Seconds()*1000/n, "cpu-ms/guide")
	b.ReportMetric(float64(hits)/n, "hits/guide")
}

// drawGuides are protospacers beside NGG.
func drawGuides(r *rand.Rand, letters []byte, n int) (guides []guide.Guide) {
	for len(guides) < n {
		at := r.IntN(len(letters) - 23)
		if letters[at+21] != 'G' || letters[at+22] != 'G' {
			continue
		}
		if g, err := guide.NewGuide("", string(letters[at:at+20]), false); err == nil {
			guides = append(guides, g)
		}
	}
	return guides
}

// peak is the most memory that this process has held, GB; 0 where it isn't known.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		kb := 0
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			return float64(kb) / 1e6
		}
	}
	return 0
}
