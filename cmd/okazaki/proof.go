//go:build proof

package main

import "okazaki/internal/awsemu/stubborn"

// Proofs need spans that don't want to be worked.
func init() { analyses = append(analyses, stubborn.Analysis) }
