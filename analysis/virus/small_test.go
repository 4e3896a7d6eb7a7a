package virus_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"okazaki/genome"
)

// update writes what TestSmallVirus compares with.
var update = flag.Bool("update", false, "make testdata/small by its rule")

// The virus of testdata/small: two genes on 1,203 letters, and genomes of it
// that show each thing a genome may do once or twice.
const (
	smallLength = 1203
	smallGenes  = `##gff-version 3
small	.	gene	91	690	.	+	.	ID=spike
small	.	CDS	91	690	.	+	0	ID=cds1;Parent=spike;Name=spike
small	.	gene	751	1110	.	-	.	ID=coat
small	.	CDS	751	1110	.	-	0	ID=cds2;Parent=coat;Name=coat
`
)

// TestSmallVirus holds testdata/small against the rule that made it.
func TestSmallVirus(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1203))
	ref := smallReference(r)
	for name, want := range map[string][]byte{
		"reference.fasta": appendFASTA(nil, "small a made-up virus", ref),
		"genes.gff3":      []byte(smallGenes),
		"genomes.fasta":   smallGenomes(r, ref),
		"other.fasta":     appendFASTA(appendFASTA(nil, "stranger/1", randomLetters(r, 1100)), "stranger/2", randomLetters(r, 900)),
	} {
		path := filepath.Join("testdata", "small", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the rule makes; make it again with -run TestSmallVirus -update", path)
		}
	}
}

func randomLetters(r *rand.Rand, n int) []byte {
	seq := make([]byte, n)
	for i := range seq {
		seq[i] = "ACGT"[r.IntN(4)]
	}
	return seq
}

// smallReference returns random letters, with a protein of codons that are no
// stop in each gene.
func smallReference(r *rand.Rand) []byte {
	ref := randomLetters(r, smallLength)
	copy(ref[90:], protein(r, 200))
	copy(ref[750:], genome.AppendReverseComplement(nil, protein(r, 120)))
	return ref
}

func protein(r *rand.Rand, codons int) []byte {
	seq := []byte("ATG")
	for len(seq) < 3*codons-3 {
		if codon := randomLetters(r, 3); !slices.Contains([]string{"TAA", "TAG", "TGA"}, string(codon)) {
			seq = append(seq, codon...)
		}
	}
	return append(seq, "TAA"...)
}

// smallGenomes returns 42 records: each a genome before it, or the reference,
// with a few substitutions, and by its number something else.
func smallGenomes(r *rand.Rand, ref []byte) []byte {
	var file []byte
	all := [][]byte{ref}
	for i := range 42 {
		seq := slices.Clone(all[r.IntN(len(all))])
		for range r.IntN(4) {
			seq[r.IntN(len(seq))] = "ACGT"[r.IntN(4)]
		}
		name := fmt.Sprintf("small/%02d", i)
		switch i {
		case 5, 31:
			seq = slices.Delete(seq, 300, 303)
		case 6:
			seq = slices.Delete(seq, 800, 801)
		case 8:
			seq = slices.Insert(seq, 420, []byte("GATTAC")...)
		case 9:
			seq = slices.Delete(seq[:1170], 0, 40)
		case 10:
			name += "|a\\b|é description\tof it"
		case 11, 32:
			copy(seq[600:], bytes.Repeat([]byte("N"), 77))
		case 13:
			copy(seq[150:], "RYKMSWBDHV")
		case 15:
			seq = bytes.ToLower(seq)
		case 16:
			seq = bytes.ReplaceAll(seq, []byte("T"), []byte("U"))
		case 17:
			seq = genome.AppendReverseComplement(nil, seq)
		case 19, 20, 40:
			seq = slices.Clone(all[i/5])
		case 22:
			seq = nil
		case 24:
			seq = bytes.Repeat([]byte("MFPLEIQ!"), 100)
		case 26:
			seq = randomLetters(r, 1000)
		case 28:
			seq = bytes.Repeat([]byte("N"), 1000)
		case 30:
			seq = slices.Insert(seq, 500, bytes.Repeat([]byte("-"), 9)...)
		}
		file = appendFASTA(file, name, seq)
		if i < 22 && i != 17 { // descendants lie the right way round
			all = append(all, seq)
		}
	}
	return file
}

func appendFASTA(dst []byte, name string, seq []byte) []byte {
	dst = append(append(append(dst, '>'), name...), '\n')
	for line := range slices.Chunk(seq, 70) {
		dst = append(append(dst, line...), '\n')
	}
	return dst
}
