package virus

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A phenotype scores amino-acid substitutions of one gene, as the section
// phenotypeData of a pathogen.json says: the negative logarithm of the
// weighted sum over antibodies of exp(−Σ coefficient).
type phenotype struct {
	Name    string
	CDS     string
	AARange struct{ Begin, End int }
	Ignore  struct{ Clades []string }
	Data    []antibody
}

type antibody struct {
	Weight    float64
	Locations map[int]coefficients
}

// coefficients are one codon's, by amino acid; 0 stands for other amino acids.
type coefficients map[byte]float64

// UnmarshalJSON reads one number for any amino acid, or a number for each.
func (c *coefficients) UnmarshalJSON(b []byte) error {
	*c = coefficients{}
	var any float64
	if json.Unmarshal(b, &any) == nil {
		(*c)[0] = any
		return nil
	}
	var each map[string]float64
	if err := json.Unmarshal(b, &each); err != nil {
		return err
	}
	for letter, f := range each {
		switch {
		case letter == "default":
			(*c)[0] = f
		case len(letter) == 1:
			(*c)[letter[0]] = f
		default:
			return fmt.Errorf("%q is not an amino acid", letter)
		}
	}
	return nil
}

func (c coefficients) of(letter byte) float64 {
	if f, ok := c[letter]; ok {
		return f
	}
	return c[0]
}

// value returns the phenotype of a genome of a clade, or false if it has none.
func (p *phenotype) value(c *Caller, calls *Calls, clade string) (float64, bool) {
	if clade != "" && slices.Contains(p.Ignore.Clades, clade) {
		return 0, false
	}
	sum := 0.0
	for _, a := range p.Data {
		total := 0.0
		for _, m := range calls.AminoSubstitutions {
			if c.ref.Genes[m.Gene].Name == p.CDS && p.AARange.Begin <= m.Codon && m.Codon < p.AARange.End {
				total += a.Locations[m.Codon].of(m.Alt)
			}
		}
		sum += a.Weight * math.Exp(-total)
	}
	f := -math.Log(sum)
	return f, !math.IsInf(f, 0) && !math.IsNaN(f)
}

// appendFloat appends the shortest decimal that equals f, as Rust prints it.
func appendFloat(dst []byte, f float64) []byte {
	if f == 0 {
		f = 0 // −0
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
