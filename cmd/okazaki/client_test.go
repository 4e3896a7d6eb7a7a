package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"okazaki/analysis/virus"
	"okazaki/client"
)

// TestClientAsksTheSameJob asks a question with a command, with files of many
// parameters, and then from Go: the answer is there, in the same bytes.
func TestClientAsksTheSameJob(t *testing.T) {
	const folder = "../../analysis/virus/testdata/small/"
	store, answer := "dir:"+t.TempDir()+"?sync=no", t.TempDir()
	var errs bytes.Buffer
	args := []string{"virus", "--annotation", folder + "genes.gff3", "--reference", folder + "reference.fasta",
		"--cluster", "1", "--store", store, "--output", answer, folder + "genomes.fasta", folder + "other.fasta"}
	if code := command(t.Context(), args, nil, &bytes.Buffer{}, &errs); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	job, err := client.Submit(t.Context(), virus.Analysis, client.Inputs{
		"genomes": {folder + "genomes.fasta", folder + "other.fasta"}, "reference": {folder + "reference.fasta"}, "annotation": {folder + "genes.gff3"},
	}, client.Options{Store: store, Params: map[string]any{"cluster": 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if job.End == nil {
		t.Fatal("it is another job")
	}
	same, err := job.Answer()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := same.Folder(t.Context(), t.TempDir())
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.Join(answer, filepath.Base(path))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\n%.300s\nwant\n%.300s", filepath.Base(path), err, got, want)
		}
	}
}
