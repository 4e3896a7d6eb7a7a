package genome_test

import (
	"testing"

	"okazaki/genome"
)

func TestContigsAreFoundInAnySpelling(t *testing.T) {
	for _, c := range []struct {
		genome []string
		name   string
		want   string // "" for none
	}{
		{[]string{"chrXV", "chrM"}, "XV", "chrXV"},
		{[]string{"XV", "MT"}, "chrXV", "XV"},
		{[]string{"XV", "MT"}, "chrM", "MT"},
		{[]string{"XV", "Mito"}, "chrM", "Mito"},
		{[]string{"1", "2"}, "NC_000001.11", "1"},
		{[]string{"NC_000001.11", "NC_000023.11"}, "chrX", "NC_000023.11"},
		{[]string{"NC_000001.11"}, "NC_000001.10", ""},
		{[]string{"chr1", "KI270706.1"}, "chr1_KI270706v1_random", "KI270706.1"},
		{[]string{"chr1", "1"}, "1", "1"},
		{[]string{"chr1", "1"}, "Chr1", ""},
		{[]string{"chr1"}, "chr11", ""},
	} {
		i, ok := genome.NewContigNames(c.genome).Find(c.name)
		if ok && genome.PlainContig(c.name) != genome.PlainContig(c.want) {
			t.Errorf("%s and %s are plainly %s and %s", c.name, c.want, genome.PlainContig(c.name), genome.PlainContig(c.want))
		}
		if got := map[bool]string{true: c.genome[i]}[ok]; got != c.want {
			t.Errorf("%s in %v is %q, not %q", c.name, c.genome, got, c.want)
		}
	}
}
