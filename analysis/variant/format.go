package variant

import (
	"fmt"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/report"
	"okazaki/analysis/variant/gene"
	"okazaki/format/vcf"
)

// A format is one way to write the answer.
type format struct {
	name   string
	packed bool // its payloads are text, and compressed
	sheet  func(e *engine, h *vcf.Header) sheet
	write  func(w *writing) error
	files  []string // that write may create
}

// formats are all, the default first.
var formats = []format{
	{"table", true, newTable, (*writing).table, []string{"ranked.tsv"}},
	{"vcf", false, newVariants, (*writing).variants, []string{"variants.vcf.gz", "variants.vcf.gz.tbi", "variants.vcf.gz.csi"}},
	{"tsv", true, newConsequences, (*writing).consequences, []string{"consequences.tsv"}},
	{"json", true, newObjects, (*writing).objects, []string{"variants.ndjson"}},
}

// formatNames are theirs.
var formatNames = []string{"table", "vcf", "tsv", "json"}

func formatNamed(name string) *format {
	for i := range formats {
		if formats[i].name == name {
			return &formats[i]
		}
	}
	return &formats[0]
}

// about are the sources of the answer with their versions, a line each.
func (e *engine) about() []string {
	lines := []string{fmt.Sprintf("okazaki variant %d; decision support for research, no diagnosis", version)}
	add := func(what, text string) { lines = append(lines, what+": "+text) }
	add("genes", sourceText(&e.model.Annotation))
	add("reference", sourceText(&e.model.Reference))
	for _, n := range e.model.Notes {
		add("genes' note", n)
	}
	for _, s := range e.sources {
		add("known", s.String())
	}
	lines = append(lines, e.lists...)
	if e.stars != nil {
		add("star alleles", fmt.Sprintf("%d genes on %s", len(e.stars.Genes), e.stars.Build))
	}
	return lines
}

// column is a name as a column or a key of INFO may have it.
func column(source, field string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '.' {
			return c
		}
		return '_'
	}, source+"_"+field)
}

// sourceText says what a file of the genes is.
func sourceText(s *gene.Source) string {
	text := s.Name
	if len(s.Versions) > 0 {
		text += " (" + strings.Join(s.Versions, ", ") + ")"
	}
	if s.Digest != "" {
		text += ", sha256 " + s.Digest
	}
	return text
}

// outputs is okazaki.Analysis.Outputs.
func outputs(job *okazaki.Job) ([]string, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	names := slices.Clone(formatNamed(v.String("format")).files)
	if len(analysis.Inputs(job, "pgx")) > 0 {
		names = append(names, "pharmacogenes.tsv")
	}
	if v.Bool("html") {
		names = append(names, report.FileName)
	}
	return names, nil
}
