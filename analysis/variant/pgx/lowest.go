package pgx

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// lowestFunction are the genes with many alleles that may lie on one strand,
// whose phenotype follows from the least functional allele of each.
var lowestFunction = []string{"DPYD", "RYR1"}

// DPYD's HapB3 is told by a variant in an intron, which does the harm, and one in an
// exon, which usually goes with it and which exomes see.
const (
	hapB3         = "c.1129-5923C>G, c.1236G>A (HapB3)"
	hapB3Intronic = "c.1129-5923C>G"
	exonRSID      = "rs56038477"
	intronRSID    = "rs75017182"
)

// lowest calls a gene of lowest function. With known strands each is named
// with all its alleles; without, all alleles that a strand might have are listed and the
// two least functional are taken.
func (g *Gene) lowest(calls []genotype) (found []call, notes []string) {
	whole := newSample(g, calls)
	rest, b3 := g.hapB3(calls, whole.twoStrands(), &notes)
	s := newSample(g, rest)
	if whole.mixed() {
		return nil, []string{"one strand at some positions and two at others"}
	}
	const unexplained = "no alleles explain both strands"
	if whole.twoStrands() {
		if found = g.lowestOfStrands(s, whole.single, b3); len(found) == 0 {
			notes = append(notes, unexplained)
		}
		return found, notes
	}
	names := s.anywhere()
	for _, name := range b3 {
		if name != "" {
			names = append(names, name)
		}
	}
	reference := g.Alleles[g.reference].Name
	if len(names) < 2 && !slices.Contains(names, reference) {
		return nil, append(notes, unexplained)
	}
	if len(names) > 2 {
		names = slices.DeleteFunc(names, func(n string) bool { return n == reference })
	}
	for len(names) < 2 {
		names = append(names, reference)
	}
	slices.SortStableFunc(names, g.compareFunction)
	if len(names) > 2 {
		all := slices.Clone(names)
		slices.SortFunc(all, compareNames)
		notes = append(notes, fmt.Sprintf("unphased alleles %s: the two of lowest function are taken", strings.Join(all, "; ")))
	}
	c := call{first: names[0], second: names[1], two: true}
	c.order()
	return []call{c}, notes
}

// lowestOfStrands names both strands, each with the HapB3 that is on it, and
// the least functional allele of each.
func (g *Gene) lowestOfStrands(s *sample, single bool, b3 [2]string) (found []call) {
	var options [2][]call // what each strand may be
	for i := range options {
		st := strand{make([]string, len(s.calls))}
		for _, x := range s.known {
			if st.letters[x] = s.calls[x].a; i == 1 {
				st.letters[x] = s.calls[x].b
			}
		}
		for _, names := range s.strandAlleles(st) {
			if b3[i] != "" {
				names = append(names, b3[i])
			}
			c := call{first: g.Alleles[g.reference].Name}
			if len(names) > 0 {
				c.first = strandName(names, nil)
				c.firstMeans = slices.MinFunc(names, g.compareFunction)
			}
			options[i] = append(options[i], c)
		}
		if single {
			return options[0]
		}
	}
	for _, a := range options[0] {
		for _, b := range options[1] {
			c := call{first: a.first, firstMeans: a.firstMeans, second: b.first, secondMeans: b.firstMeans, two: true}
			c.order()
			found = append(found, c)
		}
	}
	return found
}

// compareFunction orders alleles by function, the least first, then by name.
func (g *Gene) compareFunction(a, b string) int {
	return cmp.Or(cmp.Compare(g.Phenotypes.activity(a), g.Phenotypes.activity(b)), compareNames(a, b))
}

// strandAlleles returns the alleles that a known strand has: the one that has
// exactly its bases, or else the alleles that it has together.
func (s *sample) strandAlleles(st strand) (readings [][]string) {
	g := s.g
	strict, _ := s.definitions(false)
	var exact []string
	for _, d := range strict {
		if !slices.ContainsFunc(s.known, func(x int) bool { return !d.fits(x, st.letters[x]) }) {
			exact = append(exact, g.Alleles[d.allele].Name)
		}
	}
	if len(exact) == 1 {
		if exact[0] == g.Alleles[g.reference].Name {
			return [][]string{nil}
		}
		return [][]string{exact}
	}
	loose, _ := s.definitions(true)
	for _, r := range s.read(st, loose, false) {
		if len(r.alleles) == 0 && s.differs(st) {
			continue // neither the reference nor any allele
		}
		var names []string
		for _, a := range r.alleles {
			names = append(names, g.Alleles[a].Name)
		}
		readings = append(readings, names)
	}
	return readings
}

// differs says whether the strand has a base that is not the reference's.
func (s *sample) differs(st strand) bool {
	return slices.ContainsFunc(s.known, func(x int) bool { return !fits(s.g.Alleles[s.g.reference].Letters[x], st.letters[x]) })
}

// anywhere are the alleles that a strand might have whatever else it has,
// twice those that both strands have.
func (s *sample) anywhere() (names []string) {
	defs, _ := s.definitions(true)
	for i := range defs {
		d := &defs[i]
		if !s.possible(d) {
			continue
		}
		names = append(names, s.g.Alleles[d.allele].Name)
		both := true
		for _, b := range s.blocks {
			for _, x := range b {
				both = both && d.fits(x, s.calls[x].a) && d.fits(x, s.calls[x].b)
			}
		}
		if both {
			names = append(names, s.g.Alleles[d.allele].Name)
		}
	}
	return names
}

// hapB3 takes HapB3's positions out of DPYD's genotypes, and returns what
// they say about each strand; without phase, about one and the other. The
// intronic variant decides where both are known.
func (g *Gene) hapB3(calls []genotype, known bool, notes *[]string) (rest []genotype, b3 [2]string) {
	find := func(rsid string) int {
		return slices.IndexFunc(g.Positions, func(p Position) bool { return p.RSID == rsid })
	}
	has := func(name string) bool {
		return slices.ContainsFunc(g.Alleles, func(a Allele) bool { return a.Name == name })
	}
	intron, exon := find(intronRSID), find(exonRSID)
	if intron < 0 || exon < 0 || !has(hapB3) {
		return calls, b3
	}
	intronic := hapB3Intronic
	if !has(intronic) {
		intronic = hapB3
	}
	rest = slices.Clone(calls)
	rest[intron], rest[exon] = genotype{}, genotype{}
	variant := func(x int) (a, b bool) {
		alt := g.Positions[x].Alts[0]
		return calls[x].a == alt, calls[x].b == alt
	}
	in, ex := [2]bool{}, [2]bool{}
	in[0], in[1] = variant(intron)
	ex[0], ex[1] = variant(exon)
	switch {
	case !calls[intron].called() && !calls[exon].called():
		return rest, b3
	case !calls[intron].called():
		if ex[0] || ex[1] {
			*notes = append(*notes, "HapB3 is told from its exonic variant alone, "+intronRSID+" is missing")
		}
		in = ex
	case !calls[exon].called():
	case !known:
		// Without phase what counts is how many strands have each.
		in[0], in[1] = in[0] || in[1], in[0] && in[1]
		ex[0], ex[1] = ex[0] || ex[1], ex[0] && ex[1]
	}
	for i := range b3 {
		switch {
		case in[i] && (ex[i] || !has(hapB3Intronic)):
			b3[i] = hapB3
		case in[i]:
			b3[i] = intronic
		case ex[i]:
			*notes = append(*notes, "the exonic variant of HapB3 without the intronic one is not HapB3")
		}
	}
	return rest, b3
}
