// Package orf finds the open reading frames of each record.
//
// Its one invariant: a record's rows depend on its bases and the parameters alone.
package orf

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"okazaki"
	"okazaki/analysis/kit"
	"okazaki/format/fasta"
	"okazaki/genome"
)

// Analysis is the question "what could these sequences code for?".
var Analysis = kit.New(okazaki.Analysis{
	Name: "orf", Version: 1, Short: "open reading frames of each record, with their proteins",
	Long: `Finds open reading frames in all six frames of each record of FASTA files. One
reaches from the first start codon after a stop codon to the next stop codon.
Where the record ends first, or more than 30 unknown bases follow one another,
it is partial; if it then has no start codon, it is taken from its first codon.
U counts as T, lower case as upper.`,
	Example: "  okazaki orf genome.fasta.gz\n  okazaki orf --table 11 --start table --min-length 100 contigs.fa -o orfs.parquet",
	Params: []okazaki.Param{
		kit.FASTA("genome"),
		{Name: "min-length", Kind: okazaki.IntParam, Default: "30", Help: "fewest amino acids"},
		{Name: "table", Kind: okazaki.IntParam, Default: "1", Help: "genetic code, by NCBI's number: 1 standard, 11 bacterial"},
		{Name: "start", Choices: []string{"atg", "table", "any"}, Default: "atg", Help: "first codon: ATG, a start codon of the genetic code, or any"},
	},
}, check, open, kit.RecordStage("orfs", (*engine).find, kit.RecordTable("orfs.tsv", "one row per open reading frame, in the order of records and bases",
	kit.Int("start", "bases, from 0", "first base, on the + strand"),
	kit.Int("end", "bases, from 0", "the base after the last, on the + strand; the stop codon is included"),
	kit.Text("strand", "+ or -"),
	kit.Int("frame", "", "1, 2 or 3: the base of the strand where codons begin"),
	kit.Int("length", "amino acids", "amino acids"),
	kit.Text("partial", "what is missing of the protein: no, start, end or both"),
	kit.Text("protein", "X for a codon that is ambiguous, M for a start codon"))))

type engine struct {
	*kit.Records
	code   genome.Code
	starts func(genome.Codon) bool // nil: any codon may be the first
	min    int
}

func check(r *kit.Request) error {
	if n := r.Int("table"); n < 1 || n > 255 || !genome.Code(n).Known() {
		return &okazaki.Error{Message: fmt.Sprintf("table %d is not a genetic code", n), Hint: "give a number of NCBI's list, such as 1, 2 or 11"}
	}
	return r.Between("min-length", 1, fasta.MaxLetters/3)
}

func open(ctx context.Context, r *kit.Request) (*engine, error) {
	code := genome.Code(r.Int("table"))
	starts := map[string]func(genome.Codon) bool{"table": code.IsStart, "atg": func(c genome.Codon) bool { return string(c[:]) == "ATG" }}
	records, err := kit.OpenRecords(ctx, r, "genome", fasta.IndexOptions{})
	return &engine{records, code, starts[r.String("start")], int(r.Int("min-length"))}, err
}

// An orf lies at bases [lo, hi).
type orf struct {
	lo, hi, frame   int
	strand, partial string
	protein         []byte
}

var (
	gap     = bytes.Repeat([]byte("N"), 31) // no open reading frame reaches across, as in NCBI's ORFfinder
	missing = map[[2]bool]string{{false, false}: "no", {true, false}: "start", {false, true}: "end", {true, true}: "both"}
)

// find adds the rows of a record.
func (e *engine) find(rec *fasta.Record, rows *kit.Rows) {
	n, seq := len(rec.Seq), bytes.Map(func(r rune) rune { return rune(cmp.Or(genome.BaseOf(byte(r)), genome.N).Letter()) }, rec.Seq)
	found := e.strand("+", seq)
	for _, o := range e.strand("-", genome.AppendReverseComplement(nil, seq)) {
		o.lo, o.hi = n-o.hi, n-o.lo
		found = append(found, o)
	}
	slices.SortStableFunc(found, func(a, b orf) int { return cmp.Or(a.lo-b.lo, a.hi-b.hi) })
	for _, o := range found {
		rows.Add(o.lo, o.hi, o.strand, o.frame, len(o.protein), o.partial, string(o.protein))
	}
}

// strand returns the open reading frames of a strand, whose bases are counted along it.
func (e *engine) strand(name string, seq []byte) (found []orf) {
	at := 0
	for piece := range bytes.SplitSeq(seq, gap) {
		begin, known := at+len(piece)-len(bytes.TrimLeft(piece, "N")), bytes.Trim(piece, "N")
		for frame := range min(3, len(known)) {
			lo := frame // of the codons before the next stop
			for p := range bytes.SplitSeq(e.code.AppendTranslation(nil, known[frame:]), []byte{genome.Stop}) {
				from, hi := lo, lo+3*len(p)
				for from < hi && e.starts != nil && !e.starts(genome.Codon(known[from:])) {
					from += 3
				}
				open, started, ended := lo == frame, from < hi && e.starts != nil, hi+3 <= len(known)
				if open && !started {
					from = lo
				}
				if p = p[(from-lo)/3:]; started {
					p[0] = 'M'
				}
				if lo = hi + 3; ended {
					hi = lo
				}
				if len(p) >= e.min {
					found = append(found, orf{begin + from, begin + hi, (begin+from)%3 + 1, name, missing[[2]bool{open && !started, !ended}], bytes.Clone(p)})
				}
			}
		}
		at += len(piece) + len(gap)
	}
	return found
}
