package fingerprint

// Limits say what is odd. The zero value of a field stands for its default.
type Limits struct {
	// Contained is the share of a genome's hashes that must be in the
	// reference's sketch; default 0.2. A genome in which a share d of the
	// letters differs has (1-d)^k of them: at k = 21, 0.2 is one letter in 13
	// (Ondov et al. 2016, Genome Biol. 17:132).
	Contained float64
	Hashes    int // the least number for a verdict on them; default 10
	Strange   int // letters in one place of which the reference has no part; default 100
	Ambiguous int // letters for several nucleotides, of all but N; default 10, as Nextclade's
}

func (l Limits) filled() Limits {
	if l.Contained == 0 {
		l.Contained = 0.2
	}
	for _, f := range []struct {
		field *int
		value int
	}{{&l.Hashes, 10}, {&l.Strange, 100}, {&l.Ambiguous, 10}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return l
}

// A Verdict is a fingerprint's evidence against a genome.
type Verdict struct {
	Contained float64 // share of its hashes that the reference has too; 0 if it has none
	Novel     int     // its hashes that the reference doesn't have

	Stranger     bool // it is another virus
	Contaminated bool // it has letters of something else
	Mixed        bool // it is a mixture of two genomes
}

// Judge returns what is odd about a genome.
func (r *Reference) Judge(f *Fingerprint, l Limits) Verdict {
	l = l.filled()
	same := Common(f.Sketch, r.sketch)
	v := Verdict{Novel: len(f.Sketch) - same}
	if len(f.Sketch) > 0 {
		v.Contained = float64(same) / float64(len(f.Sketch))
	}
	v.Stranger = len(f.Sketch) >= l.Hashes && v.Contained < l.Contained
	v.Contaminated = !v.Stranger && f.Strange >= l.Strange
	v.Mixed = !v.Stranger && f.Ambiguous >= l.Ambiguous
	return v
}

// Disagreement returns the number of k-mers on which two spectra of the same
// reference disagree. It is 0 for a genome and the reference with its
// mutations, except for bases beyond the aligned ends: they add less than one
// each, and k-1. A substitution that is missing in the list adds about 2k.
func Disagreement(a, b []Count) (n int) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Kmer < b[0].Kmer:
			n += int(max(a[0].More, -a[0].More))
			a = a[1:]
		case len(a) == 0 || b[0].Kmer < a[0].Kmer:
			n += int(max(b[0].More, -b[0].More))
			b = b[1:]
		default:
			d := a[0].More - b[0].More
			n += int(max(d, -d))
			a, b = a[1:], b[1:]
		}
	}
	return n
}
