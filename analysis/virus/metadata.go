package virus

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"okazaki"
	"okazaki/analysis"
)

// A metadata is a table of facts about genomes besides their bases. It is
// immutable.
type metadata struct {
	file    string
	columns []string // without the names' column
	rows    map[string][]string
	names   []string // in the order of the file
	twice   int      // rows with an earlier row's name: the first counts
	date    int      // the column of dates; -1 if there is none
}

// metadataPrefix stands before a column's name in the table of mutations.
const metadataPrefix = "metadata."

// The columns that have a genome's name and its date, as Nextstrain's, GISAID's
// and NCBI's tables call them. In other tables the first column has the names.
var (
	nameColumns = []string{"strain", "name", "seqname", "sequence_name", "virus name", "taxon", "accession", "genbank_accession", "id"}
	dateColumns = []string{"date", "collection_date", "collection date", "sample_date", "sampling_date", "sample_collection_date", "collectiondate", "samplecollectiondate", "isolation_date"}
)

// maxMetadata is the longest table, in bytes.
const maxMetadata = 1 << 30

func openMetadata(ctx context.Context, job *okazaki.Job, files okazaki.Files) (*metadata, error) {
	in := analysis.Inputs(job, "metadata")
	if len(in) == 0 {
		return nil, nil
	}
	content, err := readFile(ctx, files, in[0], maxMetadata)
	if err != nil {
		return nil, err
	}
	return parseMetadata(in[0].Name, content)
}

// parseMetadata reads a table with a header line, of columns separated by tabs,
// or by commas if the header has no tab.
func parseMetadata(file string, content []byte) (*metadata, error) {
	wrong := func(line int, message, hint string) error {
		return &okazaki.Error{File: file, Line: int64(line), Message: message, Hint: hint}
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	head, _, _ := bytes.Cut(content, []byte{'\n'})
	r := csv.NewReader(bytes.NewReader(content))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	if bytes.IndexByte(head, '\t') >= 0 {
		r.Comma = '\t'
	}
	columns, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, wrong(0, "it is empty", "give a table with a header line")
	}
	if err != nil {
		return nil, wrong(1, err.Error(), "give a table with a header line, its columns separated by tabs")
	}
	named := max(0, columnOf(columns, nameColumns))
	m := &metadata{file: file, rows: map[string][]string{}, columns: slices.Delete(slices.Clone(columns), named, named+1)}
	m.date = columnOf(m.columns, dateColumns)
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		line, _ := r.FieldPos(0)
		switch {
		case err != nil:
			return nil, wrong(line, err.Error(), "mend the line")
		case len(fields) > len(columns):
			return nil, wrong(line, fmt.Sprintf("it has %d columns, and the header has %d", len(fields), len(columns)), "mend the line")
		case len(fields) <= named || strings.TrimSpace(fields[named]) == "":
			return nil, wrong(line, "it has no name in the column "+columns[named], "mend the line")
		}
		for len(fields) < len(columns) {
			fields = append(fields, "")
		}
		name := strings.TrimSpace(fields[named])
		if _, ok := m.rows[name]; ok {
			m.twice++
			continue
		}
		m.names = append(m.names, name)
		m.rows[name] = slices.Delete(fields, named, named+1)
	}
}

// columnOf returns the first column that has one of the names; -1 for none.
func columnOf(columns, names []string) int {
	for _, name := range names {
		if i := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), name) }); i >= 0 {
			return i
		}
	}
	return -1
}

// find returns the row of a genome: by its whole name, or else by the first
// part between bars that has a row, or by its first word.
func (m *metadata) find(name string) (key string, row []string) {
	for _, key := range append([]string{name}, strings.Split(name, "|")...) {
		key = strings.TrimSpace(key)
		if row, ok := m.rows[key]; ok {
			return key, row
		}
	}
	word := name
	if i := strings.IndexAny(name, " \t"); i >= 0 {
		word = name[:i]
	}
	return word, m.rows[word]
}

// dated says whether there are dates.
func (m *metadata) dated() bool { return m != nil && m.date >= 0 }

// dates returns when the row's genome was taken; zero if that isn't known.
func (t *Table) dates() dates {
	d, ok := parseDate(string(t.Field(metadataPrefix+"dateFrom")) + "/" + string(t.Field(metadataPrefix+"dateTo")))
	if !ok {
		return dates{}
	}
	return d
}

// tableColumns returns the columns that metadata adds to a table of mutations.
func (m *metadata) tableColumns() []string {
	if m == nil {
		return nil
	}
	out := []string{metadataPrefix + "name"}
	for _, c := range m.columns {
		out = append(out, metadataPrefix+c)
	}
	if m.dated() {
		out = append(out, metadataPrefix+"dateFrom", metadataPrefix+"dateTo")
	}
	return out
}

// append appends the columns of a genome.
func (m *metadata) append(dst []byte, name string) []byte {
	if m == nil {
		return dst
	}
	key, row := m.find(name)
	if row == nil {
		return appendTabs(dst, len(m.tableColumns()))
	}
	dst = appendSafe(append(dst, '\t'), key)
	for _, field := range row {
		dst = appendSafe(append(dst, '\t'), field)
	}
	if !m.dated() {
		return dst
	}
	d, _ := parseDate(row[m.date])
	return d.append(dst)
}

// counted returns "1 genome" or "2 genomes".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprint(n, " ", noun, "s")
}

func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// An unmatchedFile names the genomes without a row of the metadata, and the
// rows without a genome.
type unmatchedFile struct {
	m       *metadata
	w       *bufio.Writer
	warn    func(string)
	used    map[string]bool
	genomes int // without a row
	all     int
	undated int // rows whose date can't be read
}

func newUnmatchedFile(m *metadata, w io.Writer, warn func(string)) *unmatchedFile {
	f := &unmatchedFile{m: m, w: bufio.NewWriterSize(w, 1<<16), warn: warn, used: map[string]bool{}}
	_, _ = f.w.WriteString("without\tname\n") // a bufio.Writer keeps its first error
	return f
}

func (f *unmatchedFile) row(t *Table) error {
	f.all++
	key := string(unsafeText(t.Field(metadataPrefix + "name")))
	if key == "" {
		f.genomes++
		_, err := f.w.Write(append(appendSafe([]byte("metadata\t"), t.Name()), '\n'))
		return err
	}
	if f.m.dated() && len(t.Field(metadataPrefix+"dateFrom")) == 0 {
		f.undated++
	}
	f.used[key] = true
	return nil
}

func (f *unmatchedFile) end() error {
	left := 0
	for _, name := range f.m.names {
		if !f.used[name] {
			left++
			_, _ = f.w.Write(append(appendSafe([]byte("genome\t"), name), '\n'))
		}
	}
	if f.genomes+left > 0 {
		f.warn(fmt.Sprintf("of %s %d %s no row in %s, and of its %s %d %s no genome; see unmatched.tsv",
			counted(f.all, "genome"), f.genomes, have(f.genomes), f.m.file, counted(len(f.m.names), "row"), left, have(left)))
	}
	if f.m.twice > 0 {
		f.warn(fmt.Sprintf("%s of %s %s the name of an earlier one, which counts", counted(f.m.twice, "row"), f.m.file, have(f.m.twice)))
	}
	if f.undated > 0 {
		f.warn(fmt.Sprintf("%s %s no date in %s that can be read; 2021-03-14, 2021-03-XX, 2021-03 and 2021 can", counted(f.undated, "genome"), have(f.undated), f.m.file))
	}
	return f.w.Flush()
}
