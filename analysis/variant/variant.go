// Package variant says of each variant of a VCF what it does and what is known
// of it, and ranks them.
//
// Its one invariant: as many records come out as went in; what can't be
// annotated is there, with the reason.
package variant
