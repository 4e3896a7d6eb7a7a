package distance

import "context"

// Rows yields the full matrix row by row: the distances of genome 0 to every
// genome, then of genome 1, and so on. A row is valid until the next. It ends
// early, without an error, if yield returns false. It holds one row, and an
// index of all genomes of about two bytes a substitution.
func (s *Set) Rows(ctx context.Context, yield func(genome int, distances []int32) bool) error {
	walks := make([]walk, s.blocks())
	for b := range walks {
		walks[b].set = s
		walks[b].start(s.column(b))
	}
	groups := make([]int32, s.Groups())
	row := make([]int32, s.genomes)
	for g := range s.genomes {
		if err := ctx.Err(); err != nil {
			return err
		}
		for b := range walks {
			walks[b].step(int(s.groupOf[g]))
			walks[b].copy(groups)
		}
		for i, k := range s.groupOf {
			row[i] = groups[k]
		}
		if !yield(g, row) {
			return nil
		}
	}
	return nil
}

// copy writes the row's distances to the walk's groups.
func (w *walk) copy(groups []int32) {
	each := w.lanes.each()
	for i := range groups[w.col.lo:w.col.hi] {
		groups[w.col.lo+i] = int32(int(each[i]) + w.base)
	}
}
