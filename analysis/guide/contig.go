package guide

// A contig is a sequence of the genome as text.
type contig struct {
	Name   string
	Length int64 // bases
	// Halo is the number of bases of the text before the contig's first, and
	// after its last: the bases of a circular contig's other end. Of a part of
	// a contig it is negative: the text begins that many bases behind the first.
	Halo int64
	text *text
}

// newContig packs the bases of a contig.
func newContig(name string, letters []byte, circular bool) *contig {
	c := &contig{Name: name, Length: int64(len(letters))}
	if circular {
		c.Halo = min(c.Length, reach+maxPAM)
		letters = wrapped(letters, int(c.Halo))
	}
	c.text = newText(letters)
	return c
}

// wrapped returns a circular sequence with halo more bases at both ends.
func wrapped(letters []byte, halo int) []byte {
	n := len(letters)
	all := make([]byte, 0, n+2*halo)
	all = append(all, letters[n-halo:]...)
	all = append(all, letters...)
	return append(all, letters[:halo]...)
}
