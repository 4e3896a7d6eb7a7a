package rank_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/rank"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

// molecular are ClinVar's words for consequences.
var molecular = map[string]consequence.Term{
	"missense_variant": consequence.Missense, "nonsense": consequence.StopGained, "frameshift_variant": consequence.Frameshift, "synonymous_variant": consequence.Synonymous,
	"splice_donor_variant": consequence.SpliceDonor, "splice_acceptor_variant": consequence.SpliceAcceptor, "intron_variant": consequence.Intron,
	"5_prime_UTR_variant": consequence.UTR5, "3_prime_UTR_variant": consequence.UTR3, "inframe_deletion": consequence.InframeDeletion, "inframe_insertion": consequence.InframeInsertion,
	"inframe_indel": consequence.ProteinAltering, "initiator_codon_variant": consequence.StartLost, "stop_lost": consequence.StopLost, "non-coding_transcript_variant": consequence.NonCodingTranscript,
	"genic_upstream_transcript_variant": consequence.Upstream, "genic_downstream_transcript_variant": consequence.Downstream,
}

// clinvar calls f with each record of ClinVar, and ClinVar's consequence and
// frequency.
func clinvar(t testing.TB, f func(record string, facts *rank.Facts)) {
	t.Helper()
	file, err := os.Open(filetest.Data(t, "variant/clinvar/clinvar_20260226_GRCh38_69k_subset.vcf.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		col := strings.Split(in.Text(), "\t")
		if strings.HasPrefix(col[0], "#") {
			continue
		}
		info := map[string]string{}
		for one := range strings.SplitSeq(col[7], ";") {
			k, v, _ := strings.Cut(one, "=")
			info[k] = v
		}
		symbol, _, _ := strings.Cut(info["GENEINFO"], ":")
		c := &consequence.Consequence{Transcript: &gene.Transcript{Symbol: symbol, Biotype: "protein_coding", Coding: genome.Region{Hi: 3}, Exons: []genome.Region{{Hi: 3}}}}
		for one := range strings.SplitSeq(info["MC"], ",") {
			if _, word, ok := strings.Cut(one, "|"); ok && molecular[word] > 0 {
				c.Terms |= consequence.Of(molecular[word])
			}
		}
		facts := &rank.Facts{Call: c, Frequency: rank.Frequency{Asked: true}}
		for _, key := range []string{"AF_EXAC", "AF_TGP", "AF_ESP"} {
			if v, err := strconv.ParseFloat(info[key], 64); err == nil {
				facts.Frequency.Known = true
				facts.Frequency.Max = max(facts.Frequency.Max, v)
			}
		}
		switch stars := info["CLNREVSTAT"]; stars {
		case "reviewed_by_expert_panel":
			facts.ClinVar.Stars = 3
		case "criteria_provided,_multiple_submitters,_no_conflicts":
			facts.ClinVar.Stars = 2
		}
		facts.ClinVar.Significance = rank.ParseSignificance(info["CLNSIG"])
		f(strings.Join(col[:5], " ")+" "+symbol+" "+c.Terms.String(), facts)
	}
}

const clinvarGenes = "BRCA2\nAPC\nBRCA1\nMUTYH\nTP53\nPALB2\nNPAT\nMLH1\nATM\nMSH2\nPMS2\nHPDL\n"

// TestNoVerdictIsOppositeToClinVar judges what ClinVar has with two stars or
// more. ClinVar's own classification is not looked at. The file doesn't have
// the transcripts, so that where in a protein a null variant breaks it off is
// not known. At worst each decays: that is tried too, and may be opposite only
// to what ClinVar has of the last exons, as BRCA2 K3326*.
func TestNoVerdictIsOppositeToClinVar(t *testing.T) {
	genes, err := rank.ReadGenes("genes.txt", strings.NewReader(clinvarGenes))
	if err != nil {
		t.Fatal(err)
	}
	e := rank.New(rank.Options{Genes: genes})
	for _, decays := range []bool{false, true} {
		table, n := map[string]int{}, 0
		clinvar(t, func(record string, f *rank.Facts) {
			s := f.ClinVar.Significance
			if f.ClinVar.Stars < 2 || !s.Pathogenic() && !s.Benign() {
				return
			}
			if decays {
				f.Call.CDNA, f.Call.CDS = consequence.Position{First: 1}, consequence.Position{First: 1}
				f.Call.Transcript.Exons = []genome.Region{{Hi: 1000}, {Lo: 1100, Hi: 1200}, {Lo: 1300, Hi: 1400}, {Lo: 1500, Hi: 1600}}
				f.Call.Transcript.Coding = genome.Region{Hi: 1600}
				f.Call.IntronFirst = 1
				if f.Call.Terms.Has(consequence.SpliceDonor) {
					f.Call.IntronFirst = 2
				}
			}
			v := e.Evaluate(f)
			n++
			of, with := "benign", v.Class == rank.LikelyBenign || v.Class == rank.Benign
			against := v.Class >= rank.LikelyPathogenic
			if s.Pathogenic() {
				of, with, against = "pathogenic", against, with
			}
			direction := "none"
			switch {
			case with:
				direction = "same"
			case against:
				direction = "opposite"
				report := t.Errorf
				if decays {
					report = t.Logf
				}
				report("%s, %s in ClinVar with %d stars: %v, %s", record, of, f.ClinVar.Stars, v.Class, v.AppendReasons(nil, f))
			}
			table[of+" "+direction]++
		})
		if n < 10000 {
			t.Errorf("only %d records were judged", n)
		}
		if decays && table["pathogenic same"] < table["pathogenic none"] {
			t.Errorf("most pathogenic variants are not judged so: %v", table)
		}
		t.Logf("decays %v: %v", decays, table)
	}
}
