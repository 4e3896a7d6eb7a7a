//go:build peers

package matrix_test

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"okazaki/analysis/virus/distance/matrix"
)

// TestPeer holds TSV against snp-dists, which must be installed: go test -tags
// peers.
func TestPeer(t *testing.T) {
	program, err := exec.LookPath("snp-dists")
	if err != nil {
		t.Fatal(err)
	}
	want, err := exec.Command(program, "-b", "-q", filepath.Join("testdata", "alignment.fasta")).Output()
	if err != nil {
		t.Fatal(err)
	}
	s, names := set(t)
	var got bytes.Buffer
	if err := matrix.TSV(context.Background(), &got, s, names); err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nsnp-dists has\n%s", got.String(), want)
	}
}
