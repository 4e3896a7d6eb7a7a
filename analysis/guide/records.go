package guide

import (
	"context"
	"io"
	"math/bits"
	"sort"
	"sync"

	"okazaki"
	"okazaki/format/fasta"
)

// A sequence is in the genome if at most one base in perDifference differs, and
// at most denseDifferences of any 64 that follow each other from its start. A
// denser run of differences, such as a tag at its end, is more than a strain's.
const (
	perDifference    = 20
	denseDifferences = 12
)

// records are the sequences of a target that is FASTA. Many goroutines may use
// them at once.
type records struct {
	plus, minus []*text

	mu   sync.Mutex
	maps map[mapping]int // number of differing bases, for the mappings that are good enough
}

// A mapping is a sequence laid on a contig without a gap.
type mapping struct {
	record, contig int
	start          int64 // in the contig, of the leftmost base
	reverse        bool
}

// readRecords reads the sequences of a FASTA file.
func readRecords(ctx context.Context, name string, f okazaki.File) (*records, error) {
	r := &records{maps: map[mapping]int{}}
	err := eachRecord(ctx, name, f, func(c *contig) { r.add(c.text) })
	return r, err
}

// eachRecord calls use for each record of a FASTA file.
func eachRecord(ctx context.Context, name string, f okazaki.File, use func(*contig)) error {
	for rec, err := range fasta.Scan(name, io.NewSectionReader(f, 0, f.Size())) {
		if err == nil {
			err = rec.Err
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		use(newContig(rec.Name, rec.Seq, false))
	}
	return nil
}

func (r *records) add(t *text) {
	r.plus = append(r.plus, t)
	r.minus = append(r.minus, newText(t.append(nil, 0, t.n, true)))
}

// beside returns the PAM beside a place of a record, and the context from which
// efficiency is predicted.
func (r *records) beside(within *locus, q *request) (pam, context string) {
	c := &contig{text: r.plus[within.Contig]}
	pam = string(c.text.append(nil, within.Anchor, within.Anchor+int64(q.pam.Len()), within.Reverse))
	return pam, c.context(within, q)
}

// differences lays the whole record in which a guide was found on the contig,
// so that the guide's place in it lies at a hit. It returns the number of bases
// that differ. It returns false if they are too many, or if the record
// overhangs the contig. sound says whether bases of the contig's text may be
// read.
func (r *records) differences(c *contig, hit, within *locus, pam int, sound func(from, to int64) bool) (int, bool) {
	record := r.plus[within.Contig]
	m := mapping{record: within.Contig, contig: hit.Contig, start: hit.Anchor - within.Anchor, reverse: hit.Reverse != within.Reverse}
	if m.reverse {
		record = r.minus[within.Contig]
		m.start = hit.Anchor + within.Anchor + int64(pam) - record.n
	}
	r.mu.Lock()
	known, ok := r.maps[m]
	r.mu.Unlock()
	if ok {
		return known, true
	}
	from := c.Halo + m.start
	if from < 0 || from+record.n > c.text.n || !sound(from, from+record.n) {
		return 0, false
	}
	n, ok := record.differ(c.text, from, int(record.n/perDifference))
	if ok {
		r.mu.Lock()
		r.maps[m] = n
		r.mu.Unlock()
	}
	return n, ok
}

// differ returns the number of bases of t that differ from o's bases from place
// from on. It returns false if there are more than most, or too many lie
// together.
func (t *text) differ(o *text, from int64, most int) (n int, ok bool) {
	for at := int64(0); at < t.n; at += 64 {
		x := (window(t.lo, at) ^ window(o.lo, from+at)) | (window(t.hi, at) ^ window(o.hi, from+at)) | (t.odds(at) ^ o.odds(from+at))
		if left := t.n - at; left < 64 {
			x &= 1<<left - 1
		}
		here := bits.OnesCount64(x)
		if n += here; n > most || here > denseDifferences {
			return n, false
		}
	}
	return n, true
}

// odds marks the letters, of 64, that are not A, C, G or T.
func (t *text) odds(at int64) (marks uint64) {
	if t.other != nil {
		return window(t.other, at)
	}
	for i := sort.Search(len(t.odd), func(i int) bool { return t.odd[i].end > at }); i < len(t.odd) && t.odd[i].start < at+64; i++ {
		for p := max(at, t.odd[i].start); p < min(at+64, t.odd[i].end); p++ {
			marks |= 1 << (p - at)
		}
	}
	return marks
}
