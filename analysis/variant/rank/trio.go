package rank

import (
	"okazaki/analysis/variant/known"
	"okazaki/format/vcf"
	"okazaki/genome"
)

// A Mode is how a child has a variant, as far as the genotypes say. Greater
// ones are ranked before.
type Mode uint8

// The modes.
const (
	ModeUnknown          Mode = iota // the child doesn't have it, or nothing is known of the parents
	ModeInherited                    // of a parent, and no more can be said
	ModeDominant                     // affected parents have it, and the others don't
	ModePossiblyCompound             // another variant of the gene may be on the other copy
	ModeXLinked                      // a son has it on his X
	ModeRecessive                    // on all copies
	ModeCompound                     // another variant of the gene is on the other copy
	ModeDeNovo                       // no parent has it
)

var modeNames = [...]string{"", "inherited", "dominant", "possibly compound heterozygous", "X-linked", "recessive", "compound heterozygous", "de novo"}

// String is the mode in words; "" if it is unknown.
func (m Mode) String() string { return modeNames[m] }

// An Origin is the parent that an allele comes from.
type Origin uint8

// The origins.
const (
	UnknownOrigin Origin = iota
	FromMother
	FromFather
)

// Inheritance is what genotypes say about an allele.
type Inheritance struct {
	Copies int // that the child has; 0 if it has none, or was not called
	Mode   Mode
	DeNovo Answer
	From   Origin
	// Of a phased genotype, the place of the allele in it and the phase set;
	// of others the set is -1.
	Haplotype, Set int
	// Impossible says that the parents' genotypes don't allow the child's, as of
	// a child homozygous for what only one parent has.
	Impossible bool
	hemizygous bool
}

// A Sample is what a VCF has of one person at a record.
type Sample struct {
	Genotype *vcf.Genotype // nil, or without alleles, if it was not called
	Depth    int           // reads, DP; -1 if the VCF doesn't say
	Set      int           // PS; -1 if there is none, which means the same set for all that is phased
}

// called says whether all of the sample's alleles are known.
func (s *Sample) called() bool {
	return s.Genotype != nil && len(s.Genotype.Alleles) > 0 && s.Genotype.Count(vcf.NoCall) == 0
}

func (s *Sample) copies(allele int) int {
	if s.Genotype == nil {
		return 0
	}
	return s.Genotype.Count(allele)
}

// leastDepth is how many reads a parent needs to be believed not to have an
// allele, if the VCF says how many there are.
const leastDepth = 10

// lacks says whether the sample surely doesn't have the allele.
func (s *Sample) lacks(allele int) bool {
	return s.called() && s.copies(allele) == 0 && (s.Depth < 0 || s.Depth >= leastDepth)
}

// Observe says how the child has an allele of a record, from 1. onX is that
// the place is on X outside of what it shares with Y, see OnlyX. A parent that
// is not there is a zero Sample; without both, all there is to say is whether
// the child has the allele on all copies, and of a phased genotype on which.
func (t *Trio) Observe(child, mother, father *Sample, allele int, onX bool) Inheritance {
	in := Inheritance{Copies: child.copies(allele), Set: -1}
	if in.Copies == 0 {
		return in
	}
	in.phase(child, allele)
	in.hemizygous = onX && (t.Male || len(child.Genotype.Alleles) == 1)
	if mother.Genotype != nil || father.Genotype != nil {
		in.Mode = ModeInherited
	}
	fromMother, fromFather := mother.copies(allele) > 0, father.copies(allele) > 0
	if in.hemizygous {
		fromFather = false // a son's X is his mother's
	}
	// A son's father says nothing of what is on his X.
	absent := mother.lacks(allele) && (in.hemizygous || father.lacks(allele))
	if mother.called() && (in.hemizygous || father.called()) {
		in.DeNovo = No
	}
	both := child.called() && in.Copies == len(child.Genotype.Alleles)
	switch {
	case absent:
		in.DeNovo, in.Mode = Yes, ModeDeNovo
		in.Impossible = both && !in.hemizygous
	case in.hemizygous:
		in.Mode, in.From = ModeXLinked, origin(fromMother, false)
	case both && in.Copies > 1:
		in.Mode = ModeRecessive
		in.Impossible = mother.lacks(allele) || father.lacks(allele)
		if t.healthy(mother, father, allele) {
			in.Mode = ModeInherited // a healthy parent is homozygous too
		}
	default:
		in.From = origin(fromMother && father.lacks(allele), fromFather && mother.lacks(allele))
		if t.dominant(mother, father, allele) {
			in.Mode = ModeDominant
		}
	}
	return in
}

func origin(mother, father bool) Origin {
	switch {
	case mother:
		return FromMother
	case father:
		return FromFather
	}
	return UnknownOrigin
}

// phase notes on which of the child's copies a heterozygous allele lies.
func (in *Inheritance) phase(child *Sample, allele int) {
	if in.Copies != 1 || !child.Genotype.AllPhased() {
		return
	}
	for i, a := range child.Genotype.Alleles {
		if a == allele {
			in.Haplotype, in.Set = i, max(child.Set, 0)
		}
	}
}

// healthy says whether an unaffected parent has two copies.
func (t *Trio) healthy(mother, father *Sample, allele int) bool {
	return t.MotherAffected == No && mother.copies(allele) > 1 || t.FatherAffected == No && father.copies(allele) > 1
}

// dominant says whether a parent is affected, every affected parent has the
// allele, and no unaffected parent has it.
func (t *Trio) dominant(mother, father *Sample, allele int) bool {
	some := false
	for _, p := range []struct {
		s        *Sample
		affected Answer
	}{{mother, t.MotherAffected}, {father, t.FatherAffected}} {
		has := p.s.copies(allele) > 0
		switch {
		case p.affected == Yes && has:
			some = true
		case p.affected == Yes, p.affected == No && has:
			return false
		}
	}
	return some
}

// shared are the ends of X that Y has too (pseudoautosomal regions), 0-based.
var shared = map[string][2][2]int{
	"GRCh38": {{10000, 2781479}, {155701382, 156030895}},
	"GRCh37": {{60000, 2699520}, {154931043, 155260560}},
}

// OnlyX says whether a place is on X, outside of what it shares with Y. Of an
// assembly other than GRCh37 and GRCh38 all of X is.
func OnlyX(assembly, contig string, pos int) bool {
	if genome.PlainContig(contig) != "X" {
		return false
	}
	for _, r := range shared[known.AssemblyOf(assembly)] {
		if r[0] <= pos && pos < r[1] {
			return false
		}
	}
	return true
}
