package guide

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/report"
)

// A sheet writes rows as TSV, BED or JSON. It keeps its first error.
type sheet struct {
	w     *bufio.Writer
	about string
	kind  string // tsv, bed or json
	names []string
	cells []string // of the row at hand
	rows  int
	err   error
}

// newSheet begins a table of a kind with the names of its columns. Above them
// TSV has the request, and remarks if there are any.
func newSheet(w io.Writer, kind string, r *request, names []string, remarks string) *sheet {
	about := r.about()
	if remarks != "" {
		about += "# " + remarks + "\n"
	}
	s := &sheet{w: bufio.NewWriterSize(w, 1<<16), about: about, kind: kind, names: names, cells: make([]string, len(names))}
	switch s.kind {
	case "tsv":
		s.write(s.about + strings.Join(names, "\t") + "\n")
	case "json":
		s.write("[")
	}
	return s
}

func (s *sheet) write(text string) {
	if s.err == nil {
		_, s.err = s.w.WriteString(text)
	}
}

// row writes the cells, or for BED a line, if there is one.
func (s *sheet) row(bed string) { s.put(s.format(bed)) }

// put writes what format returned.
func (s *sheet) put(row []byte) {
	if s.kind == "json" {
		if s.rows > 0 {
			s.write(",")
		}
		s.write("\n ")
	}
	if s.err == nil {
		_, s.err = s.w.Write(row)
	}
	s.rows++
}

// format returns a row of the cells, or for BED a line.
func (s *sheet) format(bed string) []byte {
	switch s.kind {
	case "tsv":
		return []byte(strings.Join(s.cells, "\t") + "\n")
	case "bed":
		return []byte(bed)
	}
	return s.object()
}

// object returns the cells as a JSON object: numbers and truth values as they
// are, NA as null.
func (s *sheet) object() []byte {
	b := []byte("{")
	for i, cell := range s.cells {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, `"`+s.names[i]+`": `...)
		switch {
		case cell == "NA":
			b = append(b, "null"...)
		case s.names[i] == "by_mismatches" || s.names[i] == "variants":
			b = append(b, "["+cell+"]"...)
		case cell == "true" || cell == "false" || !slices.Contains(textColumns, s.names[i]) && isNumber(cell):
			b = append(b, cell...)
		default:
			text, err := json.Marshal(cell)
			if s.err == nil {
				s.err = err
			}
			b = append(b, text...)
		}
	}
	return append(b, '}')
}

// textColumns are columns that may hold text that looks like a number.
var textColumns = []string{"contig", "target", "id", "gene", "id_1", "id_2"}

func isNumber(s string) bool {
	return strings.Trim(s, "0123456789.-") == "" && json.Valid([]byte(s))
}

func (s *sheet) end() error {
	if s.kind == "json" {
		s.write("\n]\n")
	}
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.err
}

// outputs is okazaki.Analysis.Outputs.
func outputs(job *okazaki.Job) ([]string, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	format := v.String("format")
	names := []string{"guides." + format}
	if hits := v.String("hits"); hits != "" {
		names = append(names, hits)
	}
	if len(analysis.Inputs(job, "vcf")) > 0 {
		names = append(names, "variants."+format)
	}
	if v.String("pairs") != "" {
		names = append(names, "pairs."+format)
	}
	if v.Int("primers") > 0 {
		names = append(names, "primers."+format)
	}
	if v.Bool("html") {
		names = append(names, report.FileName)
	}
	return names, nil
}
