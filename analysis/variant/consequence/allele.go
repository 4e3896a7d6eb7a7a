package consequence

import (
	"bytes"

	"okazaki/genome"
)

// An Allele is one alternative of a variant: the bases of Region are Ref, and
// become Alt. It is on the + strand. An insertion has an empty Region, before
// the base Region.Lo.
type Allele struct {
	Region genome.Region
	Ref    []byte
	Alt    []byte
	// Pass says why the allele can't be called; "" if it can.
	Pass string

	fixed bool // VEP's 3' rule doesn't move it: the record's alternatives differ in kind
}

// Reasons for which an allele is passed through.
const (
	PassMissing    = "missing allele (.)"
	PassSpanning   = "allele of a deletion that starts before it (*)"
	PassSymbolic   = "symbolic allele"
	PassBreakend   = "breakend"
	PassNotDNA     = "allele is not written in nucleotides"
	PassUnchanged  = "allele is the reference"
	maxShift       = 1000 // VEP looks this far for a repeat
	reach          = 5000 // of upstream and downstream
	shortestIntron = 13   // a gap of this many bases or less is not an intron
)

// Alleles appends to dst the alternatives of one record of a VCF file, one
// for each of alts: pos is 0-based, ref and alts are as written. If one
// differs from ref in length, they are trimmed as VEP does: a single one
// loses all bases that it shares with ref, those at its start first; several
// lose their first base, if all share it. The alleles share the memory of ref
// and alts.
func Alleles(dst []Allele, pos int, ref []byte, alts ...[]byte) []Allele {
	indel, shared, inserted := false, 1, len(ref) == 1
	for _, alt := range alts {
		why := pass(alt)
		star := why == PassSpanning
		indel = indel || (why == "" || star) && len(alt) != len(ref)
		if why == "" && (len(ref) == 0 || upper(alt[0]) != upper(ref[0])) {
			shared = 0
		}
		inserted = inserted && !star
	}
	if !indel {
		shared = 0
	}
	for _, alt := range alts {
		a := Allele{Region: genome.Region{Lo: pos, Hi: pos + len(ref)}, Ref: ref, Alt: alt, Pass: pass(alt)}
		switch {
		case a.Pass != "":
		case !nucleotides(ref):
			a.Pass = PassNotDNA
		case bytes.EqualFold(ref, alt):
			a.Pass = PassUnchanged
		case indel && len(alts) == 1:
			a = a.trim()
		case indel:
			a.Ref, a.Alt, a.Region.Lo = ref[shared:], alt[shared:], pos+shared
			a.fixed = shared == 0 || !inserted
		}
		dst = append(dst, a)
	}
	return dst
}

// trim removes from an allele the bases that both its sides share, from the
// start first.
func (a Allele) trim() Allele {
	n := 0
	for n < len(a.Ref) && n < len(a.Alt) && upper(a.Ref[n]) == upper(a.Alt[n]) {
		n++
	}
	a.Ref, a.Alt, a.Region.Lo = a.Ref[n:], a.Alt[n:], a.Region.Lo+n
	for len(a.Ref) > 0 && len(a.Alt) > 0 && upper(a.Ref[len(a.Ref)-1]) == upper(a.Alt[len(a.Alt)-1]) {
		a.Ref, a.Alt = a.Ref[:len(a.Ref)-1], a.Alt[:len(a.Alt)-1]
		a.Region.Hi--
	}
	return a
}

// pass says why an alternative can't be called; "" if it can.
func pass(alt []byte) string {
	switch {
	case len(alt) == 0, len(alt) == 1 && alt[0] == '.':
		return PassMissing
	case alt[0] == '*':
		return PassSpanning
	case alt[0] == '<':
		return PassSymbolic
	case bytes.ContainsAny(alt, "[]."):
		return PassBreakend
	case !nucleotides(alt):
		return PassNotDNA
	}
	return ""
}

func nucleotides(s []byte) bool {
	for _, b := range s {
		if genome.BaseOf(b) == 0 {
			return false
		}
	}
	return len(s) > 0
}

func upper(b byte) byte { return b &^ 0x20 }

// insertion says whether the allele replaces nothing.
func (a *Allele) insertion() bool { return a.Region.Hi == a.Region.Lo }

// flanked returns the allele's region, or for an insertion the bases beside
// it.
func (a *Allele) flanked() genome.Region {
	if a.insertion() {
		return genome.Region{Lo: a.Region.Lo - 1, Hi: a.Region.Lo + 1}
	}
	return a.Region
}

// AppendName appends the allele as the first field of CSQ names it: its
// alternative bases, - for a deletion.
func (a *Allele) AppendName(dst []byte) []byte {
	if len(a.Alt) == 0 {
		return append(dst, '-')
	}
	return append(dst, a.Alt...)
}
