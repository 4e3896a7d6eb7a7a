package fingerprint

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestMurmurVerification is SMHasher's own test of MurmurHash3_x64_128: keys
// of 0 to 255 bytes, hashed with seeds 256 to 1; the hash of all hashes must
// begin with 0x6384BA69.
func TestMurmurVerification(t *testing.T) {
	var key, all []byte
	for i := range 256 {
		h1, h2 := murmur3(key, uint32(256-i))
		all = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(all, h1), h2)
		key = append(key, byte(i))
	}
	if h1, _ := murmur3(all, 0); uint32(h1) != 0x6384ba69 {
		t.Errorf("verification value %#x", uint32(h1))
	}
}

func TestMurmurKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		text   string
		seed   uint32
		h1, h2 uint64
	}{
		{"", 0, 0, 0},
		{"hello", 0, 0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19},
		{"hello, world", 0, 0x342fac623a5ebc8e, 0x4cdcbc079642414d},
		{"19 Jan 2038 at 3:14:07 AM", 0, 0xb89e5988b737affc, 0x664fc2950231b2cb},
		{"The quick brown fox jumps over the lazy dog.", 0, 0xcd99481f9ee902c9, 0x695da1a38987b6e7},
	} {
		if h1, h2 := murmur3([]byte(c.text), c.seed); h1 != c.h1 || h2 != c.h2 {
			t.Errorf("%q: %x %x", c.text, h1, h2)
		}
	}
	// sourmash's hash_murmur("ACG"), of its tests.
	if h1, _ := murmur3([]byte("ACG"), seed); h1 != 1731421407650554201 {
		t.Errorf("ACG: %d", h1)
	}
}

func TestHasherIsMurmur(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for k := 1; k <= 32; k++ {
		h := newHasher(k)
		b := make([]byte, k+padding)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		if want, _ := murmur3(b[:k], seed); h.sum(b) != want {
			t.Errorf("%d letters: %x, not %x", k, h.sum(b), want)
		}
	}
}

func TestMaxHashIsSourmashs(t *testing.T) {
	for scaled, want := range map[int]uint64{1: 18446744073709551615, 100: 184467440737095520, 1000: 18446744073709552, 10000: 1844674407370955} {
		if got := MaxHash(scaled); got != want {
			t.Errorf("scaled %d: %d", scaled, got)
		}
	}
}
