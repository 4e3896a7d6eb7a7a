// Package gtf reads GTF, the Gene Transfer Format (version 2.2; GFF version 2
// as Ensembl and GENCODE write it): the columns of GFF3 with attributes of
// another form, and no stop codon in a coding sequence.
//
// Its one invariant: a feature's region is 0-based and half-open.
package gtf

import (
	"errors"
	"io"
	"strings"

	"okazaki/format/gff3"
)

// NewReader reads features from r, one after the other. name is the file's
// name in errors, which are *okazaki.Error if the content is at fault.
func NewReader(name string, r io.Reader) *gff3.Reader {
	return gff3.NewDialect(name, r, attributes)
}

// Is says whether the last column of a line is GTF's and not GFF3's: after the
// first attribute's name comes a blank, not a '='.
func Is(column string) bool {
	column = strings.TrimLeft(column, " ;")
	i := strings.IndexAny(column, "= ;\"")
	return i > 0 && (column[i] == ' ' || column[i] == '"')
}

var errQuote = errors.New("an attribute's value begins with a quote and doesn't end with one")

// attributes reads pairs of a name and a value with a ';' after each. A value
// is in quotes, in which a ';' may stand, unless it is a number or careless.
func attributes(column string) (as []gff3.Attribute, err error) {
	for {
		column = strings.TrimLeft(column, " ;")
		if column == "" || column == "." {
			return as, nil
		}
		end := strings.IndexAny(column, " ;\"")
		if end < 0 {
			end = len(column)
		}
		a := gff3.Attribute{Tag: column[:end]}
		column = strings.TrimLeft(column[end:], " ")
		if quoted, ok := strings.CutPrefix(column, `"`); ok {
			if a.Value, column, ok = strings.Cut(quoted, `"`); !ok {
				return nil, errQuote
			}
		} else {
			a.Value, column, _ = strings.Cut(column, ";")
			a.Value = strings.TrimRight(a.Value, " ")
		}
		if a.Tag != "" {
			as = append(as, a)
		}
	}
}
