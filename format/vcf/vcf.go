// Package vcf reads the Variant Call Format, versions 4.0 to 4.4.
//
// Its one invariant: a record is what its line says, byte for byte; positions
// are 0-based, and nothing is dropped, mended or reordered.
package vcf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"okazaki"
	"okazaki/format/bgzf"
	"okazaki/format/unpack"
)

// MaxLine is the longest line that is read, bytes.
const MaxLine = 64 << 20

// A Reader returns the records of a VCF. One goroutine may use it at a time.
type Reader struct {
	lines  lines
	header *Header
	record Record
	codec  unpack.Codec
	close  func() error
}

// Open reads a file, plain or compressed; BGZF is inflated on cores
// goroutines. The file stays the caller's to close, after the Reader.
func Open(name string, f okazaki.File, cores int) (*Reader, error) {
	z, err := unpack.Open(name, f)
	if err != nil {
		return nil, err
	}
	if z.Codec() != unpack.BGZF {
		return newReader(name, z, z.Codec(), z.Close)
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	b := bgzf.NewReader(name, f, cores)
	return newReader(name, b, unpack.BGZF, b.Close)
}

// NewReader reads a stream, plain or compressed.
func NewReader(name string, r io.Reader) (*Reader, error) {
	z, err := unpack.NewReader(name, r)
	if err != nil {
		return nil, err
	}
	return newReader(name, z, z.Codec(), z.Close)
}

func newReader(name string, r io.Reader, codec unpack.Codec, close func() error) (*Reader, error) {
	v := &Reader{lines: lines{name: name, r: r}, codec: codec, close: close}
	text, err := v.lines.header()
	if err == nil {
		v.header, err = ParseHeader(name, text)
	}
	if err != nil {
		return nil, errors.Join(err, close())
	}
	return v, nil
}

// Header is what comes before the records.
func (v *Reader) Header() *Header { return v.header }

// HeaderEnd is how many bytes the header takes, where nothing is compressed.
func (v *Reader) HeaderEnd() int64 { return v.lines.headerEnd }

// Codec is how the file is compressed.
func (v *Reader) Codec() unpack.Codec { return v.codec }

// Read returns the next record, valid until the next call, or io.EOF. What is
// wrong with the file is an *okazaki.Error that names it and the line.
func (v *Reader) Read() (*Record, error) {
	for {
		line, err := v.lines.next()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			continue // blank lines end some files
		}
		err = v.record.Parse(line)
		if err == nil {
			err = v.header.Check(&v.record)
		}
		if err != nil {
			return nil, LineError(v.lines.name, v.lines.number, err)
		}
		v.record.Line = v.lines.number
		return &v.record, nil
	}
}

// Records yields the records that are left, each valid until the next, or the
// error that ends them.
func (v *Reader) Records() iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for {
			rec, err := v.Read()
			if err == io.EOF || !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// Close gives back the memory. It does not close the file.
func (v *Reader) Close() error { return v.close() }

// LineError is the *okazaki.Error of a line that Parse refused.
func LineError(name string, line int64, err error) error {
	return &okazaki.Error{File: name, Line: line, Message: "this is not a record of a VCF: " + err.Error(), Err: err,
		Hint: "a record has CHROM, POS, ID, REF, ALT, QUAL, FILTER, INFO and the samples, separated by tabs"}
}

// TooLong is the *okazaki.Error of a line longer than MaxLine.
func TooLong(name string, line int64) error {
	return &okazaki.Error{File: name, Line: line, Message: fmt.Sprintf("the line is longer than %d MiB", MaxLine>>20),
		Hint: "check that the file is a VCF; leave out what fills the line with bcftools annotate -x"}
}

// lines reads the lines of a stream.
type lines struct {
	name   string
	r      io.Reader
	buf    []byte
	at, to int // the part of buf that is not used yet
	number int64
	ended  bool // the stream has

	headerEnd int64
	err       error
}

// next is the next line without its '\n', valid until the next call.
func (l *lines) next() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(l.buf[l.at+searched:l.to], '\n'); i >= 0 {
			line := l.buf[l.at : l.at+searched+i]
			l.at += searched + i + 1
			l.number++
			return line, nil
		}
		searched = l.to - l.at
		if l.ended || l.err != nil {
			if searched == 0 || l.err != nil {
				return nil, l.failed()
			}
			line := l.buf[l.at:l.to]
			l.at = l.to
			l.number++
			return line, nil
		}
		l.more()
	}
}

func (l *lines) failed() error {
	if l.err != nil {
		return l.err
	}
	return io.EOF
}

// more reads on.
func (l *lines) more() {
	if l.at > 0 {
		l.to = copy(l.buf, l.buf[l.at:l.to])
		l.at = 0
	}
	if l.to > MaxLine {
		l.err = TooLong(l.name, l.number+1)
		return
	}
	if l.to == len(l.buf) {
		l.buf = append(l.buf, make([]byte, max(len(l.buf), 256<<10))...)
	}
	n, err := l.r.Read(l.buf[l.to:])
	l.to += n
	if err == io.EOF {
		l.ended = true
	} else if err != nil {
		l.err = err
	}
}

// header is the lines that begin with '#'. The one after them is left.
func (l *lines) header() (text []byte, err error) {
	for {
		for l.at == l.to && !l.ended && l.err == nil {
			l.more()
		}
		if l.err != nil {
			return nil, l.err
		}
		if l.at == l.to || l.buf[l.at] != '#' {
			return text, nil
		}
		line, err := l.next()
		if err != nil {
			return nil, err
		}
		if len(text)+len(line) > MaxLine {
			return nil, TooLong(l.name, l.number)
		}
		text = append(append(text, line...), '\n')
		l.headerEnd += int64(len(line)) + 1
	}
}
