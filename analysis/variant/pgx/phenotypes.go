package pgx

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"okazaki"
)

// Phenotypes say what the alleles of a gene do, and what two of them mean.
type Phenotypes struct {
	Version string

	gene       string
	functions  map[string]alleleFunction
	diplotypes map[string]diplotypeMeaning // by pairKey
}

type alleleFunction struct {
	Function string
	Activity string // "" if the gene has no activity values
}

type diplotypeMeaning struct {
	Phenotype string
	Score     string // the activity score, "" if there is none
}

// pairKey names two alleles whatever their order; b is "" for one alone.
func pairKey(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return a + "\x00" + b
}

func readPhenotypes(f File) (*Phenotypes, error) {
	var doc struct {
		Gene, Version string
		Haplotypes    map[string]string
		NamedAlleles  []struct {
			Name          string
			ActivityValue *string
			FunctionValue *string
		}
		Diplotypes []struct {
			Key       map[string]int `json:"diplotypekey"`
			Phenotype *string
			Result    *string `json:"generesult"`
			Score     *string `json:"activityScore"`
		}
	}
	if err := json.Unmarshal(f.Data, &doc); err != nil {
		return nil, bad(f, err)
	}
	p := &Phenotypes{Version: doc.Version, gene: doc.Gene, functions: map[string]alleleFunction{}, diplotypes: map[string]diplotypeMeaning{}}
	for name, function := range doc.Haplotypes {
		p.functions[name] = alleleFunction{Function: function}
	}
	for _, a := range doc.NamedAlleles {
		p.functions[a.Name] = alleleFunction{Function: text(a.FunctionValue), Activity: text(a.ActivityValue)}
	}
	for _, d := range doc.Diplotypes {
		names := slices.Sorted(maps.Keys(d.Key))
		switch {
		case len(names) == 1 && d.Key[names[0]] == 2:
			names = append(names, names[0])
		case len(names) == 1:
			names = append(names, "")
		case len(names) != 2:
			return nil, bad(f, errors.New("a diplotype of "+strconv.Itoa(len(names))+" alleles"))
		}
		meaning := diplotypeMeaning{Phenotype: text(d.Phenotype), Score: text(d.Score)}
		if meaning.Phenotype == "" {
			meaning.Phenotype = text(d.Result)
		}
		p.diplotypes[pairKey(names[0], names[1])] = meaning
	}
	return p, nil
}

// text is what a nullable string says; "n/a" says nothing.
func text(s *string) string {
	if s == nil || *s == "n/a" {
		return ""
	}
	return *s
}

// activity is an allele's activity value. Without one it ranks by its
// function; what is not known ranks as normal.
func (p *Phenotypes) activity(allele string) float64 {
	if p == nil {
		return 1
	}
	f := p.functions[allele]
	if v, err := strconv.ParseFloat(f.Activity, 64); err == nil {
		return v
	}
	switch function := strings.ToLower(f.Function); {
	case strings.HasPrefix(function, "no function"), strings.Contains(function, "hyperthermia associated"):
		return 0
	case strings.Contains(function, "decreased"):
		return 0.5
	}
	return 1
}

// readLevels adds the rows of CPIC's table of gene-drug pairs. A table
// without its columns is passed over.
func readLevels(f File, levels map[string][]Level) error {
	r := csv.NewReader(bytes.NewReader(f.Data))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	gene, drug, level := -1, -1, -1
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &okazaki.Error{File: f.Name, Message: err.Error(), Hint: "give CPIC's table of gene-drug pairs as CSV", Err: err}
		}
		if level < 0 {
			find := func(name string) int {
				return slices.IndexFunc(row, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
			}
			gene, drug, level = find("Gene"), find("Drug"), find("CPIC Level")
			if gene < 0 || drug < 0 || level < 0 {
				level = -1
			}
			continue
		}
		if max(gene, drug, level) < len(row) && row[gene] != "" {
			levels[row[gene]] = append(levels[row[gene]], Level{Drug: row[drug], Level: row[level]})
		}
	}
}
