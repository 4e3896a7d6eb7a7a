package guide

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/genome"
)

// TestATargetIsItsOwnSiteOnlyWhereItMaps searches guides of sequences that have
// a perfect copy in the genome, by scan and by index.
func TestATargetIsItsOwnSiteOnlyWhereItMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	draw := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ACGT"[r.IntN(4)]
		}
		return b
	}
	site := []byte("CATCATTACTCATACTTCACTGG")
	host, ring := draw(400), draw(300)
	copy(host[200:], site)
	copy(ring[285:], site[:15])
	copy(ring, site[15:])
	transgene := draw(120)
	copy(transgene[60:], site)
	changed := func(b []byte, at ...int) []byte {
		b = bytes.Clone(b)
		for _, i := range at {
			b[i] = map[byte]byte{'A': 'T', 'T': 'A', 'C': 'A', 'G': 'A'}[b[i]]
		}
		return b
	}
	around := host[100:350]
	for name, c := range map[string]struct {
		target    []byte
		own, offs string
	}{
		"transgene":                           {transgene, "none", "2"},
		"stretch of the host":                 {around, "mapped", "1"},
		"its other strand":                    {genome.AppendReverseComplement(nil, around), "mapped", "1"},
		"another strain":                      {changed(around, 3, 6, 20, 30, 40, 60, 90, 150, 160, 180, 220, 240), "mapped", "1"},
		"a relative":                          {changed(around, 3, 6, 20, 30, 40, 60, 90, 150, 160, 180, 220, 230, 240), "none", "2"},
		"host with a tag":                     {append(bytes.Clone(around), transgene[:24]...), "none", "2"},
		"host beyond its end":                 {append(draw(10), host...), "none", "2"},
		"lower case":                          {bytes.ToLower(around), "mapped", "1"},
		"the host, the whole of it":           {host, "mapped", "1"},
		"a ring across its origin":            {append(bytes.Clone(ring[260:]), ring[:30]...), "mapped", "1"},
		"a stretch with a base too few":       {append(bytes.Clone(around[:40]), around[41:]...), "none", "2"},
		"a piece of a cDNA from its two ends": {append(bytes.Clone(host[:50]), around[50:]...), "none", "2"},
	} {
		fasta := fmt.Sprintf(">host\n%s\n>ring\n%s\n", host, ring)
		ask := func(params string, genome analysistest.Input) map[string]string {
			out := analysistest.Answer(t, Analysis, params, []analysistest.Input{genome, {Role: "target", Name: "t.fa", Bytes: []byte(">t\n" + string(c.target) + "\n")}}, 0)
			for _, row := range answerRows(out["guides.tsv"]) {
				if strings.HasPrefix(string(site), row["guide"]) {
					return row
				}
			}
			t.Fatalf("%s: %s", name, out["guides.tsv"])
			return nil
		}
		pam, _ := NewPAM("NGG", false)
		b, err := NewBuilder(pam, 20)
		var index bytes.Buffer
		for _, err := range []error{err, b.Add("host", host, false), b.Add("ring", ring, true), b.Write(context.Background(), &index)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		scanned := ask(`{"circular": "ring", "like": "cas-offinder"}`, analysistest.Input{Role: "genome", Name: "g.fa", Bytes: []byte(fasta)})
		indexed := ask(`{"like": "cas-offinder"}`, analysistest.Input{Role: "index", Name: "g.okx", Bytes: index.Bytes()})
		if fmt.Sprint(scanned) != fmt.Sprint(indexed) {
			t.Errorf("%s: a scan says %v, an index %v", name, scanned, indexed)
		}
		if scanned["own_site"] != c.own || scanned["off_targets"] != c.offs || scanned["by_mismatches"][:2] != c.offs+"," {
			t.Errorf("%s: own site %s, %s off-targets (%s); want %s, %s", name, scanned["own_site"], scanned["off_targets"], scanned["by_mismatches"], c.own, c.offs)
		}
		if want := map[string]string{"1": "0.500000", "2": "0.333333"}[c.offs]; scanned["cfd_specificity"] != want || scanned["pam"] != "TGG" {
			t.Errorf("%s: CFD specificity %s, PAM %s", name, scanned["cfd_specificity"], scanned["pam"])
		}
	}
}
