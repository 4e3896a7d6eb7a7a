package rank

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis/variant/gene"
)

// A Gene is what a list says about a gene.
type Gene struct {
	// LoF says whether the gene's loss of function causes disease. A list of
	// names alone says that it does.
	LoF          Answer
	byConstraint bool
	Missense     float64 // Z of the missense variants that are missing; 0 if unknown
	Mode         Modes   // of inheritance, as the list has them; 0 if it doesn't
}

// Modes is a set of modes of inheritance.
type Modes uint8

// The modes that lists have.
const (
	Dominant Modes = 1 << iota
	Recessive
	OnX
)

// Genes is a list of genes, by symbol or identifier.
type Genes struct{ byName map[string]Gene }

// Find returns what the list says about a transcript's gene. A nil list has
// none.
func (g *Genes) Find(t *gene.Transcript) (Gene, bool) {
	if g == nil {
		return Gene{}, false
	}
	if one, ok := g.byName[t.Symbol]; ok && t.Symbol != "" {
		return one, true
	}
	id, _, _ := strings.Cut(t.Gene, ".")
	one, ok := g.byName[id]
	return one, ok
}

// Len is how many names there are.
func (g *Genes) Len() int { return len(g.byName) }

// The columns of a list that are read, by their names in lower case. The
// columns of constraint have the names of gnomAD 2 and 4.
var columns = []struct {
	use   string
	names []string
}{
	{"gene", []string{"gene", "symbol", "gene_symbol", "gene symbol", "hgnc", "gene_name", "entity name"}},
	{"id", []string{"gene_id", "ensembl", "ensembl_id", "ensg"}},
	{"mode", []string{"inheritance", "moi", "mode", "mode_of_inheritance", "model_of_inheritance"}},
	{"loeuf", []string{"oe_lof_upper", "lof.oe_ci.upper", "loeuf"}},
	{"pli", []string{"pli", "lof.pli"}},
	{"missense", []string{"mis_z", "mis.z_score"}},
	{"main", []string{"mane_select", "canonical"}},
}

// ReadGenes reads a list of genes: one name a line; or TSV whose first line
// names its columns. One is gene (or symbol), and there may be inheritance
// (AD, AR, XL, or in words) and gnomAD's constraint (pLI, oe_lof_upper,
// mis_z), from which follows whether loss of function is selected against:
// oe_lof_upper below 0.35 (Karczewski 2020, Nature 581:434), or without it
// pLI from 0.9 on. Lines that begin with # are comments. name is for errors,
// *okazaki.Error with the line.
func ReadGenes(name string, r io.Reader) (*Genes, error) {
	g := &Genes{byName: map[string]Gene{}}
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	line := int64(0)
	var at map[string]int // columns by use; nil before the first line
	mains := map[string]bool{}
	for in.Scan() {
		line++
		text := strings.TrimRight(in.Text(), "\r")
		if at == nil {
			if named := header(strings.TrimPrefix(text, "#")); named != nil {
				at = named
				continue
			}
		}
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if at == nil {
			at = map[string]int{"gene": 0} // names alone, and whatever follows them
		}
		if err := g.take(strings.Split(text, "\t"), at, mains); err != nil {
			return nil, &okazaki.Error{File: name, Line: line, Message: err.Error(), Hint: "give one gene a line, or TSV whose first line names its columns"}
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, &okazaki.Error{File: name, Line: line + 1, Message: "the line is longer than 1 MiB", Hint: "give one gene a line, or TSV whose first line names its columns"}
	} else if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(g.byName) == 0 {
		return nil, &okazaki.Error{File: name, Message: "the list has no genes", Hint: "give one gene a line"}
	}
	return g, nil
}

// header is the columns by their use; nil if the line names none.
func header(text string) map[string]int {
	at := map[string]int{}
	for i, cell := range strings.Split(text, "\t") {
		cell = strings.ToLower(strings.Trim(strings.TrimSpace(cell), `"`))
		for _, c := range columns {
			if _, there := at[c.use]; !there && slices.Contains(c.names, cell) {
				at[c.use] = i
			}
		}
	}
	_, named := at["gene"]
	_, id := at["id"]
	if !named && !id {
		return nil
	}
	return at
}

// take adds one row. If a gene has several rows, one a transcript, the first
// counts, or the row that says it is the main one.
func (g *Genes) take(cells []string, at map[string]int, mains map[string]bool) error {
	cell := func(use string) string {
		i, ok := at[use]
		if !ok || i >= len(cells) {
			return ""
		}
		return strings.Trim(strings.TrimSpace(cells[i]), `"`)
	}
	name, id := cell("gene"), cell("id")
	if name == "" && id == "" {
		return errors.New("the row names no gene")
	}
	if strings.ContainsAny(name, " ,;") {
		return fmt.Errorf("%.40q is not a gene's name", name)
	}
	one := Gene{LoF: Yes, Mode: modes(cell("mode"))}
	_, byLOEUF := at["loeuf"]
	_, byPLI := at["pli"]
	if byLOEUF || byPLI {
		one.byConstraint = true
		one.LoF = intolerant(cell("loeuf"), cell("pli"))
	}
	one.Missense, _ = strconv.ParseFloat(cell("missense"), 64) // a text that is not a number counts as not known
	main := strings.EqualFold(cell("main"), "true")
	id, _, _ = strings.Cut(id, ".")
	for _, n := range []string{name, id} {
		if _, twice := g.byName[n]; n == "" || twice && (!main || mains[n]) {
			continue
		}
		g.byName[n], mains[n] = one, main
	}
	return nil
}

func intolerant(loeuf, pli string) Answer {
	yes := func(b bool) Answer {
		if b {
			return Yes
		}
		return No
	}
	if v, err := strconv.ParseFloat(loeuf, 64); err == nil {
		return yes(v < 0.35)
	}
	if v, err := strconv.ParseFloat(pli, 64); err == nil {
		return yes(v >= 0.9)
	}
	return Unknown
}

// modes reads AD, AR, XL and their like, and PanelApp's words.
func modes(text string) (m Modes) {
	low := strings.ToLower(text)
	for _, w := range strings.FieldsFunc(low, func(r rune) bool { return strings.ContainsRune(" ,;/|-(", r) }) {
		switch w {
		case "ad", "monoallelic", "dominant", "both":
			m |= Dominant
		case "ar", "biallelic", "recessive":
			m |= Recessive
		case "xl", "xld", "xlr", "x", "hemizygous":
			m |= OnX
		}
	}
	if strings.Contains(low, "both") {
		m |= Recessive
	}
	return m
}
