package distance

import "golang.org/x/sys/cpu"

// near is nearWords, with AVX2 where there is.
func near(near []uint64, words, limits []uint64, base, row uint16) {
	if !cpu.X86.HasAVX2 || len(near) == 0 {
		nearWords(near, words, limits, base, row)
		return
	}
	words, limits = words[:16*len(near)], limits[:16*len(near)]
	nearAVX2(near, &words[0], &limits[0], base, row)
}

//go:noescape
func nearAVX2(near []uint64, words, limits *uint64, base, row uint16)
