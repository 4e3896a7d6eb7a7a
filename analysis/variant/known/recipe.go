package known

import (
	"fmt"
	"slices"
	"strings"

	"okazaki"
)

// Recipes are the names of those that are built in.
var Recipes = []string{"clinvar", "gnomad"}

// The fields of the recipe clinvar, as far as the file has them. Germline
// classification, oncogenicity and somatic clinical impact are axes of their own.
const (
	Significance  = "CLNSIG" // as ClinVar writes it
	Stars         = "stars"  // 0 to 4, of CLNREVSTAT
	Condition     = "CLNDN"
	Conflict      = "CLNSIGCONF"
	VariationID   = "ID"
	AlleleID      = "ALLELEID"
	GeneInfo      = "GENEINFO"
	Oncogenicity  = "ONC"
	OncStars      = "ONC_stars"
	SomaticImpact = "SCI"
	SomaticStars  = "SCI_stars"
)

// The fields of the recipe gnomad, as far as the file has them.
const (
	Frequency    = "AF"     // in all
	MaxFrequency = "AF_max" // the largest of a population's
	FAF          = "FAF95"  // filtering allele frequency, 95 %, the largest of a population's (Whiffin 2017, Genet. Med. 19:1151)
	AlleleCount  = "AC"
	AlleleNumber = "AN"
	Homozygotes  = "nhomalt"
	Filter       = "FILTER"
)

// cook is the fields of a recipe.
func (t *table) cook(recipe string) ([]Field, error) {
	switch {
	case !slices.Contains(Recipes, recipe):
		return nil, &okazaki.Error{Message: fmt.Sprintf("there is no recipe %q", recipe), Hint: "one of " + strings.Join(Recipes, ", ")}
	case t.vcf == nil:
		return nil, &okazaki.Error{File: t.name, Message: "the recipe " + recipe + " is for a VCF, and this is not one", Hint: "give the VCF, or a --config"}
	case recipe == "clinvar":
		return t.clinvar()
	}
	return t.gnomad()
}

// offer adds a field if the source has one of its names, and keeps the names
// that the source has.
func (t *table) offer(fields []Field, f Field) []Field {
	f.From = slices.DeleteFunc(slices.Clone(f.From), func(name string) bool { return !t.has(name) })
	if len(f.From) == 0 {
		return fields
	}
	if i := slices.IndexFunc(t.columns, func(c heading) bool { return c.name == f.From[0] }); f.Description == "" {
		f.Description = t.columns[i].description
	}
	return append(fields, f)
}

func (t *table) clinvar() ([]Field, error) {
	var fields []Field
	for _, f := range []Field{
		{Name: Significance, Kind: Code, Op: Uniq},
		{Name: Stars, Kind: Number, Op: Max, From: []string{"CLNREVSTAT"}, derive: appendStars, Description: "stars of ClinVar's review status, 0 to 4"},
		{Name: Condition, Op: Uniq},
		{Name: Conflict, Op: Uniq},
		{Name: VariationID, Kind: Number, Op: Uniq},
		{Name: AlleleID, Kind: Number, Op: Uniq},
		{Name: GeneInfo, Op: Uniq},
		{Name: Oncogenicity, Kind: Code, Op: Uniq},
		{Name: OncStars, Kind: Number, Op: Max, From: []string{"ONCREVSTAT"}, derive: appendStars, Description: "stars of the review status of oncogenicity, 0 to 4"},
		{Name: SomaticImpact, Kind: Code, Op: Uniq},
		{Name: SomaticStars, Kind: Number, Op: Max, From: []string{"SCIREVSTAT"}, derive: appendStars, Description: "stars of the review status of somatic clinical impact, 0 to 4"},
	} {
		if f.From == nil {
			f.From = []string{f.Name}
		}
		fields = t.offer(fields, f)
	}
	if !t.has(Significance) || !t.has("CLNREVSTAT") {
		return nil, &okazaki.Error{File: t.name, Message: "the header has no CLNSIG and CLNREVSTAT: this is not a VCF of ClinVar", Hint: "give ClinVar's own clinvar.vcf.gz, or a --config"}
	}
	return fields, nil
}

// stars are ClinVar's stars, by review status
// (www.ncbi.nlm.nih.gov/clinvar/docs/review_status).
var stars = map[string]byte{
	"practice_guideline":                                   '4',
	"reviewed_by_expert_panel":                             '3',
	"criteria_provided,_multiple_submitters,_no_conflicts": '2',
	"criteria_provided,_multiple_submitters":               '2', // somatic clinical impact
	"criteria_provided,_conflicting_classifications":       '1',
	"criteria_provided,_conflicting_interpretations":       '1', // before 2024
	"criteria_provided,_single_submitter":                  '1',
}

func appendStars(dst, status []byte) []byte {
	if n, ok := stars[string(status)]; ok {
		return append(dst, n)
	}
	return append(dst, '0')
}

// populations are the populations whose largest frequency gnomAD calls
// grpmax: not the founder populations (Ashkenazi Jewish, Amish, Finnish,
// Middle Eastern), nor the remaining individuals. 1000 Genomes names its five
// the other way round.
var populations = []string{"AF_afr", "AF_amr", "AF_eas", "AF_nfe", "AF_sas", "AFR_AF", "AMR_AF", "EAS_AF", "EUR_AF", "SAS_AF"}

func (t *table) gnomad() ([]Field, error) {
	var fields []Field
	for _, f := range []Field{
		{Name: Frequency, Kind: Number, Op: Max, From: []string{t.any("AF", "AF_joint")}},
		{Name: MaxFrequency, Kind: Number, Op: Max, From: t.either([]string{"AF_grpmax", "AF_popmax", "AF_grpmax_joint"}, populations), Description: "the largest allele frequency of a population"},
		{Name: FAF, Kind: Number, Op: Max, From: t.either([]string{"fafmax_faf95_max", "faf95_popmax", "fafmax_faf95_max_joint"}, []string{"faf95_afr", "faf95_amr", "faf95_eas", "faf95_nfe", "faf95_sas"}), Description: "filtering allele frequency, 95 %, the largest of a population"},
		{Name: AlleleCount, Kind: Number, Op: Max, From: []string{t.any("AC", "AC_joint")}},
		{Name: AlleleNumber, Kind: Number, Op: Max, From: []string{t.any("AN", "AN_joint")}},
		{Name: Homozygotes, Kind: Number, Op: Max, From: []string{t.any("nhomalt", "AC_Hom", "nhomalt_joint")}},
		{Name: Filter, Kind: Code, Op: Uniq, From: []string{"FILTER"}},
	} {
		fields = t.offer(fields, f)
	}
	if fields[0].Name != Frequency {
		return nil, &okazaki.Error{File: t.name, Message: "the header has no AF: this is not a VCF of allele frequencies", Hint: "give gnomAD's sites VCF, or a --config"}
	}
	return fields, nil
}

// any is the first of the names that the source has, or the first.
func (t *table) any(names ...string) string { return t.either(names, names[:1])[0] }

// either is the first name of one that the source has, or else the others.
func (t *table) either(one, others []string) []string {
	for _, name := range one {
		if t.has(name) {
			return []string{name}
		}
	}
	return others
}
