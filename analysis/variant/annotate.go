package variant

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"okazaki"
	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/analysis/variant/pgx"
	"okazaki/analysis/variant/rank"
	"okazaki/format/vcf"
	"okazaki/genome"
)

// An annotator annotates records. One goroutine may use it at a time.
type annotator struct {
	*noted
	e         *engine
	gathering bool // only haplotypes: alleles are not called
	places    map[string]*place
	sheet     sheet
	beside    *table // ranked rows for the report; nil if they are the sheet's, or not asked for
	frame     frame
	packer    *packer // nil: nothing is compressed
	plain     []byte  // the payload
	packed    []byte
	ranked    []byte // packed rows of beside
	sample    int    // the column of the one whose genotypes count; -1: none

	// The record at hand.
	rec       vcf.Record
	place     *place
	reason    string // why nothing can be said of any of its alleles
	alts      [][]byte
	alleles   []consequence.Allele
	genotype  []byte // of the sample
	genotypes int    // place of GT in FORMAT; -1 if there is none
	depth     []byte // of the sample: DP
	quality   []byte // of its genotype: GQ
	letters   []byte

	// The allele of it at hand.
	number   int    // among the alternates, from 1; 0 if the record has none
	alt      []byte // as it is written
	allele   *consequence.Allele
	why      string // why nothing is called; ""
	calls    []consequence.Consequence
	pick     *consequence.Consequence // of calls, the one that stands for the allele; nil if no transcript is near
	together []compound               // what it does with others of its haplotype
	key      known.Key                // of the allele, aligned to the left; zero if it has none
	found    []bool                   // by the cursors
	cursors  []*known.Cursor
	id       []byte
	digits   [20]byte
	moved    []byte
}

// A place is a contig as the genes and each source know it.
type place struct {
	name   string
	contig *gene.Contig // nil if the genes don't
	caller *consequence.Caller
	cursor *gene.Cursor
	known  []int // its numbers in the sources; -1 where one doesn't
}

// A sheet turns records into one output format.
type sheet interface {
	record(a *annotator)                // a record begins
	variant(a *annotator)               // each of its alleles follows, or one without a number
	end(a *annotator)                   // it ends
	take(a *annotator, b []byte) []byte // appends the payload of all that ended, and begins another
}

// take is an annotator that was put back; nil if there is none. What they know
// of transcripts and how much memory they need is worth keeping.
func (e *engine) take(stage int) *annotator {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.spare[stage])
	if n == 0 {
		return nil
	}
	a := e.spare[stage][n-1]
	e.spare[stage] = e.spare[stage][:n-1]
	return a
}

func (e *engine) put(stage int, a *annotator) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.spare[stage] = append(e.spare[stage], a)
}

// annotator is one that nobody else uses.
func (e *engine) annotator(stage int, n *noted) *annotator {
	if a := e.take(stage); a != nil && a.noted == n {
		return a
	}
	a := &annotator{e: e, noted: n, places: map[string]*place{}, sample: e.trioOf(n.header).Child}
	if stage == haplotypesStage {
		a.sheet, a.gathering = newHaplotypes(e, n.header), true
		return a
	}
	a.sheet = e.format.sheet(e, n.header)
	if e.beside {
		a.beside = newTable(e, n.header).(*table)
	}
	if e.format.packed || e.beside {
		a.packer = newPacker()
	}
	for _, s := range e.sources {
		a.cursors = append(a.cursors, s.Cursor())
	}
	a.found = make([]bool, len(e.sources))
	a.frame.joined = make([]int64, len(e.sources))
	return a
}

// reasons why nothing is said about an allele, besides the reasons of package
// consequence.
const (
	unknownContig = "the genes have no such contig"
	otherRef      = "REF is not the reference's"
)

// unit appends the frame of a unit.
func (a *annotator) unit(out []byte, k *task) ([]byte, error) {
	f := &a.frame
	f.reset()
	if k.wrong != nil {
		f.refuse(k.wrong)
		return f.append(out), nil
	}
	var stars *pgx.Collector
	if a.e.stars != nil && !a.gathering {
		var err error
		if stars, err = a.e.stars.NewCollector(a.e.text.in.Name, a.header); err != nil {
			return nil, err
		}
	}
	for line := range bytes.Lines(k.text) {
		f.lines++
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		if err := a.line(line, stars); err != nil {
			mend, ok := errors.AsType[*okazaki.Error](err)
			if !ok {
				return nil, err
			}
			switch {
			case mend.File != "" && mend.File != a.e.text.in.Name:
				f.refuse(mend)
			case f.problem.line == 0:
				f.problem = problem{f.lines, "", mend.Message, mend.Hint}
			}
			break // the file is refused
		}
	}
	for _, c := range a.cursors {
		if err := c.Err(); err != nil && !f.refuse(err) {
			return nil, err
		}
	}
	if t := a.table(); t != nil {
		if err := t.judge.reader.Err(); err != nil && !f.refuse(err) {
			return nil, err
		}
	}
	if stars != nil {
		f.alleles = stars.Part()
	}
	if a.beside != nil {
		a.plain = a.beside.take(a, a.plain[:0])
		a.ranked = a.packer.append(a.ranked[:0], a.plain)
		f.ranked = a.ranked
	}
	a.plain = a.sheet.take(a, a.plain[:0])
	if f.payload = a.plain; !a.gathering && a.e.format.packed {
		a.packed = a.packer.append(a.packed[:0], a.plain)
		f.payload = a.packed
	}
	return f.append(out), nil
}

// line annotates one line. An *okazaki.Error says why it can't be used.
func (a *annotator) line(line []byte, stars *pgx.Collector) error {
	r := &a.rec
	err := r.Parse(line)
	if err == nil {
		err = a.header.Check(r)
	}
	if err != nil {
		return vcf.LineError("", 0, err)
	}
	if err := a.enter(); err != nil {
		return err
	}
	a.frame.records++
	a.check()
	if stars != nil {
		if _, err := stars.Add(&a.rec); err != nil {
			return err
		}
	}
	a.genotype, a.depth, a.quality, a.genotypes = nil, nil, nil, -1
	if a.sample >= 0 {
		a.genotypes = r.FieldIndex("GT")
		for n, s := range r.Samples() {
			if n == a.sample {
				a.genotype, a.depth, a.quality = vcf.Value(s, a.genotypes), vcf.Value(s, r.FieldIndex("DP")), vcf.Value(s, r.FieldIndex("GQ"))
				break
			}
		}
	}
	a.sheet.record(a)
	if a.beside != nil {
		a.beside.record(a)
	}
	if !a.gathering {
		a.each()
	}
	a.sheet.end(a)
	return nil
}

// enter goes to the record's contig, and says whether the records are sorted.
func (a *annotator) enter() error {
	r, f := &a.rec, &a.frame
	n := len(f.runs)
	if n == 0 || f.runs[n-1].contig != string(r.Chrom) {
		for i := range f.runs {
			if f.runs[i].contig == string(r.Chrom) {
				return vcf.Unsorted("", 0, fmt.Errorf("%s comes again after %s", r.Chrom, f.runs[n-1].contig))
			}
		}
		var err error
		if a.place, err = a.placeOf(r.Chrom); err != nil {
			return err
		}
		f.runs = append(f.runs, run{contig: a.place.name, line: f.lines, first: r.Pos, last: r.Pos, records: 1})
		return nil
	}
	last := &f.runs[n-1]
	if r.Pos < last.last {
		return vcf.Unsorted("", 0, fmt.Errorf("position %d of %s comes after %d", r.Pos+1, r.Chrom, last.last+1))
	}
	last.last = r.Pos
	last.records++
	return nil
}

func (a *annotator) placeOf(name []byte) (*place, error) {
	if p := a.places[string(name)]; p != nil {
		return p, nil
	}
	p := &place{name: string(name)}
	if c, ok := a.e.model.Contig(p.name); ok {
		if err := c.Load(); err != nil {
			return nil, err
		}
		p.contig, p.caller, p.cursor = c, consequence.New(c), c.Cursor(0)
		p.caller.Source = a.e.model.Annotation.Name
	}
	for _, s := range a.e.sources {
		n, ok := s.Contig(p.name)
		if !ok {
			n = -1
		}
		p.known = append(p.known, n)
	}
	a.places[p.name] = p
	return p, nil
}

// check holds REF to the reference.
func (a *annotator) check() {
	r, f := &a.rec, &a.frame
	a.reason = ""
	if a.place.contig == nil {
		a.reason = unknownContig
		f.stranger.add(f.lines, func() string { return string(r.Chrom) })
		return
	}
	if end := a.place.contig.Length; r.Pos+len(r.Ref) > end && !telomere(r, end) {
		a.reason = otherRef
		f.mismatch.add(f.lines, func() string {
			return fmt.Sprintf("%s:%d, it is %s, and the contig ends at %d", r.Chrom, r.Pos+1, short(r.Ref), end)
		})
		return
	}
	a.letters = a.place.contig.AppendBases(a.letters[:0], r.Pos, r.Pos+len(r.Ref))
	for i, c := range a.letters {
		if c&^0x20 != r.Ref[i]&^0x20 && !genome.BaseOf(c).Compatible(genome.BaseOf(r.Ref[i])) {
			a.reason = otherRef
			f.mismatch.add(f.lines, func() string {
				return fmt.Sprintf("%s:%d, it is %s, and the reference's %s", r.Chrom, r.Pos+1, short(r.Ref), short(a.letters))
			})
			return
		}
	}
}

// telomere says whether a record lies at the place after a contig's last
// base, where breakends may be (VCF 4.4, section 1.6.1, POS).
func telomere(r *vcf.Record, end int) bool { return r.Pos == end && len(r.Ref) == 1 }

// short is an allele for a message.
func short(b []byte) string {
	const most = 20
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}

// table makes ranked rows; nil if there are none.
func (a *annotator) table() *table {
	if a.beside != nil {
		return a.beside
	}
	t, _ := a.sheet.(*table)
	return t
}

// write gives the current allele to the sheets.
func (a *annotator) write() {
	a.sheet.variant(a)
	if a.beside != nil {
		a.beside.variant(a)
	}
}

// each gives the sheets the record's alleles.
func (a *annotator) each() {
	r := &a.rec
	a.alts = a.alts[:0]
	for _, alt := range r.Alts() {
		a.alts = append(a.alts, alt)
	}
	a.calls, a.pick, a.together, a.key = nil, nil, nil, known.Key{}
	clear(a.found)
	if len(a.alts) == 0 {
		a.number, a.alt, a.allele, a.why = 0, r.Alt, nil, consequence.PassMissing
		a.write()
		return
	}
	a.alleles = consequence.Alleles(a.alleles[:0], r.Pos, r.Ref, a.alts...)
	for i := range a.alleles {
		a.number, a.alt, a.allele = i+1, a.alts[i], &a.alleles[i]
		a.calls, a.pick = nil, nil
		if a.why = a.reason; a.why == "" {
			a.why = a.allele.Pass
		}
		if a.why == "" {
			a.calls = a.place.caller.Call(a.allele)
			if i := rank.Pick(a.calls); i >= 0 {
				a.pick = &a.calls[i]
			}
		}
		a.look()
		a.findCompounds()
		a.write()
	}
}

// look asks the sources about the allele.
func (a *annotator) look() {
	clear(a.found)
	a.key = known.Key{}
	if a.reason != "" {
		return
	}
	key, keyed := known.MakeKey(a.rec.Pos, a.rec.Ref, a.alt)
	if keyed {
		a.key, a.moved = key.LeftAlign(a.place.contig, a.moved)
	}
	for i := range a.cursors {
		s, contig := a.e.sources[i], a.place.known[i]
		switch {
		case contig < 0:
		case s.Intervals():
			a.found[i] = a.cursors[i].Overlap(contig, genome.Region{Lo: a.rec.Pos, Hi: a.rec.End()}) > 0
		case keyed && s.Aligned():
			a.found[i] = a.cursors[i].Find(contig, a.key)
		case keyed:
			a.found[i] = a.cursors[i].Find(contig, key)
		}
		if a.found[i] {
			a.frame.joined[i]++
		}
	}
	a.frame.asked++
}

// appendCSQ appends an entry of CSQ.
func (a *annotator) appendCSQ(b []byte, c *consequence.Consequence) []byte {
	return a.place.caller.AppendCSQ(b, c)
}

// findCompounds finds what the allele does together with others.
func (a *annotator) findCompounds() {
	a.together = nil
	if len(a.compounds) > 0 && len(a.calls) > 0 {
		a.id = appendID(a.id[:0], a.rec.Chrom, strconv.AppendInt(a.digits[:0], int64(a.rec.Pos+1), 10), a.rec.Ref, a.alt)
		a.together = a.compounds[string(a.id)]
	}
}
