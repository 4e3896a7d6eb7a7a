package composition

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"okazaki"
	"okazaki/analysis"
)

// letters counts A, C, G, T, N and all others.
type letters [6]int64

// Columns of letters; the bases are also the digits of a k-mer.
const (
	baseA = iota
	baseC
	baseG
	baseT
	baseN
	other
)

var classes = func() (class [256]uint8) {
	for i := range class {
		class[i] = other
	}
	for i, both := range []string{"Aa", "Cc", "Gg", "TtUu", "Nn"} {
		for _, c := range both {
			class[c] = uint8(i)
		}
	}
	return class
}()

// count adds the letters of seq times sign.
func (l *letters) count(seq []byte, sign int64) {
	for _, c := range seq {
		l[classes[c]] += sign
	}
}

func (l *letters) sum() int64 {
	var n int64
	for _, c := range l {
		n += c
	}
	return n
}

// A tally counts letters and k-mers. kmers is in order of the k-mers' letters.
type tally struct {
	k       int
	letters letters
	kmers   []int64
}

func newTally(k int) *tally { return &tally{k: k, kmers: make([]int64, 1<<(2*k))} }

func (t *tally) reset() {
	t.letters = letters{}
	clear(t.kmers)
}

func (t *tally) add(u *tally) {
	for i, n := range u.letters {
		t.letters[i] += n
	}
	for i, n := range u.kmers {
		t.kmers[i] += n
	}
}

// countKmers adds the k-mers that lie wholly in seq, times sign.
func (t *tally) countKmers(seq []byte, sign int64) {
	code, run := 0, 0
	for _, c := range seq {
		class := classes[c]
		if class > baseT {
			run = 0
			continue
		}
		code = (code<<2 | int(class)) & (len(t.kmers) - 1)
		if run++; run >= t.k {
			t.kmers[code] += sign
		}
	}
}

var errPart = errors.New("a part of this analysis is damaged")

// append writes the letters, then the k-mers that there are as (distance from
// the one before, count), ended by a distance of 0; all as uvarints.
func (t *tally) append(b []byte) []byte {
	for _, n := range t.letters {
		b = binary.AppendUvarint(b, uint64(n))
	}
	last := -1
	for i, n := range t.kmers {
		if n != 0 {
			b = binary.AppendUvarint(b, uint64(i-last))
			b = binary.AppendUvarint(b, uint64(n))
			last = i
		}
	}
	return append(b, 0)
}

// parse fills an empty t with what append wrote and returns the bytes behind
// it.
func (t *tally) parse(b []byte) (rest []byte, err error) {
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			err = errPart
			return 0
		}
		b = b[n:]
		return v
	}
	for i := range t.letters {
		t.letters[i] = int64(next())
	}
	for last := -1; ; {
		d := next()
		if d == 0 {
			return b, err
		}
		if d > uint64(len(t.kmers)-1-last) {
			return nil, errPart
		}
		last += int(d)
		t.kmers[last] = int64(next())
	}
}

// An entry is the tally of a contig, as far as a part has seen it.
type entry struct {
	contig int64
	name   string
	tally  *tally
}

// append writes the entry after its length.
func (c *entry) append(b []byte) []byte {
	body := binary.AppendUvarint(nil, uint64(c.contig))
	body = binary.AppendUvarint(body, uint64(len(c.name)))
	body = append(body, c.name...)
	body = c.tally.append(body)
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

// parse fills an empty c with what append wrote and returns the bytes behind
// it.
func (c *entry) parse(b []byte) (rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, errPart
	}
	body, rest := b[n:n+int(size)], b[n+int(size):]
	contig, n := binary.Uvarint(body)
	if n <= 0 {
		return nil, errPart
	}
	c.contig, body = int64(contig), body[n:]
	size, n = binary.Uvarint(body)
	if n <= 0 || size > uint64(len(body)-n) {
		return nil, errPart
	}
	c.name = string(body[n : n+int(size)])
	if body, err = c.tally.parse(body[n+int(size):]); err == nil && len(body) > 0 {
		err = errPart
	}
	return rest, err
}

// eachEntry calls f for the entries of a gathered result, in order.
func eachEntry(ctx context.Context, result okazaki.Result, k int, f func(*entry) error) error {
	in, err := result(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	r := bufio.NewReader(analysis.Reader(ctx, in))
	for {
		size, err := binary.ReadUvarint(r)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		b := binary.AppendUvarint(nil, size)
		head := len(b)
		b = append(b, make([]byte, size)...)
		if _, err := io.ReadFull(r, b[head:]); err != nil {
			return err
		}
		c := &entry{tally: newTally(k)}
		if _, err := c.parse(b); err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
	}
}
