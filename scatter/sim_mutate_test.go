package scatter

import "testing"

// mutateMissing is the value that a mutant finds for a key that is not there.
func (s *sim) mutateMissing(key string) []byte {
	if kindOf(key) != 'v' {
		return nil
	}
	switch s.mutant {
	case "children as keys of their own":
		// The children are there as soon as someone proposes them.
		for _, a := range s.actors {
			if a.turn != nil && a.effect.Op == OpCreate && a.effect.Key == key {
				return a.effect.Value
			}
		}
		for _, w := range s.store.late {
			if w.key == key {
				return w.value
			}
		}
	}
	return nil
}

// TestMutantStores proves that the simulator would see a store that breaks its
// promises.
func TestMutantStores(t *testing.T) {
	for _, mutant := range []string{
		"plain write for the verdict",
		"children as keys of their own",
		"attempts that expire",
		"torn records that stay",
		"exists is believed won",
	} {
		t.Run(mutant, func(t *testing.T) {
			for seed := uint64(1); seed <= 3000; seed++ {
				if _, err := simulate(t, seed, mutant); err != nil {
					t.Logf("caught by seed %d: %v", seed, err)
					return
				}
			}
			t.Error("no seed catches it")
		})
	}
}
