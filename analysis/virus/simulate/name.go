package simulate

import (
	"strconv"
	"strings"
)

// A namer gives lineages Pango's names (Rambaut et al. 2020, Nat. Microbiol.
// 5:1403): a child has its parent's name and a number, and after three numbers
// a letter stands for all of the name so far.
type namer struct {
	letters    int               // given, of those that stand for a name
	recombined int               // lineages that are recombinants
	whole      map[string]string // by letter: what it stands for
	alias      map[string]string // by name: its letter
	children   map[string]int    // by name: named so far
}

func newNamer() *namer {
	return &namer{letters: 2, whole: map[string]string{}, alias: map[string]string{}, children: map[string]int{}}
}

// child names a new child of a lineage, in short and in whole.
func (n *namer) child(parent string) (short, whole string) {
	stem := parent
	if strings.Count(parent, ".") == 3 {
		if n.alias[parent] == "" {
			letter := alphabet(n.letters)
			n.letters++
			n.alias[parent], n.whole[letter] = letter, n.unalias(parent)
		}
		stem = n.alias[parent]
	}
	n.children[stem]++
	short = stem + "." + strconv.Itoa(n.children[stem])
	return short, n.unalias(short)
}

// recombinant names a new lineage that has two parents.
func (n *namer) recombinant() string {
	name := "X" + alphabet(n.recombined)
	n.recombined++
	return name
}

// unalias returns the name with its letter replaced by the names it stands for.
func (n *namer) unalias(name string) string {
	letter, rest, _ := strings.Cut(name, ".")
	if whole := n.whole[letter]; whole != "" {
		return whole + "." + rest
	}
	return name
}

// alphabet returns the i-th of A, B, … Z, AA, AB, … without I, O and X.
func alphabet(i int) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWYZ"
	if i < len(letters) {
		return letters[i : i+1]
	}
	return alphabet(i/len(letters)-1) + letters[i%len(letters):i%len(letters)+1]
}
