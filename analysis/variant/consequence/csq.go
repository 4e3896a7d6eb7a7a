package consequence

import (
	"strconv"

	"okazaki/analysis/variant/gene"
)

// Fields are the fields of a CSQ entry, in Ensembl VEP's order.
var Fields = []string{
	"Allele", "Consequence", "IMPACT", "SYMBOL", "Gene", "Feature_type", "Feature", "BIOTYPE", "EXON", "INTRON",
	"HGVSc", "HGVSp", "cDNA_position", "CDS_position", "Protein_position", "Amino_acids", "Codons", "Existing_variation",
	"DISTANCE", "STRAND", "FLAGS", "SYMBOL_SOURCE", "HGNC_ID", "CANONICAL", "MANE_SELECT", "MANE_PLUS_CLINICAL", "TSL",
	"APPRIS", "CCDS", "ENSP", "SOURCE", "HGVS_OFFSET",
}

// AppendCSQ appends the entry of one of the consequences of the last Call to
// dst, its Fields with | between them.
func (c *Caller) AppendCSQ(dst []byte, q *Consequence) []byte {
	dst = c.given.AppendName(dst)
	dst = append(dst, '|')
	dst = q.Terms.Append(dst)
	dst = append(dst, '|')
	dst = append(dst, q.Terms.Impact().String()...)
	if q.Transcript == nil {
		for range len(Fields) - 3 {
			dst = append(dst, '|')
		}
		return dst
	}
	s := q.script
	if s.head == nil {
		s.head, s.tail = head(s.t), tail(s.t, c.Source)
	}
	dst = append(dst, s.head...)
	dst = numbers(append(dst, '|'), q.ExonFirst, q.ExonLast, len(s.t.Exons))
	dst = numbers(append(dst, '|'), q.IntronFirst, q.IntronLast, len(s.t.Exons)-1)
	dst = c.AppendHGVSc(append(dst, '|'), q)
	at := len(dst) + 1
	dst = escape(c.AppendHGVSp(append(dst, '|'), q), at)
	dst = q.CDNA.Append(append(dst, '|'))
	dst = q.CDS.Append(append(dst, '|'))
	dst = q.Protein.Append(append(dst, '|'))
	dst = c.appendCodons(append(dst, '|'), q)
	dst = append(dst, '|', '|') // the column of known variants is filled elsewhere
	if q.Near {
		dst = strconv.AppendInt(dst, int64(q.Distance), 10)
	}
	dst = append(dst, s.tail...)
	if n := c.Offset(q); n != 0 {
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return dst
}

// head are the fields of a transcript from SYMBOL to BIOTYPE.
func head(t *gene.Transcript) []byte {
	dst := field(field(nil, t.Symbol), t.Gene)
	dst = append(dst, "|Transcript"...)
	return field(field(dst, t.ID), t.Biotype)
}

// tail are the fields of a transcript from STRAND to the last but one.
func tail(t *gene.Transcript, source string) []byte {
	dst := []byte("|1|")
	if t.Reverse {
		dst = []byte("|-1|")
	}
	dst = append(flags(dst, t), '|', '|', '|') // the annotation doesn't say where the symbol comes from
	if t.Canonical {
		dst = append(dst, "YES"...)
	}
	for _, s := range [...]string{t.ManeSelect, t.ManePlus, t.TSL, t.APPRIS, t.CCDS, t.Protein, source} {
		dst = field(dst, s)
	}
	return append(dst, '|')
}

// field appends | and a text, whose separators it replaces as VEP does.
func field(dst []byte, s string) []byte {
	dst = append(dst, '|')
	for i := range len(s) {
		switch b := s[i]; b {
		case '|', ',':
			dst = append(dst, '&')
		case ';':
			dst = append(dst, "%3B"...)
		case '=':
			dst = append(dst, "%3D"...)
		case ' ', '\t', '\n', '\r':
			dst = append(dst, '_')
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// escape replaces the = of a text that begins at dst[at:].
func escape(dst []byte, at int) []byte {
	for i := at; i < len(dst); i++ {
		if dst[i] == '=' {
			rest := string(dst[i+1:])
			dst = append(append(dst[:i], "%3D"...), rest...)
		}
	}
	return dst
}

// numbers appends the numbers of exons or introns: 2/9, 2-3/9.
func numbers(dst []byte, first, last int32, of int) []byte {
	if first == 0 {
		return dst
	}
	dst = strconv.AppendInt(dst, int64(first), 10)
	if last != first {
		dst = append(dst, '-')
		dst = strconv.AppendInt(dst, int64(last), 10)
	}
	dst = append(dst, '/')
	return strconv.AppendInt(dst, int64(of), 10)
}

// Append appends the position as VEP writes it, the lower number first: 12,
// 12-14, and 12-? or ?-14 if an end lies elsewhere.
func (p Position) Append(dst []byte) []byte {
	one := func(n int32) []byte { return strconv.AppendInt(dst, int64(n), 10) }
	switch {
	case p.None || p == Position{}:
		return dst
	case p.First == 0:
		dst = append(dst, "?-"...)
		return one(p.Last)
	case p.Last == 0:
		dst = one(p.First)
		return append(dst, "-?"...)
	case p.First == p.Last:
		return one(p.First)
	}
	dst = one(min(p.First, p.Last))
	dst = append(dst, '-')
	return one(max(p.First, p.Last))
}

// flags appends what the coding sequence lacks.
func flags(dst []byte, t *gene.Transcript) []byte {
	if t.NoStart {
		dst = append(dst, "cds_start_NF"...)
	}
	if t.NoStart && t.NoStop {
		dst = append(dst, '&')
	}
	if t.NoStop {
		dst = append(dst, "cds_end_NF"...)
	}
	return dst
}

// appendCodons appends the amino acids and the codons, with | between them.
func (c *Caller) appendCodons(dst []byte, q *Consequence) []byte {
	if q.CDS.First == 0 && q.CDS.Last == 0 {
		return append(dst, '|')
	}
	c.evaluate(q.script)
	f := &c.facts
	if f.HasPeptides {
		dst = dashed(dst, f.refPep)
		if string(f.refPep) != string(f.altPep) {
			dst = dashed(append(dst, '/'), f.altPep)
		}
	}
	dst = append(dst, '|')
	if f.HasCodons {
		at := f.cds.lo % 3
		dst = display(dst, f.ref, at, f.cds.hi-f.cds.lo)
		dst = display(append(dst, '/'), f.alt, at, len(c.onStrand(q.script)))
	}
	return dst
}

// dashed appends p, or - if it is empty.
func dashed(dst, p []byte) []byte {
	if len(p) == 0 {
		return append(dst, '-')
	}
	return append(dst, p...)
}

// display appends codons in lower case, except n bases from base at, which
// are in upper case.
func display(dst, codons []byte, at, n int) []byte {
	if len(codons) == 0 {
		return append(dst, '-')
	}
	for i, b := range codons {
		if at <= i && i < at+n {
			dst = append(dst, b&^0x20)
		} else {
			dst = append(dst, b|0x20)
		}
	}
	return dst
}
