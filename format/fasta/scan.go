package fasta

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"unicode/utf8"

	"okazaki"
	"okazaki/format/unpack"
)

// Scan reads records one after the other from r, unpacking it if it is
// compressed. name is for messages. The Record and its Seq are valid until the
// next one. An error comes last, with a nil Record: an *okazaki.Error if the
// content is at fault. Names may repeat.
func Scan(name string, r io.Reader) iter.Seq2[*Record, error] { return scan(name, r, false) }

// ScanUnnamed is Scan where records may have no name: each is called Unnamed.
func ScanUnnamed(name string, r io.Reader) iter.Seq2[*Record, error] { return scan(name, r, true) }

func scan(name string, r io.Reader, lenient bool) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		in, err := unpack.NewReader(name, r)
		if err != nil {
			yield(nil, err)
			return
		}
		s := newScanner(name, in)
		s.lenient = lenient
		defer s.close()
		for {
			rec, err := s.read()
			if err == io.EOF {
				return
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// bufferSize is how much is unpacked at once, and the longest header line.
const bufferSize = 256 << 10

// Unnamed is the name of a record without one, where [IndexOptions] allow it.
const Unnamed = "unnamed"

// A scanner goes through one unpacked file. Between its calls it stands at the
// '>' of a record or at the end.
type scanner struct {
	name string
	in   *unpack.Reader
	buf  []byte // buf[r:w] is unread
	r, w int
	base int64 // bytes unpacked before buf[0]
	line int64 // of buf[r], from 1
	bol  bool  // buf[r] begins a line
	err  error // why there is nothing after buf[w]: io.EOF, or worse

	marks   []unpack.Member // where reading could begin; the first is at or before buf[r]
	begun   bool            // past what may precede the first record
	head    []byte          // the last header, without '>', line end and blanks around it
	letters int64           // of the last record
	lay     recordLines     // of the last record, if it was surveyed
	like    model           // that records are held against
	rec     Record
	lenient bool // a record without a name is Unnamed
}

// How much a pass over a record's lines finds out.
type depth uint8

const (
	skip   depth = iota // line numbers
	survey              // letters are counted, bytes that are not text are refused
	full                // letters are kept
)

// buffers holds the buffers of closed scanners.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func newScanner(name string, in *unpack.Reader) *scanner {
	return &scanner{name: name, in: in, buf: buffers.Get().(*[bufferSize]byte)[:], line: 1, bol: true, rec: Record{File: name}}
}

// close gives back the memory, and closes in. It is called once.
func (s *scanner) close() error {
	buffers.Put((*[bufferSize]byte)(s.buf))
	s.buf, s.r, s.w = nil, 0, 0
	return s.in.Close()
}

// restart moves the scanner to the record at p.
func (s *scanner) restart(p point) error {
	s.r, s.w, s.base, s.err = 0, 0, p.member.Plain, nil
	s.marks = s.marks[:0]
	if err := s.in.Restart(p.member); err != nil {
		return err
	}
	for left := p.skip; left > 0; {
		if s.r == s.w && !s.fill() {
			return s.fault()
		}
		n := min(left, int64(s.w-s.r))
		s.r += int(n)
		left -= n
	}
	s.line, s.bol, s.begun = p.line, true, true
	return nil
}

// offset is how many unpacked bytes come before the place where s stands.
func (s *scanner) offset() int64 { return s.base + int64(s.r) }

// member is where reading would have to begin to get here.
func (s *scanner) member() unpack.Member {
	for len(s.marks) > 1 && s.marks[1].Plain <= s.offset() {
		s.marks = s.marks[1:]
	}
	return s.marks[0]
}

// fill unpacks more behind buf[w], making room if it can. It returns false at
// the end and where reading goes wrong; s.fault tells which.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if s.r > 0 {
		s.base += int64(s.r)
		s.w = copy(s.buf, s.buf[s.r:s.w])
		s.r = 0
	}
	if s.w == 0 && len(s.marks) > 1 {
		s.marks = append(s.marks[:0], s.marks[len(s.marks)-1])
	}
	n, err := s.in.Read(s.buf[s.w:])
	s.err = err
	if n == 0 {
		return false
	}
	if m := s.in.Member(); len(s.marks) == 0 || s.marks[len(s.marks)-1] != m {
		s.marks = append(s.marks, m)
	}
	s.w += n
	return true
}

// fault returns why there is nothing more to read: nil at the end of the
// file.
func (s *scanner) fault() error {
	var e *okazaki.Error
	switch {
	case s.err == io.EOF:
		return nil
	case errors.As(s.err, &e):
		at := *e
		at.Line, at.Record = s.line, s.current()
		return &at
	}
	return s.err
}

// current is the name of the last record that was begun.
func (s *scanner) current() string {
	return shown(string(nameOf(s.head)))
}

// start passes over what may precede the first record. It returns io.EOF for
// a scanner that stands at the end.
func (s *scanner) start() error {
	if s.r == s.w && !s.fill() && s.begun {
		if err := s.fault(); err != nil {
			return err
		}
		return io.EOF
	}
	if s.begun {
		return nil
	}
	s.begun = true
	if err := s.prefetch(); err != nil {
		return err
	}
	if bytes.HasPrefix(s.buf[s.r:s.w], []byte("\uFEFF")) {
		s.r += 3
	}
	for s.r < s.w || s.fill() {
		switch c := s.buf[s.r]; c {
		case '>':
			if !s.bol {
				break
			}
			return nil
		case '\n':
			s.line++
			s.bol = true
			s.r++
			continue
		case ' ', '\t', '\r':
			s.bol = false
			s.r++
			continue
		}
		return notFASTA(s.name, s.line, s.buf[s.r:s.w])
	}
	if err := s.fault(); err != nil {
		return err
	}
	if s.offset() == 0 {
		return &okazaki.Error{File: s.name, Message: "the file is empty", Hint: "copy or download it again"}
	}
	return &okazaki.Error{File: s.name, Message: "the file holds nothing but blank lines", Hint: "copy or download it again"}
}

// prefetch unpacks enough to see what kind of file this is.
func (s *scanner) prefetch() error {
	for s.w-s.r < 512 && s.fill() {
	}
	if s.w > s.r {
		return nil
	}
	return s.fault()
}

// header reads the line that s stands at and keeps it in s.head.
func (s *scanner) header() error {
	if s.r == s.w || s.buf[s.r] != '>' {
		return changed(s.name, "there is no record where one began")
	}
	for from := 0; ; {
		i := bytes.IndexByte(s.buf[s.r+from:s.w], '\n')
		if i >= 0 {
			s.head = append(s.head[:0], s.buf[s.r+1:s.r+from+i]...)
			s.r += from + i + 1
			break
		}
		from = s.w - s.r
		if from >= len(s.buf) {
			return &okazaki.Error{File: s.name, Line: s.line,
				Message: fmt.Sprintf("a header line of more than %d bytes", len(s.buf)),
				Hint:    "check that the file is FASTA and was not damaged"}
		}
		if s.fill() {
			continue
		}
		s.head = append(s.head[:0], s.buf[s.r+1:s.w]...)
		if err := s.fault(); err != nil {
			return err
		}
		s.r = s.w
		break
	}
	s.head = bytes.Trim(bytes.TrimSuffix(s.head, []byte("\r")), blanks)
	if s.lenient && len(s.head) == 0 {
		s.head = append(s.head, Unnamed...)
	}
	s.bol = true
	s.letters, s.lay = 0, recordLines{layout: layout{begin: s.offset()}}
	s.line++
	return nil
}

// check refuses a header that is not text or has no name. It is called after
// header, when s.line is the line after.
func (s *scanner) check() error {
	if bytes.IndexByte(s.head, '\r') >= 0 {
		return &okazaki.Error{File: s.name, Line: s.line - 1,
			Message: "the lines end with a carriage return alone, as on old Macs",
			Hint:    `convert the file with tr '\r' '\n'`}
	}
	for i, c := range s.head {
		if c < ' ' && c != '\t' || c == 0x7f {
			return &okazaki.Error{File: s.name, Line: s.line - 1,
				Message: fmt.Sprintf("byte %#02x at column %d of a header is not text", c, i+2),
				Hint:    "the file is damaged or binary from here on: copy or download it again"}
		}
		if c >= utf8.RuneSelf && !utf8.Valid(s.head) {
			return &okazaki.Error{File: s.name, Line: s.line - 1,
				Message: "a header is not UTF-8",
				Hint:    "if it is Latin-1, convert the file with iconv -f latin1 -t utf8; else copy or download it again"}
		}
	}
	if len(s.head) == 0 {
		return &okazaki.Error{File: s.name, Line: s.line - 1, Message: "a record without a name", Hint: "write a name after the '>'"}
	}
	return nil
}

// shown returns a name for a message: in a damaged file it can be anything.
func shown(name string) string {
	if len(name) <= 100 {
		return name
	}
	return strings.ToValidUTF8(name[:100], "") + "…"
}

const blanks = " \t"

// nameOf is the first word of a header that has no blanks at its ends.
func nameOf(head []byte) []byte {
	if i := bytes.IndexAny(head, blanks); i >= 0 {
		return head[:i]
	}
	return head
}

// skip passes over the record that s stands at, finding out no more than
// where it ends.
func (s *scanner) skip() error {
	s.bol, s.head = false, s.head[:0]
	return s.body(skip)
}

// survey passes over the record that s stands at, refusing what is not FASTA.
func (s *scanner) survey() error {
	if err := s.header(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	return s.body(survey)
}

// read returns the record that s stands at, or io.EOF at the end.
func (s *scanner) read() (*Record, error) {
	if err := s.start(); err != nil {
		return nil, err
	}
	rec := &s.rec
	rec.Line, rec.Seq, rec.Common, rec.Err = s.line, rec.Seq[:0], true, nil
	if err := s.header(); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	header := string(s.head) // the one allocation: Name and Description share it
	n := len(nameOf(s.head))
	rec.Header, rec.Name, rec.Description = header, header[:n], strings.TrimLeft(header[n:], blanks)
	if err := s.body(full); err != nil {
		return nil, err
	}
	s.like.after(rec)
	if len(rec.Seq) == 0 {
		rec.Err = &okazaki.Error{File: s.name, Line: rec.Line, Record: shown(rec.Name),
			Message: "it has no letters", Hint: "leave it out, or fetch it again"}
	}
	return rec, nil
}

// body goes through the lines up to the next record or the end.
func (s *scanner) body(d depth) error {
	for {
		if s.r == s.w && !s.fill() {
			return s.fault()
		}
		chunk := s.buf[s.r:s.w]
		if s.bol && chunk[0] == '>' {
			return nil
		}
		if i := nextHeader(chunk); i >= 0 {
			chunk = chunk[:i]
		}
		if d == skip {
			s.line += int64(bytes.Count(chunk, newline))
		} else if err := s.consume(chunk, d); err != nil {
			return err
		}
		s.bol = chunk[len(chunk)-1] == '\n'
		s.r += len(chunk)
	}
}

// nextHeader is the place in b of a '>' that begins a line, but for the first
// byte; -1 if there is none.
func nextHeader(b []byte) int {
	for from := 1; from < len(b); from++ {
		i := bytes.IndexByte(b[from:], '>')
		if i < 0 {
			return -1
		}
		from += i
		if b[from-1] == '\n' {
			return from
		}
	}
	return -1
}

// changed is the error for a file that is not as it was.
func changed(name, how string) error {
	return &okazaki.Error{File: name, Message: "the file is not what it was when it was indexed: " + how,
		Hint: "leave inputs as they are while a job runs, and start it again"}
}
