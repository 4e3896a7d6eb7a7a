package vcf

// NoCall is an allele of a genotype that was not called, '.'.
const NoCall = -1

// A Genotype is the alleles that a sample has: one for each copy of the
// chromosome. Allele 0 is REF, and 1 the first of ALT.
type Genotype struct {
	Alleles []int // NoCall for '.'
	// Phased says for each allele whether its order among the alleles before
	// it is known. The first allele is phased if the others are, as in VCF
	// before 4.4, unless a leading '|' or '/' says otherwise; a lone allele
	// is phased.
	Phased []bool
}

// Parse reads a GT field: "0/1", "1|0", "./1", "1", ".", "|0/1". If it can't
// be read, Parse returns false and leaves no alleles. It keeps g's memory.
func (g *Genotype) Parse(gt []byte) bool {
	g.Alleles, g.Phased = g.Alleles[:0], g.Phased[:0]
	explicit := false
	for i := 0; i < len(gt); {
		phased := false
		if gt[i] == '|' || gt[i] == '/' {
			explicit = explicit || i == 0
			phased = gt[i] == '|'
			i++
		} else if i > 0 {
			return g.none()
		}
		start := i
		for i < len(gt) && gt[i] != '|' && gt[i] != '/' {
			i++
		}
		allele := NoCall
		if field := gt[start:i]; len(field) != 1 || field[0] != '.' {
			n, ok := number(field)
			if !ok {
				return g.none()
			}
			allele = n
		}
		g.Alleles, g.Phased = append(g.Alleles, allele), append(g.Phased, phased)
	}
	if len(g.Alleles) > 0 && !explicit {
		g.Phased[0] = true
		for _, p := range g.Phased[1:] {
			g.Phased[0] = g.Phased[0] && p
		}
	}
	return len(g.Alleles) > 0
}

func (g *Genotype) none() bool {
	g.Alleles, g.Phased = g.Alleles[:0], g.Phased[:0]
	return false
}

// AllPhased says whether the order of all alleles is known.
func (g *Genotype) AllPhased() bool {
	for _, p := range g.Phased {
		if !p {
			return false
		}
	}
	return len(g.Phased) > 0
}

// Count is how many copies of an allele there are.
func (g *Genotype) Count(allele int) (n int) {
	for _, a := range g.Alleles {
		if a == allele {
			n++
		}
	}
	return n
}

// PhaseSet reads a PS field: the set's number, and false if there is none.
func PhaseSet(ps []byte) (int, bool) { return number(ps) }
