package simulate

import (
	"bufio"
	"strconv"
)

// newick writes the tree of the cases that are shown, lengths in days. A
// record is always a leaf: one that infected others is a leaf of length 0 of
// a branch that is named for the case, not the record. Recombinants hang from
// the parent that gave their first letters.
func (o *Outbreak) newick(w *bufio.Writer) error {
	t := &o.tree
	// The children of each case, newest first: first[i], then next[first[i]], …
	first, next := make([]int32, len(t.parent)), make([]int32, len(t.parent))
	above := make([]int32, len(t.parent))
	for i := range t.parent {
		first[i] = -1
		if t.flags[i]&shown != 0 && i > 0 {
			p := t.above(int32(i))
			above[i], next[i], first[p] = p, first[p], int32(i)
		}
	}
	// enter writes the text before the children of a case, and says whether it
	// has any.
	enter := func(i int32) bool {
		if first[i] < 0 {
			return false
		}
		w.WriteByte('(')
		if t.flags[i]&(sequenced|stranger) == sequenced {
			w.WriteString(o.caseName(i))
			w.WriteString(":0,")
		}
		return true
	}
	leave := func(i int32) {
		if first[i] >= 0 {
			w.WriteString(")case" + strconv.Itoa(int(i)))
		} else {
			w.WriteString(o.caseName(i))
		}
		if i > 0 {
			w.WriteByte(':')
			w.WriteString(strconv.Itoa(int(t.day[i]) - int(t.day[above[i]])))
		}
	}
	i := int32(0)
	for down := true; ; {
		if down && enter(i) {
			i = first[i]
			continue
		}
		leave(i)
		switch {
		case i == 0:
			_, err := w.WriteString(";\n")
			return err
		case next[i] >= 0:
			w.WriteByte(',')
			i, down = next[i], true
		default:
			i, down = above[i], false
		}
	}
}
