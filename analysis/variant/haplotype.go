package variant

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/format/vcf"
	"okazaki/format/wire"
	"okazaki/genome"
)

// Alleles on one haplotype that touch the same codon, or between which the
// frame is shifted, are called together, beside each alone. The alleles of a
// transcript may lie far apart. So a first stage gathers the alleles that
// touch coding bases and whose haplotype the genotypes tell; what they do
// together is in the note of the second stage.

// A phased is one record of the first stage.
type phased struct {
	pos      int
	ref      string
	alts     []string
	carriers []carrier
}

// A carrier is a copy of a chromosome that has an allele.
type carrier struct {
	sample, copy int
	allele       int // among the alternates, from 0
	set          int // the phase set; anySet of an allele on all copies
}

const anySet = -1

// A haplotypes is the sheet of the first stage.
type haplotypes struct {
	rows []byte
	gt   vcf.Genotype
	near []*gene.Transcript
	p    phased
}

func newHaplotypes(*engine, *vcf.Header) sheet { return &haplotypes{} }

func (t *haplotypes) variant(*annotator) {}
func (t *haplotypes) end(*annotator)     {}

func (t *haplotypes) take(_ *annotator, b []byte) []byte {
	b = append(b, t.rows...)
	t.rows = t.rows[:0]
	return b
}

// record appends the record's carriers, if it touches coding bases.
func (t *haplotypes) record(a *annotator) {
	if a.reason != "" || a.genotypes < 0 || !t.codes(a) {
		return
	}
	r := &a.rec
	t.p.carriers = t.p.carriers[:0]
	ps, alts := r.FieldIndex("PS"), 1+bytes.Count(r.Alt, []byte{','})
	for n, sample := range r.Samples() {
		if !t.gt.Parse(vcf.Value(sample, a.genotypes)) {
			continue
		}
		set := 0
		if v, ok := vcf.PhaseSet(vcf.Value(sample, ps)); ok {
			set = v
		}
		first := t.gt.Alleles[0]
		if t.gt.Count(first) == len(t.gt.Alleles) {
			set = anySet
		} else if !t.gt.AllPhased() {
			continue
		}
		for i, allele := range t.gt.Alleles {
			if allele > 0 && allele <= alts { // a genotype may say what isn't there
				t.p.carriers = append(t.p.carriers, carrier{n, i, allele - 1, set})
			}
		}
	}
	if len(t.p.carriers) == 0 {
		return
	}
	b := wire.AppendBytes(t.rows, r.Chrom)
	b = wire.AppendUvarint(b, r.Pos)
	b = wire.AppendBytes(wire.AppendBytes(b, r.Ref), r.Alt)
	b = wire.AppendUvarint(b, len(t.p.carriers))
	for _, c := range t.p.carriers {
		for _, n := range [...]int{c.sample, c.copy, c.allele, c.set + 1} {
			b = wire.AppendUvarint(b, n)
		}
	}
	t.rows = b
}

// codes says whether the record may touch the coding part of an exon.
func (t *haplotypes) codes(a *annotator) bool {
	lo, hi := a.rec.Pos, a.rec.Pos+len(a.rec.Ref)+1
	t.near = a.place.cursor.Near(lo, hi)
	for _, x := range t.near {
		if x.Coding.Lo >= hi || lo >= x.Coding.Hi {
			continue
		}
		i, _ := slices.BinarySearchFunc(x.Exons, lo, func(e genome.Region, at int) int { return cmp.Compare(e.Hi, at) })
		if i < len(x.Exons) && x.Exons[i].Lo <= hi {
			return true
		}
	}
	return false
}

// read reads one record of the first stage.
func (p *phased) read(r *wire.Reader) (contig string) {
	contig = r.String()
	p.pos, p.ref = int(r.Uvarint()), r.String()
	p.alts = strings.Split(r.String(), ",")
	p.carriers = nil
	for range r.Count(4) {
		c := carrier{int(r.Uvarint()), int(r.Uvarint()), r.Below(len(p.alts)), int(r.Uvarint()) - 1}
		p.carriers = append(p.carriers, c)
	}
	return contig
}

// A compound is what an allele does together with others.
type compound struct {
	terms, symbol, transcript string
	amino                     string // 12RK>12QL, as bcftools csq writes it
	with                      string // the others
	copies                    int    // of the chromosome that have them all
}

// compounds holds the compounds of each allele, by its name from appendID.
type compounds map[string][]compound

// planHaplotypes asks for a first stage where genotypes are phased.
func (e *engine) planHaplotypes(ctx context.Context, l *layout, h *vcf.Header) (okazaki.Axis, error) {
	axis := okazaki.Axis{Concat: true, Note: noteOf(l, nil)}
	if len(h.Samples) == 0 {
		return axis, nil
	}
	some, err := e.text.phased(ctx)
	if some {
		axis.Units = l.units()
	}
	return axis, err
}

// phased says whether one of the first records has a phased genotype.
func (x *text) phased(ctx context.Context) (bool, error) {
	const first = 10_000
	r, err := vcf.Open(x.in.Name, x.file, 1)
	if err != nil {
		return false, err
	}
	defer r.Close()
	var g vcf.Genotype
	n := 0
	for rec, err := range r.Records() {
		if err != nil { // of the record: annotating says so
			return false, ctx.Err()
		}
		gt := rec.FieldIndex("GT")
		for _, s := range rec.Samples() {
			if g.Parse(vcf.Value(s, gt)) && len(g.Alleles) > 1 && g.AllPhased() {
				return true, nil
			}
		}
		if n++; n == first {
			break
		}
	}
	return false, ctx.Err()
}

// together finds the compounds from what the first stage gathered.
func (e *engine) together(ctx context.Context, result okazaki.Result) (compounds, error) {
	all := compounds{}
	var of []phased
	contig := ""
	flush := func() {
		if c, ok := e.model.Contig(contig); ok && len(of) > 1 {
			all.contig(contig, c, of)
		}
		of = of[:0]
	}
	err := e.eachFrame(ctx, result, asItStands, func(f *frame) error {
		r := wire.From(f.payload)
		for r.Len() > 0 {
			var p phased
			name := p.read(&r)
			if name != contig {
				flush()
				contig = name
			}
			of = append(of, p)
		}
		return damaged(r.Err())
	})
	flush()
	return all, err
}

// contig adds the compounds of one contig, whose records are sorted.
func (all compounds) contig(name string, c *gene.Contig, of []phased) {
	caller := consequence.New(c)
	for _, t := range c.Transcripts() {
		lo, _ := slices.BinarySearchFunc(of, t.Coding.Lo-maxReach, func(p phased, at int) int { return cmp.Compare(p.pos, at) })
		hi, _ := slices.BinarySearchFunc(of, t.Coding.Hi, func(p phased, at int) int { return cmp.Compare(p.pos, at) })
		if hi-lo > 1 {
			all.transcript(name, caller, t, of[lo:hi])
		}
	}
}

// maxReach is how long a deletion may be that reaches into a coding sequence.
const maxReach = 1000

// A copyOf is one copy of a chromosome, as far as one phase set tells.
type copyOf struct{ sample, copy, set int }

// transcript adds the compounds of one transcript.
func (all compounds) transcript(contig string, caller *consequence.Caller, t *gene.Transcript, of []phased) {
	type member struct{ record, allele int }
	copies := map[copyOf][]member{}
	var order []copyOf
	others := map[[2]int]bool{} // the copies of which sets are known
	for i, p := range of {
		for _, c := range p.carriers {
			key := copyOf{c.sample, c.copy, c.set}
			if copies[key] == nil {
				order = append(order, key)
			}
			copies[key] = append(copies[key], member{i, c.allele})
			if c.set != anySet {
				others[[2]int{c.sample, c.copy}] = true
			}
		}
	}
	type result struct {
		members []member
		n       int
	}
	seen := map[string]*result{}
	var lists []*result
	for _, key := range order {
		if key.set == anySet && others[[2]int{key.sample, key.copy}] {
			continue // they are in each of its sets
		}
		list := append(slices.Clone(copies[key]), copies[copyOf{key.sample, key.copy, anySet}]...)
		slices.SortFunc(list, func(a, b member) int {
			return cmp.Or(cmp.Compare(a.record, b.record), cmp.Compare(a.allele, b.allele))
		})
		list = slices.Compact(list)
		if len(list) < 2 {
			continue
		}
		id := fmt.Sprint(list)
		if seen[id] == nil {
			seen[id] = &result{members: list}
			lists = append(lists, seen[id])
		}
		seen[id].n++
	}
	for _, r := range lists {
		var alleles []consequence.Allele
		var ids []string
		for _, m := range r.members {
			p := &of[m.record]
			alleles = consequence.Alleles(alleles, p.pos, []byte(p.ref), []byte(p.alts[m.allele]))
			ids = append(ids, string(appendID(nil, []byte(contig), strconv.AppendInt(nil, int64(p.pos+1), 10), []byte(p.ref), []byte(p.alts[m.allele]))))
		}
		for _, q := range caller.Haplotype(nil, t, alleles) {
			if len(q.Alleles) > 1 && !q.Untranslated {
				all.add(&q, ids, r.n)
			}
		}
	}
}

// add notes a compound at each of its alleles.
func (all compounds) add(q *consequence.Compound, ids []string, copies int) {
	amino := strconv.Itoa(q.First) + clipped(q.Ref) + ">" + strconv.Itoa(q.NewFirst) + clipped(q.Alt)
	for _, i := range q.Alleles {
		var with []string
		for _, k := range q.Alleles {
			if k != i {
				with = append(with, ids[k])
			}
		}
		c := compound{q.Terms.String(), q.Transcript.Symbol, q.Transcript.ID, amino, strings.Join(with, " & "), copies}
		list := all[ids[i]]
		same := slices.IndexFunc(list, func(o compound) bool {
			return o.terms == c.terms && o.transcript == c.transcript && o.amino == c.amino && o.with == c.with
		})
		if same >= 0 {
			list[same].copies += copies
			continue
		}
		all[ids[i]] = append(list, c)
	}
}

// clipped is a run of amino acids, of which the first tell enough.
func clipped(p []byte) string {
	const most = 30
	if len(p) > most {
		return string(p[:most]) + "..."
	}
	return string(p)
}

// append appends the compounds, for the note.
func (all compounds) append(b []byte) []byte {
	var ids []string
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	b = wire.AppendUvarint(b, len(ids))
	for _, id := range ids {
		b = wire.AppendUvarint(wire.AppendBytes(b, id), len(all[id]))
		for _, c := range all[id] {
			for _, s := range [...]string{c.terms, c.symbol, c.transcript, c.amino, c.with} {
				b = wire.AppendBytes(b, s)
			}
			b = wire.AppendUvarint(b, c.copies)
		}
	}
	return b
}

func readCompounds(r *wire.Reader) compounds {
	all := compounds{}
	for range r.Count(2) {
		id := r.String()
		for range r.Count(6) {
			all[id] = append(all[id], compound{r.String(), r.String(), r.String(), r.String(), r.String(), int(r.Uvarint())})
		}
	}
	return all
}

// appendTogether appends what the allele at hand does to a transcript together
// with others.
func (a *annotator) appendTogether(b []byte, transcript string) []byte {
	some := false
	for _, c := range a.together {
		if c.transcript != transcript {
			continue
		}
		if some {
			b = append(b, "; "...)
		}
		some = true
		b = append(append(append(append(b, c.terms...), ' '), c.amino...), " with "...)
		b = append(b, c.with...)
	}
	return b
}
