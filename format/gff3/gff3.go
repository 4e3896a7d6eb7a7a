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
	Phase      int    // bases before the next codon: 0, 1, 2; -1 if the file doesn't say
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

// maxLine bounds a line: a file with a longer one is not an annotation.
const maxLine = 16 << 20

// A Reader reads features one after the other.
type Reader struct {
	name       string
	s          *bufio.Scanner
	attributes func(column string) ([]Attribute, error)
	line       int64
	begun      bool
	comments   []string

	// Loose reads tabs in the last column as blanks, and a start below 1 as
	// 1. Mended counts the features that were read so.
	Loose  bool
	Mended int
}

// NewReader reads GFF3 from r. name is the file's name in errors, which are
// *okazaki.Error if the content is at fault.
func NewReader(name string, r io.Reader) *Reader {
	return NewDialect(name, r, func(column string) ([]Attribute, error) { return attributes(column), nil })
}

// NewDialect reads a format that differs from GFF3 only in how it writes
// attributes.
func NewDialect(name string, r io.Reader, attributes func(column string) ([]Attribute, error)) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	return &Reader{name: name, s: s, attributes: attributes}
}

// Comments returns the first lines that begin with '#', up to a thousand,
// before the first feature that was read: what the file says about itself.
func (r *Reader) Comments() []string { return r.comments }

// Read returns the next feature, or io.EOF at the end of the file or at its
// ##FASTA section. Its strings share the memory of its line.
func (r *Reader) Read() (*Feature, error) {
	for r.s.Scan() {
		r.line++
		text := bytes.TrimRight(r.s.Bytes(), "\r")
		if r.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if bytes.HasPrefix(text, []byte("##FASTA")) || bytes.HasPrefix(text, []byte(">")) {
			return nil, io.EOF
		}
		if len(text) > 0 && text[0] == '#' {
			if !r.begun && len(r.comments) < 1000 {
				r.comments = append(r.comments, string(text))
			}
			continue
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		r.begun = true
		f, column, mended, err := parse(string(text), r.Loose)
		if err == nil {
			f.Attributes, err = r.attributes(column)
		}
		if err != nil {
			return nil, &okazaki.Error{File: r.name, Line: r.line, Message: err.Error(), Err: err,
				Hint: "a line of annotation has nine columns, separated by tabs"}
		}
		if mended {
			r.Mended++
		}
		f.Line = r.line
		return f, nil
	}
	err := r.s.Err()
	switch {
	case err == nil:
		return nil, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &okazaki.Error{File: r.name, Line: r.line + 1, Message: "the line is too long to be annotation", Err: err}
	case errors.As(err, new(*okazaki.Error)):
		return nil, err
	}
	return nil, fmt.Errorf("%s, after line %d: %w", r.name, r.line, err)
}

// Read reads all features, in the order of the file, up to its end or its
// ##FASTA section. Name is what errors, *okazaki.Error all, call the file.
func Read(name string, r io.Reader) ([]Feature, error) {
	var features []Feature
	for in := NewReader(name, r); ; {
		f, err := in.Read()
		if err == io.EOF {
			return features, nil
		}
		if err != nil {
			return nil, err
		}
		features = append(features, *f)
	}
}

// parse reads all columns but the last, which it returns as it is.
func parse(line string, loose bool) (f *Feature, last string, mended bool, err error) {
	col := strings.SplitN(line, "\t", 9)
	if n := strings.Count(line, "\t") + 1; n != 9 {
		if n < 9 || !loose {
			return nil, "", false, fmt.Errorf("there are %d columns", n)
		}
		col[8], mended = strings.ReplaceAll(col[8], "\t", " "), true
	}
	f = &Feature{SeqID: unescape(col[0]), Source: unescape(col[1]), Type: unescape(col[2]), Score: col[5]}
	if f.Type == "" {
		return nil, "", false, errors.New("the feature has no type")
	}
	lo, err1 := strconv.Atoi(strings.TrimSpace(col[3]))
	hi, err2 := strconv.Atoi(strings.TrimSpace(col[4]))
	if loose && lo < 1 {
		lo, mended = 1, true
	}
	if err1 != nil || err2 != nil || lo < 1 || hi < lo {
		return nil, "", false, fmt.Errorf("start %q and end %q are not a range of positions from 1", col[3], col[4])
	}
	f.Region = genome.Region{Lo: lo - 1, Hi: hi}
	if len(col[6]) != 1 || !strings.Contains("+-.?", col[6]) {
		return nil, "", false, fmt.Errorf("strand %q is not '+', '-', '.' or '?'", col[6])
	}
	f.Strand = col[6][0]
	switch col[7] {
	case ".":
		f.Phase = -1
	case "0", "1", "2":
		f.Phase = int(col[7][0] - '0')
	default:
		return nil, "", false, fmt.Errorf("phase %q is not 0, 1, 2 or '.'", col[7])
	}
	return f, col[8], mended, nil
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

// unescape undoes GFF3's percent escapes; a wrong escape stays as it is.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
