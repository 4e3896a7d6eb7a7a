package distance

import (
	"encoding/hex"
	"testing"
)

// TestTheBytesOfPartsStay: a job that was begun by an earlier okazaki goes on.
func TestTheBytesOfPartsStay(t *testing.T) {
	p := &part{
		head:   head{digest: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, genomes: 70_000, groups: 5, tile: 2, nearest: 3, cluster: Off},
		counts: []uint64{1, 0, 1 << 40, 0},
		links:  []link{{2, 1}, {300, 4}},
		blocks: []neighbours{
			{block: 0, keys: []key{newKey(0, 7), newKey(0, 9), newKey(200, 1), newKey(5, 69_999)}, end: []uint32{3, 4}},
			{block: 2, end: []uint32{0}},
		},
	}
	const want = "6f6b64697374010102030405060708f0a20405020300030100808080808020020201a902a80202000300070001c801010105efa2040100"
	b := p.encode()
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("a part is %s", got)
	}
	if again, err := decode(b); err != nil || hex.EncodeToString(again.encode()) != want {
		t.Errorf("%v, a part is read as %+v", err, again)
	}
	for n := range b {
		if _, err := decode(b[:n]); err == nil {
			t.Errorf("%d bytes of %d are read as a part", n, len(b))
		}
	}
}
