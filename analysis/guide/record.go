package guide

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"okazaki/format/wire"
)

// A part is records, one for each guide, ascending. A record has its length,
// then the guide, its counts and sums, its home, and the listed hits.

var (
	errRecord = errors.New("the record of a guide is damaged")
	errKind   = errors.New("there is no such kind of hit")
	errText   = errors.New("a text is not there, or is too short")
)

// append writes the record of a tally.
func (t *tally) append(b []byte) []byte {
	t.trim()
	body := wire.AppendUvarint(nil, t.number)
	body = t.candidate.append(body)
	n := 0
	for _, c := range t.counts {
		if c > 0 {
			n++
		}
	}
	body = wire.AppendUvarint(body, n)
	for i, c := range t.counts {
		if c > 0 {
			body = wire.AppendUvarint(append(body, byte(i)), c)
		}
	}
	body = wire.AppendUvarint(wire.AppendVarint(wire.AppendVarint(body, t.cfd), t.mit), t.unscored)
	body = t.genes.append(body)
	body = t.home.append(body)
	body = wire.AppendUvarint(wire.AppendUvarint(body, t.most), len(t.hits))
	names := map[int]bool{}
	for i := range t.hits {
		body = t.hits[i].append(body, names)
	}
	return wire.AppendBytes(b, body)
}

func (c *Candidate) append(b []byte) []byte {
	for _, s := range []string{c.Name, c.Letters, c.Of, c.Part, c.PAM, c.Context} {
		b = wire.AppendBytes(b, s)
	}
	switch {
	case c.Home != nil:
		return c.Home.append(append(b, byte(fromGenome)))
	case c.Within != nil:
		return c.Within.append(append(b, byte(fromRecord)))
	}
	return append(b, byte(fromNowhere))
}

// append writes a locus without the contig's name.
func (l *locus) append(b []byte) []byte {
	return wire.AppendBool(wire.AppendVarint(wire.AppendUvarint(b, l.Contig), l.Anchor), l.Reverse)
}

func (h *home) append(b []byte) []byte {
	if b = wire.AppendBool(b, h != nil); h == nil {
		return b
	}
	b = wire.AppendUvarint(wire.AppendBytes(b, h.Name), h.Contig)
	b = wire.AppendBool(wire.AppendUvarint(b, h.Anchor), h.Reverse)
	b = wire.AppendVarint(wire.AppendBytes(wire.AppendBytes(b, h.pam), h.context), h.cfd)
	return wire.AppendUvarint(b, h.differ)
}

// append writes a hit, with the name of its contig if it is not in names yet.
func (h *hit) append(b []byte, names map[int]bool) []byte {
	b = wire.AppendUvarint(b, h.Contig)
	if !names[h.Contig] {
		names[h.Contig] = true
		b = wire.AppendBytes(b, h.Name)
	}
	b = wire.AppendBool(wire.AppendUvarint(b, h.Anchor), h.Reverse)
	b = append(b, h.mismatches, h.dna, h.rna, byte(h.copied))
	for _, plane := range []uint32{h.lo, h.hi, h.other} {
		b = wire.AppendUvarint(b, plane)
	}
	return wire.AppendBytes(wire.AppendBytes(b, h.pam), h.genes)
}

// A reader reads a record's fields.
type reader struct{ wire.Reader }

func newReader(b []byte) *reader { return &reader{wire.From(b)} }

func (r *reader) candidate() (c Candidate) {
	for _, s := range []*string{&c.Name, &c.Letters, &c.Of, &c.Part, &c.PAM, &c.Context} {
		*s = r.String()
	}
	switch from(r.Byte()) {
	case fromGenome:
		c.Home = r.locus()
	case fromRecord:
		c.Within = r.locus()
	}
	return c
}

func (r *reader) locus() *locus {
	return &locus{Contig: int(r.Uvarint()), Anchor: r.Varint(), Reverse: r.Bool()}
}

// parse reads the body of a record.
func (t *tally) parse(body []byte) error {
	r := newReader(body)
	*t = tally{number: int(r.Uvarint()), sorted: true, candidate: r.candidate()}
	for range r.Count(2) {
		if i := r.Byte(); i < kinds {
			t.counts[i] = int64(r.Uvarint())
		} else {
			r.Fail(errKind)
		}
	}
	t.cfd, t.mit, t.unscored = r.Varint(), r.Varint(), int64(r.Uvarint())
	t.genes = r.geneSums()
	if r.Bool() {
		h := &home{locus: locus{Name: r.String(), Contig: int(r.Uvarint()), Anchor: int64(r.Uvarint()), Reverse: r.Bool()}}
		h.pam, h.context, h.cfd, h.differ = r.String(), r.String(), r.Varint(), int(r.Uvarint())
		t.home = h
	}
	t.most = int(r.Uvarint())
	names := map[int]string{}
	for n := r.Count(leastHit); n > 0 && r.Err() == nil; n-- {
		t.hits = append(t.hits, r.hit(names))
	}
	return r.end()
}

// leastHit is the least number of bytes of a hit.
const leastHit = 12

// end returns an error if the bytes are not a record.
func (r *reader) end() error {
	if err := r.End(); err != nil {
		return fmt.Errorf("%w: %w", errRecord, err)
	}
	return nil
}

func (r *reader) hit(names map[int]string) (h hit) {
	h.Contig = int(r.Uvarint())
	name, ok := names[h.Contig]
	if !ok {
		name = r.String()
		names[h.Contig] = name
	}
	h.Name, h.Anchor, h.Reverse = name, int64(r.Uvarint()), r.Bool()
	h.mismatches, h.dna, h.rna, h.copied = r.Byte(), r.Byte(), r.Byte(), copyKind(r.Byte())%copyKind(len(copyNames))
	h.lo, h.hi, h.other = uint32(r.Uvarint()), uint32(r.Uvarint()), uint32(r.Uvarint())
	h.pam, h.genes = r.String(), r.String()
	return h
}

// eachTally calls f for the records in r, in order. A tally is valid until the
// next call; what it points to stays.
func eachTally(r io.Reader, f func(*tally) error) error { return eachTallyFrom(r, 0, f) }

// eachTallyFrom is eachTally without the first records.
func eachTallyFrom(r io.Reader, first int64, f func(*tally) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	if _, err := skipTallies(in, first); err != nil {
		return err
	}
	var body []byte
	t := &tally{}
	for {
		var err error
		if body, err = wire.ReadFrame(in, body, maxTally); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("the records of guides: %w", err)
		}
		if err := t.parse(body); err != nil {
			return err
		}
		if err := f(t); err != nil {
			return err
		}
	}
}

// skipTallies skips at most `most` records, and returns how many it skipped.
func skipTallies(in *bufio.Reader, most int64) (n int64, err error) {
	for ; n < most; n++ {
		if err := wire.SkipFrame(in, maxTally); err == io.EOF {
			break
		} else if err != nil {
			return n, fmt.Errorf("the records of guides: %w", err)
		}
	}
	return n, nil
}

// maxTally is more than the bytes of any record.
const maxTally = 1 << 40
