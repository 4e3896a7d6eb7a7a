// Package gff3 reads GFF3, the Sequence Ontology's format for annotation
// (Generic Feature Format version 3, specification 1.26), and the looser
// dialect of Nextstrain's gene maps: '.' as the sequence's name, blanks around
// and quotes about an attribute.
//
// Its one invariant: a feature's region is 0-based and half-open.
package gff3

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// A Feature is one line of a GFF3 file. A coding sequence of several segments
// is several features with one ID.
type Feature struct {
	SeqID      string // "." if the file doesn't say
	Source     string
	Type       string
	Region     genome.Region
	Score      string // as written; "." if there is none
	Strand     byte   // '+', '-', '?' or '.'
	Phase      int    // letters before the next codon: 0, 1, 2; -1 if the file doesn't say
	Attributes []Attribute
	Line       int64 // in the file, from 1
}

// An Attribute is one tag and its value, unescaped. A list is left whole: a
// comma that was escaped in it looks like one that separates.
type Attribute struct {
	Tag, Value string
}

// Get is the value of the first attribute with the tag, or "".
func (f *Feature) Get(tag string) string {
	for _, a := range f.Attributes {
		if a.Tag == tag {
			return a.Value
		}
	}
	return ""
}

// First is the first value that is not empty among the tags, in their order.
func (f *Feature) First(tags ...string) string {
	for _, tag := range tags {
		if v := f.Get(tag); v != "" {
			return v
		}
	}
	return ""
}

// maxLine bounds a line: longer ones are no annotation.
const maxLine = 16 << 20

// Read reads all features, in the order of the file, up to its end or its
// ##FASTA section. Name is what errors, *okazaki.Error all, call the file.
func Read(name string, r io.Reader) ([]Feature, error) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	var features []Feature
	var line int64
	for s.Scan() {
		line++
		text := bytes.TrimRight(s.Bytes(), "\r")
		if bytes.HasPrefix(text, []byte("##FASTA")) || bytes.HasPrefix(text, []byte(">")) {
			return features, nil
		}
		if len(bytes.TrimSpace(text)) == 0 || text[0] == '#' {
			continue
		}
		f, err := parse(string(text))
		if err != nil {
			return nil, &okazaki.Error{File: name, Line: line, Message: err.Error(), Err: err,
				Hint: "a GFF3 line has nine columns, separated by tabs"}
		}
		f.Line = line
		features = append(features, f)
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return nil, &okazaki.Error{File: name, Line: line + 1, Message: "the line is too long to be GFF3", Err: s.Err()}
	}
	if s.Err() != nil {
		return nil, fmt.Errorf("%s, after line %d: %w", name, line, s.Err())
	}
	return features, nil
}

func parse(line string) (f Feature, err error) {
	col := strings.Split(line, "\t")
	if len(col) != 9 {
		return f, fmt.Errorf("there are %d columns", len(col))
	}
	f.SeqID, f.Source, f.Type, f.Score = unescape(col[0]), unescape(col[1]), unescape(col[2]), col[5]
	if f.Type == "" {
		return f, errors.New("the feature has no type")
	}
	lo, err1 := strconv.Atoi(strings.TrimSpace(col[3]))
	hi, err2 := strconv.Atoi(strings.TrimSpace(col[4]))
	if err1 != nil || err2 != nil || lo < 1 || hi < lo {
		return f, fmt.Errorf("start %q and end %q are not a range of positions from 1", col[3], col[4])
	}
	f.Region = genome.Region{Lo: lo - 1, Hi: hi}
	if len(col[6]) != 1 || !strings.Contains("+-.?", col[6]) {
		return f, fmt.Errorf("strand %q is not '+', '-', '.' or '?'", col[6])
	}
	f.Strand = col[6][0]
	switch col[7] {
	case ".":
		f.Phase = -1
	case "0", "1", "2":
		f.Phase = int(col[7][0] - '0')
	default:
		return f, fmt.Errorf("phase %q is not 0, 1, 2 or '.'", col[7])
	}
	f.Attributes = attributes(col[8])
	return f, nil
}

func attributes(column string) (as []Attribute) {
	if strings.TrimSpace(column) == "." {
		return nil
	}
	for _, field := range strings.Split(column, ";") {
		field = strings.TrimSpace(field)
		if field == "" {
			continue
		}
		tag, value, _ := strings.Cut(field, "=")
		value = strings.TrimSpace(value)
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1]
		}
		as = append(as, Attribute{Tag: unescape(strings.TrimSpace(tag)), Value: unescape(value)})
	}
	return as
}

// unescape undoes GFF3's percent escapes; text that is wrongly escaped stands
// for itself.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
