package guide

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis"
)

// A sheet writes rows as TSV, BED or JSON. Its first error stays.
type sheet struct {
	w      *bufio.Writer
	about  string
	format string
	names  []string
	cells  []string // of the row at hand
	rows   int
	err    error
}

// newSheet begins a table with the names of its columns. Above them TSV says
// what was asked, and remarks if there are any.
func newSheet(w io.Writer, r *request, names []string, remarks string) *sheet {
	about := r.about()
	if remarks != "" {
		about += "# " + remarks + "\n"
	}
	s := &sheet{w: bufio.NewWriterSize(w, 1<<16), about: about, format: r.format, names: names, cells: make([]string, len(names))}
	switch s.format {
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

// row writes the cells, or as BED a line, if there is one.
func (s *sheet) row(bed string) {
	switch s.format {
	case "tsv":
		for i, cell := range s.cells {
			if i > 0 {
				s.write("\t")
			}
			s.write(cell)
		}
		s.write("\n")
	case "bed":
		s.write(bed)
	case "json":
		s.object()
	}
	s.rows++
}

// object writes the cells as a JSON object: numbers and truth values as they
// are, NA as null.
func (s *sheet) object() {
	if s.rows > 0 {
		s.write(",")
	}
	s.write("\n {")
	for i, cell := range s.cells {
		if i > 0 {
			s.write(", ")
		}
		s.write(`"` + s.names[i] + `": `)
		switch {
		case cell == "NA":
			s.write("null")
		case s.names[i] == "by_mismatches" || s.names[i] == "variants":
			s.write("[" + cell + "]")
		case cell == "true" || cell == "false" || !slices.Contains(textColumns, s.names[i]) && isNumber(cell):
			s.write(cell)
		default:
			b, err := json.Marshal(cell)
			if s.err == nil {
				s.err = err
			}
			s.write(string(b))
		}
	}
	s.write("}")
}

// textColumns may hold text that looks like a number.
var textColumns = []string{"contig", "target", "id"}

func isNumber(s string) bool {
	return strings.Trim(s, "0123456789.-") == "" && json.Valid([]byte(s))
}

func (s *sheet) end() error {
	if s.format == "json" {
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
	return names, nil
}
