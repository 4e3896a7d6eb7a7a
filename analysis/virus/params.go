package virus

import (
	"encoding/json"
	"fmt"
	"slices"

	"okazaki"
)

// Params say how genomes are aligned. The zero value of a field stands for
// its default, which is Nextclade v3's (Aksamentov et al. 2021, J. Open
// Source Softw. 6:3773).
type Params struct {
	Match          int32 // score of a base that matches; default 3. An N scores one less against anything
	Mismatch       int32 // penalty of one that doesn't; default 1
	Open           int32 // penalty of a gap outside genes; default 6
	OpenInFrame    int32 // before the first base of a codon; default 7
	OpenOutOfFrame int32 // elsewhere in a codon; default 8
	Extend         int32 // penalty of each base of a gap behind its first; default 0
	TerminalBand   int   // how far the ends may be shifted, in bases; default 50
	MinLength      int   // of a genome, in bases; default 100

	// MinCover is the least share of a genome that seeds must cover, or runs
	// that match the reference; default 0.1, and 0.33 where a dataset says
	// nothing.
	MinCover float64
	Seeds    Seeds

	// LeftGaps places a gap that fits equally well in several places leftmost;
	// default rightmost. (Nextclade says "gapAlignmentSide": "right" for
	// leftmost.)
	LeftGaps bool

	// ToStop ends a protein at its first stop codon: no changes are called
	// behind it.
	ToStop bool

	given bool // by a dataset, so that a zero is meant
}

// Seeds say how the share of a genome that is like the reference is measured.
// Words of the genome that the reference has are extended both ways until more
// than Mismatches of Window bases differ.
type Seeds struct {
	Word       int // bases of a word, of which every third was left out; default 10
	Distance   int // such bases from a word to the next that is looked up; default 50
	Least      int // bases of a seed; default 40
	Mismatches int // default 8
	Window     int // bases; default 30
}

// defaults returns Nextclade's parameters, for datasets that don't say
// otherwise.
func defaults() Params {
	return Params{
		Match: 3, Mismatch: 1, Open: 6, OpenInFrame: 7, OpenOutOfFrame: 8, TerminalBand: 50, MinLength: 100, MinCover: 0.33,
		Seeds: Seeds{Word: 10, Distance: 50, Least: 40, Mismatches: 8, Window: 30},
	}
}

// lenient is the least aligned share of a genome, unless a dataset gives one.
const lenient = 0.1

func (p Params) filled() Params {
	if p.given {
		return p
	}
	d := defaults()
	for _, f := range []struct{ field, value *int32 }{
		{&p.Match, &d.Match}, {&p.Mismatch, &d.Mismatch}, {&p.Open, &d.Open}, {&p.OpenInFrame, &d.OpenInFrame}, {&p.OpenOutOfFrame, &d.OpenOutOfFrame},
	} {
		if *f.field == 0 {
			*f.field = *f.value
		}
	}
	if p.TerminalBand == 0 {
		p.TerminalBand = d.TerminalBand
	}
	if p.MinLength == 0 {
		p.MinLength = d.MinLength
	}
	if p.MinCover == 0 {
		p.MinCover = lenient
	}
	if p.Seeds == (Seeds{}) {
		p.Seeds = d.Seeds
	}
	return p
}

// tie returns how much better a gap must score to go before a pair.
func (p Params) tie() int32 {
	if p.LeftGaps {
		return 1
	}
	return 0
}

// SARS2Params returns the parameters of Nextclade's SARS-CoV-2 dataset.
func SARS2Params() Params {
	return Params{TerminalBand: 100, MinCover: 0.1, LeftGaps: true}
}

// preset returns the parameters of a preset of Nextclade 3.12 and later, and
// false for other names.
func preset(name string) (Params, bool) {
	p := defaults()
	switch name {
	case "", "default":
	case "high-diversity":
		p.Open, p.OpenInFrame, p.OpenOutOfFrame = 10, 15, 17
		p.TerminalBand, p.MinCover = 100, 0.1
		p.Seeds = Seeds{Word: 6, Distance: 25, Least: 30, Mismatches: 15, Window: 30}
	case "short-sequences":
		p.MinLength, p.Extend = 30, 1
		p.Seeds = Seeds{Word: 6, Distance: 3, Least: 20, Mismatches: 5, Window: 20}
	default:
		return p, false
	}
	return p, true
}

// Bounds of the parameters of a file, so that scores stay int32.
const (
	maxParam = 10_000
	maxWord  = 31 // bases of a word of a seed
)

// alignmentParams is the section alignmentParams of a pathogen.json, as far as
// it is read. A field that it lacks keeps its value.
type alignmentParams struct {
	ScoreMatch, PenaltyMismatch                                                       int32
	PenaltyGapOpen, PenaltyGapOpenInFrame, PenaltyGapOpenOutOfFrame, PenaltyGapExtend int32
	TerminalBandwidth, MinLength                                                      int
	KmerLength, KmerDistance, MinMatchLength, AllowedMismatches, WindowSize           int
	MinSeedCover                                                                      float64
	GapAlignmentSide                                                                  string
	NoTranslatePastStop                                                               bool
}

// ParseParams reads the alignment parameters of a Nextclade dataset's
// pathogen.json. name is the file's name in errors, which are *okazaki.Error.
func ParseParams(name string, pathogen []byte) (Params, error) {
	var named struct {
		AlignmentParams struct{ AlignmentPreset string }
	}
	if err := json.Unmarshal(pathogen, &named); err != nil {
		return Params{}, notPathogen(name, err)
	}
	p, ok := preset(named.AlignmentParams.AlignmentPreset)
	if !ok {
		return Params{}, &okazaki.Error{File: name, Message: fmt.Sprintf("alignmentPreset is %q", named.AlignmentParams.AlignmentPreset),
			Hint: "give default, high-diversity or short-sequences"}
	}
	var file struct{ AlignmentParams alignmentParams }
	file.AlignmentParams = alignmentParams{
		ScoreMatch: p.Match, PenaltyMismatch: p.Mismatch,
		PenaltyGapOpen: p.Open, PenaltyGapOpenInFrame: p.OpenInFrame, PenaltyGapOpenOutOfFrame: p.OpenOutOfFrame, PenaltyGapExtend: p.Extend,
		TerminalBandwidth: p.TerminalBand, MinLength: p.MinLength, MinSeedCover: p.MinCover, GapAlignmentSide: "left",
		KmerLength: p.Seeds.Word, KmerDistance: p.Seeds.Distance, MinMatchLength: p.Seeds.Least,
		AllowedMismatches: p.Seeds.Mismatches, WindowSize: p.Seeds.Window,
	}
	if err := json.Unmarshal(pathogen, &file); err != nil {
		return Params{}, notPathogen(name, err)
	}
	a := file.AlignmentParams
	if err := a.check(name); err != nil {
		return Params{}, err
	}
	return Params{
		Match: a.ScoreMatch, Mismatch: a.PenaltyMismatch, Open: a.PenaltyGapOpen,
		OpenInFrame: a.PenaltyGapOpenInFrame, OpenOutOfFrame: a.PenaltyGapOpenOutOfFrame, Extend: a.PenaltyGapExtend,
		TerminalBand: a.TerminalBandwidth, MinLength: a.MinLength, MinCover: a.MinSeedCover,
		Seeds:    Seeds{Word: a.KmerLength, Distance: a.KmerDistance, Least: a.MinMatchLength, Mismatches: a.AllowedMismatches, Window: a.WindowSize},
		LeftGaps: a.GapAlignmentSide == "right", ToStop: a.NoTranslatePastStop, given: true,
	}, nil
}

// check returns an error for values that can't be meant.
func (a *alignmentParams) check(name string) error {
	for _, f := range []struct {
		name        string
		n           int
		least, most int
	}{
		{"scoreMatch", int(a.ScoreMatch), 1, maxParam}, {"penaltyMismatch", int(a.PenaltyMismatch), 0, maxParam},
		{"penaltyGapOpen", int(a.PenaltyGapOpen), 0, maxParam}, {"penaltyGapOpenInFrame", int(a.PenaltyGapOpenInFrame), 0, maxParam},
		{"penaltyGapOpenOutOfFrame", int(a.PenaltyGapOpenOutOfFrame), 0, maxParam}, {"penaltyGapExtend", int(a.PenaltyGapExtend), 0, maxParam},
		{"terminalBandwidth", a.TerminalBandwidth, 0, maxParam}, {"minLength", a.MinLength, 0, maxReference},
		{"kmerLength", a.KmerLength, 1, maxWord}, {"kmerDistance", a.KmerDistance, 1, maxReference}, {"minMatchLength", a.MinMatchLength, 1, maxReference},
		{"allowedMismatches", a.AllowedMismatches, 0, maxReference}, {"windowSize", a.WindowSize, 1, maxReference},
	} {
		if f.n < f.least || f.n > f.most {
			return &okazaki.Error{File: name, Message: fmt.Sprintf("its alignment parameter %s is %d", f.name, f.n),
				Hint: fmt.Sprintf("%s lies between %d and %d", f.name, f.least, f.most)}
		}
	}
	if !slices.Contains([]string{"left", "right"}, a.GapAlignmentSide) {
		return &okazaki.Error{File: name, Message: fmt.Sprintf("its alignment parameter gapAlignmentSide is %q", a.GapAlignmentSide), Hint: "give left or right"}
	}
	return nil
}
