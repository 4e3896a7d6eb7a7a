package fingerprint

// codes are the numbers of the nucleotides' letters, 4 for any other byte.
var codes = func() (t [256]uint8) {
	for i := range t {
		t[i] = 4
	}
	t['A'], t['C'], t['G'], t['T'] = 0, 1, 2, 3
	return t
}()

// kmers calls f with each run of k letters of seq that starts in [lo, hi) and
// holds only A, C, G and T: with its start, its code, two bits a letter, and
// the code of its reverse complement. Codes are in the order of the k-mers'
// letters. k is at most 32.
func kmers(seq []byte, k, lo, hi int, f func(at int, forward, reverse uint64)) {
	mask, top := ^uint64(0)>>(64-2*k), 2*(k-1)
	var forward, reverse uint64
	good := 0 // letters that end here
	for i := lo; i < min(hi+k-1, len(seq)); i++ {
		c := uint64(codes[seq[i]])
		if c == 4 {
			good = 0
			continue
		}
		forward = (forward<<2 | c) & mask
		reverse = reverse>>2 | (3-c)<<top
		if good++; good >= k {
			f(i-k+1, forward, reverse)
		}
	}
}

// letters returns the letters of a k-mer's code.
func letters(code uint64, k int) string {
	b := make([]byte, k)
	for i := k - 1; i >= 0; i-- {
		b[i] = "ACGT"[code&3]
		code >>= 2
	}
	return string(b)
}
