package fasta

import (
	"bytes"
	"fmt"

	"okazaki"
	"okazaki/format/sniff"
)

// notFASTA returns the error for a file whose first text, b, does not begin
// with '>'.
func notFASTA(name string, line int64, b []byte) error {
	e := &okazaki.Error{File: name, Line: line, Hint: "a FASTA file begins with '>' and a name"}
	if is := sniff.Of(b); is != "" && is != sniff.Binary {
		e.Message, e.Hint = "this looks like "+is+", not FASTA", sniff.Hint(is, sniff.FASTA)
		return e
	}
	head := b[:min(len(b), 512)]
	for _, c := range head {
		if k := kinds[c]; k == foreign && c < 0x80 {
			e.Message = "this is not text"
			e.Hint = "name a file of FASTA, plain or compressed with gzip, bgzip, zstd or xz"
			return e
		}
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	e.Message = fmt.Sprintf("the first line begins with %q, not with '>'", first[:min(len(first), 20)])
	return e
}
