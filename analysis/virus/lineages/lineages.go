// Package lineages is about twenty lineages of SARS-CoV-2 that have a name and
// a history: what their genomes have in common, and the authors of their
// descriptions.
//
// Its one invariant: aligned to the reference, the consensus genome of a
// lineage gives the lineage's own lists of mutations.
package lineages

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"

	"okazaki/analysis/virus"
	"okazaki/genome"
)

// A Lineage is a branch of the pandemic, by its Pango name (Rambaut et al.
// 2020, Nat. Microbiol. 5:1403).
type Lineage struct {
	Name      string
	WHO       string // the World Health Organization's letter, or empty
	Described string // year and month in which the citation, or its preprint, appeared: 2020-12
	Citation  string // a published description
	// Calls are the differences from the reference, NC_045512.2.
	Calls virus.Calls
}

//go:embed lineages.tsv
var table []byte

// All lists the lineages in the table's order, every one after its ancestors.
// The caller may change them.
func All() []Lineage {
	all, err := parse(table)
	if err != nil {
		panic(err)
	}
	return all
}

// Consensus writes each lineage as a FASTA record, named as the lineage, over
// the reference NC_045512.2.
func Consensus(w io.Writer, ref *virus.Reference) error {
	for _, l := range All() {
		text := append([]byte(">"+l.Name+"\n"), l.AppendGenome(nil, ref)...)
		if _, err := w.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// AppendGenome appends the lineage's consensus genome, from end to end.
func (l *Lineage) AppendGenome(dst []byte, ref *virus.Reference) []byte {
	whole := l.Calls
	whole.Aligned = genome.Region{Hi: len(ref.Sequence)}
	return whole.AppendGenome(dst, ref)
}

// parse reads the table: a header, then a line for each lineage.
func parse(tsv []byte) (all []Lineage, err error) {
	for i, line := range strings.Split(strings.TrimSpace(string(bytes.TrimSpace(tsv))), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 {
			continue
		}
		if len(f) < 4 || len(f) > 7 {
			return nil, fmt.Errorf("line %d has %d columns", i+1, len(f))
		}
		f = append(f, make([]string, 7-len(f))...)
		l := Lineage{Name: f[0], WHO: f[1], Described: f[2], Citation: f[3]}
		if l.Calls, err = parseCalls(f[4], f[5], f[6]); err != nil {
			return nil, fmt.Errorf("lineage %s: %w", l.Name, err)
		}
		all = append(all, l)
	}
	return all, nil
}

// parseCalls reads mutations in Nextclade's notation.
func parseCalls(substitutions, deletions, insertions string) (c virus.Calls, err error) {
	for _, s := range list(substitutions) {
		if len(s) < 3 {
			return c, fmt.Errorf("substitution %q", s)
		}
		n, err := strconv.Atoi(s[1 : len(s)-1])
		if err != nil || n < 1 {
			return c, fmt.Errorf("substitution %q", s)
		}
		c.Substitutions = append(c.Substitutions, virus.Substitution{Pos: n - 1, Ref: s[0], Alt: s[len(s)-1]})
	}
	for _, s := range list(deletions) {
		first, last, ok := strings.Cut(s, "-")
		if !ok {
			last = first
		}
		lo, err1 := strconv.Atoi(first)
		hi, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || lo < 1 || hi < lo {
			return c, fmt.Errorf("deletion %q", s)
		}
		c.Deletions = append(c.Deletions, genome.Region{Lo: lo - 1, Hi: hi})
	}
	for _, s := range list(insertions) {
		after, letters, _ := strings.Cut(s, ":")
		n, err := strconv.Atoi(after)
		if err != nil || n < 0 || letters == "" {
			return c, fmt.Errorf("insertion %q", s)
		}
		c.Insertions = append(c.Insertions, virus.Insertion{Pos: n, Letters: []byte(letters)})
	}
	return c, nil
}

// list returns the parts between commas; none of an empty string.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
