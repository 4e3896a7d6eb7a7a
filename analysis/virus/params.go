package virus

import (
	"encoding/json"
	"fmt"

	"okazaki"
)

// Params say how genomes are aligned. The zero value of a field stands for
// its default, which is Nextclade v3's (Aksamentov et al. 2021, J. Open
// Source Softw. 6:3773).
type Params struct {
	Match          int32 // score of a letter that matches; default 3. An N scores one less against anything
	Mismatch       int32 // penalty of one that doesn't; default 1
	Open           int32 // penalty of a gap, however long, outside genes; default 6
	OpenInFrame    int32 // before the first letter of a codon; default 7
	OpenOutOfFrame int32 // elsewhere in a codon; default 8
	TerminalBand   int   // how far the ends may be shifted, in letters; default 50
	MinLength      int   // of a genome, in letters; default 100

	// MinCover is the least share of a genome's letters that must lie in runs
	// that match the reference; default 0.1.
	MinCover float64

	// LeftGaps places a gap that fits in several places equally well leftmost;
	// default rightmost. (Nextclade says "gapAlignmentSide": "right" for leftmost.)
	LeftGaps bool
}

func (p Params) filled() Params {
	for _, f := range []struct {
		field *int32
		value int32
	}{{&p.Match, 3}, {&p.Mismatch, 1}, {&p.Open, 6}, {&p.OpenInFrame, 7}, {&p.OpenOutOfFrame, 8}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	if p.TerminalBand == 0 {
		p.TerminalBand = 50
	}
	if p.MinLength == 0 {
		p.MinLength = 100
	}
	if p.MinCover == 0 {
		p.MinCover = 0.1
	}
	return p
}

// tie is what a gap must win by to go before a pair.
func (p Params) tie() int32 {
	if p.LeftGaps {
		return 1
	}
	return 0
}

// SARS2Params are the parameters of Nextclade's SARS-CoV-2 dataset.
func SARS2Params() Params {
	return Params{TerminalBand: 100, MinCover: 0.1, LeftGaps: true}
}

// maxParam bounds the parameters of a file, so that scores stay int32.
const maxParam = 10_000

// ParseParams reads the alignment parameters of a Nextclade dataset's
// pathogen.json. Name is what an error, an *okazaki.Error, calls the file.
func ParseParams(name string, pathogen []byte) (Params, error) {
	var file struct {
		AlignmentParams struct {
			ScoreMatch               int32
			PenaltyMismatch          int32
			PenaltyGapOpen           int32
			PenaltyGapOpenInFrame    int32
			PenaltyGapOpenOutOfFrame int32
			TerminalBandwidth        int
			MinLength                int
			MinSeedCover             float64
			GapAlignmentSide         string
		}
	}
	if err := json.Unmarshal(pathogen, &file); err != nil {
		return Params{}, notPathogen(name, err)
	}
	a := file.AlignmentParams
	for _, n := range []int{int(a.ScoreMatch), int(a.PenaltyMismatch), int(a.PenaltyGapOpen), int(a.PenaltyGapOpenInFrame),
		int(a.PenaltyGapOpenOutOfFrame), a.TerminalBandwidth, a.MinLength} {
		if n < 0 || n > maxParam {
			return Params{}, &okazaki.Error{File: name, Message: fmt.Sprintf("an alignment parameter is %d", n),
				Hint: fmt.Sprintf("scores, penalties, bandwidth and length lie between 0 and %d", maxParam)}
		}
	}
	return Params{
		Match: a.ScoreMatch, Mismatch: a.PenaltyMismatch, Open: a.PenaltyGapOpen,
		OpenInFrame: a.PenaltyGapOpenInFrame, OpenOutOfFrame: a.PenaltyGapOpenOutOfFrame,
		TerminalBand: a.TerminalBandwidth, MinLength: a.MinLength, MinCover: a.MinSeedCover,
		LeftGaps: a.GapAlignmentSide == "right",
	}, nil
}
