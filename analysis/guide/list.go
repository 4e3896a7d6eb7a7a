package guide

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// A guideList is a user's table of guides: one guide a line, its sequence and
// its name in any two columns, with a line of column names or without.
type guideList struct {
	file string
	rows []listRow
	head []string // names of the columns, lower case without spaces and signs; nil if there are none

	named     bool // by a line that is not a comment
	separator byte // of columns, once a guide was seen
}

type listRow struct {
	line  int64
	text  string
	cells []string
}

// Names of columns, as libraries and tools have them.
var (
	sequenceNames = []string{"guide", "guidesequence", "guideseq", "sequence", "seq", "sgrnasequence", "sgrnaseq", "sgrnatargetsequence", "grnasequence", "grnaseq",
		"grna", "sgrna", "spacer", "spacersequence", "protospacer", "protospacersequence", "crrna", "crrnasequence", "targetsequence", "oligo", "target"}
	nameNames = []string{"id", "name", "guideid", "guidename", "sgrnaid", "sgrnaname", "grnaid", "grnaname", "uid", "sgrna", "grna", "guide"}
	geneNames = []string{"gene", "genesymbol", "targetgenesymbol", "genename", "geneid", "targetgene", "targetgeneid"}
)

// isGuide says whether a cell has a guide's length and IUPAC letters only.
func isGuide(cell string) bool {
	return len(cell) >= MinLength && len(cell) <= MaxLength+maxPAM && isNucleotides(cell)
}

func isNucleotides(cell string) bool {
	for i := range len(cell) {
		if genome.BaseOf(cell[i]) == 0 {
			return false
		}
	}
	return cell != ""
}

// plainName returns the name of a column without case, spaces and signs.
func plainName(cell string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, strings.ToLower(cell))
}

// isColumnName says whether a cell names a column of guides. guide_1 names a
// guide.
func isColumnName(cell string) bool {
	name := plainName(cell)
	if slices.Contains(sequenceNames, name) || slices.Contains(nameNames, name) || slices.Contains(geneNames, name) {
		return true
	}
	return strings.TrimRight(name, "0123456789") == name &&
		slices.ContainsFunc([]string{"guide", "sequence", "protospacer", "spacer", "gene", "name"}, func(word string) bool { return strings.Contains(name, word) })
}

// resemblesGuide says whether a cell may be meant as a sequence, even a faulty
// one.
func resemblesGuide(cell string) bool {
	if slices.Contains(sequenceNames, plainName(cell)) {
		return false
	}
	bases := 0
	for i := range len(cell) {
		if strings.IndexByte("ACGTUNacgtun", cell[i]) >= 0 {
			bases++
		}
	}
	return isGuide(cell) || len(cell) >= 4 && bases == len(cell) || len(cell) >= 10 && 4*bases >= 3*len(cell)
}

// isHead says whether a line names columns: it has a known name and nothing
// like a guide.
func isHead(cells []string) bool {
	return !slices.ContainsFunc(cells, resemblesGuide) && slices.ContainsFunc(cells, isColumnName)
}

// readList reads the lines of a list. Empty lines and lines that begin with #
// hold no guide. A first line of column names counts as one with # or without.
func readList(file string, r io.Reader) (*guideList, error) {
	l := &guideList{file: file}
	lines := bufio.NewScanner(r)
	n := int64(1)
	for ; lines.Scan() && len(l.rows) <= maxCandidates; n++ {
		l.line(n, strings.TrimSpace(strings.TrimPrefix(lines.Text(), byteOrder)))
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &okazaki.Error{File: file, Line: n, Message: "the line is too long for a guide", Hint: "write a protospacer a line, without the PAM"}
	case err != nil:
		return nil, err
	case len(l.rows) > maxCandidates:
		return nil, &okazaki.Error{File: file, Message: fmt.Sprintf("there are more than %d guides in it", maxCandidates), Hint: "search them in several runs"}
	case len(l.rows) == 0:
		return nil, &okazaki.Error{File: file, Message: "there is no guide in it", Hint: "write a protospacer a line, without the PAM"}
	}
	return l, nil
}

// line takes a line without the blanks around it.
func (l *guideList) line(n int64, text string) {
	text, comment := strings.CutPrefix(text, "#")
	if text == "" || comment && len(l.rows) > 0 {
		return
	}
	separator := l.separator
	if separator == 0 {
		separator = separatorOf(text)
	}
	cells := split(text, separator)
	switch {
	case len(l.rows) == 0 && !l.named && isHead(cells):
		if comment && len(cells) == 1 {
			return // a remark
		}
		l.head, l.named = nil, !comment
		for _, cell := range cells {
			l.head = append(l.head, plainName(cell))
		}
	case !comment:
		l.separator = separator
		l.rows = append(l.rows, listRow{n, text, cells})
	}
}

// separatorOf returns the separator of a line's columns; a space for blanks.
func separatorOf(text string) byte {
	for _, c := range []byte("\t,;") {
		if strings.IndexByte(text, c) >= 0 {
			return c
		}
	}
	return ' '
}

// split returns a line's cells, without blanks and quotes around them.
func split(text string, separator byte) (cells []string) {
	switch {
	case separator == ' ':
		return strings.Fields(text)
	case separator != '\t' && strings.Contains(text, `"`):
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.LazyQuotes, r.TrimLeadingSpace = rune(separator), true, true
		if fields, err := r.Read(); err == nil {
			cells = fields
			break
		}
		fallthrough
	default:
		cells = strings.Split(text, string(separator))
	}
	for i := range cells {
		cells[i] = strings.Trim(cells[i], " \"'\r")
	}
	return cells
}

// column returns the first column that has one of the names, which come in
// order; -1 for none. It leaves out column not.
func (l *guideList) column(names []string, not int) int {
	for _, name := range names {
		for i, head := range l.head {
			if head == name && i != not {
				return i
			}
		}
	}
	return -1
}

// sequenceColumn returns the column of the guides. It is the named one, unless
// only another one has guides. Without names it is the first column with a
// guide in most lines.
func (l *guideList) sequenceColumn() int {
	const looked = 1000
	var guides []int
	for _, row := range l.rows[:min(looked, len(l.rows))] {
		for i, cell := range row.cells {
			if i == len(guides) {
				guides = append(guides, 0)
			}
			if isGuide(cell) {
				guides[i]++
			}
		}
	}
	most := 0
	for i, n := range guides {
		if n > guides[most] {
			most = i
		}
	}
	if named := l.column(sequenceNames, -1); named >= 0 && (named < len(guides) && guides[named] > 0 || guides[most] == 0) {
		return named
	}
	return most
}

// candidates adds the guides of the list, in order, each with its name and its
// gene if the list has them.
func (l *guideList) candidates(list *candidates) error {
	sequence := l.sequenceColumn()
	name, gene := l.column(nameNames, sequence), l.column(geneNames, sequence)
	if name < 0 {
		name = l.nameColumn(sequence, gene)
	}
	for _, row := range l.rows {
		if sequence >= len(row.cells) {
			return &okazaki.Error{File: l.file, Line: row.line, Message: fmt.Sprintf("there are %d columns, and the guide should stand in column %d", len(row.cells), sequence+1),
				Hint: "write a protospacer a line, without the PAM, in the same column"}
		}
		letters := row.cells[sequence]
		g, err := NewGuide("", letters, list.fivePrime)
		if err == nil && g.Len() != list.length {
			err = &okazaki.Error{Message: fmt.Sprintf("the guide %s has %d bases, not %d", letters, g.Len(), list.length),
				Hint: "give protospacers without their PAM, or another --length"}
		}
		if err != nil {
			return located(err, l.file, row.line)
		}
		g.Name = row.cell(name)
		list.add(&g, row.cell(gene), "", fromNowhere, nil)
	}
	return nil
}

// nameColumn returns the first column, except these two, that is not empty.
func (l *guideList) nameColumn(sequence, gene int) int {
	for i := range l.rows[0].cells {
		if i != sequence && i != gene {
			return i
		}
	}
	return -1
}

// cell returns the cell of a column; empty if there is none.
func (r *listRow) cell(column int) string {
	if column < 0 || column >= len(r.cells) {
		return ""
	}
	return r.cells[column]
}
