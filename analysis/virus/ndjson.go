package virus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"okazaki/genome"
)

// A jsonFile is one JSON object per genome and line, with the names of
// Nextclade's NDJSON. Positions count from 0 there and ends are excluded.
type jsonFile struct {
	w      *bufio.Writer
	d      *Dataset
	fields []jsonField
	line   []byte
}

// A jsonField is a column of the table as a member of the object. A path of two
// or more names is an object in an object.
type jsonField struct {
	path   []string
	column string
	value  func(dst, field []byte) []byte
}

// jsonFields are in the order of the object: members of one object together.
var jsonFields = []struct {
	path, column string // column "": the path
	value        func(dst, field []byte) []byte
}{
	{"index", "", jsonRaw}, {"seqName", "", jsonText}, {"clade", "", jsonText},
	{"totalSubstitutions", "", jsonRaw}, {"totalDeletions", "", jsonRaw}, {"totalInsertions", "", jsonRaw},
	{"totalFrameShifts", "", jsonRaw}, {"totalMissing", "", jsonRaw}, {"totalNonACGTNs", "", jsonRaw},
	{"totalAminoacidSubstitutions", "", jsonRaw}, {"totalAminoacidDeletions", "", jsonRaw},
	{"totalAminoacidInsertions", "", jsonRaw}, {"totalUnknownAa", "", jsonRaw},
	{"alignmentScore", "", jsonRaw}, {"alignmentRange.begin", "alignmentStart", jsonFrom0}, {"alignmentRange.end", "alignmentEnd", jsonRaw},
	{"coverage", "", jsonRaw}, {"cdsCoverage", "", jsonCoverage}, {"isReverseComplement", "", jsonRaw},
	{"substitutions", "", jsonList(jsonNucleotide)}, {"deletions", "", jsonList(jsonRange)}, {"insertions", "", jsonList(jsonInsertion)},
	{"frameShifts", "", jsonList(jsonShift)}, {"aaSubstitutions", "", jsonList(jsonAmino)},
	{"aaDeletions", "", jsonList(jsonAmino)}, {"aaInsertions", "", jsonList(jsonAminoInsertion)},
	{"privateNucMutations.reversionSubstitutions", "", jsonList(jsonNucleotide)},
	{"privateNucMutations.labeledSubstitutions", "", jsonList(jsonLabelled(jsonNucleotide))},
	{"privateNucMutations.unlabeledSubstitutions", "", jsonList(jsonNucleotide)},
	{"privateNucMutations.totalReversionSubstitutions", "", jsonRaw}, {"privateNucMutations.totalLabeledSubstitutions", "", jsonRaw},
	{"privateNucMutations.totalUnlabeledSubstitutions", "", jsonRaw}, {"privateNucMutations.totalPrivateSubstitutions", "", jsonRaw},
	{"privateAaMutations.reversionSubstitutions", "", jsonList(jsonAmino)},
	{"privateAaMutations.labeledSubstitutions", "", jsonList(jsonLabelled(jsonAmino))},
	{"privateAaMutations.unlabeledSubstitutions", "", jsonList(jsonAmino)},
	{"privateAaMutations.totalReversionSubstitutions", "", jsonRaw}, {"privateAaMutations.totalLabeledSubstitutions", "", jsonRaw},
	{"privateAaMutations.totalUnlabeledSubstitutions", "", jsonRaw}, {"privateAaMutations.totalPrivateSubstitutions", "", jsonRaw},
	{"placement.nodes", "", jsonRaw}, {"placement.clades", "", jsonList(jsonShare)},
	{"placement.deepestNode", "", jsonText}, {"placement.deepestClade", "", jsonText},
	{"placement.undecidedSites", "", jsonList(jsonFrom0)}, {"placement.totalUndecidedSites", "", jsonRaw},
	{"missing", "", jsonList(jsonRange)}, {"unknownAaRanges", "", jsonList(jsonAminoRange)}, {"nonACGTNs", "", jsonList(jsonAmbiguous)},
	{"heldByReference", "", jsonList(jsonNucleotide)}, {"rearrangements", "", jsonList(jsonRearrangement)},
	{"qc.overallScore", "", jsonRaw}, {"qc.overallStatus", "", jsonText},
	{"qc.missingData.missingDataThreshold", "", jsonRaw}, {"qc.missingData.score", "", jsonRaw}, {"qc.missingData.status", "", jsonText},
	{"qc.missingData.totalMissing", "", jsonRaw},
	{"qc.mixedSites.mixedSitesThreshold", "", jsonRaw}, {"qc.mixedSites.score", "", jsonRaw}, {"qc.mixedSites.status", "", jsonText},
	{"qc.mixedSites.totalMixedSites", "", jsonRaw},
	{"qc.privateMutations.cutoff", "", jsonRaw}, {"qc.privateMutations.excess", "", jsonRaw}, {"qc.privateMutations.score", "", jsonRaw},
	{"qc.privateMutations.status", "", jsonText}, {"qc.privateMutations.weightedTotal", "qc.privateMutations.total", jsonRaw},
	{"qc.snpClusters.clusteredSNPs", "", jsonList(jsonCluster)}, {"qc.snpClusters.score", "", jsonRaw},
	{"qc.snpClusters.status", "", jsonText}, {"qc.snpClusters.totalSNPs", "", jsonRaw},
	{"qc.frameShifts.frameShifts", "", jsonList(jsonShift)}, {"qc.frameShifts.totalFrameShifts", "", jsonRaw},
	{"qc.frameShifts.frameShiftsIgnored", "", jsonList(jsonShift)}, {"qc.frameShifts.totalFrameShiftsIgnored", "", jsonRaw},
	{"qc.frameShifts.score", "", jsonRaw}, {"qc.frameShifts.status", "", jsonText},
	{"qc.stopCodons.stopCodons", "", jsonList(jsonStop)}, {"qc.stopCodons.totalStopCodons", "", jsonRaw},
	{"qc.stopCodons.score", "", jsonRaw}, {"qc.stopCodons.status", "", jsonText},
	{"qc.fragment.alignedShare", "", jsonRaw}, {"qc.fragment.score", "", jsonRaw}, {"qc.fragment.status", "", jsonText},
	{"missingCdses", "failedCdses", jsonList(jsonText)}, {"warnings", "", jsonSeveral}, {"errors", "", jsonOne},
}

func newJSONFile(d *Dataset, w io.Writer) *jsonFile {
	f := &jsonFile{w: bufio.NewWriterSize(w, 1<<20), d: d}
	add := func(path []string, column string, value func(dst, field []byte) []byte) {
		f.fields = append(f.fields, jsonField{path, column, value})
	}
	for _, x := range jsonFields {
		column := x.column
		if column == "" {
			column = x.path
		}
		add(strings.Split(x.path, "."), column, x.value)
		if x.path == "placement.clades" && d.Tree != nil {
			for _, a := range d.Tree.Attributes {
				add([]string{"placement", a}, "placement."+a, jsonList(jsonShare))
			}
		}
		if x.path != "clade" {
			continue
		}
		for _, column := range d.metadata.tableColumns() {
			add([]string{"metadata", strings.TrimPrefix(column, metadataPrefix)}, column, jsonText)
		}
		if d.Tree != nil {
			for _, a := range d.Tree.Attributes {
				add([]string{"customNodeAttributes", a}, a, jsonText)
			}
		}
		for i := range d.phenotypes {
			add([]string{"phenotypeValues", d.phenotypes[i].Name}, d.phenotypes[i].Name, jsonRaw)
		}
		for i := range d.motifs {
			add([]string{"aaMotifs", d.motifs[i].name}, d.motifs[i].name, jsonMotifs)
		}
	}
	return f
}

func (f *jsonFile) end() error { return f.w.Flush() }

// row writes the members that have a value. It writes nothing for a rule that
// isn't scored, and an empty list for an empty list.
func (f *jsonFile) row(t *Table) error {
	b, open := f.line[:0], []string{}
	failed := len(t.Field("errors")) > 0
	sep := byte('{')
	for _, x := range f.fields {
		value := t.Field(x.column)
		if len(value) == 0 && (failed || !x.list(t)) {
			continue
		}
		for len(open) > len(x.path)-1 || len(open) > 0 && open[len(open)-1] != x.path[len(open)-1] {
			b, open, sep = append(b, '}'), open[:len(open)-1], ','
		}
		for len(open) < len(x.path)-1 {
			name := x.path[len(open)]
			b, open, sep = append(jsonName(append(b, sep), name), ':'), append(open, name), '{'
		}
		b = append(jsonName(append(b, sep), x.path[len(x.path)-1]), ':')
		b, sep = x.value(b, value), ','
	}
	for range open {
		b = append(b, '}')
	}
	f.line = append(b, '}', '\n')
	_, err := f.w.Write(f.line)
	return err
}

// list says whether the field is a list that may be empty. It returns false for
// a rule that wasn't scored, or a tree that the dataset lacks.
func (x *jsonField) list(t *Table) bool {
	switch {
	case x.value(nil, nil) == nil:
		return false
	case len(x.path) == 1:
		return true
	case x.path[0] == "aaMotifs":
		return true
	case x.path[0] == "qc":
		return len(t.Field("qc."+x.path[1]+".score")) > 0
	}
	return len(t.Field("privateNucMutations.totalPrivateSubstitutions")) > 0
}

func jsonRaw(dst, field []byte) []byte { return append(dst, field...) }

func jsonText(dst, field []byte) []byte {
	if len(field) == 0 {
		return nil
	}
	return jsonName(dst, string(unsafeText(field)))
}

func jsonName(dst []byte, s string) []byte {
	b, err := json.Marshal(strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil {
		panic(err) // a string can be written
	}
	return append(dst, b...)
}

func jsonFrom0(dst, field []byte) []byte { return appendInt(dst, (&fieldReader{}).number(field)-1) }

// jsonOne appends a list of one text, or of none.
func jsonOne(dst, field []byte) []byte {
	dst = append(dst, '[')
	if len(field) > 0 {
		dst = jsonText(dst, field)
	}
	return append(dst, ']')
}

// jsonSeveral appends a list of texts, which are separated by semicolons in the
// column.
func jsonSeveral(dst, field []byte) []byte {
	dst = append(dst, '[')
	for i, text := range bytes.Split(field, []byte{';'}) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(text) > 0 {
			dst = jsonText(dst, text)
		}
	}
	return append(dst, ']')
}

func jsonList(one func(dst, item []byte) []byte) func(dst, field []byte) []byte {
	return func(dst, field []byte) []byte {
		sep := byte('[')
		for x := range items(field) {
			dst = one(append(dst, sep), x)
			sep = ','
		}
		if sep == '[' {
			dst = append(dst, '[')
		}
		return append(dst, ']')
	}
}

// jsonNucleotide appends the object of C241T.
func jsonNucleotide(dst, x []byte) []byte {
	dst = jsonFrom0(append(dst, `{"pos":`...), x[1:len(x)-1])
	dst = append(append(dst, `,"refNuc":"`...), x[0])
	return append(append(dst, `","qryNuc":"`...), x[len(x)-1], '"', '}')
}

// jsonLabelled returns a function that appends a mutation with its labels:
// C241T|20A&20B.
func jsonLabelled(one func(dst, x []byte) []byte) func(dst, x []byte) []byte {
	return func(dst, x []byte) []byte {
		mutation, labels, _ := bytes.Cut(x, []byte{'|'})
		dst = append(one(append(dst, `{"substitution":`...), mutation), `,"labels":`...)
		return append(jsonList(jsonText)(dst, bytes.ReplaceAll(labels, []byte{'&'}, []byte{','})), '}')
	}
}

func jsonSpan(dst, x []byte) []byte {
	r := (&fieldReader{}).region(x)
	return jsonRegion(dst, r)
}

func jsonRegion(dst []byte, r genome.Region) []byte {
	dst = appendInt(append(dst, `{"begin":`...), r.Lo)
	return append(appendInt(append(dst, `,"end":`...), r.Hi), '}')
}

func jsonRange(dst, x []byte) []byte { return append(jsonSpan(append(dst, `{"range":`...), x), '}') }

func jsonInsertion(dst, x []byte) []byte {
	at, letters, _ := bytes.Cut(x, []byte{':'})
	dst = jsonFrom0(append(dst, `{"pos":`...), at)
	return append(append(append(dst, `,"ins":"`...), letters...), '"', '}')
}

func jsonAmbiguous(dst, x []byte) []byte {
	letter, at, _ := bytes.Cut(x, []byte{':'})
	dst = append(append(append(dst, `{"character":"`...), letter...), `","range":`...)
	return append(jsonSpan(dst, at), '}')
}

// cutGene cuts a gene's name from the rest. The name may have colons.
func cutGene(x []byte, colons int) (gene, rest []byte) {
	i := len(x)
	for range colons {
		i = max(bytes.LastIndexByte(x[:i], ':'), 0)
	}
	return x[:i], x[min(i+1, len(x)):]
}

func jsonGene(dst, x []byte, colons int) (out, rest []byte) {
	gene, rest := cutGene(x, colons)
	return jsonName(append(dst, `{"cdsName":`...), string(unsafeText(gene))), rest
}

// jsonAmino appends the object of S:D614G or S:H69-.
func jsonAmino(dst, x []byte) []byte {
	dst, x = jsonGene(dst, x, 1)
	dst = jsonFrom0(append(dst, `,"pos":`...), x[1:len(x)-1])
	dst = append(append(dst, `,"refAa":"`...), x[0], '"')
	if alt := x[len(x)-1]; alt != '-' {
		dst = append(append(dst, `,"qryAa":"`...), alt, '"')
	}
	return append(dst, '}')
}

func jsonAminoInsertion(dst, x []byte) []byte {
	gene, rest := cutGene(x, 2)
	at, letters, _ := bytes.Cut(rest, []byte{':'})
	dst = jsonName(append(dst, `{"cds":`...), string(unsafeText(gene)))
	dst = jsonFrom0(append(dst, `,"pos":`...), at)
	return append(append(append(dst, `,"ins":"`...), letters...), '"', '}')
}

func jsonShift(dst, x []byte) []byte {
	dst, x = jsonGene(dst, x, 1)
	return append(jsonSpan(append(dst, `,"codon":`...), x), '}')
}

func jsonAminoRange(dst, x []byte) []byte {
	dst, x = jsonGene(dst, x, 1)
	return append(jsonSpan(append(dst, `,"character":"X","range":`...), x), '}')
}

func jsonStop(dst, x []byte) []byte {
	dst, x = jsonGene(dst, x, 1)
	return append(jsonFrom0(append(dst, `,"codon":`...), x), '}')
}

// jsonCluster appends the object of 4-21:7; start and end are the first and the
// last substitution.
func jsonCluster(dst, x []byte) []byte {
	at, n, _ := bytes.Cut(x, []byte{':'})
	r := (&fieldReader{}).region(at)
	dst = appendInt(append(dst, `{"start":`...), r.Lo)
	dst = appendInt(append(dst, `,"end":`...), r.Hi-1)
	return append(append(append(dst, `,"numberOfSNPs":`...), n...), '}')
}

// jsonCoverage appends the object of E:1,S:0.98.
func jsonCoverage(dst, field []byte) []byte {
	sep := byte('{')
	for x := range items(field) {
		gene, share := cutGene(x, 1)
		dst = append(append(jsonName(append(dst, sep), string(unsafeText(gene))), ':'), share...)
		sep = ','
	}
	if sep == '{' {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}
