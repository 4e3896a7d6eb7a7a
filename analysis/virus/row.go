package virus

import (
	"strconv"

	"okazaki/genome"
)

// columns are those of Nextclade v3's table that need no tree, under its
// names.
var columns = []string{
	"seqName", "totalSubstitutions", "totalDeletions", "totalInsertions", "totalFrameShifts", "totalMissing",
	"totalNonACGTNs", "totalAminoacidSubstitutions", "totalAminoacidDeletions", "totalAminoacidInsertions",
	"alignmentScore", "alignmentStart", "alignmentEnd", "coverage", "isReverseComplement",
	"substitutions", "deletions", "insertions", "frameShifts", "aaSubstitutions", "aaDeletions", "aaInsertions",
	"missing", "nonACGTNs", "qc.stopCodons.stopCodons", "qc.stopCodons.totalStopCodons", "errors",
}

// Header is the first line of a table of calls, with its newline.
func Header() []byte {
	var b []byte
	for i, name := range columns {
		if i > 0 {
			b = append(b, '\t')
		}
		b = append(b, name...)
	}
	return append(b, '\n')
}

// AppendRow appends the line of one genome, with its newline, in Nextclade's
// notation: positions count from 1, ends are included. A genome that could not
// be aligned has its name and the error, nothing else. Bytes of the name that
// are not printable ASCII are written \x00 to \xff, a backslash \\.
func (c *Caller) AppendRow(dst []byte, name string, calls *Calls) []byte {
	dst = appendSafe(dst, name)
	if calls.Problem != "" {
		for range len(columns) - 1 {
			dst = append(dst, '\t')
		}
		return append(appendSafe(dst, calls.Problem), '\n')
	}
	dst = c.appendTotals(dst, calls)
	dst = appendChanges(dst, calls)
	dst = c.appendProteins(dst, calls)
	dst = appendGaps(dst, calls)
	dst = c.appendStops(dst, calls)
	return append(dst, '\t', '\n')
}

func (c *Caller) appendTotals(dst []byte, calls *Calls) []byte {
	missing, ambiguous, deleted, inserted, aminoInserted := letters(calls.Missing), calls.ambiguous(), letters(calls.Deletions), 0, 0
	for _, i := range calls.Insertions {
		inserted += len(i.Letters)
	}
	for _, i := range calls.AminoInsertions {
		aminoInserted += len(i.Letters)
	}
	for _, n := range [...]int{len(calls.Substitutions), deleted, inserted, len(calls.FrameShifts), missing, ambiguous,
		len(calls.AminoSubstitutions), len(calls.AminoDeletions), aminoInserted,
		calls.Score, calls.Aligned.Lo + 1, calls.Aligned.Hi} {
		dst = appendInt(append(dst, '\t'), n)
	}
	covered := float64(calls.Aligned.Len()-missing-ambiguous) / float64(len(c.ref.Sequence))
	dst = strconv.AppendFloat(append(dst, '\t'), covered, 'g', -1, 64)
	return strconv.AppendBool(append(dst, '\t'), calls.Reverse)
}

// appendChanges appends substitutions, deletions and insertions.
func appendChanges(dst []byte, calls *Calls) []byte {
	sep := byte('\t')
	for _, s := range calls.Substitutions {
		dst = append(appendInt(append(dst, sep, s.Ref), s.Pos+1), s.Alt)
		sep = ','
	}
	dst = appendEmpty(dst, sep)
	dst = appendRegions(dst, calls.Deletions)
	sep = '\t'
	for _, i := range calls.Insertions {
		dst = append(append(appendInt(append(dst, sep), i.Pos), ':'), i.Letters...)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendProteins appends what became of the proteins.
func (c *Caller) appendProteins(dst []byte, calls *Calls) []byte {
	sep := byte('\t')
	for _, f := range calls.FrameShifts {
		dst = append(appendSafe(append(dst, sep), c.ref.Genes[f.Gene].Name), ':')
		dst = appendRegion(dst, f.Codons)
		sep = ','
	}
	dst = appendEmpty(dst, sep)
	dst = c.appendAmino(dst, calls.AminoSubstitutions)
	dst = c.appendAmino(dst, calls.AminoDeletions)
	sep = '\t'
	for _, i := range calls.AminoInsertions {
		dst = append(appendSafe(append(dst, sep), c.ref.Genes[i.Gene].Name), ':')
		dst = append(append(appendInt(dst, i.Codon), ':'), i.Letters...)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

func (c *Caller) appendAmino(dst []byte, changes []AminoChange) []byte {
	sep := byte('\t')
	for _, m := range changes {
		dst = append(appendSafe(append(dst, sep), c.ref.Genes[m.Gene].Name), ':', m.Ref)
		dst = append(appendInt(dst, m.Codon+1), m.Alt)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendGaps appends what the genome doesn't say, or not clearly.
func appendGaps(dst []byte, calls *Calls) []byte {
	dst = appendRegions(dst, calls.Missing)
	sep := byte('\t')
	for _, a := range calls.Ambiguous {
		dst = appendRegion(append(dst, sep, a.Letter, ':'), a.Region)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendStops appends the stop codons that are new, and their number.
func (c *Caller) appendStops(dst []byte, calls *Calls) []byte {
	sep, n := byte('\t'), 0
	for _, m := range calls.AminoSubstitutions {
		if m.Alt == genome.Stop {
			dst = append(appendSafe(append(dst, sep), c.ref.Genes[m.Gene].Name), ':')
			dst = appendInt(dst, m.Codon+1)
			sep = ','
			n++
		}
	}
	return appendInt(append(appendEmpty(dst, sep), '\t'), n)
}

func appendRegions(dst []byte, regions []genome.Region) []byte {
	sep := byte('\t')
	for _, r := range regions {
		dst = appendRegion(append(dst, sep), r)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendRegion appends a region as positions from 1, the end included: 5-6, 7.
func appendRegion(dst []byte, r genome.Region) []byte {
	dst = appendInt(dst, r.Lo+1)
	if r.Len() > 1 {
		dst = appendInt(append(dst, '-'), r.Hi)
	}
	return dst
}

// appendEmpty ends a column: if nothing was written the tab before it is due.
func appendEmpty(dst []byte, sep byte) []byte {
	if sep == '\t' {
		return append(dst, '\t')
	}
	return dst
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

func appendSafe(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for i := range len(s) {
		switch b := s[i]; {
		case b == '\\':
			dst = append(dst, '\\', '\\')
		case b < ' ' || b > '~':
			dst = append(dst, '\\', 'x', hex[b>>4], hex[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return dst
}
