package virus

import (
	"slices"
	"strconv"

	"okazaki/format/fasta"
)

// The columns have the names and the order of Nextclade v3's table. The columns
// of the tree and of pathogen.json stand after clade, and a job's metadata
// before it.
var (
	columnsBefore = []string{"index", "seqName"}
	columnsAfter  = []string{
		"qc.overallScore", "qc.overallStatus",
		"totalSubstitutions", "totalDeletions", "totalInsertions", "totalFrameShifts", "totalMissing", "totalNonACGTNs",
		"totalAminoacidSubstitutions", "totalAminoacidDeletions", "totalAminoacidInsertions", "totalUnknownAa",
		"alignmentScore", "alignmentStart", "alignmentEnd", "coverage", "cdsCoverage", "isReverseComplement",
		"substitutions", "deletions", "insertions", "frameShifts", "aaSubstitutions", "aaDeletions", "aaInsertions",
		"privateNucMutations.reversionSubstitutions", "privateNucMutations.labeledSubstitutions",
		"privateNucMutations.unlabeledSubstitutions", "privateNucMutations.totalReversionSubstitutions",
		"privateNucMutations.totalLabeledSubstitutions", "privateNucMutations.totalUnlabeledSubstitutions",
		"privateNucMutations.totalPrivateSubstitutions",
		"privateAaMutations.reversionSubstitutions", "privateAaMutations.labeledSubstitutions",
		"privateAaMutations.unlabeledSubstitutions", "privateAaMutations.totalReversionSubstitutions",
		"privateAaMutations.totalLabeledSubstitutions", "privateAaMutations.totalUnlabeledSubstitutions",
		"privateAaMutations.totalPrivateSubstitutions",
		"placement.nodes", "placement.clades", "placement.deepestNode", "placement.deepestClade",
		"placement.undecidedSites", "placement.totalUndecidedSites",
		"missing", "unknownAaRanges", "nonACGTNs", "heldByReference", "rearrangements",
		"qc.missingData.missingDataThreshold", "qc.missingData.score", "qc.missingData.status", "qc.missingData.totalMissing",
		"qc.mixedSites.mixedSitesThreshold", "qc.mixedSites.score", "qc.mixedSites.status", "qc.mixedSites.totalMixedSites",
		"qc.privateMutations.cutoff", "qc.privateMutations.excess", "qc.privateMutations.score", "qc.privateMutations.status",
		"qc.privateMutations.total",
		"qc.snpClusters.clusteredSNPs", "qc.snpClusters.score", "qc.snpClusters.status", "qc.snpClusters.totalSNPs",
		"qc.frameShifts.frameShifts", "qc.frameShifts.totalFrameShifts", "qc.frameShifts.frameShiftsIgnored",
		"qc.frameShifts.totalFrameShiftsIgnored", "qc.frameShifts.score", "qc.frameShifts.status",
		"qc.stopCodons.stopCodons", "qc.stopCodons.totalStopCodons", "qc.stopCodons.score", "qc.stopCodons.status",
		"qc.fragment.alignedShare", "qc.fragment.score", "qc.fragment.status",
		"failedCdses", "warnings", "errors",
	}
)

// columns returns the columns of the dataset's tables.
func (d *Dataset) columns() []string {
	out := append([]string{}, columnsBefore...)
	out = append(append(out, d.metadata.tableColumns()...), "clade")
	if d.Tree != nil {
		out = append(out, d.Tree.Attributes...)
	}
	for i := range d.phenotypes {
		out = append(out, d.phenotypes[i].Name)
	}
	for i := range d.motifs {
		out = append(out, d.motifs[i].name)
	}
	after := slices.Clone(columnsAfter)
	if d.Tree != nil {
		at := slices.Index(after, "placement.deepestNode")
		for i, a := range d.Tree.Attributes {
			after = slices.Insert(after, at+i, "placement."+a)
		}
	}
	return append(out, after...)
}

// Header returns the first line of a table of calls, with its newline.
func (d *Dataset) Header() []byte {
	var b []byte
	for i, name := range d.columns() {
		if i > 0 {
			b = append(b, '\t')
		}
		b = appendSafe(b, name)
	}
	return append(b, '\n')
}

// Header returns the dataset's.
func (c *Caller) Header() []byte { return c.judge.Header() }

// AppendRow appends the line of one genome, with its newline, in Nextclade's
// notation: positions count from 1, ends are included. index is the genome's
// number in the input, from 0. A genome that could not be aligned has its
// index, its name and the error, nothing else. Bytes of a name that are not
// printable text in UTF-8 are written \x00 to \xff, a backslash \\.
func (c *Caller) AppendRow(dst []byte, index int64, name string, calls *Calls) []byte {
	return c.appendRow(dst, index, &rawGenome{name: name}, calls)
}

func (c *Caller) appendRow(dst []byte, index int64, g *rawGenome, calls *Calls) []byte {
	dst = append(strconv.AppendInt(dst, index, 10), '\t')
	dst = appendSafe(dst, fasta.Numbered(g.name, g.number))
	dst = c.judge.metadata.append(dst, g.name)
	if calls.Problem != "" {
		dst = appendTabs(dst, c.judge.width-2-c.judge.joined)
		dst = appendSafe(dst, calls.Problem)
		if g.number > 0 && calls.Problem != leftOut {
			dst = append(append(dst, "; "...), sameName...)
		}
		return append(dst, '\n')
	}
	v := c.judge.judge(calls)
	dst = c.appendPlace(dst, calls, v)
	dst = c.appendTotals(dst, calls)
	dst = appendChanges(dst, calls)
	dst = c.appendProteins(dst, calls)
	dst = c.appendPrivate(dst, v)
	dst = c.appendPlacement(dst, v)
	dst = c.appendGaps(dst, calls)
	dst = c.appendScores(dst, calls, v)
	dst = c.appendWarnings(dst, g, calls, v)
	return append(dst, '\t', '\n')
}

// appendPlace appends the clade, the other attributes of the tree and the
// dataset, and the genome's quality.
func (c *Caller) appendPlace(dst []byte, calls *Calls, v *verdict) []byte {
	d, clade := c.judge.Dataset, ""
	if v.node >= 0 {
		clade = d.Tree.Clade(v.node)
	}
	dst = appendSafe(append(dst, '\t'), clade)
	if d.Tree != nil {
		for k := range d.Tree.Attributes {
			dst = appendSafe(append(dst, '\t'), d.Tree.Attribute(v.node, k))
		}
	}
	for i := range d.phenotypes {
		dst = append(dst, '\t')
		if f, ok := d.phenotypes[i].value(c, calls, clade); ok {
			dst = appendFloat(dst, f)
		}
	}
	dst = c.appendMotifs(dst, calls)
	if d.Quality == nil {
		return append(dst, '\t', '\t')
	}
	dst = appendScore(append(dst, '\t'), v.overall)
	return append(append(dst, '\t'), v.overall.String()...)
}

func (c *Caller) appendTotals(dst []byte, calls *Calls) []byte {
	missing, ambiguous, deleted, inserted, unknown := letters(calls.Missing), calls.ambiguous(), letters(calls.Deletions), 0, 0
	for _, i := range calls.Insertions {
		inserted += len(i.Letters)
	}
	for _, r := range calls.AminoUnknown {
		unknown += r.Codons.Len()
	}
	for _, n := range [...]int{len(calls.Substitutions), deleted, inserted, len(calls.FrameShifts), missing, ambiguous,
		len(calls.AminoSubstitutions), len(calls.AminoDeletions), len(calls.AminoInsertions), unknown,
		calls.Score, calls.Aligned.Lo + 1, calls.Aligned.Hi} {
		dst = appendInt(append(dst, '\t'), n)
	}
	covered := float64(calls.Aligned.Len()-missing-ambiguous) / float64(len(c.ref.Sequence))
	dst = appendFloat(append(dst, '\t'), covered)
	dst = c.appendCoverage(dst, calls)
	return strconv.AppendBool(append(dst, '\t'), calls.Reverse)
}

// appendCoverage appends, for each gene of which the genome has bases, the
// share of its codons that are known or deleted.
func (c *Caller) appendCoverage(dst []byte, calls *Calls) []byte {
	sep := byte('\t')
	for _, g := range c.judge.byName {
		whole, ok := c.codons(g, calls)
		if !ok {
			continue
		}
		for _, r := range calls.AminoUnknown {
			if r.Gene == g {
				whole -= r.Codons.Len()
			}
		}
		dst = append(appendSafe(append(dst, sep), c.ref.Genes[g].Name), ':')
		dst = appendFloat(dst, float64(max(whole, 0))/float64(max(c.ref.Genes[g].Codons(), 1)))
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// codons returns the number of codons of a gene that lie between the genome's
// ends, or false if it has no base of the gene.
func (c *Caller) codons(g int, calls *Calls) (n int, ok bool) {
	read := 0
	c.regions = c.ref.aligned(c.regions[:0], g, calls.Aligned)
	for _, r := range c.regions {
		n += max(0, r.Hi/3-(r.Lo+2)/3)
		read += r.Len()
	}
	for _, d := range calls.Deletions {
		c.regions = c.ref.aligned(c.regions[:0], g, d)
		read -= letters(c.regions)
	}
	return n, read > 0
}

// appendChanges appends substitutions, deletions and insertions.
func appendChanges(dst []byte, calls *Calls) []byte {
	dst = appendSubstitutions(dst, calls.Substitutions)
	dst = appendRegions(dst, calls.Deletions)
	sep := byte('\t')
	for _, i := range calls.Insertions {
		dst = append(append(appendInt(append(dst, sep), i.Pos), ':'), i.Letters...)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

func appendSubstitutions(dst []byte, all []Substitution) []byte {
	sep := byte('\t')
	for _, s := range all {
		dst = append(appendInt(append(dst, sep, s.Ref), s.Pos+1), s.Alt)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendProteins appends the changes of the proteins.
func (c *Caller) appendProteins(dst []byte, calls *Calls) []byte {
	dst = c.appendShifts(dst, calls.FrameShifts)
	dst = c.appendAmino(dst, calls.AminoSubstitutions)
	dst = c.appendAmino(dst, calls.AminoDeletions)
	sep := byte('\t')
	for _, i := range calls.AminoInsertions {
		dst = c.appendGene(append(dst, sep), i.Gene)
		dst = append(append(appendInt(dst, i.Codon), ':'), i.Letters...)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

func (c *Caller) appendAmino(dst []byte, changes []AminoChange) []byte {
	sep := byte('\t')
	for _, m := range changes {
		dst = append(c.appendGene(append(dst, sep), m.Gene), m.Ref)
		dst = append(appendInt(dst, m.Codon+1), m.Alt)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

func (c *Caller) appendShifts(dst []byte, shifts []FrameShift) []byte {
	sep := byte('\t')
	for _, f := range shifts {
		dst = appendRegion(c.appendGene(append(dst, sep), f.Gene), f.Codons)
		sep = ','
	}
	return appendEmpty(dst, sep)
}

// appendGene appends a gene's name and a colon.
func (c *Caller) appendGene(dst []byte, g int) []byte {
	return append(appendSafe(dst, c.ref.Genes[g].Name), ':')
}

// appendGaps appends the missing and the ambiguous letters.
func (c *Caller) appendGaps(dst []byte, calls *Calls) []byte {
	dst = appendRegions(dst, calls.Missing)
	sep := byte('\t')
	for _, r := range calls.AminoUnknown {
		dst = appendRegion(c.appendGene(append(dst, sep), r.Gene), r.Codons)
		sep = ','
	}
	dst = appendAmbiguous(appendEmpty(dst, sep), calls.Ambiguous)
	return appendRearrangements(appendSubstitutions(dst, calls.Held), calls.Rearrangements)
}

func appendAmbiguous(dst []byte, ambiguous []Ambiguous) []byte {
	sep := byte('\t')
	for _, a := range ambiguous {
		dst = appendRegion(append(dst, sep, a.Letter, ':'), a.Region)
		sep = ','
	}
	return appendEmpty(dst, sep)
}
