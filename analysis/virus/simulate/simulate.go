// Package simulate makes an outbreak of a virus: which case infected which, when
// and where, how the genomes changed on the way, and what a laboratory would
// have read of them. Every genome comes with the truth about it.
//
// Its one invariant: an Outbreak, and each byte that it writes, is a function
// of the reference and the Options alone.
//
// The model, in the order in which it is drawn:
//
//   - Cases a day follow waves, each the derivative of a logistic curve.
//   - Lineages arise with a growth advantage. A case's lineage is drawn from
//     shares that follow multinomial logistic growth exactly, so that an
//     estimate of growth can be held against the truth.
//   - A case is infected by one of its lineage's cases some days before, a
//     fifth of whom infect all others (Adam et al. 2020, Nat. Med. 26:1714),
//     mostly in its own region.
//   - Between the two, the genome changes: Poisson by time, letter by letter
//     as SARS-CoV-2 does (De Maio et al. 2021, Genome Biol. Evol. 13:evab087,
//     table 1), more at some sites than at others, less where a protein
//     changes, never to a stop codon; and by deletions and insertions that
//     leave the reading frame.
//   - Some cases are recombinants of two lineages.
//   - A sample of the cases is sequenced, with what goes wrong then: amplicons
//     that drop out, unread letters, mixed sites, ragged ends.
//
// The truth is clean: no two deletions or insertions touch, none has another
// place where it fits as well, and no substitution is near one.
package simulate

import (
	"fmt"
	"math"
	"time"

	"okazaki"
	"okazaki/analysis/virus"
)

// Options say what outbreak to make. Zero stands for the default that each
// field names; where none is wanted, say a negative number.
type Options struct {
	Seed    uint64    // another seed is another outbreak; 0 is a seed too
	Genomes int       // that are sequenced; default 1,000
	Start   time.Time // day of the first case; default 2020-01-01
	Days    int       // from the first case to the last; default 365
	Waves   int       // of cases; default one for every 120 days

	// Sampled is the share of cases that are sequenced; default 0.25. The
	// others take memory, about 25 bytes each, and appear in the tree where it
	// branches.
	Sampled float64

	Countries int // default 6, at most 26
	Regions   int // of each country; default 4

	Lineages  int     // that arise after the first; default one a fortnight
	Advantage float64 // in growth a day of the fittest lineages over their parents; default 0.1, as Alpha's (Davies et al. 2021, Science 372:eabg3055)

	Rate   float64 // substitutions a site and year; default 8e-4
	Indels float64 // deletions and insertions, as a share of all mutations; default 0.02

	// Recombinants is the share of cases whose genome joins two lineages';
	// default 0.002. They infect nobody, but for the founders of a few
	// recombinant lineages: one in twelve, if the share is not nothing.
	Recombinants float64

	Dropout   float64 // mean share of amplicons that were not read; default 0.02
	Unread    float64 // runs of N elsewhere in a genome, on average; default 0.5
	Ambiguous float64 // sites of a genome that are a mixture of two letters, on average; default 0.1
	Ragged    float64 // share of genomes with ends cut, masked or with another tail; default 0.7

	Reversed float64 // share of records given as their reverse complement; default none
	Mixed    float64 // share with the letters of another genome mixed in; default none
	Foreign  float64 // share with a stretch of something else; default none
	Other    float64 // share that are another virus: not in the tree, without lineage; default none
}

// filled returns the options with their defaults, and negative numbers as 0.
func (o Options) filled() Options {
	if o.Start.IsZero() {
		o.Start = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	number(&o.Genomes, 1000)
	number(&o.Days, 365)
	number(&o.Waves, max(1, (o.Days+60)/120))
	number(&o.Countries, 6)
	number(&o.Regions, 4)
	number(&o.Lineages, o.Days/14)
	number(&o.Sampled, 0.25)
	number(&o.Advantage, 0.1)
	number(&o.Rate, 8e-4)
	number(&o.Indels, 0.02)
	number(&o.Recombinants, 0.002)
	number(&o.Dropout, 0.02)
	number(&o.Unread, 0.5)
	number(&o.Ambiguous, 0.1)
	number(&o.Ragged, 0.7)
	for _, p := range []*float64{&o.Reversed, &o.Mixed, &o.Foreign, &o.Other} {
		number(p, 0)
	}
	return o
}

// number replaces 0 by a default, and negative numbers by 0.
func number[T int | float64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
	*field = max(*field, 0)
}

// maxCases bounds the cases of an outbreak, and maxDays its days.
const (
	maxCases = 1 << 30
	maxDays  = 1 << 15
)

// check returns an *okazaki.Error that names what can't be simulated.
func (o Options) check() error {
	wrong := func(format string, args ...any) error {
		return &okazaki.Error{Message: fmt.Sprintf(format, args...), Hint: "give another number"}
	}
	for _, p := range []struct {
		name  string
		value float64
	}{{"cases sampled", o.Sampled}, {"indels", o.Indels}, {"recombinants", o.Recombinants}, {"amplicons dropped", o.Dropout},
		{"ragged ends", o.Ragged}, {"reversed records", o.Reversed}, {"mixed records", o.Mixed},
		{"records with foreign letters", o.Foreign}, {"records of another virus", o.Other}} {
		if !(p.value <= 1) {
			return wrong("the share of %s is %v, more than all", p.name, p.value)
		}
	}
	for _, p := range []struct {
		name  string
		value float64
		most  float64
	}{{"advantage", o.Advantage, 1}, {"rate", o.Rate, 0.1}, {"unread runs", o.Unread, 100}, {"ambiguous sites", o.Ambiguous, 100}} {
		if !(p.value <= p.most) {
			return wrong("the %s of %v is more than %v", p.name, p.value, p.most)
		}
	}
	switch {
	case o.Reversed+o.Mixed+o.Foreign > 1:
		return wrong("the shares of reversed, mixed and foreign records are more than all together")
	case o.Genomes == 0, o.Days == 0, o.Waves == 0, o.Countries == 0, o.Regions == 0, o.Sampled == 0:
		return wrong("an outbreak of no genomes, days, waves, countries, regions or samples")
	case o.Days > maxDays:
		return wrong("an outbreak of %d days, more than %d", o.Days, maxDays)
	case o.Countries > len(countries):
		return wrong("there are %d countries, not %d", len(countries), o.Countries)
	case o.Regions > 1000:
		return wrong("a country has 1000 regions, not %d", o.Regions)
	case o.Lineages > 10000:
		return wrong("at most 10000 lineages arise, not %d", o.Lineages)
	case float64(o.Genomes)/o.Sampled > maxCases:
		return wrong("%d genomes, of %v of all cases, are an outbreak of more than %d cases", o.Genomes, o.Sampled, maxCases)
	}
	return nil
}

// An Outbreak is the cases of a virus and their sequenced records. It is
// immutable; any number of goroutines may use it at once.
type Outbreak struct {
	ref *virus.Reference
	opt Options

	spectrum *spectrum
	places   []place
	lineages []lineage
	tree     tree
	samples  []int32 // the cases that were sequenced, in the order of their records
	noise    *noise
}

// New makes an outbreak of the reference's virus. For SARS-CoV-2, the lineages
// A, B.1 and B.1.1 are the real ones; all other lineages, and all places, are
// made up. An error is an *okazaki.Error.
func New(ref *virus.Reference, o Options) (*Outbreak, error) {
	o = o.filled()
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(ref.Sequence) < leastReference {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the reference has %d letters, an outbreak needs %d", len(ref.Sequence), leastReference),
			Hint: "give a longer reference"}
	}
	b := &Outbreak{ref: ref, opt: o, spectrum: newSpectrum(ref, o.Seed)}
	b.places = newPlaces(o)
	b.noise = newNoise(ref, o)
	newEpidemic(b, int(math.Ceil(float64(o.Genomes)/o.Sampled))).run()
	b.tree.show()
	return b, nil
}

// leastReference is the length of the shortest reference.
const leastReference = 1000

// Records returns the number of records: Options.Genomes.
func (o *Outbreak) Records() int { return len(o.samples) }

// Start returns the day of the first case.
func (o *Outbreak) Start() time.Time { return o.opt.Start }

// date returns the day as a date.
func (o *Outbreak) date(day uint16) time.Time { return o.opt.Start.AddDate(0, 0, int(day)) }
