package fasta

import "bytes"

// A model is the letters of an earlier record, all of them common ones. Genomes
// of one virus are much alike: where a record has the same letters at the same
// place, they need not be counted.
type model struct {
	letters []byte
	found   int  // letters of the record at hand that were the model's
	missed  int  // comparisons in a row that failed
	misses  int  // models in a row that hardly any letters were like
	off     bool // there is no use in it
}

const (
	modelStep  = 512       // letters that are compared at once
	maxModel   = 256 << 10 // letters of a model
	maxMisses  = 8         // models, before there is no more
	stepwise   = 2         // failed comparisons, before pieces are as long as ever
	modelShare = 2         // of this many letters one must be found
)

// agrees is how many of the first bytes of b are the model's letters from at on.
// Only a record of common letters is held against it.
func (m *model) agrees(b []byte, at int, common bool) int {
	n := 0
	for common && at+n+modelStep <= len(m.letters) && n+modelStep <= len(b) && bytes.Equal(b[n:n+modelStep], m.letters[at+n:at+n+modelStep]) {
		n += modelStep
	}
	m.found += n
	m.missed++
	if n > 0 {
		m.missed = 0
	}
	return n
}

// piece is how many bytes are counted together: few, where the model may agree
// with those behind them.
func (m *model) piece() int {
	if len(m.letters) > 0 && m.missed <= stepwise {
		return modelStep
	}
	return piece
}

// after takes a record for the model if the one before was of little use.
func (m *model) after(rec *Record) {
	n := len(rec.Seq)
	useful := m.found*modelShare >= n
	m.found, m.missed = 0, 0
	switch {
	case m.off || n < modelStep:
	case useful:
		m.misses = 0
	case m.misses == maxMisses:
		m.letters, m.off = nil, true
	case rec.Common && n <= maxModel:
		m.letters = append(m.letters[:0], rec.Seq...)
		m.misses++
	}
}
