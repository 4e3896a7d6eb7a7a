package virus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"okazaki/genome"
)

// A motif is a pattern of amino acids, as the section aaMotifs of a
// pathogen.json has it: N-linked glycosylation, say.
type motif struct {
	name     string
	within   []motifRange // empty: all genes
	patterns []*regexp.Regexp
}

// A motifRange is the codons of a gene in which a motif is looked for; empty:
// all.
type motifRange struct {
	gene   string
	codons []genome.Region
}

// UnmarshalJSON reads a motif. It accepts datasets that say gene for cds.
func (m *motif) UnmarshalJSON(b []byte) error {
	type include struct {
		CDS, Gene string
		Ranges    []struct{ Begin, End int }
	}
	var file struct {
		Name                       string
		Motifs                     []string
		IncludeCDSes, IncludeGenes []include
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return err
	}
	m.name = file.Name
	for _, pattern := range file.Motifs {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return fmt.Errorf("the motif %s: %w", file.Name, err)
		}
		m.patterns = append(m.patterns, re)
	}
	for _, in := range slices.Concat(file.IncludeCDSes, file.IncludeGenes) {
		r := motifRange{gene: in.CDS + in.Gene}
		for _, x := range in.Ranges {
			r.codons = append(r.codons, genome.Region{Lo: x.Begin, Hi: x.End})
		}
		m.within = append(m.within, r)
	}
	return nil
}

// appendMotifs appends a column for each of the dataset's motifs: their places
// in the genome's proteins with the amino acids, as HA1:8:NST;HA1:22:NGT.
func (c *Caller) appendMotifs(dst []byte, calls *Calls) []byte {
	for i := range c.judge.motifs {
		m := &c.judge.motifs[i]
		start := len(dst) + 1
		dst = append(dst, '\t')
		if len(m.within) == 0 {
			for g := range c.ref.Genes {
				dst = c.appendMotif(dst, start, m, g, nil, calls)
			}
		}
		for _, in := range m.within {
			for g := range c.ref.Genes {
				if c.ref.Genes[g].Name == in.gene {
					dst = c.appendMotif(dst, start, m, g, in.codons, calls)
				}
			}
		}
	}
	return dst
}

// appendMotif appends a motif's places in a gene within some codons, as far as
// the genome is aligned there.
func (c *Caller) appendMotif(dst []byte, start int, m *motif, g int, within []genome.Region, calls *Calls) []byte {
	protein := c.reads(g, calls)
	if len(within) == 0 {
		within = []genome.Region{{Hi: len(protein)}}
	}
	c.regions = c.ref.aligned(c.regions[:0], g, calls.Aligned)
	for _, w := range within {
		for _, r := range c.regions {
			in := w.Intersect(genome.Region{Lo: (r.Lo + 2) / 3, Hi: r.Hi / 3})
			for _, re := range m.patterns {
				for _, at := range re.FindAllIndex(protein[in.Lo:max(in.Lo, in.Hi)], -1) {
					if len(dst) > start {
						dst = append(dst, ';')
					}
					dst = append(appendInt(c.appendGene(dst, g), in.Lo+at[0]+1), ':')
					dst = append(dst, protein[in.Lo+at[0]:in.Lo+at[1]]...)
				}
			}
		}
	}
	return dst
}

// reads returns the genome's protein of a gene along the reference's, without
// insertions. Unknown amino acids are X, deleted ones '-'.
func (c *Caller) reads(g int, calls *Calls) []byte {
	protein := bytes.Clone(c.sites.proteins[g].letters)
	for _, changes := range [][]AminoChange{calls.AminoSubstitutions, calls.AminoDeletions} {
		for _, m := range changes {
			if m.Gene == g {
				protein[m.Codon] = m.Alt
			}
		}
	}
	for _, u := range calls.AminoUnknown {
		for k := u.Codons.Lo; u.Gene == g && k < u.Codons.Hi; k++ {
			protein[k] = genome.Unknown
		}
	}
	return protein
}

// jsonMotifs appends the list of HA1:8:NST;HA1:22:NGT.
func jsonMotifs(dst, field []byte) []byte {
	return jsonList(func(dst, x []byte) []byte {
		gene, rest := cutGene(x, 2)
		at, letters, _ := bytes.Cut(rest, []byte{':'})
		dst = jsonName(append(dst, `{"cds":`...), string(unsafeText(gene)))
		dst = jsonFrom0(append(dst, `,"position":`...), at)
		return append(append(append(dst, `,"seq":"`...), letters...), '"', '}')
	})(dst, bytes.ReplaceAll(field, []byte{';'}, []byte{','}))
}
