package pgx

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Options say how to call.
type Options struct {
	// AssumeReference takes positions that the file doesn't have for the
	// reference, as is right for a file of variants whose every position was looked
	// at. They are reported as assumed. Without it they are missing, and the definitions
	// are reduced to what was seen.
	AssumeReference bool

	// Combinations reads genotypes that no two alleles explain as
	// combinations of alleles and of bases that belong to none.
	Combinations bool

	// CYP2D6 calls CYP2D6 too, which needs copy numbers that a VCF of small
	// variants doesn't have.
	CYP2D6 bool

	// All keeps diplotypes that score less than the best.
	All bool
}

// A Row is one diplotype of one gene in one sample.
type Row struct {
	Sample, Gene  string
	Rank, Of      int // the diplotype among those that explain the genotypes; 0 of 0 if none does
	Diplotype     string
	Score         int    // how many positions that the alleles name were matched
	Function      string // of both alleles
	Phenotype     string
	ActivityScore string
	Levels        []Level  // CPIC's, of the gene's drugs
	Phase         string   // what was known about the strands
	Missing       []string // positions that the file lacks
	Assumed       []string // positions taken for the reference
	Lost          []string // alleles that can't be told without the missing positions
	Notes         []string // what was left out, assumed or inferred
}

// Columns are the names of the fields that Row.Fields returns.
var Columns = []string{"sample", "gene", "call", "diplotype", "score", "function", "phenotype", "activity_score", "cpic_levels", "phase", "missing", "assumed", "lost_alleles", "notes"}

// Fields are the row as text, a field a column; "" where nothing is known.
func (r *Row) Fields() []string {
	var levels []string
	for _, l := range r.Levels {
		levels = append(levels, l.Drug+" "+l.Level)
	}
	of, score := "", ""
	if r.Of > 0 {
		of, score = fmt.Sprintf("%d/%d", r.Rank, r.Of), strconv.Itoa(r.Score)
	}
	list := func(s []string) string { return strings.Join(s, "; ") }
	return []string{r.Sample, r.Gene, of, r.Diplotype, score, r.Function, r.Phenotype, r.ActivityScore, list(levels), r.Phase, list(r.Missing), list(r.Assumed), list(r.Lost), list(r.Notes)}
}

// A call is the alleles of both strands.
type call struct {
	first, second           string
	firstMeans, secondMeans string // the allele whose function counts, if it isn't the name
	two                     bool   // there are two strands
	score                   int
}

func (c *call) order() {
	if c.two && compareNames(c.second, c.first) < 0 {
		c.first, c.second = c.second, c.first
		c.firstMeans, c.secondMeans = c.secondMeans, c.firstMeans
	}
}

func (c *call) name() string {
	if !c.two {
		return c.first
	}
	return c.first + "/" + c.second
}

// Call calls every gene of every sample from the merged part of a whole file.
// Rows are by sample, then gene, then score, best first. A gene without any position in
// the file has no row; one whose genotypes nothing explains has a row without
// a diplotype, and its notes say why.
func (d *Definitions) Call(part []byte, samples []string, o Options) ([]Row, error) {
	read, err := readPart(part)
	if err != nil {
		return nil, err
	}
	lines := map[int][]string{}
	for _, l := range read {
		lines[l.site] = append(lines[l.site], l.text)
	}
	var rows []Row
	for i, name := range samples {
		for _, g := range d.Genes {
			calls, notes := g.genotypes(lines, i, o)
			for _, r := range g.rows(lines, calls, notes, o) {
				r.Sample = name
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}

// rows are the gene's diplotypes.
func (g *Gene) rows(lines map[int][]string, calls []genotype, notes []string, o Options) []Row {
	row := Row{Gene: g.Name, Levels: g.Levels, Notes: notes}
	seen := len(notes) > 0
	for x, c := range calls {
		id := g.label(x)
		switch inFile := lines[g.sites[x]] != nil; {
		case !c.called():
			row.Missing = append(row.Missing, id)
		case !inFile:
			row.Assumed = append(row.Assumed, id)
		default:
			seen = true
		}
	}
	if !seen {
		return nil
	}
	s := newSample(g, calls)
	row.Phase = s.phase()
	_, row.Lost = s.definitions(false)
	found, more := g.call(s, o)
	row.Notes = append(row.Notes, more...)
	if len(found) == 0 {
		g.fallback(&row, s)
		return []Row{row}
	}
	found = g.core(found)
	var rows []Row
	for i, c := range found {
		r := row
		r.Rank, r.Of, r.Diplotype, r.Score = i+1, len(found), c.name(), c.score
		r.Notes = slices.Clone(row.Notes)
		g.mean(&r, c)
		rows = append(rows, r)
	}
	return rows
}

// core names suballeles by the allele that they belong to, as *45.001 by *45.
func (g *Gene) core(found []call) []call {
	var cored []call
	for _, c := range found {
		c.first, c.second = cmp.Or(g.cores[c.first], c.first), cmp.Or(g.cores[c.second], c.second)
		c.order()
		if !slices.ContainsFunc(cored, func(o call) bool { return o.name() == c.name() }) {
			cored = append(cored, c)
		}
	}
	return cored
}

// label is how a position is reported: its rs number, or where it is.
func (g *Gene) label(x int) string {
	if p := g.Positions[x]; p.RSID != "" {
		return p.RSID
	}
	return fmt.Sprintf("%s:%d", g.Chromosome, g.Positions[x].Pos+1)
}

// call finds the gene's diplotypes, best first.
func (g *Gene) call(s *sample, o Options) (found []call, notes []string) {
	var lacking []string
	for _, x := range g.required {
		if !s.calls[x].called() {
			lacking = append(lacking, g.label(x))
		}
	}
	switch {
	case len(s.known) == 0:
		return nil, nil
	case g.Name == "CYP2D6" && !o.CYP2D6:
		return nil, []string{"not called: copy numbers and hybrids of CYP2D6 are not in a VCF of small variants"}
	case len(lacking) > 0:
		return nil, []string{"not called without " + strings.Join(lacking, ", ")}
	case slices.Contains(lowestFunction, g.Name):
		return g.lowest(s.calls)
	case s.mixed():
		return nil, []string{"one strand at some positions and two at others"}
	}
	defs, _ := s.definitions(false)
	for _, m := range s.pairs(defs) {
		c := call{first: g.Alleles[m.first].Name, score: m.score}
		if m.second >= 0 {
			c.second, c.two = g.Alleles[m.second].Name, true
		}
		c.order()
		found = append(found, c)
	}
	slices.SortFunc(found, func(a, b call) int {
		return cmp.Or(cmp.Compare(b.score, a.score), compareNames(a.first, b.first), compareNames(a.second, b.second))
	})
	if len(found) > 0 {
		return g.best(found, s, o)
	}
	if o.Combinations {
		pairings, ok := s.combinations(true)
		if !ok {
			notes = append(notes, "too many unphased genotypes to look for combinations")
		}
		for _, p := range pairings {
			found = append(found, call{first: p[0].name, second: p[1].name, two: !s.single})
		}
	} else {
		notes = append(notes, "no two alleles explain the genotypes")
	}
	return found, notes
}

// best keeps the calls of the highest score. For a gene with priorities,
// diplotypes that unphased genotypes can't tell apart are decided by them.
func (g *Gene) best(found []call, s *sample, o Options) ([]call, []string) {
	if len(g.priorities) > 0 && !s.twoStrands() && len(found) > 1 {
		for _, p := range g.priorities {
			has := func(name string) bool {
				return slices.ContainsFunc(found, func(c call) bool { return c.name() == name })
			}
			if slices.ContainsFunc(p.List, func(name string) bool { return !has(name) }) {
				continue
			}
			pick := slices.IndexFunc(found, func(c call) bool { return c.name() == p.Pick })
			if pick >= 0 {
				return found[pick : pick+1], []string{"of the unphased " + strings.Join(p.List, ", ") + " the most frequent"}
			}
		}
	}
	if !o.All {
		top := found[0].score
		found = slices.DeleteFunc(found, func(c call) bool { return c.score < top })
	}
	return found, nil
}

// slco1b1Fallback is the position, one of *5's, that decides on SLCO1B1's
// function when no diplotype explains the whole.
const slco1b1Fallback = "rs4149056"

// fallback infers SLCO1B1's phenotype from one position.
func (g *Gene) fallback(r *Row, s *sample) {
	x := slices.IndexFunc(g.Positions, func(p Position) bool { return p.RSID == slco1b1Fallback })
	if g.Name != "SLCO1B1" || x < 0 || !s.calls[x].called() {
		return
	}
	c := call{first: "*1", second: "*1", two: true}
	for _, letters := range []string{s.calls[x].a, s.calls[x].b} {
		switch {
		case letters == g.Positions[x].Ref:
		case !slices.Contains(g.Positions[x].Alts, letters):
			return
		default:
			c.first, c.second = c.second, "*5"
		}
	}
	r.Notes = append(r.Notes, "phenotype inferred from "+slco1b1Fallback+" alone, as of "+c.name())
	g.mean(r, c)
}

// mean fills in what the alleles of the call do.
func (g *Gene) mean(r *Row, c call) {
	p := g.Phenotypes
	if p == nil {
		r.Notes = append(r.Notes, "the definitions have no phenotypes of "+g.Name)
		return
	}
	names := []string{cmp.Or(c.firstMeans, c.first)}
	if c.two {
		names = append(names, cmp.Or(c.secondMeans, c.second))
	}
	var functions []string
	for _, n := range names {
		functions = append(functions, cmp.Or(p.functions[n].Function, "unknown"))
	}
	r.Function = strings.Join(functions, "/")
	if c.firstMeans != "" && c.firstMeans != c.first || c.secondMeans != "" && c.secondMeans != c.second {
		r.Notes = append(r.Notes, "phenotype of the least functional alleles, "+strings.Join(names, "/"))
	}
	key := pairKey(names[0], "")
	if c.two {
		key = pairKey(names[0], names[1])
	}
	meaning := p.diplotypes[key]
	r.Phenotype, r.ActivityScore = meaning.Phenotype, meaning.Score
}
