package simulate

import (
	"iter"
	"slices"
	"strconv"
	"time"

	"okazaki/analysis/virus"
	"okazaki/genome"
)

// A Record is one sequenced genome and the truth about it.
type Record struct {
	Name    string
	Date    time.Time
	Country string
	Region  string
	Lineage string // empty: another virus
	Parent  string // the nearest case before it in the tree; empty: there is none
	Donor   string // of a recombinant: the case that gave Donated
	Donated genome.Region
	Kind    Kind
	Partner string        // of a Mixed record: the record whose letters are in it
	Foreign genome.Region // of a Foreign record: what is something else

	// Calls are what an exact aligner finds, but for what it makes of a Foreign
	// region; empty if it is another virus. Names and numbers of proteins are
	// not among them.
	Calls    virus.Calls
	Sequence []byte
}

// A Kind says how a record is odd.
type Kind uint8

// The kinds of records.
const (
	Plain    Kind = iota
	Reversed      // the Sequence is the reverse complement
	Mixed         // with letters of another record: sites where they differ are ambiguous
	Foreign       // with a stretch of something else
	Other         // of another virus
)

var kinds = [...]string{"", "reversed", "mixed", "foreign", "other"}

// String returns the kind as the truth table has it; empty for Plain.
func (k Kind) String() string { return kinds[k] }

// All makes the records [lo, hi), in order of date. Each is valid until the
// next.
func (o *Outbreak) All(lo, hi int) iter.Seq2[int, *Record] {
	return func(yield func(int, *Record) bool) {
		s := o.sequencer()
		for n := lo; n < hi; n++ {
			if !yield(n, s.record(n)) {
				return
			}
		}
	}
}

// A sequencer makes records. One goroutine may use it.
type sequencer struct {
	*Outbreak
	tracer  *tracer
	changes []change
	partner []change
	indels  []indel
	rec     Record
}

func (o *Outbreak) sequencer() *sequencer {
	return &sequencer{Outbreak: o, tracer: newTracer(&o.tree, o.ref.Sequence)}
}

// record makes the n-th record. It is valid until the next.
func (s *sequencer) record(n int) *Record {
	i, src, r := s.samples[n], seeded(s.opt.Seed, actorRecords+uint64(n)), &s.rec
	t := &s.tree
	place := s.places[t.place[i]]
	*r = Record{Name: s.recordName(n), Date: s.date(t.day[i]), Country: place.country, Region: place.region, Calls: r.Calls, Sequence: r.Sequence[:0]}
	if t.flags[i]&stranger != 0 {
		s.stranger(&src)
		return r
	}
	r.Lineage = s.lineages[t.lineage[i]].name
	if p := t.above(i); p >= 0 {
		r.Parent = s.caseName(p)
	}
	if j, ok := t.joined[i]; ok {
		r.Donor, r.Donated = s.caseName(j.donor), j.region
	}
	s.genome(&r.Calls, i)
	r.Kind = Kind(s.noise.oddity.draw(&src))
	if r.Kind == Mixed {
		s.mix(&src)
	}
	if r.Kind == Foreign {
		s.foreign(&src)
	}
	s.noise.blur(&r.Calls, &src, s.ref.Sequence)
	s.write(&src)
	return r
}

// genome makes the calls that a case's genome has if all of it is read.
func (s *sequencer) genome(c *virus.Calls, i int32) {
	*c = virus.Calls{Substitutions: c.Substitutions[:0], Deletions: c.Deletions[:0], Insertions: c.Insertions[:0],
		Missing: c.Missing[:0], Ambiguous: c.Ambiguous[:0]}
	s.indels = s.tree.indelsOf(s.indels[:0], s.tree.chain[i])
	for _, x := range s.indels {
		if x.letters == "" {
			c.Deletions = append(c.Deletions, x.at)
		} else {
			c.Insertions = append(c.Insertions, virus.Insertion{Pos: x.at.Lo, Letters: []byte(x.letters)})
		}
	}
	s.changes = s.tracer.changes(s.changes[:0], i)
	for _, x := range s.changes {
		if p := x.pos(); !inAny(c.Deletions, p) {
			c.Substitutions = append(c.Substitutions, virus.Substitution{Pos: p, Ref: s.ref.Sequence[p], Alt: x.letter()})
		}
	}
}

func inAny(rs []genome.Region, p int) bool {
	return slices.ContainsFunc(rs, func(r genome.Region) bool { return r.Contains(p) })
}

// mix makes the sites ambiguous in which another record's case differs.
func (s *sequencer) mix(src *source) {
	with := src.below(len(s.samples))
	i, c, ref := s.samples[with], &s.rec.Calls, s.ref.Sequence
	if s.tree.flags[i]&stranger != 0 {
		s.rec.Kind = Plain
		return
	}
	s.rec.Partner = s.recordName(with)
	s.partner = s.tracer.changes(s.partner[:0], i)
	site := func(p int, other byte) {
		letter := letterAt(c, ref, p)
		if other != letter && !nearIndel(c, p) && s.tree.free(s.tree.chain[i], genome.Region{Lo: p, Hi: p + 1}, 0) {
			both := genome.BaseOf(letter) | genome.BaseOf(other)
			c.Ambiguous = append(c.Ambiguous, virus.Ambiguous{Letter: both.Letter(), Region: genome.Region{Lo: p, Hi: p + 1}})
		}
	}
	differences(s.changes, s.partner, func(p int) {
		other := ref[p]
		if j, found := slices.BinarySearchFunc(s.partner, p, func(c change, p int) int { return c.pos() - p }); found {
			other = s.partner[j].letter()
		}
		site(p, other)
	})
}

// foreign replaces a stretch of the genome by foreign bases.
func (s *sequencer) foreign(src *source) {
	const least, most = 200, 3000
	inner, c := s.spectrum.region, &s.rec.Calls
	length := min(src.between(least, most), inner.Len()/2)
	lo := src.between(inner.Lo, inner.Hi-length)
	r := genome.Region{Lo: lo, Hi: lo + length}
	around := genome.Region{Lo: r.Lo - apart, Hi: r.Hi + apart}
	c.Substitutions = slices.DeleteFunc(c.Substitutions, func(s virus.Substitution) bool { return around.Contains(s.Pos) })
	c.Deletions = slices.DeleteFunc(c.Deletions, around.Overlaps)
	c.Insertions = slices.DeleteFunc(c.Insertions, func(i virus.Insertion) bool { return around.Contains(i.Pos) })
	s.rec.Foreign = r
}

// stranger makes the record a genome of another virus.
func (s *sequencer) stranger(src *source) {
	r := &s.rec
	r.Kind, r.Calls = Other, virus.Calls{}
	r.Sequence = append(r.Sequence, s.noise.rivals[src.below(len(s.noise.rivals))]...)
	for range len(r.Sequence) / 100 {
		r.Sequence[src.below(len(r.Sequence))] = "ACGT"[src.below(4)]
	}
}

// write makes the record's sequence of its calls.
func (s *sequencer) write(src *source) {
	r, ref := &s.rec, s.ref
	if r.Kind == Foreign {
		patched := slices.Clone(ref.Sequence)
		rival := s.noise.rivals[src.below(len(s.noise.rivals))]
		copy(patched[r.Foreign.Lo:r.Foreign.Hi], rival[src.below(max(1, len(rival)-r.Foreign.Len())):])
		ref = &virus.Reference{Sequence: patched}
	}
	r.Sequence = r.Calls.AppendGenome(r.Sequence, ref)
	if r.Kind == Reversed {
		forward := slices.Clone(r.Sequence)
		r.Sequence = genome.AppendReverseComplement(r.Sequence[:0], forward)
	}
}

// recordName returns the name of the n-th record: country, number, year.
func (o *Outbreak) recordName(n int) string {
	i := o.samples[n]
	b := append([]byte(o.places[o.tree.place[i]].country), '/')
	number, most := strconv.Itoa(n+1), strconv.Itoa(len(o.samples))
	for range len(most) - len(number) {
		b = append(b, '0')
	}
	b = append(append(b, number...), '/')
	return string(strconv.AppendInt(b, int64(o.date(o.tree.day[i]).Year()), 10))
}

// caseName returns the name of a case: its record's, or a branch's.
func (o *Outbreak) caseName(i int32) string {
	if o.tree.flags[i]&(sequenced|stranger) == sequenced {
		n, _ := slices.BinarySearch(o.samples, i)
		return o.recordName(n)
	}
	return "case" + strconv.Itoa(int(i))
}
