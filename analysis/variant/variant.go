// Package variant says what each variant of a VCF does and what is known
// about it, and ranks them.
//
// Its one invariant: as many records come out as went in; what can't be
// annotated is there, with the reason.
package variant
