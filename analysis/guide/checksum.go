package guide

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync/atomic"

	"okazaki"
	"okazaki/format/container"
)

// The last section of an index has the CRC-32C of each block before it, then
// the CRC-32C of these sums. A block is checked when it is first read. So a
// damaged index gives an error, and a sound one need not be read whole first.
const (
	blockBits = 12
	blockSize = 1 << blockBits
)

// blocks returns the number of blocks of size bytes.
func blocks(size int64) int64 { return (size + blockSize - 1) >> blockBits }

// A sumWriter computes the sums of the blocks that pass through it.
type sumWriter struct {
	w    io.Writer
	n    int // bytes of the block at hand
	sum  uint32
	sums []uint32
}

// Write is io.Writer's.
func (s *sumWriter) Write(p []byte) (int, error) {
	for left := p; len(left) > 0; {
		step := min(len(left), blockSize-s.n)
		s.sum = container.AddSum(s.sum, left[:step])
		left = left[step:]
		if s.n += step; s.n == blockSize {
			s.next()
		}
	}
	return s.w.Write(p)
}

func (s *sumWriter) next() {
	s.sums = append(s.sums, s.sum)
	s.n, s.sum = 0, 0
}

// end writes the sums.
func (s *sumWriter) end() error {
	if s.n > 0 {
		s.next()
	}
	_, err := s.w.Write(binary.LittleEndian.AppendUint32(container.Raw(s.sums), container.Sum(container.Raw(s.sums))))
	return err
}

// A verifier knows which blocks of an index are as they were written. Many
// goroutines may use it at once.
type verifier struct {
	file    *container.File
	b       []byte // that is summed
	sums    []uint32
	sum     uint32   // of sums
	checked []uint64 // one bit per block
	fault   atomic.Pointer[okazaki.Error]
}

func newSoundness(file *container.File, b []byte, s where) (*verifier, error) {
	sums := view[uint32](b, s)
	last := len(sums) - 1
	if container.Sum(container.Raw(sums[:last])) != sums[last] {
		return nil, otherSum(file, s.At)
	}
	return &verifier{file: file, b: b[:s.At], sums: sums[:last], sum: sums[last], checked: make([]uint64, len(sums)/64+1)}, nil
}

func otherSum(x *container.File, at int64) *okazaki.Error {
	return x.Damaged(fmt.Sprintf("another checksum at byte %d", at))
}

// verified says whether bytes [from, end) of the file may be read.
func (x *verifier) verified(from, end int64) bool {
	for block := from >> blockBits; block<<blockBits < end; block++ {
		if atomic.LoadUint64(&x.checked[block>>6])>>(block&63)&1 == 0 && !x.check(block) {
			return false
		}
	}
	return true
}

func (x *verifier) check(block int64) bool {
	at := block << blockBits
	if container.Sum(x.b[at:min(at+blockSize, int64(len(x.b)))]) != x.sums[block] {
		x.fault.Store(otherSum(x.file, at))
		return false
	}
	atomic.OrUint64(&x.checked[block>>6], 1<<(block&63))
	return true
}

// err returns the damage that any goroutine has found.
func (x *verifier) err() error {
	if e := x.fault.Load(); e != nil {
		return e
	}
	return nil
}

// Check reads the whole index. It returns an *okazaki.Error if the index is not
// as it was written.
func (x *Index) Check(ctx context.Context) error {
	x.readAhead()
	return x.file.Check(ctx, x.blocks)
}

// blocks yields all blocks, and the sums.
func (x *Index) blocks(yield func(container.Section) bool) {
	at := int64(0)
	for _, sum := range x.sums {
		if !yield(container.Section{At: at, Len: min(blockSize, int64(len(x.b))-at), Sum: sum}) {
			return
		}
		at += blockSize
	}
	yield(container.Section{Name: "the checksums", At: int64(len(x.b)), Len: int64(len(container.Raw(x.sums))), Sum: x.sum})
}

// keyEntries returns the entries [i, end) of a key, which lie in the section
// after the section of starts. It returns none and false where the index is
// damaged.
func (x *Index) keyEntries(section int, starts []uint32, key uint32) (i, end uint32, ok bool) {
	at := x.h.Sections[section].At + 4*int64(key)
	if !x.verified(at, at+8) {
		return 0, 0, false
	}
	i, end = starts[key], starts[key+1]
	at = x.h.Sections[section+1].At
	if !x.verified(at+4*int64(i), at+4*int64(end)) {
		return 0, 0, false
	}
	return i, end, true
}

// planesVerified says whether the bases from one place of the planes to another
// may be read.
func (x *Index) planesVerified(from, to int64) bool {
	from, to = max(0, from>>6<<3), min((to>>6+1)<<3, x.h.Sections[loSection].Len)
	lo, hi := x.h.Sections[loSection].At, x.h.Sections[hiSection].At
	return x.verified(lo+from, lo+to) && x.verified(hi+from, hi+to)
}
