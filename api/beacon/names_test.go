package beacon_test

import (
	"fmt"
	"testing"

	"okazaki/api/beacon"
	"okazaki/genome"
)

// Contigs are found by any spelling of their names that is one contig's alone.
func TestContigsOfADatasetAreFoundInAnySpelling(t *testing.T) {
	d := dataset(t, "x", []byte("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"+
		"NC_000021.9\t10\t.\tA\tC\t.\t.\t.\nchrM\t10\t.\tA\tG\t.\t.\t.\nMT\t10\t.\tA\tT\t.\t.\t.\nchrUn_KI270302v1\t10\t.\tG\tC\t.\t.\t.\nchrXV\t10\t.\tG\tA\t.\t.\t.\n"))
	b, err := beacon.New(beacon.Options{Genes: func(string) []beacon.Place {
		return []beacon.Place{{Contig: "chr21", Region: genome.Region{Lo: 5, Hi: 15}}}
	}}, d)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"referenceName=21": "[21-10-A-C]", "referenceName=chr21": "[21-10-A-C]", "referenceName=NC_000021.9": "[21-10-A-C]", "geneId=x": "[21-10-A-C]",
		"referenceName=chrM": "[MT-10-A-G]", "referenceName=MT": "[MT-10-A-T]",
		"referenceName=KI270302.1": "[KI270302.1-10-G-C]", "referenceName=XV": "[XV-10-G-A]", "referenceName=XVI": "[]",
	} {
		if got := fmt.Sprint(get(t, b, query+"&requestedGranularity=record").ids()); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
	if got := fmt.Sprint(d.Renamed()); got != "[NC_000021.9 is 21 chrUn_KI270302v1 is KI270302.1 chrM is MT chrXV is XV]" {
		t.Errorf("renamed are %s", got)
	}
}
