package composition

import (
	"strings"

	"okazaki"
)

// columns are the columns of composition.tsv and summary.tsv.
var columns = func() []okazaki.Column {
	list := []okazaki.Column{
		{Name: "start", Kind: okazaki.IntParam, Unit: "bases, from 0"},
		{Name: "end", Kind: okazaki.IntParam, Unit: "bases, from 0, the first that is not of the window"},
		{Name: "length", Kind: okazaki.IntParam, Unit: "bases"},
		{Name: "gc", Kind: okazaki.FloatParam, Unit: "share of bases"},
		{Name: "gc_skew", Kind: okazaki.FloatParam, Unit: "share of G and C"},
		{Name: "entropy", Kind: okazaki.FloatParam, Unit: "bits"},
		{Name: "divergence", Kind: okazaki.FloatParam, Unit: "bits"},
		{Name: "N", Kind: okazaki.IntParam, Unit: "bases"},
		{Name: "other", Kind: okazaki.IntParam, Unit: "bases"},
	}
	for _, a := range strings.Split("A C G T", " ") {
		list = append(list, okazaki.Column{Name: a, Kind: okazaki.IntParam, Unit: "bases"})
		for _, b := range strings.Split("A C G T", " ") {
			list = append(list, okazaki.Column{Name: a + b, Kind: okazaki.IntParam, Unit: "k-mers"})
			for _, c := range strings.Split("A C G T", " ") {
				list = append(list, okazaki.Column{Name: a + b + c, Kind: okazaki.IntParam, Unit: "k-mers"})
			}
		}
	}
	return list
}()
