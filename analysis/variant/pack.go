package variant

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Rows are text that repeats itself: compressed, they take a tenth of the
// memory and of the store, for less time than they take to store.

// A packer compresses payloads. One goroutine may use it at a time.
type packer struct{ z *zstd.Encoder }

func newPacker() *packer {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(256<<10), zstd.WithEncoderCRC(true))
	if err != nil {
		panic(err) // the options are right
	}
	return &packer{z}
}

// append appends b compressed. The same bytes always give the same.
func (p *packer) append(dst, b []byte) []byte { return p.z.EncodeAll(b, dst) }

// An unpacker is its inverse. One goroutine may use it at a time.
type unpacker struct {
	z *zstd.Decoder
	b []byte
}

func newUnpacker() *unpacker {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxFrame))
	if err != nil {
		panic(err) // the options are right
	}
	return &unpacker{z: z}
}

// unpack returns what was packed, valid until the next call.
func (u *unpacker) unpack(b []byte) ([]byte, error) {
	var err error
	if u.b, err = u.z.DecodeAll(b, u.b[:0]); err != nil {
		return nil, fmt.Errorf("%w: %w", errPart, err)
	}
	return u.b, nil
}

func (u *unpacker) close() { u.z.Close() }
