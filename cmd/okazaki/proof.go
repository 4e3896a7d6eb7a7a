//go:build proof

package main

import (
	"okazaki"
	"okazaki/internal/awsemu/stubborn"
)

// proofs need spans that don't want to be worked.
var proofs = []okazaki.Analysis{stubborn.Analysis}
