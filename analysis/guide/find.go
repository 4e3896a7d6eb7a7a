package guide

import (
	"context"
	"fmt"

	"okazaki"
)

// An OffTarget is a place where a guide binds, its own target included.
type OffTarget struct {
	Contig  string
	Anchor  int64 // of the PAM's leftmost base on the + strand, in the contig
	Reverse bool  // the protospacer is on the - strand
	Alignment
}

// A Finder finds the off-targets of guides in an index. One goroutine may use
// it at a time; any number of Finders may share an index.
type Finder struct{ s *searcher }

// Finder returns a Finder of off-targets beside a PAM that the index's own
// covers. The error is an *okazaki.Error.
func (x *Index) Finder(pam PAM, a Allowance) (*Finder, error) {
	if !pam.Within(x.PAM()) {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the index has the sites of %s only, not all of %s", x.PAM(), pam), Hint: "make an index with --pam " + pam.String()}
	}
	return &Finder{x.searcher(pam, a)}, nil
}

// Find calls found for each off-target of a guide of the index's length, by
// contig, anchor and strand. If the index is damaged, the error is an
// *okazaki.Error.
func (f *Finder) Find(g *Guide, found func(OffTarget)) error {
	return f.s.search(g, func(number int, at *site, a Alignment) {
		c := f.s.x.contigs[number]
		found(OffTarget{c.Name, at.anchor - c.Halo, at.reverse, a})
	})
}

// Scan calls found for each off-target in a contig of guides of one length, by
// anchor and strand; guides at the same site come in any order. It needs no
// index. The error is the context's.
func Scan(ctx context.Context, contig string, letters []byte, circular bool, guides []Guide, pam PAM, a Allowance, found func(guide int, o OffTarget)) error {
	if len(guides) == 0 {
		return ctx.Err()
	}
	c := newContig(contig, letters, circular)
	s := newScanner(guides, guides[0].Len(), pam, a)
	return s.scan(ctx, c.text, c.Halo, c.Halo+c.Length, func(g int, at *site, a Alignment) {
		found(g, OffTarget{c.Name, at.anchor - c.Halo, at.reverse, a})
	})
}
