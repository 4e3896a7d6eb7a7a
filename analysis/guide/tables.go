package guide

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed data/cfd.tsv
var cfdTable string

//go:embed data/cfd_pam.tsv
var cfdPAMTable string

//go:embed data/ruleset1.tsv
var ruleSet1Table string

//go:embed data/crisprscan.tsv
var crisprScanTable string

//go:embed data/u6.tsv
var u6Table string

// rows returns the lines of a table below its comments and its head, in
// columns.
func rows(table string) (all [][]string) {
	head := true
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !head {
			all = append(all, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
		head = false
	}
	return all
}

// number reads a number of a table. It panics if it can't: the tables are part
// of the program.
func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err)
	}
	return f
}

// A linear model adds up a weight for each feature of a sequence: one or two
// bases at a position.
type linear struct {
	length   int // of the sequence
	features []feature
	named    map[string]float64 // weights of other features
}

type feature struct {
	at      int // from 0
	letters string
	weight  float64
}

func newLinear(table string, length int) *linear {
	m := &linear{length: length, named: map[string]float64{}}
	for _, row := range rows(table) {
		letters := strings.TrimRight(row[0], "0123456789")
		at, err := strconv.Atoi(row[0][len(letters):])
		if err != nil {
			m.named[row[0]] = number(row[1])
			continue
		}
		m.features = append(m.features, feature{at - 1, letters, number(row[1])})
	}
	return m
}

// sum returns the intercept and the weights of the features that s has. It
// returns false if s has another length or other letters than A, C, G and T.
func (m *linear) sum(s string) (float64, bool) {
	if len(s) != m.length || strings.Trim(s, "ACGT") != "" {
		return 0, false
	}
	sum := m.named["Intercept"]
	for _, f := range m.features {
		if strings.HasPrefix(s[f.at:], f.letters) {
			sum += f.weight
		}
	}
	return sum, true
}
