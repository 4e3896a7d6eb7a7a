package bench

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	another "github.com/klauspost/compress/flate"

	"okazaki/format/inflate"
)

// BenchmarkInflate unpacks sequences on one core beside klauspost/compress: a
// chromosome, which is mostly literals and short matches, and genomes that
// are alike. compress/flate packs them in blocks as short as gzip's.
func BenchmarkInflate(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	chromosome := make([]byte, 4<<20)
	for i := range chromosome {
		if chromosome[i] = "ACGT"[r.IntN(4)]; i%81 == 80 {
			chromosome[i] = '\n'
		}
	}
	genomes := bytes.Clone(chromosome)
	for i := 30_000; i < len(genomes); i++ {
		if genomes[i] = genomes[i-30_000]; r.IntN(500) == 0 {
			genomes[i] = "ACGT"[r.IntN(4)]
		}
	}
	for _, c := range []struct {
		name  string
		plain []byte
	}{{"chromosome", chromosome}, {"genomes", genomes}} {
		for _, level := range []int{1, 6} {
			b.Run(fmt.Sprintf("%s/level=%d", c.name, level), func(b *testing.B) {
				var packed bytes.Buffer
				w, err := flate.NewWriter(&packed, level)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = w.Write(c.plain) // to memory
				_ = w.Close()
				unpack := func(open func(*bufio.Reader) io.Reader) (cpu float64) {
					before := processorTime()
					n, err := io.Copy(io.Discard, open(bufio.NewReaderSize(bytes.NewReader(packed.Bytes()), 256<<10)))
					if err != nil || n != int64(len(c.plain)) {
						b.Fatalf("%d bytes of %d: %v", n, len(c.plain), err)
					}
					return processorTime() - before
				}
				var z inflate.Reader
				peer := another.NewReader(bytes.NewReader(nil))
				var own, other float64
				for b.Loop() {
					own += unpack(func(src *bufio.Reader) io.Reader { z.Reset(src, inflate.Place{}); return &z })
					other += unpack(func(src *bufio.Reader) io.Reader {
						_ = peer.(another.Resetter).Reset(src, nil) // it never fails
						return peer
					})
				}
				mb := float64(b.N) * float64(len(c.plain)) / 1e6
				b.ReportMetric(mb/own, "MB/cpu-s")
				b.ReportMetric(mb/other, "klauspost-MB/cpu-s")
				b.ReportMetric(other/own, "times-klauspost")
			})
		}
	}
}
