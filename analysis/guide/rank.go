package guide

import (
	"cmp"
	"context"
	"slices"

	"okazaki"
)

// A standing is the numbers by which a target's guides are ranked.
type standing struct {
	number     int32
	target     int32 // its number: targets are ranked one after the other
	reasons    int32 // to demote it
	least, cfd float64
	efficiency float64
	offs       int64
}

func (s *summary) standing() standing {
	return s.standingWith(s.efficiency())
}

// standingWith is the standing of a guide of some efficiency.
func (s *summary) standingWith(efficiency float64) standing {
	n := len(s.demoted)
	return standing{number: int32(s.number), reasons: int32(n), least: s.least / float64(int(1)<<n), cfd: s.cfd, efficiency: efficiency, offs: s.offs}
}

// better orders the guides of each target, the best first. It compares the
// least CFD specificity they may have, so that off-targets without a score
// count, halved for each reason to demote them.
func better(a, b standing) int {
	return cmp.Or(cmp.Compare(a.target, b.target), -cmp.Compare(a.least, b.least), cmp.Compare(a.reasons, b.reasons), -cmp.Compare(a.cfd, b.cfd),
		cmp.Compare(a.offs, b.offs), -cmp.Compare(a.efficiency, b.efficiency), cmp.Compare(a.number, b.number))
}

// numbers gives names numbers in the order in which they come, from 0.
type numbers map[string]int32

func (n numbers) of(name string) int32 {
	i, ok := n[name]
	if !ok {
		i = int32(len(n))
		n[name] = i
	}
	return i
}

// blockRows is the number of rows that are held at a time.
const blockRows = 1 << 17

// ranked calls use with the rows of the guides that are kept, target after
// target, each target's best first. It reads the result once for each block of
// rows, and holds one block.
func (e *engine) ranked(ctx context.Context, result okazaki.Result, row func(*summary) []byte, use func(row []byte) error) error {
	var all []standing
	targets := numbers{}
	err := e.kept(ctx, result, func(s *summary) error {
		own := s.standing()
		own.target = targets.of(s.candidate.Of)
		all = append(all, own)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, better)
	places := make([]int32, 0, len(all))  // by number, from 1; 0 for guides that are not kept
	firsts := make([]int32, len(targets)) // of each target, the place of its best guide
	for i := range all {
		if n := int(all[i].number); n >= len(places) {
			places = append(places, make([]int32, n+1-len(places))...)
		}
		places[all[i].number] = int32(i) + 1
		if i > 0 && all[i].target != all[i-1].target {
			firsts[all[i].target] = int32(i)
		}
	}
	for lo := 0; lo < len(all); lo += e.block {
		rows := make([][]byte, min(e.block, len(all)-lo))
		err := e.each(ctx, result, func(t *tally) error {
			if t.number < len(places) {
				if i := int(places[t.number]) - 1 - lo; i >= 0 && i < len(rows) {
					s := e.summarise(t)
					s.rank = int(places[t.number] - firsts[targets.of(t.candidate.Of)])
					rows[i] = row(s)
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
// summary is valid until the next call.
func (e *engine) kept(ctx context.Context, result okazaki.Result, f func(*summary) error) error {
	return e.each(ctx, result, func(t *tally) error {
		if s := e.summarise(t); e.request.keeps(s) {
			return f(s)
		}
		return nil
	})
}
