package guide

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
)

//go:embed data/ruleset2.json
var ruleSet2JSON []byte

//go:embed data/ruleset2_position.json
var ruleSet2PositionJSON []byte

//go:embed data/enpamgb.json
var enPAMJSON []byte

// A forest is gradient-boosted regression trees over features of a guide's
// context.
type forest struct {
	LearningRate float64 `json:"learning_rate"`
	Init         float64 `json:"init"`
	Features     []treeFeature
	Trees        []tree
}

// A tree's nodes are numbered from the root, 0. A node without a left child is
// a leaf. Otherwise a feature goes left if it is at most the threshold.
type tree struct {
	Feature   []int
	Threshold []float64
	Left      []int
	Right     []int
	Value     []float64
}

// A treeFeature is a number that is computed from a context.
type treeFeature struct {
	Name    string
	Kind    string
	Letters string
	At      int // of the bases, from 0
	From    int // the stretch [From, To) of the context
	To      int

	read func(f *treeFeature, x *treeContext) float64
}

// A treeContext is the input of the features.
type treeContext struct {
	letters  string
	percent  float64 // of the protein that lies before the cut, 0 to 100; -1 if it is not known
	position float64 // of the cut, in amino acids; likewise
}

// read returns a feature of the context. Features are compared as float32, as in
// the model's training.
func (x *treeContext) read(f *treeFeature) float32 { return float32(f.read(f, x)) }

// maxFeatures is the most features of a model.
const maxFeatures = 1024

// featureKinds computes features by their kind. The spacer is 20 bases from 4.
var featureKinds = map[string]func(f *treeFeature, x *treeContext) float64{
	"letter": func(f *treeFeature, x *treeContext) float64 {
		return indicator(strings.HasPrefix(x.letters[f.At:], f.Letters))
	},
	"count": func(f *treeFeature, x *treeContext) (n float64) {
		for i := range len(x.letters) {
			n += indicator(strings.HasPrefix(x.letters[i:], f.Letters))
		}
		return n
	},
	"fraction": func(f *treeFeature, x *treeContext) float64 {
		return float64(strings.Count(x.letters[f.From:f.To], f.Letters)) / float64(f.To-f.From-len(f.Letters)+1)
	},
	"gc_fraction": func(f *treeFeature, x *treeContext) float64 { return GC(x.letters[f.From:f.To]) },
	"gc_count":    func(_ *treeFeature, x *treeContext) float64 { return spacerGC(x) },
	"gc_above_10": func(_ *treeFeature, x *treeContext) float64 { return indicator(spacerGC(x) > 10) },
	"gc_below_10": func(_ *treeFeature, x *treeContext) float64 { return indicator(spacerGC(x) < 10) },
	"nggx": func(f *treeFeature, x *treeContext) float64 {
		return indicator(x.letters[24:25]+x.letters[27:28] == f.Letters)
	},
	"tm":                       func(f *treeFeature, x *treeContext) float64 { return meltingTemperature(x.letters[f.From:f.To]) },
	"percent_peptide":          func(_ *treeFeature, x *treeContext) float64 { return x.percent },
	"amino_acid_cut_position":  func(_ *treeFeature, x *treeContext) float64 { return x.position },
	"percent_peptide_below_50": func(_ *treeFeature, x *treeContext) float64 { return indicator(x.percent < 50) },
}

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func spacerGC(x *treeContext) float64 {
	return float64(strongOf(x.letters[ruleSet1Before : ruleSet1Before+scored]))
}

// newForest reads a model. It panics if it can't: models are part of the
// program.
func newForest(b []byte) *forest {
	m := &forest{}
	if err := json.Unmarshal(b, m); err != nil {
		panic(err)
	}
	if len(m.Features) > maxFeatures {
		panic(fmt.Sprintf("a model has %d features", len(m.Features)))
	}
	for i := range m.Features {
		f := &m.Features[i]
		if f.read = featureKinds[f.Kind]; f.read == nil {
			panic(fmt.Sprintf("a model has a feature of kind %q", f.Kind))
		}
	}
	return m
}

// score returns the sum of all trees. Many of them ask for the same features, so
// each is read once.
func (m *forest) score(x *treeContext) float64 {
	sum := m.Init
	var values [maxFeatures]float32
	var known [maxFeatures]bool
	for i := range m.Trees {
		t := &m.Trees[i]
		n := 0
		for t.Left[n] >= 0 {
			f := t.Feature[n]
			if !known[f] {
				values[f], known[f] = x.read(&m.Features[f]), true
			}
			if float64(values[f]) <= t.Threshold[n] {
				n = t.Left[n]
			} else {
				n = t.Right[n]
			}
		}
		sum += m.LearningRate * t.Value[n]
	}
	return sum
}

var (
	ruleSet2Forest         = sync.OnceValue(func() *forest { return newForest(ruleSet2JSON) })
	ruleSet2PositionForest = sync.OnceValue(func() *forest { return newForest(ruleSet2PositionJSON) })
	enPAMForest            = sync.OnceValue(func() *forest { return newForest(enPAMJSON) })
)

// RuleSet2 predicts how well a guide of SpCas9 cuts in cells, about 0 to 1
// (Azimuth; Doench et al. 2016, Nat. Biotechnol. 34:184), without the cut's
// place in a protein. context is as RuleSet1's. It returns false if the context
// has other letters than A, C, G and T, or no GG.
func RuleSet2(context string) (float64, bool) {
	if !isRuleSet2(context) {
		return 0, false
	}
	return ruleSet2Forest().score(&treeContext{context, -1, -1}), true
}

// RuleSet2InProtein is RuleSet2 with the cut's place in a protein: the amino
// acids before it, and their share of the protein, 0 to 100.
func RuleSet2InProtein(context string, aminoAcids, percent float64) (float64, bool) {
	if !isRuleSet2(context) {
		return 0, false
	}
	return ruleSet2PositionForest().score(&treeContext{context, percent, aminoAcids}), true
}

func isRuleSet2(context string) bool {
	return len(context) == ruleSet1Before+scored+ruleSet1After && strings.Trim(context, "ACGT") == "" && context[25:27] == "GG"
}

// A context of enAsCas12a: 4 bases, the PAM of 4, the protospacer, 3 bases.
const (
	enPAMBefore, enPAMPAM, enPAMLength, enPAMAfter = 4, 4, 23, 3
	enPAMContext                                   = enPAMBefore + enPAMPAM + enPAMLength + enPAMAfter
)

// EnPAMGB predicts how well a guide of enAsCas12a cuts in cells, about 0 to 1
// (enPAM+GB; DeWeirdt et al. 2020, Nat. Biotechnol. 39:94). context is 34
// bases. It returns false if there are other letters than A, C, G and T.
func EnPAMGB(context string) (float64, bool) {
	if len(context) != enPAMContext || strings.Trim(context, "ACGT") != "" {
		return 0, false
	}
	return enPAMForest().score(&treeContext{context, -1, -1}), true
}

// stacking is the enthalpy (kcal/mol) and entropy (cal/mol/K) of a pair of
// bases and its complement, both negative (Allawi and SantaLucia 1997,
// Biochemistry 36:10581).
var stacking = map[string][2]float64{
	"AA": {7.9, 22.2}, "TT": {7.9, 22.2}, "AT": {7.2, 20.4}, "TA": {7.2, 21.3}, "CA": {8.5, 22.7}, "TG": {8.5, 22.7}, "GT": {8.4, 22.4}, "AC": {8.4, 22.4},
	"CT": {7.8, 21}, "AG": {7.8, 21}, "GA": {8.2, 22.2}, "TC": {8.2, 22.2}, "CG": {10.6, 27.2}, "GC": {9.8, 24.4}, "GG": {8, 19.9}, "CC": {8, 19.9},
}

// meltingTemperature returns the melting temperature of a duplex in °C by
// nearest neighbours, at 50 nM of each strand and 50 mM of salt, as Rule Set 2
// was trained with: Biopython's Tm_staluc.
func meltingTemperature(s string) float64 {
	h, d := 0.0, 0.0
	for _, end := range []byte{s[0], s[len(s)-1]} {
		if end == 'A' || end == 'T' {
			h, d = h+2.3, d+4.1
		} else {
			h, d = h+0.1, d-2.8
		}
	}
	for i := range len(s) - 1 {
		n := stacking[s[i:i+2]]
		h, d = h-n[0], d-n[1]
	}
	d += 0.368 * float64(len(s)-1) * math.Log(0.05)
	return 1000*h/(d+1.987*math.Log(12.5e-9)) - 273.15
}
