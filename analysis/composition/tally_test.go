package composition

import (
	"encoding/hex"
	"testing"
)

// TestTheBytesOfPartsStay: a job that was begun by an earlier okazaki goes on.
func TestTheBytesOfPartsStay(t *testing.T) {
	c := &entry{contig: 300, name: "chr1", tally: newTally(2)}
	c.tally.letters = letters{1, 200, 0, 70_000, 5, 1 << 40}
	c.tally.kmers[0], c.tally.kmers[9], c.tally.kmers[15] = 1, 300, 2
	const want = "1dac02046368723101c80100f0a20405808080808020010109ac02060200"
	b := c.append(nil)
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("an entry is %s", got)
	}
	again := &entry{tally: newTally(2)}
	if err := again.parse(b[1:]); err != nil || hex.EncodeToString(again.append(nil)) != want {
		t.Errorf("%v, an entry is read as %+v", err, again)
	}
	for n := range len(b) - 1 {
		if err := (&entry{tally: newTally(2)}).parse(b[1 : n+1]); err == nil {
			t.Errorf("%d bytes of %d are read as an entry", n, len(b)-1)
		}
	}
	if err := (&entry{tally: newTally(1)}).parse(b[1:]); err == nil {
		t.Error("k-mers of 2 bases are read as k-mers of 1")
	}
}
