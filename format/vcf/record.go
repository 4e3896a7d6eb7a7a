package vcf

import (
	"bytes"
	"errors"
	"iter"
)

// A Record is one line. Its slices share the line's memory, and so are as
// short-lived.
type Record struct {
	Chrom  []byte
	Pos    int // of REF's first base, 0-based; -1 where POS is 0, before the first base
	ID     []byte
	Ref    []byte
	Alt    []byte // as it is written, alleles separated by commas
	Qual   []byte
	Filter []byte
	Info   []byte
	// Rest is FORMAT and the samples; nil if there are none.
	Rest []byte
	Line int64 // of the file, from 1; 0 where it is not known
	Text []byte
}

// What is wrong with a line.
var (
	errColumns = errors.New("there are fewer than eight columns")
	errPos     = errors.New("POS is not a position")
	errRef     = errors.New("REF is empty")
	errAlt     = errors.New("ALT is empty")
)

// Parse takes a line, without its end. It allocates nothing. After an error r
// is not to be used.
func (r *Record) Parse(line []byte) error {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	r.Text = line
	var pos []byte
	rest := line
	for _, to := range [...]*[]byte{&r.Chrom, &pos, &r.ID, &r.Ref, &r.Alt, &r.Qual, &r.Filter} {
		i := bytes.IndexByte(rest, '\t')
		if i < 0 {
			return errColumns
		}
		*to, rest = rest[:i:i], rest[i+1:]
	}
	r.Info, r.Rest = rest, nil
	if i := bytes.IndexByte(rest, '\t'); i >= 0 {
		r.Info, r.Rest = rest[:i:i], rest[i+1:]
	}
	switch {
	case len(r.Chrom) == 0:
		return errColumns
	case len(r.Ref) == 0:
		return errRef
	case len(r.Alt) == 0:
		return errAlt
	}
	n, ok := number(pos)
	if !ok {
		return errPos
	}
	r.Pos = n - 1
	return nil
}

// number reads digits, up to 10^11.
func number(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 11 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// Alts returns the alternate alleles as they are written; "." has none.
func (r *Record) Alts() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		if len(r.Alt) == 1 && r.Alt[0] == '.' {
			return
		}
		for i, rest := 0, r.Alt; ; i++ {
			end := bytes.IndexByte(rest, ',')
			if end < 0 {
				yield(i, rest)
				return
			}
			if !yield(i, rest[:end:end]) {
				return
			}
			rest = rest[end+1:]
		}
	}
}

// A Kind is what an allele is.
type Kind uint8

// The kinds of alleles (VCF 4.4, section 1.6.1).
const (
	Sequence    Kind = iota // letters
	Missing                 // '.': there is none
	Overlapping             // '*': the deletion of an earlier record covers the place
	Symbolic                // <DEL>, <INS>, <NON_REF> …
	Breakend                // N[chr2:321[ and the like
	Malformed
)

// KindOf is what an alternate allele is.
func KindOf(alt []byte) Kind {
	switch {
	case len(alt) == 0:
		return Malformed
	case len(alt) == 1 && alt[0] == '.':
		return Missing
	case len(alt) == 1 && alt[0] == '*':
		return Overlapping
	}
	for _, c := range alt {
		if letters[c] {
			continue
		}
		switch {
		case alt[0] == '<' && alt[len(alt)-1] == '>':
			return Symbolic
		case bytes.ContainsAny(alt, "[]"), alt[0] == '.', alt[len(alt)-1] == '.':
			return Breakend
		}
		return Malformed
	}
	return Sequence
}

// letters are the IUPAC codes of nucleotides, in either case.
var letters = func() (t [256]bool) {
	for _, c := range []byte("ACGTNRYSWKMBDHV") {
		t[c], t[c|0x20] = true, true
	}
	return t
}()

// Get is the value of a key of INFO; a flag's is empty.
func (r *Record) Get(key string) (value []byte, ok bool) {
	rest := r.Info
	for len(rest) > 0 {
		field := rest
		if i := bytes.IndexByte(rest, ';'); i >= 0 {
			field, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if len(field) < len(key) || string(field[:len(key)]) != key {
			continue
		}
		if len(field) == len(key) {
			return nil, true
		}
		if field[len(key)] == '=' {
			return field[len(key)+1:], true
		}
	}
	return nil, false
}

// End returns the end of the record, 0-based and exclusive: the end of REF,
// or INFO's END if that lies further on.
func (r *Record) End() int {
	end := r.Pos + len(r.Ref)
	if v, ok := r.Get("END"); ok {
		if n, ok := number(v); ok {
			end = max(end, n)
		}
	}
	return end
}

// Format is the FORMAT column; nil if there is none.
func (r *Record) Format() []byte {
	if i := bytes.IndexByte(r.Rest, '\t'); i >= 0 {
		return r.Rest[:i]
	}
	return r.Rest
}

// Samples are the columns of the samples.
func (r *Record) Samples() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		i := bytes.IndexByte(r.Rest, '\t')
		for n, rest := 0, r.Rest; i >= 0; n++ {
			rest = rest[i+1:]
			field := rest
			if i = bytes.IndexByte(rest, '\t'); i >= 0 {
				field = rest[:i:i]
			}
			if !yield(n, field) {
				return
			}
		}
	}
}

// FieldIndex is the place of a key in FORMAT, or -1.
func (r *Record) FieldIndex(key string) int {
	for i, rest := 0, r.Format(); ; i++ {
		field := rest
		end := bytes.IndexByte(rest, ':')
		if end >= 0 {
			field = rest[:end]
		}
		switch {
		case string(field) == key:
			return i
		case end < 0:
			return -1
		}
		rest = rest[end+1:]
	}
}

// Value returns the field at a place of a sample's column. Trailing fields
// may be left out: they are nil, as is the field at -1.
func Value(sample []byte, place int) []byte {
	for ; place > 0; place-- {
		i := bytes.IndexByte(sample, ':')
		if i < 0 {
			return nil
		}
		sample = sample[i+1:]
	}
	if place < 0 {
		return nil
	}
	if i := bytes.IndexByte(sample, ':'); i >= 0 {
		return sample[:i:i]
	}
	return sample
}
