package pgx

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// write makes a VCF file with every position of the gene: those that gts names,
// by rs number, with ALT and genotype as "T 0|1", those whose genotype is ""
// not at all, and the others as rest.
func write(g *Gene, rest string, gts map[string]string) []byte {
	var b bytes.Buffer
	b.WriteString("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n")
	for x, p := range g.Positions {
		gt, ok := gts[g.label(x)]
		alts := p.Alts
		switch {
		case ok && gt == "":
			continue
		case !ok:
			gt = rest
		case strings.Contains(gt, " "):
			alt, value, _ := strings.Cut(gt, " ")
			alts, gt = []string{alt}, value
		}
		format := "GT"
		if strings.Contains(gt, ":") {
			format = "GT:PS"
		}
		fmt.Fprintf(&b, "%s\t%d\t%s\t%s\t%s\t.\tPASS\t.\t%s\t%s\n", g.Chromosome, p.Pos+1, cmpOr(p.RSID, "."), p.Ref, strings.Join(alts, ","), format, gt)
	}
	return b.Bytes()
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// TestRules checks the rules that no case shows, most as PharmCAT's DpydTest,
// NamedAlleleMatcherTest and PipelineTest expect them.
func TestRules(t *testing.T) {
	d := release(t)
	type gts = map[string]string
	for _, c := range []struct {
		name, gene, rest string
		gts              gts
		o                Options
		want             string // diplotypes with " | " between
		phenotype, score string
		note             string // that some note begins with; "" wants none of interest
	}{
		{"one heterozygous position", "DPYD", "0/0", gts{"rs80081766": "0/1"}, Options{}, "Reference/c.62G>A", "Normal Metabolizer", "2.0", ""},
		{"phased alleles of one strand", "DPYD", "0|0", gts{"rs80081766": "0|1", "rs114096998": "0|1"}, Options{}, "Reference/[c.62G>A + c.3067C>A]", "Normal Metabolizer", "2.0", "phenotype of the least functional alleles, Reference/c.62G>A"},
		{"phased alleles of two strands", "DPYD", "0|0", gts{"rs80081766": "1|0", "rs114096998": "0|1"}, Options{}, "c.62G>A/c.3067C>A", "Normal Metabolizer", "2.0", ""},
		{"both on both strands", "DPYD", "0/0", gts{"rs80081766": "1/1", "rs114096998": "1/1"}, Options{}, "[c.62G>A + c.3067C>A]/[c.62G>A + c.3067C>A]", "Normal Metabolizer", "2.0", "phenotype of"},
		{"HapB3 on top of others", "DPYD", "0|0", gts{"rs75017182": "0|1", "rs56038477": "0|1", "rs80081766": "1|1", "rs114096998": "1|1"}, Options{},
			"[c.62G>A + c.3067C>A]/[c.62G>A + c.1129-5923C>G, c.1236G>A (HapB3) + c.3067C>A]", "Intermediate Metabolizer", "1.5", "phenotype of"},
		{"unphased HapB3", "DPYD", "0/0", gts{"rs75017182": "0/1", "rs56038477": "0/1"}, Options{}, "Reference/c.1129-5923C>G, c.1236G>A (HapB3)", "Intermediate Metabolizer", "1.5", ""},
		{"HapB3 twice", "DPYD", "0/0", gts{"rs75017182": "1/1", "rs56038477": "1/1"}, Options{}, "c.1129-5923C>G, c.1236G>A (HapB3)/c.1129-5923C>G, c.1236G>A (HapB3)", "Intermediate Metabolizer", "1.0", ""},
		{"HapB3's intron alone", "DPYD", "0/0", gts{"rs75017182": "0/1", "rs56038477": "0/0"}, Options{}, "Reference/c.1129-5923C>G", "Intermediate Metabolizer", "1.5", ""},
		{"HapB3's exon without its intron", "DPYD", "0/0", gts{"rs75017182": "0/0", "rs56038477": "0/1"}, Options{}, "Reference/Reference", "Normal Metabolizer", "2.0", "the exonic variant of HapB3"},
		{"HapB3's exon, the intron missing", "DPYD", "0/0", gts{"rs75017182": "", "rs56038477": "0/1"}, Options{}, "Reference/c.1129-5923C>G, c.1236G>A (HapB3)", "Intermediate Metabolizer", "1.5", "HapB3 is told from"},
		{"lowest function of unphased alleles", "DPYD", "0/0", gts{"rs72547601": "1/1", "rs67376798": "0/1", "rs60139309": "0/1"}, Options{}, "c.2933A>G/c.2933A>G", "Poor Metabolizer", "0.0", "unphased alleles c.2582A>G; c.2846A>T; c.2933A>G; c.2933A>G"},
		{"effectively phased", "DPYD", "0/0", gts{"rs61622928": "1/1", "rs1801159": "1/1", "rs1801265": "0/1"}, Options{}, "[c.1218G>A + c.1627A>G (*5)]/[c.85T>C (*9A) + c.1218G>A + c.1627A>G (*5)]", "Normal Metabolizer", "2.0", "phenotype of"},
		{"half a genotype of many", "DPYD", "0/0", gts{"rs80081766": "./1"}, Options{}, "", "", "", "no alleles explain both strands"},
		{"half a genotype among unphased ones", "DPYD", "0/0", gts{"rs80081766": "./1", "rs56038477": "0/1"}, Options{}, "", "", "", "no alleles explain both strands"},
		{"a base of no allele", "DPYD", "0/0", gts{"rs80081766": "A 0/1"}, Options{}, "Reference/Reference", "Normal Metabolizer", "2.0", "chr1:97883352 A is in no allele's definition (T), taken for the reference"},
		{"a base of no allele, elsewhere", "CYP2C19", "0/0", gts{"rs3758581": "1/1", "rs4244285": "T 0/1"}, Options{}, "", "", "", "chr10:94781859 T is in no allele's definition (A)"},
		{"phase decides", "CYP2C19", "0|0", gts{"rs12248560": "0|1", "rs28399504": "0|1", "rs3758581": "1|1"}, Options{}, "*1/*4", "Intermediate Metabolizer", "", ""},
		{"phase decides otherwise", "CYP2C19", "0|0", gts{"rs12248560": "1|0", "rs28399504": "0|1", "rs3758581": "1|1"}, Options{}, "*4/*17", "Intermediate Metabolizer", "", ""},
		{"unphased: the longest wins", "UGT1A1", "0/0", gts{"rs887829": "0/1", "rs3064744": "CATAT 0/1"}, Options{}, "*1/*80+*28", "Intermediate Metabolizer", "", ""},
		{"one phase set", "UGT1A1", "0/0", gts{"rs887829": "0|1:77", "rs3064744": "CATAT 1|0:77"}, Options{}, "*28/*80", "Indeterminate", "", ""},
		{"phase sets say nothing of each other", "UGT1A1", "0/0", gts{"rs887829": "0|1:77", "rs3064744": "CATAT 1|0:99"}, Options{}, "*1/*80+*28", "Intermediate Metabolizer", "", ""},
		{"combinations obey phase sets", "CYP2B6", "0|0", gts{"rs34883432": "0|1:1", "rs8192709": "0|1:1", "rs35773040": "0|1:2", "rs3745274": "0|1:3"}, Options{Combinations: true},
			"*1/[*9 + *10 + *14] | *9/[*10 + *14] | *10/[*9 + *14] | *14/[*9 + *10]", "", "", ""},
		{"a combination twice", "CYP2B6", "0/0", gts{"rs8192709": "1/1", "rs3211371": "T 1/1"}, Options{Combinations: true}, "[*2 + *5]/[*2 + *5]", "", "", ""},
		{"a shell allele with a position missing", "CYP2B6", "0/0", gts{"rs35773040": "0/1", "rs3745274": "1/1", "rs2279343": "1/1", "rs12721655": ""}, Options{Combinations: true},
			"*6/[*6 + *14] | *6/[*13 + *14] | *13/[*6 + *14] | *13/[*13 + *14]", "", "", ""},
		{"half a genotype", "CYP2B6", "0/0", gts{"rs8192709": "./1"}, Options{}, "", "", "", "chr19:40991369 only one allele is called"},
		{"half a genotype, combined", "CYP2B6", "0/0", gts{"rs8192709": "./1"}, Options{Combinations: true}, "*2/g.40991369?", "", "", "chr19:40991369 only one allele"},
		{"half a reference", "CYP2B6", "0/0", gts{"rs8192709": "./0"}, Options{}, "*1/*1", "Normal Metabolizer", "", "chr19:40991369 left out: one allele"},
		{"one strand", "G6PD", "0", nil, Options{}, "B (reference)", "", "", ""},
		{"one strand, variant", "G6PD", "0", gts{"rs5030868": "1"}, Options{}, "Mediterranean, Dallas, Panama, Sassari, Cagliari, Birmingham", "", "", ""},
		{"one strand and two", "G6PD", "0", gts{"rs5030868": "0/1"}, Options{}, "", "", "", "one strand at some positions"},
		{"a required position is missing", "NAT2", "0/0", gts{"rs1801279": ""}, Options{}, "", "", "", "not called without rs1801279"},
		{"priorities decide", "NAT2", "0/0", gts{"rs1799930": "0/1", "rs1208": "0/1", "rs1799931": "0/1"}, Options{}, "*7/*34", "Poor Metabolizer", "", "of the unphased *6/*40, *7/*34 the most frequent"},
		{"CYP2D6 isn't called", "CYP2D6", "0/0", nil, Options{}, "", "", "", "not called: copy numbers"},
		{"nothing but no calls", "VKORC1", "./.", nil, Options{}, "", "", "", "chr16:31096368 left out: no call"},
	} {
		g := d.gene(c.gene)
		rows := callText(t, d, write(g, c.rest, c.gts), c.o)
		var got []string
		var notes []string
		for _, r := range rows {
			if r.Gene == c.gene {
				if r.Diplotype != "" {
					got = append(got, r.Diplotype)
				}
				notes = r.Notes
			}
		}
		if s := strings.Join(got, " | "); s != c.want {
			t.Errorf("%s: %s, want %s (%q)", c.name, s, c.want, notes)
			continue
		}
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Gene == c.gene })
		if r := rows[i]; r.Phenotype != c.phenotype || r.ActivityScore != c.score {
			t.Errorf("%s: %q %q, want %q %q", c.name, r.Phenotype, r.ActivityScore, c.phenotype, c.score)
		}
		notes = slices.DeleteFunc(notes, func(n string) bool { return strings.HasPrefix(n, "the definitions have no phenotypes") })
		if c.note == "" && len(notes) > 0 || c.note != "" && !slices.ContainsFunc(notes, func(n string) bool { return strings.HasPrefix(n, c.note) }) {
			t.Errorf("%s: notes %q, want %q", c.name, notes, c.note)
		}
	}
}
