package tabix

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"okazaki/format/bgzf"
)

// WriteTo writes the index, itself as BGZF.
func (b *Builder) WriteTo(w io.Writer) (int64, error) {
	z, err := bgzf.NewWriter(w, 6, 1)
	if err != nil {
		return 0, err
	}
	depth := b.depth()
	text, le := []byte("TBI\x01"), binary.LittleEndian
	if b.CSI() {
		about := b.about(nil)
		text = le.AppendUint32(le.AppendUint32([]byte("CSI\x01"), minShift), uint32(depth))
		text = append(le.AppendUint32(text, uint32(len(about))), about...)
		text = le.AppendUint32(text, uint32(len(b.names)))
	} else {
		text = b.about(le.AppendUint32(text, uint32(len(b.names))))
	}
	for _, c := range b.contigs {
		text = c.append(text, depth, b.CSI())
		if _, err := z.Write(text); err != nil {
			return 0, fmt.Errorf("index: %w", err)
		}
		text = text[:0]
	}
	if _, err := z.Write(le.AppendUint64(text, 0)); err != nil { // records without a place
		return 0, fmt.Errorf("index: %w", err)
	}
	if err := z.Close(); err != nil {
		return 0, fmt.Errorf("index: %w", err)
	}
	return z.Size(), nil
}

// about appends which columns of a VCF hold contig and position, and the
// contigs' names.
func (b *Builder) about(to []byte) []byte {
	const vcf, chrom, pos, none, comment, skip = 2, 1, 2, 0, '#', 0
	var names strings.Builder
	for _, n := range b.names {
		names.WriteString(n + "\x00")
	}
	for _, n := range []uint32{vcf, chrom, pos, none, comment, skip, uint32(names.Len())} {
		to = binary.LittleEndian.AppendUint32(to, n)
	}
	return append(to, names.String()...)
}

// append appends a contig's bins and, for a .tbi, its windows.
func (c *contig) append(to []byte, depth int, csi bool) []byte {
	le := binary.LittleEndian
	chunk := func(k Chunk) {
		to = le.AppendUint64(le.AppendUint64(to, uint64(k.From)), uint64(k.To))
	}
	head := func(number uint32, offset bgzf.Offset, chunks int) {
		to = le.AppendUint32(to, number)
		if csi {
			to = le.AppendUint64(to, uint64(offset))
		}
		to = le.AppendUint32(to, uint32(chunks))
	}
	to = le.AppendUint32(to, uint32(len(c.bins)+1))
	for _, b := range c.sorted(depth) {
		chunks := *c.bins[b]
		head(b.number(depth), c.offset(b), len(chunks))
		for _, k := range chunks {
			chunk(k)
		}
	}
	// A bin past the last describes the contig: its bytes, and its records.
	head(first(depth+1)+1, 0, 2)
	chunk(c.span)
	chunk(Chunk{From: bgzf.Offset(c.records)})
	if csi {
		return to
	}
	to = le.AppendUint32(to, uint32(len(c.linear)))
	next := unset
	filled := make([]bgzf.Offset, len(c.linear))
	for w := len(c.linear) - 1; w >= 0; w-- {
		if c.linear[w] != unset {
			next = c.linear[w]
		}
		filled[w] = next
	}
	for _, o := range filled {
		to = le.AppendUint64(to, uint64(o))
	}
	return to
}
