package vcf

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"okazaki"
)

// A Header is what comes before the records.
type Header struct {
	Text    []byte // the lines as they are, the one of the columns included
	Version string // "VCFv4.2"; "" if the file doesn't say
	Lines   int64  // how many there are
	Meta    []Meta // the lines that begin with ##, after ##fileformat
	Contigs []Contig
	Info    map[string]Field
	Format  map[string]Field
	Samples []string
	Columns int // of each record: 8, or 9 and one for each sample
}

// A Meta is one line ##KEY=VALUE.
type Meta struct {
	Key, Value string
	Attributes []Attribute // of a value in angle brackets
	Line       int64
}

// Get is the value of the first attribute of a name, or "".
func (m *Meta) Get(name string) string {
	for _, a := range m.Attributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// An Attribute is one NAME=VALUE, without quotes and their escapes.
type Attribute struct{ Name, Value string }

// A Contig is a line ##contig.
type Contig struct {
	Name     string
	Length   int    // 0 if the file doesn't say
	Assembly string // "" likewise
}

// A Field is a line ##INFO or ##FORMAT.
type Field struct{ ID, Number, Type, Description string }

// Get is the first value of a key, or "".
func (h *Header) Get(key string) string {
	for i := range h.Meta {
		if h.Meta[i].Key == key {
			return h.Meta[i].Value
		}
	}
	return ""
}

// Sample is the column of a sample, from 0, or -1.
func (h *Header) Sample(name string) int {
	for i, s := range h.Samples {
		if s == name {
			return i
		}
	}
	return -1
}

// Check says whether a record has the columns that the header names; one that
// was cut short has fewer.
func (h *Header) Check(r *Record) error {
	n := len(columns)
	if r.Rest != nil {
		n += 1 + bytes.Count(r.Rest, []byte{'\t'})
	}
	if n != h.Columns {
		return fmt.Errorf("it has %d columns, and the header %d", n, h.Columns)
	}
	return nil
}

var columns = []string{"#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"}

// ParseHeader reads the lines that begin with '#'. name is for messages.
func ParseHeader(name string, text []byte) (*Header, error) {
	h := &Header{Text: text, Info: map[string]Field{}, Format: map[string]Field{}}
	wrong := func(message, hint string) error {
		return &okazaki.Error{File: name, Line: h.Lines, Message: message, Hint: hint}
	}
	for line := range bytes.Lines(text) {
		h.Lines++
		s := strings.TrimRight(string(line), "\r\n")
		switch {
		case h.Columns > 0:
			return nil, wrong("a second header follows the first", "a VCF has one; join files with bcftools concat")
		case strings.HasPrefix(s, "##"):
			h.meta(s[2:])
		default:
			col := strings.Split(s, "\t")
			for i, want := range columns {
				if i >= len(col) || col[i] != want {
					return nil, wrong("the header's last line does not name a VCF's columns", "it is "+strings.Join(columns, ", ")+", separated by tabs")
				}
			}
			if h.Columns = len(col); len(col) == len(columns) {
				break
			}
			if col[len(columns)] != "FORMAT" {
				return nil, wrong(fmt.Sprintf("the column after INFO is %q, not FORMAT", col[len(columns)]), "check the header's last line")
			}
			h.Samples = col[len(columns)+1:]
			seen := map[string]bool{}
			for _, s := range h.Samples {
				if seen[s] {
					return nil, wrong(fmt.Sprintf("two samples are named %q", s), "give each its own name")
				}
				seen[s] = true
			}
		}
	}
	if h.Columns == 0 {
		return nil, wrong("there is no line of columns (#CHROM, POS, …): this is not a VCF, or its header is missing", "give the file as it was, with its header")
	}
	return h, nil
}

// meta takes one line, without its ##.
func (h *Header) meta(s string) {
	key, value, _ := strings.Cut(s, "=")
	if key == "fileformat" && h.Version == "" {
		h.Version = value
		return
	}
	m := Meta{Key: key, Value: value, Line: h.Lines}
	if inner, ok := strings.CutPrefix(value, "<"); ok {
		m.Attributes = attributes(strings.TrimSuffix(inner, ">"))
	}
	h.Meta = append(h.Meta, m)
	switch key {
	case "contig":
		length, _ := strconv.Atoi(m.Get("length")) // a length that is not a number is as good as missing
		h.Contigs = append(h.Contigs, Contig{Name: m.Get("ID"), Length: max(length, 0), Assembly: m.Get("assembly")})
	case "INFO", "FORMAT":
		fields := h.Info
		if key == "FORMAT" {
			fields = h.Format
		}
		fields[m.Get("ID")] = Field{m.Get("ID"), m.Get("Number"), m.Get("Type"), m.Get("Description")}
	}
}

// attributes reads NAME=VALUE,NAME="VALUE, quoted".
func attributes(s string) (as []Attribute) {
	for s != "" {
		name, rest, found := strings.Cut(s, "=")
		if !found {
			break
		}
		var a Attribute
		a.Name = name
		if strings.HasPrefix(rest, `"`) {
			a.Value, rest = quoted(rest[1:])
			_, s, _ = strings.Cut(rest, ",")
		} else {
			a.Value, s, _ = strings.Cut(rest, ",")
		}
		as = append(as, a)
	}
	return as
}

// Quote returns a text as a header writes it: within quotes, on one line.
func Quote(s string) string {
	b := []byte{'"'}
	for _, c := range s {
		switch {
		case c < ' ' || c == 0x7f:
			c = ' '
		case c == '"' || c == '\\':
			b = append(b, '\\')
		}
		b = utf8.AppendRune(b, c)
	}
	return string(append(b, '"'))
}

// quoted is the text up to the quote that ends it, and what follows.
func quoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
