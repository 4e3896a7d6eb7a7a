package fingerprint

import (
	"encoding/binary"
	"math/bits"
)

// The constants of MurmurHash3_x64_128 (Appleby 2011, SMHasher, public domain).
const (
	c1 = 0x87c37b91114253d5
	c2 = 0x4cf5ad432745937f
)

func scramble1(k uint64) uint64 { return bits.RotateLeft64(k*c1, 31) * c2 }
func scramble2(k uint64) uint64 { return bits.RotateLeft64(k*c2, 33) * c1 }

func finish(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// block mixes 16 bytes into the state.
func block(h1, h2, k1, k2 uint64) (uint64, uint64) {
	h1 ^= scramble1(k1)
	h1 = (bits.RotateLeft64(h1, 27)+h2)*5 + 0x52dce729
	h2 ^= scramble2(k2)
	h2 = (bits.RotateLeft64(h2, 31)+h1)*5 + 0x38495ab5
	return h1, h2
}

// murmur3 returns MurmurHash3_x64_128 of the data, low half first.
func murmur3(data []byte, seed uint32) (uint64, uint64) {
	h1, h2 := uint64(seed), uint64(seed)
	n := uint64(len(data))
	for ; len(data) >= 16; data = data[16:] {
		h1, h2 = block(h1, h2, binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:]))
	}
	var tail [16]byte
	copy(tail[:], data)
	return end(h1, h2, binary.LittleEndian.Uint64(tail[:]), binary.LittleEndian.Uint64(tail[8:]), n)
}

// end mixes in the bytes after the last block, with zeros behind them, and the
// length.
func end(h1, h2, k1, k2, n uint64) (uint64, uint64) {
	h1 ^= scramble1(k1) ^ n
	h2 ^= scramble2(k2) ^ n
	h1 += h2
	h2 += h1
	h1, h2 = finish(h1), finish(h2)
	h1 += h2
	return h1, h2 + h1
}

// seed is sourmash's.
const seed = 42

// A hasher hashes k-mers as sourmash does: the low half of murmur3 of their
// letters.
type hasher struct {
	k            int
	mask1, mask2 uint64 // of the letters after the last block of 16
}

// padding is how many bytes a hasher may read after a k-mer.
const padding = 16

func newHasher(k int) hasher {
	h := hasher{k: k}
	rest := k % 16
	if h.mask1 = ^uint64(0); rest < 8 {
		h.mask1 = 1<<(8*rest) - 1
	}
	if rest > 8 {
		h.mask2 = 1<<(8*(rest-8)) - 1
	}
	return h
}

// sum hashes the k letters at the start of b, which has padding after them.
func (h *hasher) sum(b []byte) uint64 {
	h1, h2 := uint64(seed), uint64(seed)
	n := uint64(h.k)
	for i := h.k; i >= 16; i -= 16 {
		h1, h2 = block(h1, h2, binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]))
		b = b[16:]
	}
	k1, k2 := binary.LittleEndian.Uint64(b)&h.mask1, binary.LittleEndian.Uint64(b[8:])&h.mask2
	h1, _ = end(h1, h2, k1, k2, n)
	return h1
}

// sum32 is sum for 16 to 31 letters.
func (h *hasher) sum32(b *[32]byte) uint64 {
	n := uint64(h.k)
	h1, h2 := block(seed, seed, binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:16]))
	h1 ^= scramble1(binary.LittleEndian.Uint64(b[16:24])&h.mask1) ^ n
	h2 ^= scramble2(binary.LittleEndian.Uint64(b[24:])&h.mask2) ^ n
	h1 += h2
	h2 += h1
	return finish(h1) + finish(h2)
}
