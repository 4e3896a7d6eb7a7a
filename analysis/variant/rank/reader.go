package rank

import (
	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/known"
)

// A Reader makes the facts of one allele after the other. One goroutine may
// use it at a time.
type Reader struct {
	k    *Knowledge
	near *Neighbours
	hgvs []byte
	f    Facts
}

// Reader is a new one.
func (k *Knowledge) Reader() *Reader {
	r := &Reader{k: k, near: NewNeighbours(nil)}
	if k.clinvar >= 0 {
		r.near = NewNeighbours(k.source)
	}
	return r
}

// An Annotated is what was found out about one allele.
type Annotated struct {
	Contig      known.Reference
	Caller      *consequence.Caller
	Call        *consequence.Consequence // the one of Caller's last Call that stands for the allele, see Pick; nil if none does
	Key         known.Key                // aligned to the left; zero if the allele has none
	Cursors     []*known.Cursor          // of the sources, asked about the allele
	Contigs     []int                    // the contig's numbers in the sources, -1 where one lacks it
	Found       []bool                   // what the cursors found
	Inheritance Inheritance
}

// Facts returns the facts of an allele, valid until the next call.
func (r *Reader) Facts(a *Annotated) *Facts {
	f := &r.f
	*f = Facts{Call: a.Call, Inheritance: a.Inheritance}
	r.k.Fill(f, a.Cursors, a.Contigs, a.Found)
	if f.Call == nil {
		return f
	}
	terms := f.Call.Terms
	if terms.Has(consequence.Frameshift) {
		r.hgvs = a.Caller.AppendHGVSp(r.hgvs[:0], f.Call)
		f.Stop = StopOf(r.hgvs)
	}
	if len(a.Key.Ref)+len(a.Key.Alt) == 0 {
		return f
	}
	if terms.Has(consequence.Missense) && len(a.Key.Ref) == 1 && len(a.Key.Alt) == 1 {
		number := -1
		if r.k.clinvar >= 0 {
			number = a.Contigs[r.k.clinvar]
		}
		f.Residue, _ = r.near.Find(a.Contig, number, f.Call.Transcript, a.Key.Pos, a.Key.Alt[0])
	}
	if terms&inframeTerms != 0 {
		f.Repeat = InRepeat(a.Contig, a.Key)
	}
	if terms&consequence.Of(consequence.SpliceDonor, consequence.SpliceAcceptor) != 0 {
		f.SiteKept = KeepsSite(a.Contig, f.Call, a.Key)
	}
	return f
}

// Err is what went wrong while ClinVar was asked about residues.
func (r *Reader) Err() error {
	if r.near.cursor == nil {
		return nil
	}
	return r.near.cursor.Err()
}
