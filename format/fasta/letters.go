package fasta

import (
	"bytes"
	"fmt"
	"slices"

	"okazaki"
)

// piece is how many bytes are scanned together: they stay in the nearest
// cache.
const piece = 4 << 10

// consume takes the lines of a sequence, cut anywhere.
func (s *scanner) consume(b []byte, d depth) error {
	at := s.offset()
	for len(b) > 0 {
		if d == full {
			if n := s.like.agrees(b, len(s.rec.Seq), s.rec.Common); n > 0 {
				s.rec.Seq = appendLines(s.rec.Seq, b[:n], 0)
				s.letters, at, b = s.letters+int64(n), at+int64(n), b[n:]
				continue
			}
		}
		p := b[:min(len(b), s.like.piece())]
		b = b[len(p):]
		if d == survey {
			s.lay.look(p, at)
		}
		at += int64(len(p))
		lines, usual, common := usualLetters(p)
		s.rec.Common = s.rec.Common && common
		switch {
		case !usual:
			if err := s.unusual(p, d); err != nil {
				return err
			}
			continue
		case d == full:
			s.rec.Seq = appendLines(s.rec.Seq, p, lines)
		}
		s.letters += int64(len(p) - lines)
		s.line += int64(lines)
		if s.letters > MaxLetters {
			return s.tooLong()
		}
	}
	return nil
}

func (s *scanner) tooLong() error {
	return &okazaki.Error{File: s.name, Line: s.line, Record: s.current(),
		Message: fmt.Sprintf("it has more than %d letters", MaxLetters), Hint: "cut it into several records"}
}

var newline = []byte("\n")

// usualLetters counts the lines of b and says whether it holds nothing else
// but the commonest letters, and whether nothing but the first few of these.
// Counting a letter is many times cheaper than looking at each byte.
func usualLetters(b []byte) (lines int, usual, common bool) {
	lines = bytes.Count(b, newline)
	rest, i := len(b)-lines, 0
	for ; i < len(commonest) && rest > 0; i++ {
		rest -= bytes.Count(b, commonest[i:i+1])
	}
	return lines, rest == 0, rest == 0 && i <= commonLetters
}

var commonest = []byte("TAGCNtagcn-")

// commonLetters is the number of A, C, G, T and N in commonest.
const commonLetters = 5

// appendLines appends b without its line feeds; lines is their number. A
// sequence that has no room grows by half, or chromosomes would be copied
// five times over.
func appendLines(seq, b []byte, lines int) []byte {
	if cap(seq)-len(seq) < len(b) {
		seq = slices.Grow(seq, max(len(b), len(seq)/2))
	}
	if first, width := widthOf(b, lines); width > 0 {
		seq = append(seq, b[:first]...)
		to := seq[len(seq) : len(seq)+(lines-1)*width]
		for b = b[first+1:]; len(to) > 0; b, to = b[width+1:], to[width:] {
			copy(to[:width], b)
		}
		return append(seq[:len(seq)+(lines-1)*width], b...)
	}
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return append(seq, b...)
		}
		seq = append(seq, b[:i]...)
		b = b[i+1:]
	}
}

// widthOf returns where the first line ends and how long each line between it
// and the last is, or a width of 0 if their lengths differ. lines is the
// number of line feeds.
func widthOf(b []byte, lines int) (first, width int) {
	if lines < 3 {
		return 0, 0
	}
	first = bytes.IndexByte(b, '\n')
	width = bytes.IndexByte(b[first+1:], '\n')
	last := first + (lines-1)*(width+1)
	if last >= len(b) {
		return first, 0
	}
	for i := last; i > first; i -= width + 1 {
		if b[i] != '\n' {
			return first, 0
		}
	}
	return first, width
}

// unusual takes lines that hold more than the commonest letters.
func (s *scanner) unusual(b []byte, d depth) error {
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch kinds[c] {
		case odd:
			s.lay.ragged = true
			if d == full && s.rec.Err == nil {
				s.rec.Err = &okazaki.Error{File: s.name, Line: s.line, Record: shown(s.rec.Name),
					Message: fmt.Sprintf("%q at base %d is no letter of a nucleotide", c, s.letters+1),
					Hint:    "the letters are ACGTU, RYSWKMBDHVN and for gaps -.*?"}
			}
			fallthrough
		case letter:
			run := i + 1
			for run < len(b) && kinds[b[run]] == letter {
				run++
			}
			s.letters += int64(run - i)
			if d == full {
				s.rec.Seq = append(s.rec.Seq, b[i:run]...)
			}
			i = run - 1
		case blank:
			s.lay.ragged = true
		case lineEnd:
			s.line++
		case foreign:
			return &okazaki.Error{File: s.name, Line: s.line, Record: s.current(),
				Message: fmt.Sprintf("byte %#02x after base %d is not text", c, s.letters),
				Hint:    "the file is damaged or binary from here on: copy or download it again"}
		}
	}
	if s.letters > MaxLetters {
		return s.tooLong()
	}
	return nil
}

// What a byte among the lines of a sequence may be.
type kind uint8

const (
	foreign kind = iota // no text
	letter              // of the IUPAC nucleotide code, or a gap
	odd                 // printable ASCII that is not such a letter
	blank               // to be left out
	lineEnd
)

var kinds = func() (k [256]kind) {
	for c := '!'; c <= '~'; c++ {
		k[c] = odd
	}
	for _, c := range "ACGTURYSWKMBDHVNacgturyswkmbdhvn-.*?" {
		k[c] = letter
	}
	for _, c := range " \t\r" {
		k[c] = blank
	}
	k['\n'] = lineEnd
	return k
}()
