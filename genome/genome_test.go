package genome_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"okazaki/genome"
)

func TestIUPACCodesAreSets(t *testing.T) {
	sets := map[byte]string{
		'A': "A", 'C': "C", 'G': "G", 'T': "T", 'U': "T", 'R': "AG", 'Y': "CT", 'S': "CG", 'W': "AT",
		'K': "GT", 'M': "AC", 'B': "CGT", 'D': "AGT", 'H': "ACT", 'V': "ACG", 'N': "ACGT",
	}
	for letter := range 256 {
		var want genome.Base
		for _, l := range sets[byte(strings.ToUpper(string(rune(letter)))[0])] {
			want |= genome.BaseOf(byte(l))
		}
		if letter > 127 {
			want = 0
		}
		if got := genome.BaseOf(byte(letter)); got != want {
			t.Errorf("%q is the set %04b, want %04b", byte(letter), got, want)
		}
	}
}

func TestComplementIsItsOwnInverse(t *testing.T) {
	for letter := range 256 {
		l := byte(letter)
		if l == 'U' || l == 'u' {
			continue // complement A, whose complement is T
		}
		if got := genome.Complement(genome.Complement(l)); got != l {
			t.Errorf("the complement of %q's complement is %q", l, got)
		}
	}
	got := genome.AppendReverseComplement(nil, []byte("AACGTNRYkmSW"))
	if want := "WSkmRYNACGTT"; string(got) != want {
		t.Errorf("reverse complement %s, want %s", got, want)
	}
}

func TestAmbiguousCodons(t *testing.T) {
	for codon, want := range map[string]byte{
		"ATG": 'M', "atg": 'M', "AUG": 'M', "TAA": '*', "TAR": '*', "TRA": '*', "ACN": 'T', "CTN": 'L', "YTA": 'L',
		"TTN": 'X', "NNN": 'X', "A-G": 'X', "MGR": 'R',
	} {
		if got := genome.Codon([]byte(codon)).AminoAcid(); got != want {
			t.Errorf("%s codes for %c, want %c", codon, got, want)
		}
	}
}

func TestPositionsAndOffsetsAgree(t *testing.T) {
	seq := []byte("ACGTACGTTGCAACGGTTAACCGGTACGATC")
	for _, c := range []genome.CDS{
		{Name: "plain", Segments: []genome.Region{{Lo: 2, Hi: 14}}},
		{Name: "slips", Segments: []genome.Region{{Lo: 2, Hi: 9}, {Lo: 8, Hi: 20}}},
		{Name: "phase", Segments: []genome.Region{{Lo: 1, Hi: 12}}, Phase: 2},
		{Name: "reverse", Segments: []genome.Region{{Lo: 20, Hi: 30}, {Lo: 3, Hi: 11}}, Reverse: true, Phase: 1},
	} {
		coding := c.AppendCoding(nil, seq)
		if len(coding) != c.Len() {
			t.Errorf("%s: %d bases, Len says %d", c.Name, len(coding), c.Len())
		}
		for i, l := range coding {
			p := c.Position(i)
			letter := seq[p]
			if c.Reverse {
				letter = genome.Complement(letter)
			}
			if letter != l {
				t.Errorf("%s: base %d is %c, position %d has %c", c.Name, i, l, p, letter)
			}
			if !bytes.Contains([]byte(fmt.Sprint(c.Offsets(nil, p))), []byte(fmt.Sprint(i))) {
				t.Errorf("%s: position %d is read at %v, not at %d", c.Name, p, c.Offsets(nil, p), i)
			}
		}
	}
}

func ExampleCDS() {
	c := genome.CDS{Name: "orf", Segments: []genome.Region{{Lo: 1, Hi: 10}}}
	fmt.Printf("%s %d\n", c.Translate([]byte("CATGGCNTAAC")), c.Codons())
	// Output: MA* 3
}
