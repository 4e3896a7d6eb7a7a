//go:build !proof

package main

import "okazaki"

// proofs are for binaries that are built with the tag proof.
var proofs []okazaki.Analysis
