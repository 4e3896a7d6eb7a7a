package guide

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A measured guide of one of the sets that Haeussler et al. 2016 (Genome Biol.
// 17:148) collected.
type measuredGuide struct {
	guide, context string
	efficiency     float64 // more is better
	ruleSet1       float64
}

func measuredSet(t *testing.T, name string) (list []measuredGuide) {
	for _, row := range sharedRows(t, "efficiency/"+name+".scores.tab") {
		long, guide := strings.ToUpper(row["longSeq100Bp"]), strings.ToUpper(row["seq"])
		at := strings.Index(long, guide)
		value, err := strconv.ParseFloat(row["modFreq"], 64)
		if err != nil || at < crisprScanBefore || at+scored+crisprScanAfter > len(long) {
			continue
		}
		if strings.HasPrefix(name, "xu") || strings.HasPrefix(name, "wang") {
			value = -value // of depletion: all seven published scores beside it fall where it rises
		}
		m := measuredGuide{guide: guide[:scored], context: long[at-crisprScanBefore : at+scored+crisprScanAfter], efficiency: value}
		if strings.Trim(m.context, "ACGT") != "" {
			continue
		}
		m.ruleSet1, _ = RuleSet1(ruleSet1Context(m.context))
		list = append(list, m)
	}
	return list
}

// ranks returns the ranks of values, ties at their mean, from 0 to 1.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	r := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, o := range order[i:j] {
			r[o] = float64(i+j-1) / 2 / float64(max(1, len(order)-1))
		}
		i = j
	}
	return r
}

// spearman returns the rank correlation.
func spearman(a, b []float64) float64 {
	x, y := ranks(a), ranks(b)
	var sx, sy, sxx, syy, sxy float64
	for i := range x {
		u, v := x[i]-0.5, y[i]-0.5
		sx, sy, sxx, syy, sxy = sx+u, sy+v, sxx+u*u, syy+v*v, sxy+u*v
	}
	n := float64(len(x))
	return (sxy - sx*sy/n) / math.Sqrt((sxx-sx*sx/n)*(syy-sy*sy/n))
}

// trainable returns the features whose weights are trained: letters and pairs
// of letters of the 35-mer, but for the PAM's GG, and the two of G and C.
func trainable() (names []string) {
	for at := 1; at <= 35; at++ {
		for _, a := range "ACGT" {
			if at != 28 && at != 29 {
				names = append(names, fmt.Sprintf("%c%02d", a, at))
			}
			for _, b := range "ACGT" {
				if at < 35 && at != 28 {
					names = append(names, fmt.Sprintf("%c%c%02d", a, b, at))
				}
			}
		}
	}
	return append(names, "gc_low", "gc_high")
}

// featuresOf returns the numbers of a context's features and their values.
func featuresOf(context string, number map[string]int) (which []int, values []float64) {
	add := func(name string, value float64) {
		if i, ok := number[name]; ok && value != 0 {
			which, values = append(which, i), append(values, value)
		}
	}
	for at := range len(context) {
		add(fmt.Sprintf("%c%02d", context[at], at+1), 1)
		if at+1 < len(context) {
			add(fmt.Sprintf("%s%02d", context[at:at+2], at+1), 1)
		}
	}
	gc := strongOf(context[crisprScanBefore : crisprScanBefore+scored])
	add("gc_low", float64(max(0, 10-gc)))
	add("gc_high", float64(max(0, gc-10)))
	return which, values
}

// ridge is the penalty on the squares of the weights.
const ridge = 200

// train returns ridge regression of the ranks within each set.
func train(sets [][]measuredGuide, without map[string]bool) (names []string, weights []float64) {
	names = append(trainable(), "Intercept")
	number := map[string]int{}
	for i, n := range names {
		number[n] = i
	}
	n := len(names)
	matrix, right := make([]float64, n*n), make([]float64, n)
	for _, set := range sets {
		set = slices.DeleteFunc(slices.Clone(set), func(m measuredGuide) bool { return without[m.guide] })
		var values []float64
		for _, m := range set {
			values = append(values, m.efficiency)
		}
		for i, rank := range ranks(values) {
			which, x := featuresOf(set[i].context, number)
			which, x = append(which, n-1), append(x, 1)
			for a := range which {
				right[which[a]] += x[a] * rank
				for b := range which {
					matrix[which[a]*n+which[b]] += x[a] * x[b]
				}
			}
		}
	}
	for i := range n - 1 {
		matrix[i*n+i] += ridge
	}
	return names, solve(matrix, right)
}

// solve solves a symmetric positive definite system (Cholesky).
func solve(m, right []float64) []float64 {
	n := len(right)
	for j := range n {
		for k := range j {
			if f := m[j*n+k]; f != 0 {
				for i := j; i < n; i++ {
					m[i*n+j] -= f * m[i*n+k]
				}
			}
		}
		d := math.Sqrt(m[j*n+j])
		for i := j; i < n; i++ {
			m[i*n+j] /= d
		}
	}
	x := slices.Clone(right)
	for i := range n {
		for k := range i {
			x[i] -= m[i*n+k] * x[k]
		}
		x[i] /= m[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= m[k*n+i] * x[k]
		}
		x[i] /= m[i*n+i]
	}
	return x
}

// modelTable returns the table of a trained model.
func modelTable(names []string, weights []float64) string {
	var b strings.Builder
	b.WriteString("# Efficiency of SpCas9 guides made from a U6 promoter, trained by: go test ./analysis/guide -run Trained -update\n# Letters at a position, from 1, of the 35-mer: 6 before, 20, PAM, 6 after. gc_low and gc_high as Rule Set 1's.\nfeature\tweight\n")
	for i, n := range names {
		fmt.Fprintf(&b, "%s\t%.5f\n", n, weights[i])
	}
	return b.String()
}

// TestTrainedModel trains on all sets but one, and those that share its
// guides' letters, and predicts that one; then it trains the model that is
// shipped on all sets of U6 guides.
func TestTrainedModel(t *testing.T) {
	all := map[string][]measuredGuide{}
	var u6 [][]measuredGuide
	for _, name := range efficiencySets {
		all[name] = measuredSet(t, name)
		if name != "morenoMateos2015" {
			u6 = append(u6, all[name])
		}
	}
	better := 0
	for _, name := range efficiencySets {
		var rest [][]measuredGuide
		own := map[string]bool{}
		for _, m := range all[name] {
			own[m.guide] = true
		}
		for _, other := range efficiencySets {
			if other != name && other != "morenoMateos2015" {
				rest = append(rest, all[other])
			}
		}
		model := newLinear(modelTable(train(rest, own)), len(all[name][0].context))
		var truth, ours, theirs, later []float64
		for _, m := range all[name] {
			sum, _ := model.efficiency(m.context)
			score, ok := RuleSet2(ruleSet1Context(m.context))
			if !ok {
				continue // not beside NGG
			}
			truth, ours, theirs, later = append(truth, m.efficiency), append(ours, sum), append(theirs, m.ruleSet1), append(later, score)
		}
		a, b := spearman(truth, ours), spearman(truth, theirs)
		t.Logf("%-20s %5d guides: ours %.3f, Rule Set 1 %.3f, Rule Set 2 %.3f", name, len(truth), a, b, spearman(truth, later))
		if a > b {
			better++
		}
	}
	t.Logf("better than Rule Set 1 on %d of %d sets that were held out", better, len(efficiencySets))
	table := modelTable(train(u6, nil))
	if *update {
		if err := os.WriteFile("data/u6.tsv", []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shipped, err := os.ReadFile("data/u6.tsv")
	if err != nil {
		t.Fatal(err)
	}
	now, then := rows(table), rows(string(shipped))
	for i, row := range now {
		if i >= len(then) || row[0] != then[i][0] || math.Abs(number(row[1])-number(then[i][1])) > 1e-4 {
			t.Fatalf("data/u6.tsv is not what is trained, from %s on: train it with -update", row[0])
		}
	}
	if better < 4 {
		t.Errorf("better on %d sets only", better)
	}
}
