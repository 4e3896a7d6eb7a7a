package virus_test

import (
	"testing"

	"okazaki/analysis/virus"
)

// TestCallsRebuildTheGenome holds what was called against the genome itself.
func TestCallsRebuildTheGenome(t *testing.T) {
	ref := virus.SARS2()
	caller := virus.NewCaller(ref, virus.SARS2Params())
	n := 0
	records(t, data(t, "sars2/ncov/example_sequences.fasta.gz"), func(r record) bool {
		calls := caller.Call(r.seq)
		if calls.Problem != "" || calls.Reverse {
			return true
		}
		// Letters beyond the aligned ends are in no call.
		if got := calls.AppendGenome(nil, ref); string(got) != string(r.seq) && len(got) == len(r.seq) {
			t.Errorf("%s: another genome of the same length", r.name)
		} else if string(got) == string(r.seq) {
			n++
		}
		return true
	})
	if n < 300 {
		t.Errorf("%d genomes were rebuilt", n)
	}
}
