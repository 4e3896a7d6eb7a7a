package guide

import (
	"slices"
	"testing"

	"okazaki"
)

// Each column of each table has a kind, once; in formats other than text NA is
// then not known.
func TestColumnsAreDeclared(t *testing.T) {
	names := slices.Concat(hitColumns, variantColumns, primerColumns, pairColumns())
	for _, c := range columns {
		names = append(names, c.name)
	}
	for _, name := range names {
		var of []okazaki.Column
		for _, c := range columnKinds {
			if c.Name == name {
				of = append(of, c)
			}
		}
		if len(of) != 1 || of[0].Kind == okazaki.StringParam && !of[0].NA {
			t.Errorf("%s is declared as %+v", name, of)
		}
	}
}
