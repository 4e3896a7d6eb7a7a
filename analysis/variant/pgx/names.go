package pgx

import (
	"cmp"
	"slices"
	"strings"
)

// compareNames orders alleles as a reader expects: Reference first, numbers
// by size, combinations after single alleles and larger ones after smaller.
func compareNames(a, b string) int {
	rank := func(s string) int {
		switch {
		case s == "Reference":
			return 0
		case strings.HasPrefix(s, "["):
			return 2 + strings.Count(s, " + ")
		}
		return 1
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	return natural(a, b)
}

// natural compares with runs of digits as numbers.
func natural(a, b string) int {
	digits := func(s string) string {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		return s[:n]
	}
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x != "" && y != "" {
			p, q := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q), cmp.Compare(len(x), len(y))); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// strandName returns the name of a strand that has all of the alleles, and
// bases that belong to no allele.
func strandName(alleles, partial []string) string {
	alleles = slices.Clone(alleles)
	slices.SortFunc(alleles, compareNames)
	all := append(alleles, partial...)
	if len(all) == 1 {
		return all[0]
	}
	return "[" + strings.Join(all, " + ") + "]"
}
