package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"okazaki/analysis/virus/sorting"
	"okazaki/internal/filetest"
	"okazaki/store/s3/s3test"
)

// realGenomes is a file of 418 real genomes.
func realGenomes(t *testing.T) string {
	t.Helper()
	return filetest.Data(t, "virus/sars2/ncov/example_sequences.fasta.gz")
}

// askVirus runs the command and returns the hash of its mutations.tsv.
func askVirus(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	p := start(t, dir, append([]string{"virus", "-q", "-o", "out"}, args...)...)
	if code := p.exit(); code != 0 {
		t.Fatalf("okazaki %v: exit code %d: %s", args, code, &p.stderr)
	}
	return fileDigest(t, filepath.Join(dir, "out", "mutations.tsv"))
}

func fileDigest(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestRealGenomesCutAnyWay(t *testing.T) {
	genomes := realGenomes(t)
	want := askVirus(t, "--store", "mem:", genomes)
	stores := map[string]string{
		"mem": "mem:",
		"dir": "dir:" + t.TempDir() + "?sync=no",
		"s3":  s3test.URL(s3test.Versity(t), "genomes"),
	}
	for name, url := range stores {
		for _, span := range []string{"1", "7", "100", "0"} {
			t.Run(name+"/"+span, func(t *testing.T) {
				if got := askVirus(t, "--store", url, "--span", span, "--workers", "4", genomes); got != want {
					t.Errorf("sha256 %s, and %s uncut", got, want)
				}
			})
		}
	}
}

// Four workers in processes of their own, of which one is killed and another
// started all the while, give the bytes of the plain run.
func TestRealGenomesAndKilledWorkers(t *testing.T) {
	genomes := realGenomes(t)
	want := askVirus(t, "--store", "mem:", genomes)
	for name, url := range map[string]string{
		"dir": "dir:" + t.TempDir(),
		"s3":  s3test.URL(s3test.Versity(t), "killed"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			submitter := start(t, dir, "virus", "-q", "--store", url, "--workers", "0", "--span", "1", "--turn", "1s", "-o", "out", genomes)
			worker := func() *process { return start(t, dir, "worker", "--store", url, "--workers", "1", "-q") }
			workers := []*process{worker(), worker(), worker(), worker()}
			kills := 0
			for ended := false; !ended; {
				select {
				case <-submitter.done:
					ended = true
				case <-time.After(250 * time.Millisecond):
					if kills < 12 {
						w := &workers[kills%len(workers)]
						(*w).kill()
						*w = worker()
						kills++
					}
				}
			}
			if code := submitter.exit(); code != 0 {
				t.Fatalf("exit code %d after %d kills: %s", code, kills, &submitter.stderr)
			}
			if got := fileDigest(t, filepath.Join(dir, "out", "mutations.tsv")); got != want {
				t.Errorf("sha256 %s after %d kills, and %s uncut", got, kills, want)
			}
			t.Logf("%d kills", kills)
		})
	}
}

func TestFileNamesOfSortedRecords(t *testing.T) {
	j := &sortJob{sorter: &sorting.Sorter{Names: []string{"X", "x", "a/b", "a:b", "Unsorted", "..", "x-2"}}}
	j.nameFiles()
	want := []string{"sorted.tsv", "X.fasta", "x-2.fasta", "a_b.fasta", "a_b-2.fasta", "Unsorted-2.fasta", "_.fasta", "x-2-2.fasta", "unsorted.fasta"}
	if !slices.Equal(j.names, want) {
		t.Errorf("%q", j.names)
	}
}
