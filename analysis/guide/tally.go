package guide

import (
	"cmp"
	"slices"
)

// A locus is a place beside a PAM.
type locus struct {
	Contig  int    `json:"contig"` // its number
	Name    string `json:"name"`
	Anchor  int64  `json:"anchor"` // of the PAM's leftmost base on the + strand, in the contig
	Reverse bool   `json:"reverse,omitempty"`
}

func (l *locus) compare(o *locus) int {
	return cmp.Or(cmp.Compare(l.Contig, o.Contig), cmp.Compare(l.Anchor, o.Anchor), compareBool(l.Reverse, o.Reverse))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// A hit is one place where a guide binds.
type hit struct {
	locus
	mismatches, dna, rna uint8
	copied               copyKind
	lo, hi, other        uint32 // of the site
	pam                  string
	genes                string // that it lies in, if hits are told apart by genes
}

// compare orders hits by their number of edits, then by place.
func (h *hit) compare(o *hit) int {
	return cmp.Or(cmp.Compare(h.mismatches+h.dna+h.rna, o.mismatches+o.dna+o.rna), cmp.Compare(h.dna+h.rna, o.dna+o.rna), h.locus.compare(&o.locus))
}

// unit is the unit in which scores are summed: as whole numbers, so that the
// sum is the same in any order.
const unit = 1_000_000_000

// kinds is the number of kinds of hits: mismatches, DNA bulges, RNA bulges.
const kinds = (MaxMismatches + 1) * (MaxBulges + 1) * (MaxBulges + 1)

func kind(mismatches, dna, rna int) int {
	return (dna*(MaxBulges+1)+rna)*(MaxMismatches+1) + mismatches
}

// A tally is what a part of the genome says of a guide.
type tally struct {
	candidate Candidate
	number    int // of the guide
	counts    [kinds]int64
	cfd, mit  int64 // sums over the hits without bulges, in units
	unscored  int64 // hits that the sums leave out, where scores are defined
	home      *home
	genes     geneSums // the sums by genes; nil if they are not asked for
	most      int      // hits to list; 0 for all
	hits      []hit
	sorted    bool
	trimmed   int // hits that trim left
}

// A home is the guide's own target. It is the perfect hit at the target's
// place. For a target that is FASTA it is the perfect hit that the whole
// sequence lies around, with the fewest differing bases. If nothing is known,
// it is the first perfect hit.
type home struct {
	locus
	pam     string
	context string
	cfd     int64
	differ  int // bases of the target's sequence that differ from the genome
}

// count returns the number of hits of the kinds for which f returns true.
func (t *tally) count(f func(mismatches, dna, rna int) bool) int64 {
	var n int64
	for i, c := range t.counts {
		if m, b := i%(MaxMismatches+1), i/(MaxMismatches+1); c > 0 && f(m, b/(MaxBulges+1), b%(MaxBulges+1)) {
			n += c
		}
	}
	return n
}

// settle sets the home if it is the candidate's, or if none is known.
func (t *tally) settle(h *home) {
	at := t.candidate.Home
	switch {
	case h == nil:
	case at != nil:
		if h.locus.compare(at) == 0 {
			t.home = h
		}
	case t.home == nil || cmp.Or(cmp.Compare(h.differ, t.home.differ), h.locus.compare(&t.home.locus)) < 0:
		t.home = h
	}
}

// list adds a hit to the listed ones. If there are too many, it keeps the
// closest.
func (t *tally) list(h hit) {
	t.hits, t.sorted = append(t.hits, h), false
	if t.most > 0 && len(t.hits) >= 2*max(t.most, t.trimmed)+64 {
		t.trim()
	}
}

// trim sorts the hits and keeps those to list.
func (t *tally) trim() {
	if !t.sorted {
		slices.SortFunc(t.hits, func(a, b hit) int { return a.compare(&b) })
		t.sorted = true
	}
	if t.most > 0 && len(t.hits) > t.most {
		t.hits = closest(t.hits, t.most)
	}
	t.trimmed = len(t.hits)
}

// add adds a tally of another part of the genome.
func (t *tally) add(o *tally) {
	for i, n := range o.counts {
		t.counts[i] += n
	}
	t.cfd += o.cfd
	t.mit += o.mit
	t.unscored += o.unscored
	t.genes.add(o.genes)
	t.settle(o.home)
	t.hits = append(t.hits, o.hits...)
	t.sorted = false
	t.trim()
}
