package pgx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// unknown is the allele of a strand that the file doesn't tell.
const unknown = "."

// A genotype is what a sample has at one position.
type genotype struct {
	a, b   string // the bases of the strands; a is "" if nothing is known, b if there is one strand
	phased bool
	set    string // the phase set, "" for the one that all without PS share
}

func (g genotype) called() bool  { return g.a != "" }
func (g genotype) haploid() bool { return g.a != "" && g.b == "" }
func (g genotype) het() bool     { return g.b != "" && g.a != g.b }

// undocumentedIsReference are the genes in which PharmCAT takes a base that
// no allele has for the reference.
var undocumentedIsReference = []string{"CACNA1S", "DPYD", "G6PD", "NUDT15", "RYR1", "TPMT"}

// genotypes returns a sample's genotypes at each position of the gene, and
// notes on what had to be left out or changed. Lines are by site, sample is
// its column.
func (g *Gene) genotypes(lines map[int][]string, sample int, o Options) (calls []genotype, notes []string) {
	calls = make([]genotype, len(g.Positions))
	for x := range g.Positions {
		p := &g.Positions[x]
		where := fmt.Sprintf("%s:%d", g.Chromosome, p.Pos+1)
		for _, text := range lines[g.sites[x]] {
			call, note := g.read(p, strings.Split(text, "\t"), sample)
			switch {
			case note == "" && calls[x].called() && call.called():
				note = "given twice, the first counts"
			case call.called() && !calls[x].called():
				calls[x] = call
			}
			if note != "" {
				notes = append(notes, where+" "+note)
			}
		}
		if !calls[x].called() && o.AssumeReference {
			calls[x] = genotype{a: p.Ref, b: p.Ref}
		}
	}
	return calls, notes
}

// read is the genotype that a line gives a sample, and what is wrong with it.
// Fields are REF, ALT and the samples.
func (g *Gene) read(p *Position, fields []string, sample int) (call genotype, note string) {
	if sample+2 >= len(fields) {
		return call, ""
	}
	ref, alts := strings.ToUpper(fields[0]), strings.Split(strings.ToUpper(fields[1]), ",")
	values := strings.SplitN(fields[sample+2], ":", 3)
	gt := values[0]
	strands := strings.FieldsFunc(gt, func(c rune) bool { return c == '/' || c == '|' })
	if ref == "." { // a block without variants, ALT bases long from here
		if length, _ := strconv.Atoi(fields[1]); length < len(p.Ref) || strings.Trim(gt, "0/|") != "" || gt == "" {
			return call, ""
		}
		ref, alts = p.Ref, nil
	}
	if ref != p.Ref {
		return call, fmt.Sprintf("left out: REF is %s, the definition has %s", ref, p.Ref)
	}
	if strings.Trim(gt, "./|") == "" {
		return call, "left out: no call"
	}
	alleles := append([]string{ref}, alts...)
	var letters []string
	for _, s := range strands {
		letter := unknown
		if i, err := strconv.Atoi(s); err == nil && i < len(alleles) {
			letter = alleles[i]
		}
		if letter != unknown && strings.Trim(letter, "ACGT") != "" {
			return call, "left out: the allele " + letter + " is not letters"
		}
		letters = append(letters, letter)
	}
	if hetWithoutDepth(strands, values) {
		return call, fmt.Sprintf("left out: GT %s is heterozygous, but AD %s has reads of one allele", gt, values[2])
	}
	notes := g.document(p, letters, alts)
	if len(letters) > 2 {
		notes = append(notes, "more than two alleles, the first two count")
		letters = letters[:2]
	}
	call = genotype{a: letters[0], phased: strings.Contains(gt, "|")}
	if len(values) > 1 && values[1] != "." && call.phased {
		call.set = values[1]
	}
	switch one := len(letters) == 1; {
	case !one:
		call.b = letters[1]
	case !slices.Contains([]string{"X", "Y", "M", "MT"}, plainChrom(g.Chromosome)):
		call.b = unknown
	}
	if half := call.a == unknown || call.b == unknown; half && (call.a == p.Ref || call.b == p.Ref) {
		return genotype{}, "left out: one allele is called, and it is the reference"
	} else if half {
		notes = append(notes, "only one allele is called")
	}
	return call, strings.Join(notes, "; ")
}

// document finds bases that no allele of the gene has, and takes them for the
// reference in the genes where that is right.
func (g *Gene) document(p *Position, letters, alts []string) (notes []string) {
	long := func(s string) bool { return len(s) > 1 }
	comparable := !slices.ContainsFunc(p.Alts, long) || slices.ContainsFunc(alts, long)
	for i, l := range letters {
		if l == unknown || l == p.Ref || slices.Contains(p.Alts, l) {
			continue
		}
		note := fmt.Sprintf("%s is in no allele's definition (%s)", l, strings.Join(p.Alts, ", "))
		if comparable && slices.Contains(undocumentedIsReference, g.Name) {
			letters[i] = p.Ref
			note += ", taken for the reference"
		}
		notes = append(notes, note)
	}
	return slices.Compact(notes)
}

// hetWithoutDepth says whether the strands differ but all reads show one
// allele: some callers write such genotypes to mean that allele alone.
func hetWithoutDepth(strands, values []string) bool {
	if len(values) < 3 || len(slices.Compact(slices.Clone(strands))) == 1 {
		return false
	}
	deep := 0
	for depth := range strings.SplitSeq(values[2], ",") {
		if depth == "." {
			continue
		}
		n, err := strconv.Atoi(depth)
		if err != nil {
			return false
		}
		if n > 0 {
			deep++
		}
	}
	return deep == 1
}
