package composition

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/wire"
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
		b = wire.AppendUvarint(b, n)
	}
	last := -1
	for i, n := range t.kmers {
		if n != 0 {
			b = wire.AppendUvarint(b, i-last)
			b = wire.AppendUvarint(b, n)
			last = i
		}
	}
	return append(b, 0)
}

// read fills an empty t with what append wrote.
func (t *tally) read(r *wire.Reader) {
	for i := range t.letters {
		t.letters[i] = int64(r.Uvarint())
	}
	for last := -1; ; {
		d := r.Below(len(t.kmers) - last)
		if d == 0 {
			return
		}
		last += d
		t.kmers[last] = int64(r.Uvarint())
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
	body := wire.AppendUvarint(nil, c.contig)
	body = wire.AppendBytes(body, c.name)
	return wire.AppendBytes(b, c.tally.append(body))
}

// parse fills an empty c with the body of what append wrote.
func (c *entry) parse(body []byte) error {
	r := wire.From(body)
	c.contig, c.name = int64(r.Uvarint()), r.String()
	c.tally.read(&r)
	if err := r.End(); err != nil {
		return fmt.Errorf("%w: %w", errPart, err)
	}
	return nil
}

// eachEntry calls f for the entries of a gathered result, in order.
func eachEntry(ctx context.Context, result okazaki.Result, k int, f func(*entry) error) error {
	in, err := result(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	r := bufio.NewReader(analysis.Reader(ctx, in))
	var body []byte
	for {
		if body, err = wire.ReadFrame(r, body, maxEntry); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("the tallies of contigs: %w", err)
		}
		c := &entry{tally: newTally(k)}
		if err := c.parse(body); err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
	}
}

// maxEntry is more than the bytes of any entry.
const maxEntry = 1 << 40
