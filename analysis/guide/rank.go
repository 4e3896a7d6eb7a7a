package guide

import (
	"cmp"
	"context"
	"slices"

	"okazaki"
)

// A standing is what a guide of a target is ranked by.
type standing struct {
	number     int32
	reasons    int32 // to demote it
	least, cfd float64
	efficiency float64
	offs       int64
}

func (s *summary) standing() standing {
	n := len(s.demoted)
	return standing{int32(s.number), int32(n), s.least / float64(int(1)<<n), s.cfd, s.efficiency(), s.offs}
}

// better orders the guides of a target, the best first: by the CFD specificity
// that they have at least, so that off-targets without a score count, halved for
// each reason to demote them.
func better(a, b standing) int {
	return cmp.Or(-cmp.Compare(a.least, b.least), cmp.Compare(a.reasons, b.reasons), -cmp.Compare(a.cfd, b.cfd), cmp.Compare(a.offs, b.offs), -cmp.Compare(a.efficiency, b.efficiency), cmp.Compare(a.number, b.number))
}

// blockRows is how many rows are held at a time.
const blockRows = 1 << 17

// ranked calls use with the guides that are kept, the best first. It reads the
// result once for each block of them, and holds a row of each guide of a block.
func (e *engine) ranked(ctx context.Context, result okazaki.Result, row func(*summary) []byte, use func(row []byte) error) error {
	var all []standing
	err := e.kept(ctx, result, func(s *summary) error {
		all = append(all, s.standing())
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, better)
	places := make([]int32, 0, len(all)) // by number, from 1; 0 for guides that are not kept
	for i := range all {
		if n := int(all[i].number); n >= len(places) {
			places = append(places, make([]int32, n+1-len(places))...)
		}
		places[all[i].number] = int32(i) + 1
	}
	for lo := 0; lo < len(all); lo += e.block {
		rows := make([][]byte, min(e.block, len(all)-lo))
		err := e.each(ctx, result, func(t *tally) error {
			if t.number < len(places) {
				if i := int(places[t.number]) - 1 - lo; i >= 0 && i < len(rows) {
					rows[i] = row(e.summarise(t))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := use(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// kept calls f for the guides that no filter leaves out, in their order. The
// summary is valid until the next.
func (e *engine) kept(ctx context.Context, result okazaki.Result, f func(*summary) error) error {
	return e.each(ctx, result, func(t *tally) error {
		if s := e.summarise(t); e.request.keeps(s) {
			return f(s)
		}
		return nil
	})
}
