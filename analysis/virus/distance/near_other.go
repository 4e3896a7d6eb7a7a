//go:build !amd64

package distance

// near is nearWords.
func near(near []uint64, words, limits []uint64, base, row uint16) {
	nearWords(near, words, limits, base, row)
}
