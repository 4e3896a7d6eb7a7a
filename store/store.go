// Package store holds what all drivers share: what a key is, how folders are
// paged, the patience of their callers, and the probe that each must pass.
//
// Its one invariant: a store that has passed Probe creates a key once.
package store
