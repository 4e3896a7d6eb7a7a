// Package vrs gives variants the identifiers of GA4GH's Variation
// Representation Specification 2.0: two programs that see the same change of
// the same sequence compute the same name, without asking anyone.
//
// Its one invariant: an identifier is computed from the normal form, fully
// justified, and so doesn't depend on how a caller placed an insertion or a
// deletion.
package vrs

import (
	"crypto/sha512"
	"encoding/base64"
	"hash"
)

// Digest is the truncated digest sha512t24u: the first 24 bytes of SHA-512,
// in base64url, 32 letters (Hart and Prlić 2020, doi:10.1371/journal.pone.0239883).
func Digest(blob []byte) string {
	sum := sha512.Sum512(blob)
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// A Sequence computes refget's accession of a sequence that is written to it
// in pieces, in upper-case letters without line ends.
type Sequence struct{ h hash.Hash }

// NewSequence is an empty sequence.
func NewSequence() *Sequence { return &Sequence{sha512.New()} }

// Write adds bases; it never fails.
func (s *Sequence) Write(letters []byte) (int, error) { return s.h.Write(letters) }

// Accession is the sequence's refget accession, SQ. and its digest.
func (s *Sequence) Accession() string {
	return "SQ." + base64.RawURLEncoding.EncodeToString(s.h.Sum(nil)[:24])
}
