package rank

// A Criterion is one of ACMG's and AMP's, or one that ClinGen split off.
type Criterion uint8

// The criteria that are judged, in the order in which they are reported.
const (
	PVS1 Criterion = iota
	PS1
	PS2
	PM1
	PM2
	PM3
	PM4
	PM5
	PM6
	PP2
	PP3
	BA1
	BS1
	BS2
	BP3
	BP4
	BP7
	criteria
)

// A Strength is how much a criterion weighs, in points (Tavtigian 2020).
type Strength uint8

// The strengths. A StandAlone decides without points.
const (
	StandAlone Strength = 0
	Supporting Strength = 1
	Moderate   Strength = 2
	Strong     Strength = 4
	VeryStrong Strength = 8
)

// String is the strength as it follows a criterion's code: PM2_supporting.
func (s Strength) String() string {
	switch s {
	case StandAlone:
		return "stand_alone"
	case Supporting:
		return "supporting"
	case Moderate:
		return "moderate"
	case Strong:
		return "strong"
	}
	return "very_strong"
}

// A Rule documents a criterion.
type Rule struct {
	Code     string
	Strength Strength // if nothing raises or lowers it
	Says     string   // when it is met
	Needs    string   // the data
	Paper    string   // whose refinement is followed, besides Richards 2015
}

// rules are the rules of the criteria.
var rules = [criteria]Rule{
	PVS1: {"PVS1", VeryStrong, "a null variant in a gene of which loss of function causes disease", "a list of such genes", "Abou Tayoun 2018, Hum. Mutat. 39:1517"},
	PS1:  {"PS1", Strong, "another change to the same amino acid is known to be pathogenic", "ClinVar", ""},
	PS2:  {"PS2", Strong, "de novo, and the parents are known to be the parents", "a trio, parentage confirmed", ""},
	PM1:  {"PM1", Moderate, "it changes a protein in a hot spot", "a source of hot spots", ""},
	PM2:  {"PM2", Supporting, "absent from populations, or rare", "frequencies", "ClinGen SVI, PM2 version 1.0 (2020)"},
	PM3:  {"PM3", Moderate, "beside a pathogenic variant on the other copy of the gene", "ClinVar, and a trio or phased genotypes", "ClinGen SVI, PM3 version 1.0 (2019)"},
	PM4:  {"PM4", Moderate, "it changes the length of a protein outside of repeats, or loses its stop", "the genes", ""},
	PM5:  {"PM5", Moderate, "another change of the same residue is known to be pathogenic", "ClinVar", ""},
	PM6:  {"PM6", Moderate, "de novo, if the parents are the parents", "a trio", ""},
	PP2:  {"PP2", Supporting, "missense in a gene that bears few of them", "constraint of genes", "Lek 2016, Nature 536:285"},
	PP3:  {"PP3", Supporting, "predictors call it damaging", "REVEL, CADD or SpliceAI", "Pejaver 2022, Am. J. Hum. Genet. 109:2163; Walker 2023, Am. J. Hum. Genet. 110:1046"},
	BA1:  {"BA1", StandAlone, "more frequent than 5 %", "frequencies", "Ghosh 2018, Hum. Mutat. 39:1525"},
	BS1:  {"BS1", Strong, "more frequent than the disease allows", "frequencies", "Whiffin 2017, Genet. Med. 19:1151"},
	BS2:  {"BS2", Strong, "healthy people are homozygous for it", "counts of homozygotes, and a threshold", ""},
	BP3:  {"BP3", Supporting, "an in-frame indel in a repeat", "the reference", ""},
	BP4:  {"BP4", Supporting, "predictors call it harmless", "REVEL, CADD or SpliceAI", "Pejaver 2022, Am. J. Hum. Genet. 109:2163; Walker 2023, Am. J. Hum. Genet. 110:1046"},
	BP7:  {"BP7", Supporting, "synonymous, away from splice sites", "the genes", ""},
}

// Rules returns the rules of all criteria, in order.
func Rules() []Rule { return rules[:] }

// String is the criterion's code: PM2.
func (c Criterion) String() string { return rules[c].Code }

func (c Criterion) benign() bool { return c >= BA1 }
