package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"okazaki/analysis/guide"
)

// benchPeer measures a command's CPU time, its children's included, for
// guides. Its error holds the command's error output.
func benchPeer(b *testing.B, guides []guide.Guide, ours float64, name string, args ...string) error {
	for b.Loop() {
		var said bytes.Buffer
		cmd := exec.Command(name, args...)
		cmd.Stderr = &said
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, said.String())
		}
		each := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds() * 1000 / float64(len(guides))
		b.ReportMetric(each, "cpu-ms/guide")
		if ours > 0 {
			b.ReportMetric(each/ours, "x-ours")
		}
	}
	return nil
}

// benchBWA needs bwa, and an index of chr20 that bwa made: its prefix is
// OKAZAKI_BWA.
func benchBWA(b *testing.B, ours float64) {
	prefix := os.Getenv("OKAZAKI_BWA")
	if _, err := exec.LookPath("bwa"); err != nil || prefix == "" {
		b.Skipf("to run it: install bwa, make an index (bwa index -p PREFIX %s) and set OKAZAKI_BWA to PREFIX", chr20)
	}
	guides := readGuides(b, "hs20_100.tsv")
	var reads bytes.Buffer
	for _, g := range guides {
		reads.WriteString(">" + g.Letters + "\n" + g.Letters + "\n")
	}
	path := filepath.Join(b.TempDir(), "guides.fa")
	if err := os.WriteFile(path, reads.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	if err := benchPeer(b, guides, ours, "bwa", "aln", "-o", "0", "-n", "4", "-k", "4", "-N", "-l", "20", prefix, path); err != nil {
		b.Fatal(err)
	}
}

// benchCasOFFinder needs cas-offinder (Bae et al. 2014, Bioinformatics 30:1473),
// 2 or 3, and an OpenCL device that is a processor. Its hits are counted, and
// must be as many as ours.
func benchCasOFFinder(b *testing.B, ours float64) {
	if _, err := exec.LookPath("cas-offinder"); err != nil {
		b.Skip("to run it: install cas-offinder, and OpenCL such as Debian's pocl-opencl-icd")
	}
	guides, dir := readGuides(b, "hs20_100.tsv"), b.TempDir()
	genome, question, answer := filepath.Join(dir, "20.fa"), filepath.Join(dir, "question"), filepath.Join(dir, "answer")
	ask := bytes.NewBufferString(genome + "\nNNNNNNNNNNNNNNNNNNNNNGG\n")
	for _, g := range guides {
		ask.WriteString(g.Letters + "NNN 4\n")
	}
	for path, content := range map[string][]byte{genome: append([]byte(">20\n"), readChr20(b)...), question: ask.Bytes()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	if err := benchPeer(b, guides, ours, "cas-offinder", question, "C", answer); err != nil {
		b.Skipf("to run it: give cas-offinder an OpenCL device: %v", err)
	}
	found, err := os.ReadFile(answer)
	if err != nil {
		b.Skipf("to run it: give cas-offinder an OpenCL device: %v", err)
	}
	const hits = 177_171 // ours, by index and scan
	n := 0
	for line := range bytes.Lines(found) {
		if line[0] != '#' {
			n++
		}
	}
	if b.ReportMetric(float64(n), "hits"); n != hits {
		b.Errorf("cas-offinder has %d hits, and we %d", n, hits)
	}
}
