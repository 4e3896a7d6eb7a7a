package guide

import (
	"math"
	"testing"
)

// TestRuleSet2IsThePublished has the scores of Azimuth's own test, to nine
// decimals, and the values of Broad's GPP site, to four.
func TestRuleSet2IsThePublished(t *testing.T) {
	n := 0
	check := func(context, model, want string, got float64, ok bool, within float64) {
		if n++; !ok || math.Abs(got-number(want)) > within {
			t.Errorf("%s of %s is %v, %v; want %s", model, context, got, ok, want)
		}
	}
	for _, row := range rows(readTestdata(t, "azimuth_947guides.tsv")) {
		got, ok := RuleSet2(row[0])
		check(row[0], "Rule Set 2", row[3], got, ok, 1e-8)
		got, ok = RuleSet2InProtein(row[0], number(row[2]), number(row[1]))
		check(row[0], "Rule Set 2 in a protein", row[4], got, ok, 1e-8)
	}
	for _, row := range rows(readTestdata(t, "gpp_322guides.tsv")) {
		got, ok := RuleSet2(row[0])
		decimals := len(row[1]) - len("0.")
		check(row[0], "Rule Set 2", row[1], got, ok, 0.5001*math.Pow(10, -float64(decimals)))
	}
	if n != 2*947+323 {
		t.Errorf("%d scores were compared", n)
	}
	if _, ok := RuleSet2("AAAAAAAAAAAAAAAAAAATGCAGCACAAG"); ok {
		t.Error("Rule Set 2 is not defined without GG")
	}
}

func TestEnPAMGBIsThePublished(t *testing.T) {
	for _, row := range rows(readTestdata(t, "enpamgb.tsv")) {
		if got, ok := EnPAMGB(row[0]); !ok || math.Abs(got-number(row[1])) > 0.5001e-3 {
			t.Errorf("enPAM+GB of %s is %v, %v; want %s", row[0], got, ok, row[1])
		}
	}
	// not held to 1
	if got, _ := EnPAMGB("TGGTTTTAAAACAGAATATACAGTCTAAAAAACC"); math.Abs(got-1.016) > 0.5001e-3 {
		t.Errorf("enPAM+GB is %v, not 1.016", got)
	}
	if _, ok := EnPAMGB("TGGTTTTAAAACAGAATATACAGTCTAAAAAACN"); ok {
		t.Error("enPAM+GB is not defined for N")
	}
}
