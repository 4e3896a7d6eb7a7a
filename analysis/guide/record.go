package guide

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// A part is records, one for each guide, ascending. A record has its length,
// then the guide, its counts and sums, its home, and the listed hits.

var errRecord = errors.New("the record of a guide is damaged")

// append writes the record of a tally.
func (t *tally) append(b []byte) []byte {
	t.trim()
	body := binary.AppendUvarint(nil, uint64(t.number))
	body = t.candidate.append(body)
	n := 0
	for _, c := range t.counts {
		if c > 0 {
			n++
		}
	}
	body = binary.AppendUvarint(body, uint64(n))
	for i, c := range t.counts {
		if c > 0 {
			body = binary.AppendUvarint(append(body, byte(i)), uint64(c))
		}
	}
	body = binary.AppendUvarint(binary.AppendVarint(binary.AppendVarint(body, t.cfd), t.mit), uint64(t.unscored))
	body = t.genes.append(body)
	body = t.home.append(body)
	body = binary.AppendUvarint(binary.AppendUvarint(body, uint64(t.most)), uint64(len(t.hits)))
	names := map[int]bool{}
	for i := range t.hits {
		body = t.hits[i].append(body, names)
	}
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

func (c *Candidate) append(b []byte) []byte {
	for _, s := range []string{c.Name, c.Letters, c.Of, c.Part, c.PAM, c.Context} {
		b = appendString(b, s)
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
	return appendBool(binary.AppendVarint(binary.AppendUvarint(b, uint64(l.Contig)), l.Anchor), l.Reverse)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func (h *home) append(b []byte) []byte {
	if b = appendBool(b, h != nil); h == nil {
		return b
	}
	b = binary.AppendUvarint(appendString(b, h.Name), uint64(h.Contig))
	b = appendBool(binary.AppendUvarint(b, uint64(h.Anchor)), h.Reverse)
	b = binary.AppendVarint(appendString(appendString(b, h.pam), h.context), h.cfd)
	return binary.AppendUvarint(b, uint64(h.differ))
}

// append writes a hit, with the name of its contig if it is not in names yet.
func (h *hit) append(b []byte, names map[int]bool) []byte {
	b = binary.AppendUvarint(b, uint64(h.Contig))
	if !names[h.Contig] {
		names[h.Contig] = true
		b = appendString(b, h.Name)
	}
	b = appendBool(binary.AppendUvarint(b, uint64(h.Anchor)), h.Reverse)
	b = append(b, h.mismatches, h.dna, h.rna, byte(h.copied))
	for _, plane := range []uint32{h.lo, h.hi, h.other} {
		b = binary.AppendUvarint(b, uint64(plane))
	}
	return appendString(appendString(b, h.pam), h.genes)
}

// A reader reads a record's fields. It keeps its first error, and returns zero
// values after it.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err, r.b = errRecord, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.err, r.b = errRecord, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.err, r.b = errRecord, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) string() string { return string(r.bytes(r.uvarint())) }

func (r *reader) candidate() (c Candidate) {
	for _, s := range []*string{&c.Name, &c.Letters, &c.Of, &c.Part, &c.PAM, &c.Context} {
		*s = r.string()
	}
	switch from(r.byte()) {
	case fromGenome:
		c.Home = r.locus()
	case fromRecord:
		c.Within = r.locus()
	}
	return c
}

func (r *reader) locus() *locus {
	return &locus{Contig: int(r.uvarint()), Anchor: r.varint(), Reverse: r.byte() == 1}
}

// parse reads the body of a record.
func (t *tally) parse(body []byte) error {
	r := &reader{b: body}
	*t = tally{number: int(r.uvarint()), sorted: true, candidate: r.candidate()}
	for range r.uvarint() {
		i := r.byte()
		if int(i) >= kinds || r.err != nil {
			return errRecord
		}
		t.counts[i] = int64(r.uvarint())
	}
	t.cfd, t.mit, t.unscored = r.varint(), r.varint(), int64(r.uvarint())
	t.genes = r.geneSums()
	if r.byte() == 1 {
		h := &home{locus: locus{Name: r.string(), Contig: int(r.uvarint()), Anchor: int64(r.uvarint()), Reverse: r.byte() == 1}}
		h.pam, h.context, h.cfd, h.differ = r.string(), r.string(), r.varint(), int(r.uvarint())
		t.home = h
	}
	t.most = int(r.uvarint())
	names := map[int]string{}
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		t.hits = append(t.hits, r.hit(names))
	}
	if len(r.b) > 0 && r.err == nil {
		r.err = errRecord
	}
	return r.err
}

func (r *reader) hit(names map[int]string) (h hit) {
	h.Contig = int(r.uvarint())
	name, ok := names[h.Contig]
	if !ok {
		name = r.string()
		names[h.Contig] = name
	}
	h.Name, h.Anchor, h.Reverse = name, int64(r.uvarint()), r.byte() == 1
	h.mismatches, h.dna, h.rna, h.copied = r.byte(), r.byte(), r.byte(), copyKind(r.byte())%copyKind(len(copyNames))
	h.lo, h.hi, h.other = uint32(r.uvarint()), uint32(r.uvarint()), uint32(r.uvarint())
	h.pam, h.genes = r.string(), r.string()
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
		n, err := tallySize(in)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		body = slices.Grow(body[:0], int(min(n, 1<<20)))[:0]
		for left := int(n); left > 0; {
			step := min(left, 1<<20)
			from := len(body)
			body = append(body, make([]byte, step)...)
			if _, err := io.ReadFull(in, body[from:]); err != nil {
				return errors.Join(errRecord, err)
			}
			left -= step
		}
		if err := t.parse(body); err != nil {
			return err
		}
		if err := f(t); err != nil {
			return err
		}
	}
}

// tallySize reads the length of the next record. Its error is io.EOF at the end.
func tallySize(in *bufio.Reader) (int64, error) {
	n, err := binary.ReadUvarint(in)
	if err == nil && n > 1<<40 {
		err = errRecord
	}
	return int64(n), err
}

// skipTallies skips at most `most` records, and returns how many it skipped.
func skipTallies(in *bufio.Reader, most int64) (n int64, err error) {
	for ; n < most; n++ {
		size, err := tallySize(in)
		if err == io.EOF {
			break
		} else if err != nil {
			return n, err
		}
		for size > 0 {
			step, err := in.Discard(int(min(size, 1<<20)))
			if err != nil {
				return n, errors.Join(errRecord, err)
			}
			size -= int64(step)
		}
	}
	return n, nil
}
