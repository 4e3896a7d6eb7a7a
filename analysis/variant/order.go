package variant

import (
	"cmp"
	"encoding/binary"
	"slices"

	"okazaki/format/wire"
)

// Rows are ranked by their keys, the greatest first; rows of one key stay in
// the order of the file. There may be more rows than fit in memory, so they
// are read a few times: first their keys are counted by the upper bits, then
// the rows of as many ranges of keys as fit are kept, sorted and written. If
// a range does not fit, its keys are counted by the next bits. A range with
// only one key needs no sorting, and is written as it is read.

// A scan calls row for all rows, in the order of the file.
type scan func(row func(key uint64, text []byte) error) error

// digits is how many bits of a key are counted at once.
const digits = 16

// A bin counts the rows of the keys that have the same upper bits.
type bin struct {
	bytes, rows int64
	least, most uint64
}

// A sorter writes the rows by rank.
type sorter struct {
	rows  scan
	keep  int64 // bytes of rows that are kept at once
	write func(text []byte) error

	passes int // how often the rows were read
}

// rowOverhead is what a row takes besides its bytes.
const rowOverhead = 32

// sort writes all rows. all are their bins by the upper digits of the keys.
func (s *sorter) sort(all []bin) error { return s.bins(all, 0, 64-digits) }

// count is a row in its bin.
func count(bins []bin, key uint64, shift int, n int) {
	b := &bins[key>>shift&(1<<digits-1)]
	if b.rows == 0 {
		b.least, b.most = key, key
	}
	b.least, b.most = min(b.least, key), max(b.most, key)
	b.rows++
	b.bytes += int64(n) + rowOverhead
}

// bins writes the rows whose keys begin with prefix. The bins count these
// keys by the digits above shift.
func (s *sorter) bins(bins []bin, prefix uint64, shift int) error {
	for hi := len(bins); hi > 0; {
		if bins[hi-1].rows == 0 {
			hi--
			continue
		}
		lo, all := hi, bin{}
		for lo > 0 && (bins[lo-1].rows == 0 || all.bytes+bins[lo-1].bytes <= s.keep) {
			lo--
			all.bytes, all.rows = all.bytes+bins[lo].bytes, all.rows+bins[lo].rows
		}
		var err error
		if lo < hi {
			all.least, all.most = prefix+uint64(lo)<<shift, prefix+uint64(hi)<<shift-1
			err = s.kept(&all)
		} else {
			lo--
			err = s.large(&bins[lo], prefix+uint64(lo)<<shift, shift)
		}
		if err != nil {
			return err
		}
		hi = lo
	}
	return nil
}

// large writes the rows of a bin that doesn't fit.
func (s *sorter) large(b *bin, prefix uint64, shift int) error {
	if b.least == b.most {
		s.passes++
		return s.rows(func(key uint64, text []byte) error {
			if key != b.least {
				return nil
			}
			return s.write(text)
		})
	}
	finer := make([]bin, 1<<digits)
	shift -= digits
	s.passes++
	err := s.rows(func(key uint64, text []byte) error {
		if b.least <= key && key <= b.most {
			count(finer, key, shift, len(text))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.bins(finer, prefix, shift)
}

// kept writes the rows of some bins from memory.
func (s *sorter) kept(b *bin) error {
	type row struct {
		key      uint64
		from, to int
	}
	rows := make([]row, 0, b.rows)
	texts := make([]byte, 0, b.bytes-b.rows*rowOverhead)
	s.passes++
	err := s.rows(func(key uint64, text []byte) error {
		if b.least <= key && key <= b.most {
			at := len(texts)
			texts = append(texts, text...)
			rows = append(rows, row{key, at, len(texts)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(x, y row) int { return cmp.Compare(y.key, x.key) })
	for _, r := range rows {
		if err := s.write(texts[r.from:r.to]); err != nil {
			return err
		}
	}
	return nil
}

// appendRow appends a row in the form of a payload.
func appendRow(b []byte, key uint64, text []byte) []byte {
	return wire.AppendBytes(binary.BigEndian.AppendUint64(b, key), text)
}

// eachRow calls do for the rows of a payload.
func eachRow(payload []byte, do func(key uint64, text []byte) error) error {
	r := wire.From(payload)
	for r.Len() > 0 {
		key, text := r.Take(8), r.Bytes()
		if r.Err() != nil {
			return damaged(r.Err())
		}
		if err := do(binary.BigEndian.Uint64(key), text); err != nil {
			return err
		}
	}
	return nil
}
