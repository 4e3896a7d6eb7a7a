package rank

import (
	"encoding/hex"
	"errors"
	"testing"

	"okazaki/format/wire"
)

// TestTheBytesOfCandidatesStay: a job that was begun by an earlier okazaki goes
// on.
func TestTheBytesOfCandidatesStay(t *testing.T) {
	c := &Candidate{Gene: "ENSG1", ID: "1:20 A>C", Key: 1 << 30, ClinVar: ClinVar{ClinVarPathogenic, 2}, From: 2, Haplotype: 1, Set: 70_000, Recessive: true}
	const want = "05454e53473108313a323020413e43808080800407020201f1a2040101470000000000000000"
	b := (&Candidate{Gene: "G", Set: -1}).Append(c.Append(nil))
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("candidates are %s", got)
	}
	r := wire.From(b)
	var again Candidate
	if again.read(&r); again != *c {
		t.Errorf("a candidate is read as %+v", again)
	}
	whole := len(c.Append(nil))
	for n := range b {
		if _, err := Pair(b[:n]); (err == nil) != (n == 0 || n == whole) || err != nil && !errors.Is(err, errCandidates) {
			t.Errorf("%d bytes of candidates: %v", n, err)
		}
	}
}
